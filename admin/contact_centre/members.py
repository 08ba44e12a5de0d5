"""Finding a member, and the one page about her."""

from datetime import date
from uuid import UUID

from flask import make_response, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.contact_centre import panel
from admin.contact_centre.acts import Acts
from admin.contact_centre.claims import ClaimActs
from admin.contact_centre.rows import TABS, Shown, key_of, shown
from admin.contact_centre.who import STATES, figures, lots_shown, who
from admin.desk import Answer, asks
from admin.problems import refusal
from coalition.cabinet.kinds.base import card_digits, read_units
from coalition.cabinet.visit import Visit
from coalition.cards.queries import cards_of
from coalition.care.queries import room_for
from coalition.care.seeing import VISIBLE, masked_email, masked_name, opened, reveal
from coalition.care.terms import goodwill_terms
from coalition.ledger.queries import balance_of, open_lots
from coalition.members.models import HandleKind
from coalition.members.phones import REGIONS
from coalition.members.queries import handles_of, person_of
from coalition.partners.queries import all_partners
from coalition.programmes.queries import the_programme
from coalition.promotions import wording
from coalition.promotions.explain import CONTROL, Applied, Missed
from coalition.promotions.queries import versions_by_id
from coalition.reports.finding import Hit, find
from coalition.reports.missing import clues, would_give
from coalition.reports.reasons import reasons_in
from coalition.reports.timeline import timeline
from coalition.transactions.dry_run import Answer as Given
from tenants.branding.formats import masked_phone
from tenants.branding.web import branding_of
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

