"""Segments: who belongs, how many they are, which promotions name them; lists that are brought as files."""

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import words
from admin.console import approval_told, segment_form
from admin.console.promotion_told import title_of
from admin.console.segment_form import SegmentForm
from admin.desk import Answer, Cell, Column, Listing, TakesFiles, asks
from admin.problems import refusal
from admin.uploads import no_file, sent_file
from coalition.partners.queries import all_partners
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.promotions.overview import promotions
from coalition.segments import wording
from coalition.segments.actions import ask_for_list, retire_segment, save_segment
from coalition.segments.queries import Found, all_segments, segment_by_code, segment_titles
from coalition.segments.sizing import PREVIEW_SECONDS, preview
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

REJECTS_SHOWN = 100
LIST_MEGABYTES = 32


class Segments(TakesFiles):
    """The section of segments."""

    reads = Permission.DESK_SEGMENT_READ
    permission = Permission.DESK_SEGMENT_EDIT
    icon = "people"
    upload_megabytes = LIST_MEGABYTES

    @expose("/")
    def index(self) -> Answer:
        """All segments by code."""
        listing = Listing(self._columns(), all_segments(self.session), (), "", None, None)
        return self.page("segments.html", listing=listing)

    @expose("/new")
    @asks(Permission.DESK_SEGMENT_EDIT)
    def new(self) -> Answer:
        """An empty form."""
        return self._form(SegmentForm(), None)

    @expose("/new", methods=["POST"])
    def begin(self) -> Answer:
        """Add or remove a row, count, or save a new segment."""
        return self._answer(None)

    @expose("/lists/new")
    @asks(Permission.DESK_SEGMENT_EDIT)
    def new_list(self) -> Answer:
        """Ask for a list of a new segment."""
        return self._ask_list(None)

    @expose("/lists/new", methods=["POST"])
    def bring_new(self) -> Answer:
        """Make a new segment of a list."""
        return self._bring(None)

    @expose("/code/<code>")
    def segment(self, code: str) -> Answer:
        """One segment: its definition in words, its size, who names it."""
        found, w, now = segment_by_code(self.session, code), self.visitor.w, clock.now()
        definition = found.definition
        return self.page(
            "segment.html",
            found=found,
            chip=state_cell(found),
            told=wording.told(definition, w, self._names()) if definition else (),
            named=[
                (one.code, title_of(one, now, w.lang)) for one in promotions(self.session, found.promotions)
            ],
            imported=definition is None or definition.imported,
        )

    @expose("/code/<code>/edit")
    @asks(Permission.DESK_SEGMENT_EDIT)
    def edit(self, code: str) -> Answer:
        """The form of a segment."""
        found = self._open(code)
        return self._form(segment_form.filled(found), found)

    @expose("/code/<code>/edit", methods=["POST"])
    def save(self, code: str) -> Answer:
        """Add or remove a row, count, or save."""
        return self._answer(self._open(code))

    @expose("/code/<code>/list")
    @asks(Permission.DESK_SEGMENT_EDIT)
    def change_list(self, code: str) -> Answer:
        """Ask for a list."""
        return self._ask_list(self._open(code))

    @expose("/code/<code>/list", methods=["POST"])
    def bring(self, code: str) -> Answer:
        """Replace the list, or add to it."""
        return self._bring(self._open(code))

    @expose("/code/<code>/retire")
    @asks(Permission.DESK_SEGMENT_EDIT)
    def ask_retire(self, code: str) -> Answer:
        """Say what retiring means."""
        return self.page("segment_retire.html", found=self._open(code))

    @expose("/code/<code>/retire", methods=["POST"])
    def retire(self, code: str) -> Answer:
        """Retire a segment that no promotion names."""
        said = _("The segment is retired. Purchases keep it as they had it")
        self.attempt(lambda: retire_segment(self.session, self.actor, code=code), said)
        return redirect(url_for("desk_segments.segment", code=code), 303)

    def _names(self) -> wording.Names:
        """What partners and lists are called where a definition has their codes."""
        lang = self.visitor.w.lang
        return {
            "partners": {one.code: one.name.get(lang, one.code) for one in all_partners(self.session)},
            "lists": segment_titles(self.session),
        }

    def _answer(self, found: Found | None) -> Answer:
        """What the button that was pressed asks for."""
        lang = self.visitor.w.lang
        form = segment_form.sent(request.form, lang)
        form.code = found.code if found else form.code
        pressed = request.form.get("do", "")
        if pressed not in ("preview", "save"):
            return self._form(form, found)
        form.check(self.session, lang)
        if found is None and any(one.code == form.code for one in all_segments(self.session)):
            form.errors.setdefault("code", _("There is a segment of this code already"))
        if form.errors:
            return self._form(form, found), 422
        programme = self._programme(found)
        if pressed == "preview":
            counted = preview(self.session, programme, segment_form.definition_of(form))
            return self._form(form, found, counted=counted, asked=True)
        try:
            save_segment(
                self.session, self.actor, programme_id=programme.id, code=form.code, document=form.document(),
                revision=form.revision,
            )  # fmt: skip
        except Conflict:
            roll_back()
            now = segment_by_code(self.session, form.code)
            form.revision = now.terms.revision if now.terms else 0
            form.errors[""] = _(
                "Somebody has changed the segment meanwhile, so nothing was saved. Look at theirs in another tab; "
                "saving again replaces it with yours"
            )
            return self._form(form, now), 409
        except NotFound:
            raise
        except Refusal as no:
            roll_back()
            form.errors[""] = refusal(no)
            found = self._open(form.code) if found else None
            return self._form(form, found), 422
        flash(_("The segment is saved. Its members are being marked"), "good")
        return redirect(url_for("desk_segments.segment", code=form.code), 303)

    def _form(self, form: SegmentForm, found: Found | None, **more: object) -> str:
        w = self.visitor.w
        known = segment_form.choices(self.session, form.code, w.lang)
        return self.page(
            "segment_edit.html",
            form=form,
            found=found,
            rows=[(row, segment_form.entries(row, number, known, w)) for number, row in enumerate(form.rows)],
            kinds={kind: _(text) for kind, text in segment_form.KINDS.items()},
            places={place: _(text) for place, text in segment_form.PLACE_CHOICES.items()},
            errors=form.errors,
            seconds=PREVIEW_SECONDS,
            **more,
        )

    def _ask_list(self, found: Found | None, errors: dict[str, str] | None = None) -> str:
        values = {name: request.form.get(name, "") for name in ("code", "title")}
        if found is not None and not request.form:
            values["title"] = found.title
        return self.page(
            "segment_list.html", found=found, values=values, errors=errors or {}, most=LIST_MEGABYTES
        )

    def _bring(self, found: Found | None) -> Answer:
        file, w = sent_file(), self.visitor.w
        code = found.code if found else request.form.get("code", "").strip()
        title = request.form.get("title", "").strip()
        if file is None:
            return self._ask_list(found, no_file()), 422
        try:
            approval, rejects = ask_for_list(
                self.session,
                self.actor,
                programme_id=self._programme(found).id,
                code=code,
                title=title,
                stream=file.stream,
                replace=request.form.get("how") != "add",
                revision=found.terms.revision if found and found.terms else 0,
            )
        except Conflict as no:
            roll_back()
            found = self._open(code) if found else None
            waits = no.code == "approval_waits"
            said = refusal(no) if waits else _("There is a segment of this code already")
            return self._ask_list(found, {"" if waits else "code": said}), 409
        except Refusal as no:
            roll_back()
            found = self._open(code) if found else None
            if words.about_file(no):
                return self._ask_list(found, {"file": words.refused_list(no, w.lang)}), 422
            field = str(no.facts.get("field", "file"))
            return self._ask_list(found, {field if field in ("code", "title") else "file": refusal(no)}), 422
        return self.page(
            "segment_brought.html",
            href=url_for("desk_approvals.approval", approval_id=approval.id),
            changes=approval_told.told(self.session, approval, w),
            rejected_count=len(rejects),
            rejects=rejects[:REJECTS_SHOWN],
            why=lambda reject: words.reject_of_list(reject.code, w.lang),
        )

    def _open(self, code: str) -> Found:
        found = segment_by_code(self.session, code)
        if found.retired_at is not None:
            raise NotFound("segment_unknown")
        return found

    def _programme(self, found: Found | None) -> Programme:
        if found is not None and found.terms is not None:
            return programme_by_id(self.session, found.terms.programme_id)
        return the_programme(self.session)

    def _columns(self) -> Sequence[Column[Found]]:
        w = self.visitor.w

        def named(one: Found) -> Cell:
            code = one.code if one.terms else ""
            return Cell(one.title, code, href=url_for("desk_segments.segment", code=one.code))

        def refreshed(one: Found) -> Cell:
            return Cell(w.moment(one.counted_at) if one.counted_at else "—")

        return (
            Column(N_("Segment"), named),
            Column(N_("State"), state_cell),
            Column(
                N_("Members"), lambda one: Cell("—" if one.size is None else w.number(one.size)), number=True
            ),
            Column(N_("Refreshed"), refreshed, wide=True),
            Column(N_("Named by promotions"), lambda one: Cell(", ".join(one.promotions) or "—"), wide=True),
        )


def state_cell(found: Found) -> Cell:
    """The state as a chip."""
    if found.retired_at is not None:
        return Cell(_("Retired"), tone="still", icon="slash-circle")
    if found.terms is None:
        return Cell(_("From the client base"), tone="still", icon="people")
    if found.terms.slices_left or found.terms.refreshed_at is None:
        return Cell(_("Being marked"), tone="note", icon="arrow-repeat")
    if found.terms.document["imported"]:
        return Cell(_("A list"), tone="good", icon="card-list")
    return Cell(_("By criteria"), tone="good", icon="check-circle")
