"""A claim opened for a member on the line: filled in from the row that she asks about, decided at the claims desk."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.contact_centre.page import MemberView
from admin.desk import Answer, asks
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.cabinet.visit import Visit
from coalition.claims.actions import open_claim
from coalition.claims.kinds import OF_A_PURCHASE, OF_A_REDEMPTION, TITLES, ClaimFacts, Kind
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back

_FIELDS = ("kind", "words", "shop", "day", "amount", "order", "purchase", "redemption")
_FREE = (Kind.NOT_CREDITED, Kind.LOST_ORDER)


class ClaimActs(MemberView):
    """The form of a claim; `members.Members` is the section that has it."""

    @expose("/<uuid:member_id>/claim")
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_CLAIM_OPEN)
    def claim(self, member_id: UUID) -> Answer:
        """The form, about a purchase or a redemption when the address names one."""
        return self._claim_form(self.visit(member_id), _sent(request.args))

    @expose("/<uuid:member_id>/claim", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_CLAIM_OPEN)
    def claimed(self, member_id: UUID) -> Answer:
        """Open it."""
        visit, form = self.visit(member_id), _sent(request.form)
        errors: dict[str, str] = {}
        facts = _facts(visit, form, errors)
        kind = next((one for one in _kinds(form) if one == form["kind"]), None)
        if kind is None:
            errors["kind"] = _("Choose what is wrong")
        if errors or kind is None:
            return self._claim_form(visit, form, errors), 422
        try:
            claim = open_claim(
                self.session,
                self.actor,
                member_id=member_id,
                kind=kind,
                words=form["words"],
                purchase_id=_number(form["purchase"]),
                redemption_id=_number(form["redemption"]),
                facts=facts,
            )
        except (Forbidden, NotFound):
            raise
        except Refusal as no:
            roll_back()
            return self._claim_form(self.visit(member_id), form, _told(no)), 422
        flash(_("Claim %(number)s is open. The claims desk answers it", number=claim.number), "good")
        return redirect(url_for("desk_members.member", member_id=member_id, kind="claims"), 303)

    def _claim_form(self, visit: Visit, form: dict[str, str], errors: dict[str, str] | None = None) -> str:
        return self.page(
            "member_claim.html",
            w=visit.w,
            member_id=visit.member_id,
            form=form,
            kinds={kind: _(TITLES[kind]) for kind in _kinds(form)},
            today=visit.w.today,
            errors=errors or {},
        )


def _sent(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form.get(name, "").strip() for name in _FIELDS}


def _kinds(form: Mapping[str, str]) -> tuple[Kind, ...]:
    """What can be disputed of what the form is about."""
    if form["purchase"]:
        return OF_A_PURCHASE
    return OF_A_REDEMPTION if form["redemption"] else _FREE


def _number(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("page_unknown") from None


def _facts(visit: Visit, form: Mapping[str, str], errors: dict[str, str]) -> ClaimFacts:
    """What she names, read; what cannot be read stands in `errors`."""
    day, amount = None, None
    if form["day"]:
        try:
            day = date.fromisoformat(form["day"])
        except ValueError:
            errors["day"] = _("Say the day of the purchase, today or before")
    if day is not None and day > visit.w.today:
        errors["day"], day = _("Say the day of the purchase, today or before"), None
    if form["amount"]:
        try:
            amount = read_units(form["amount"], visit.w.exponent, visit.w) or None
        except Refusal as no:
            errors["amount"] = refusal(no)
    return ClaimFacts(shop=form["shop"][:120], day=day, order=form["order"][:60], amount=amount)


def _told(no: Refusal) -> dict[str, str]:
    """A refusal at its field."""
    match no.code:
        case "claim_incomplete":
            return {str(no.facts["field"]): _("Without it nothing can be looked for")}
        case "claim_known":
            told = _("The same is open already: claim %(number)s", number=no.facts.get("number", ""))
            return {"words": told}
        case "claims_too_many":
            return {"words": _("Many of her claims are open already. Wait for an answer to one of them")}
        case "words_missing":
            return {"words": _("Write in a few words what is wrong")}
    return {"words": refusal(no)}