BY = {
    "phone": N_("Found by phone"),
    "email": N_("Found by e-mail"),
    "card": N_("Found by the number of a loyalty card"),
    "token": N_("Found by a card's token"),
    "last_four": N_("Found by a card's last four digits"),
    "name": N_("Found by name"),
    "claim": N_("Found by the number of a claim"),
    "purchase": N_("Found by the number of a purchase"),
    "return": N_("Found by the number of a return"),
}
TRIED = {
    "phone": N_("a phone"),
    "email": N_("an e-mail"),
    "card": N_("the number or barcode of a loyalty card"),
    "token": N_("a card's token"),
    "last_four": N_("a card's last four digits"),
    "name": N_("a name"),
    "claim": N_("the number of a claim"),
    "purchase": N_("the number of a purchase or return"),
}
REVEAL_REASONS = (
    N_("The member asks to check it"),
    N_("To make sure who is on the line"),
    N_("To answer a claim"),
    N_("To send a letter"),
)
FIELDS = {
    "name": N_("Name and surname"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "born_on": N_("Birthday"),
}


class Members(Acts, ClaimActs):
    """The search and the page; what is done there comes along."""

    @expose("/")
    def index(self) -> Answer:
        """An empty search."""
        return self.page("members.html", text="", hits=None)

    @expose("/", methods=["POST"])
    def look(self) -> Answer:
        """Look; one who was found is opened at once. What was looked for stands in no address."""
        text, session = request.form.get("q", ""), self.session
        programme = the_programme(session)
        try:
            found = find(
                session,
                self.actor,
                programme_id=programme.id,
                text=text,
                region=REGIONS[branding_of(session).language],
            )
        except Refusal as no:
            if no.code != "too_many_searches":
                raise
            return self.page("members.html", text="", hits=None, wrong=refusal(no)), 429
        if len(found.hits) == 1:
            hit = found.hits[0]
            row = f"{hit.kind}.{hit.row_id}" if hit.row_id else None
            return redirect(url_for("desk_members.member", member_id=hit.member_id, by=hit.by, row=row), 303)
        return self.page(
            "members.html",
            text=text if not found.hits else "",
            hits=[self._told(hit) for hit in found.hits],
            by=_(BY[found.hits[0].by]) if found.hits else "",
            more=found.more,
            tried=[_(TRIED[one]) for one in found.tried],
        )

    def _told(self, hit: Hit) -> dict[str, object]:
        """Somebody among several: masked, with what tells one from another."""
        try:
            person = person_of(self.session, hit.member_id)
        except NotFound:
            return {"name": _("Erased"), "sub": "", "id": hit.member_id}
        ends = [
            card_digits(one.hint)
            for one in handles_of(self.session, hit.member_id)
            if one.kind == HandleKind.CARD_TOKEN
        ]
        ends += [card_digits(card.last_four) for card in cards_of(self.session, hit.member_id)]
        told = [
            masked_phone(person.phone) if person.phone else "",
            masked_email(person.email) if person.email else "",
            ", ".join(end for end in ends if end),
        ]
        return {
            "name": masked_name(person.name),
            "sub": " · ".join(part for part in told if part),
            "id": hit.member_id,
        }

    @expose("/<uuid:member_id>")
    def member(self, member_id: UUID) -> Answer:
        """Everything about a member."""
        return self._drawn(self.visit(member_id))

    @expose("/<uuid:member_id>/reveal", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_MEMBER_REVEAL)
    def revealed(self, member_id: UUID) -> Answer:
        """The page with one value open for a minute; then the browser asks for the page as it was."""
        visit = self.visit(member_id)
        what, reason = request.form.get("what", ""), request.form.get("words", "").strip()
        reason = reason or request.form.get("reason", "")
        try:
            person = reveal(visit.session, self.actor, member_id=member_id, what=what, reason=reason)
        except Refusal as no:
            if no.code not in ("reveal_reason", "too_many_reveals"):
                raise
            roll_back()
            return self._drawn(self.visit(member_id), wrong_reveal=refusal(no)), 422
        value = getattr(person, what)
        told = visit.w.written_day(value) if isinstance(value, date) else str(value)
        answer = make_response(self._drawn(visit, revealed=(_(FIELDS[what]), told)))
        back = url_for("desk_members.member", member_id=member_id)
        answer.headers["Refresh"] = f"{int(VISIBLE.total_seconds())}; url={back}"
        return answer

    def _drawn(self, visit: Visit, **more: object) -> str:
        """The page; that it was looked at is written down last, because others wait for that."""
        session, member, w = visit.session, visit.member, visit.w
        kind = request.args.get("kind", "all")
        kind = kind if kind in TABS else "all"
        day, before = request.args.get("day", type=date.fromisoformat), request.args.get("before", type=UUID)
        terms = goodwill_terms(visit.programme)
        lots = open_lots(session, member.id)
        told = timeline(session, member.id, zone=visit.programme.zone, kind=kind, day=day, before=before)
        days = shown(visit, told.rows, terms)
        chosen = key_of(request.args.get("row"))
        found = self._panel(visit, [row for _day, group in days for row in group], chosen)
        page = self.page(
            "member.html",
            w=w,
            member_id=member.id,
            who=who(session, member, visit.programme, w),
            by=_(BY[request.args["by"]]) if request.args.get("by") in BY else "",
            figures=figures(balance_of(session, member.id), lots, w),
            lots=lots_shown(session, lots, w, visit.said),
            tabs=TABS,
            kind=kind,
            day=day,
            before=before,
            days=days,
            older=told.older,
            chosen=chosen is not None,
            panel=found,
            room=self._room(visit),
            reasons=REVEAL_REASONS,
            fields=FIELDS,
            states=STATES,
            today=w.today,
            **{"revealed": None, "wrong_reveal": "", **more},
        )
        opened(session, self.actor, member_id=member.id)
        return page

    def _room(self, visit: Visit) -> object:
        """How many points this person may give her now; nothing for who gives none."""
        if not self.visitor.may(Permission.DESK_POINTS_GRANT):
            return None
        return room_for(
            visit.session,
            goodwill_terms(visit.programme),
            visit.programme.scale,
            member_id=visit.member_id,
            staff_id=self.actor.id,
            day=visit.w.today,
        )

    @staticmethod
    def _panel(visit: Visit, rows: list[Shown], chosen: tuple[str, UUID] | None) -> panel.Panel | None:
        """What is explained: the chosen row, else the newest purchase of the page."""
        if chosen is not None and chosen[0] == "purchase":
            row = next((one for one in rows if one.row.id == chosen[1]), None)
            return panel.of_purchase(visit, chosen[1], row)
        if chosen is not None:
            row = next((one for one in rows if one.row.id == chosen[1]), None)
        else:
            row = next((one for one in rows if one.row.kind == "purchase"), None)
        if row is None:
            return None
        entry = row.row.entry
        if entry is not None and entry.purchase is not None and row.row.kind in ("purchase", "return"):
            return panel.of_purchase(visit, entry.purchase.id, row)
        return panel.of_row(visit, row)

    @expose("/<uuid:member_id>/missing")
    def missing(self, member_id: UUID) -> Answer:
        """A purchase that is not there: what is known near it, and what it would give."""
        visit = self.visit(member_id)
        w, errors = visit.w, {}
        day = request.args.get("day", type=date.fromisoformat)
        amount = None
        if text := request.args.get("amount", "").strip():
            try:
                amount = read_units(text, w.exponent, w)
            except Refusal as no:
                errors["amount"] = refusal(no)
        if "day" in request.args and (day is None or day > w.today):
            errors["day"] = _("Say the day of the purchase, today or before")
            day = None
        given = None
        if day is not None and amount:
            given = self._would(visit, day, amount, errors)
        page = self.page(
            "member_missing.html",
            w=w,
            member_id=member_id,
            form={name: request.args.get(name, "") for name in ("day", "amount", "partner", "mcc")},
            errors=errors,
            day=day,
            clues=clues(visit.session, visit.programme, member_id=member_id, day=day, amount=amount)
            if day
            else None,
            given=given,
            partners=all_partners(visit.session),
            today=w.today,
            said_of=visit.said,
        )
        opened(visit.session, self.actor, member_id=member_id)
        return page

    def _would(
        self, visit: Visit, day: date, amount: int, errors: dict[str, str]
    ) -> dict[str, object] | None:
        mcc = request.args.get("mcc", "").strip()
        if mcc and not (len(mcc) <= 4 and mcc.isascii() and mcc.isdigit()):
            errors["mcc"] = _("An MCC has four digits")
            return None
        try:
            answer = would_give(
                visit.session,
                self.actor,
                member_id=visit.member_id,
                day=day,
                amount=amount,
                partner=request.args.get("partner") or None,
                mcc=int(mcc) if mcc else None,
            )
        except Refusal as no:
            errors["partner" if no.code == "partner_unknown" else "amount"] = refusal(no)
            return None
        return _answered(visit, answer)


def _answered(visit: Visit, answer: Given) -> dict[str, object]:
    """What a purchase would give, in words."""
    versions = {award.rule.version for award in answer.awards} | {rule.version for rule, _f in answer.missed}
    documents = versions_by_id(visit.session, versions)
    reasons = reasons_in(visit.w.lang, visit.session, visit.programme, versions)
    now = clock.now()
    gave = [
        Applied(award.rule.version, documents[award.rule.version], now, *award[1:]) for award in answer.awards
    ]
    return {
        "points": answer.points,
        "gave": [reasons.gave(one)["text"] for one in gave],
        "missed": [
            f"{wording.title(documents[rule.version], visit.w)}: "
            + wording.not_given(
                Missed(rule.version, failed.condition, failed.wanted, failed.actual),
                documents[rule.version],
                visit.w,
            )
            for rule, failed in answer.missed
            if failed.condition != CONTROL
        ],
    }
