"""Personal data requests: the list with its terms, and one request: its copy, or the way to the erasure and its act."""

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import current_app, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.console.approvals import asked
from admin.console.privacy_told import ERASED, KINDS, REASONS, named, obstacles, state, term
from admin.console.promotion_told import people_named
from admin.desk import Answer, Cell, Column, DeskList, Pill, asks
from admin.problems import refusal
from coalition.cabinet.erasure_paper import act
from coalition.ledger.queries import balance_of
from coalition.members.phones import REGIONS
from coalition.members.queries import member_by_id
from coalition.privacy import erasing
from coalition.privacy.actions import download, refuse, register
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.queries import in_the_way, request_by_id
from coalition.privacy.signing import ask_for_copy
from coalition.privacy.terms import points_left
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.reports.finding import find
from tenants.approvals.models import Approval
from tenants.approvals.queries import waiting_of
from tenants.branding.web import branding_of
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_


class Privacy(DeskList):
    """The section of requests about personal data."""

    reads = Permission.DESK_PRIVACY_READ
    permission = Permission.DESK_PRIVACY_EDIT
    icon = "lock"
    pills = (
        Pill("open", N_("Not answered yet"), PrivacyRequest.state == "open"),
        Pill("copies", N_("Copies"), PrivacyRequest.kind == "copy"),
        Pill("erasures", N_("Erasures"), PrivacyRequest.kind == "erasure"),
    )

    @expose("/")
    def index(self) -> Answer:
        """The newest first, with how many days are left."""
        return self._index()

    @expose("/", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_PRIVACY_EDIT)
    def take_in(self) -> Answer:
        """Take a request in for the member whom a handle finds."""
        text = request.form.get("who", "").strip()
        try:
            found = find(
                self.session,
                self.actor,
                programme_id=the_programme(self.session).id,
                text=text,
                region=REGIONS[branding_of(self.session).language],
            )
        except Refusal as no:
            return self._index({"who": refusal(no)}), no.status
        if len(found.hits) != 1:
            said = _("Several members are found by it: write the phone or the card") if found.hits else ""
            return self._index({"who": said or _("Nobody was found by it")}), 422
        return self._registered(found.hits[0].member_id)

    @expose("/members/<uuid:member_id>", methods=["POST"])
    def of_member(self, member_id: UUID) -> Answer:
        """Take a request in from the member's page."""
        return self._registered(member_id)

    @expose("/<uuid:request_id>")
    def look(self, request_id: UUID) -> Answer:
        """One request: what it asks, by when, what stands in the way and what can be done."""
        return self._shown(request_by_id(self.session, request_id))

    @expose("/<uuid:request_id>/copy.zip")
    @asks(Permission.DESK_PRIVACY_EDIT)
    def copy(self, request_id: UUID) -> Answer:
        """The copy; written into the trail each time."""
        found = request_by_id(self.session, request_id)
        content = download(self.session, self.actor, member_id=found.member_id, request_id=request_id)
        return _file(content, "application/zip", f"personal-data-{found.number}.zip")

    @expose("/<uuid:request_id>/copy", methods=["POST"])
    def ask_for_copy(self, request_id: UUID) -> Answer:
        """Ask another person to sign the copy."""
        return self._asked(request_id, lambda: ask_for_copy(self.session, self.actor, request_id=request_id))

    @expose("/<uuid:request_id>/erase", methods=["POST"])
    def erase(self, request_id: UUID) -> Answer:
        """Ask another person to sign the erasure."""
        return self._asked(
            request_id, lambda: erasing.ask_for_erasure(self.session, self.actor, request_id=request_id)
        )

    def _asked(self, request_id: UUID, ask: Callable[[], Approval]) -> Answer:
        try:
            return asked(ask())
        except Conflict as no:
            roll_back()
            return self._shown(request_by_id(self.session, request_id), {"": refusal(no)}), no.status
        except NotFound:
            raise
        except Refusal as no:
            if no.code != "erasure_in_the_way":
                raise
            roll_back()
            return self._shown(request_by_id(self.session, request_id), {"": refusal(no)}), no.status

    @expose("/<uuid:request_id>/refuse", methods=["POST"])
    def refuse(self, request_id: UUID) -> Answer:
        """End it without an erasure."""
        request_by_id(self.session, request_id)
        self.attempt(
            lambda: refuse(
                self.session, self.actor, request_id=request_id, reason=request.form.get("reason", "")
            ),
            _("The request is refused, and the member sees why"),
        )
        return redirect(url_for("desk_privacy.look", request_id=request_id), 303)

    @expose("/<uuid:request_id>/act.pdf")
    def act(self, request_id: UUID) -> Answer:
        """The act of an erasure."""
        found = request_by_id(self.session, request_id)
        if found.report is None:
            raise NotFound("privacy_act_unknown")
        programme = programme_by_id(self.session, member_by_id(self.session, found.member_id).programme_id)
        people = self._people(found)
        lang = branding_of(self.session).language
        content = act(self.session, programme, found, lang, {str(one): name for one, name in people.items()})
        return _file(content, "application/pdf", f"erasure-{found.number}.pdf")

    def _registered(self, member_id: UUID) -> Answer:
        member_by_id(self.session, member_id)
        kind = request.form.get("kind", "")
        if kind not in KINDS:
            return self._index({"kind": _("Choose what is asked for")}), 422
        made = register(self.session, self.actor, member_id=member_id, kind=kind)
        flash(
            _("The request has number %(number)s. Answer it by %(day)s", number=made.number,
              day=self.visitor.w.day(made.due_on)),
            "good",
        )  # fmt: skip
        return redirect(url_for("desk_privacy.look", request_id=made.id), 303)

    def _index(self, errors: dict[str, str] | None = None) -> str:
        form = {name: request.form.get(name, "")[:254] for name in ("who", "kind")}
        return self.page(
            "privacy.html",
            listing=self.listing(PrivacyRequest, self._columns(), key=UUID),
            kinds=KINDS,
            form=form,
            may_take=self.visitor.may(Permission.DESK_MEMBER_READ, Permission.DESK_PRIVACY_EDIT),
            errors=errors or {},
        )

    def _columns(self) -> Sequence[Column[PrivacyRequest]]:
        w = self.visitor.w

        def at(one: PrivacyRequest) -> Cell:
            return Cell(str(one.number), href=url_for("desk_privacy.look", request_id=one.id))

        return (
            Column(N_("Number"), at),
            Column(N_("Asked for"), lambda one: Cell(_(KINDS[one.kind]))),
            Column(N_("Member"), lambda one: Cell(named(self.session, one.member_id)), wide=True),
            Column(N_("Asked at"), lambda one: Cell(w.moment(one.asked_at)), wide=True),
            Column(N_("Answer by"), lambda one: term(one, w)),
            Column(N_("State"), lambda one: state(one, w)),
        )

    def _shown(self, found: PrivacyRequest, errors: dict[str, str] | None = None) -> str:
        w, open_erasure = self.visitor.w, found.kind == "erasure" and found.state == "open"
        signs = open_erasure or found.waits_for_signature
        waits = waiting_of(self.session, found.kind, f"request {found.id}") if signs else None
        way = in_the_way(self.session, found.member_id) if open_erasure else None
        left = points_left(balance_of(self.session, found.member_id)) if open_erasure else 0
        people = self._people(found)
        return self.page(
            "privacy_request.html",
            one=found,
            title=_(KINDS[found.kind]),
            name=named(self.session, found.member_id),
            term=term(found, w),
            state=state(found, w, signing=waits is not None),
            waits=waits,
            ready=found.kept_until is not None and found.kept_until > clock.now(),
            obstacles=list(obstacles(way, w)) if way else [],
            left=w.points(left) if left else "",
            taken_by=people.get(found.asked_by, "") if found.asked_by else "",
            signed_by=people.get(found.signed_by, "") if found.signed_by else "",
            ended_by=people.get(found.ended_by, "") if found.ended_by else "",
            why=_(REASONS.get(found.reason, ERASED)) if found.reason else "",
            reasons={code: said for code, said in REASONS.items() if open_erasure or code != "in_the_way"},
            errors=errors or {},
        )

    def _people(self, found: PrivacyRequest) -> dict[UUID | None, str]:
        asked_by = (found.report or {}).get("asked_by")
        ids = [found.asked_by, found.ended_by, found.signed_by, UUID(asked_by) if asked_by else None]
        return people_named(self.session, ids)


def _file(content: bytes, media: str, name: str) -> Response:
    answer = current_app.response_class(content, mimetype=media)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
