"""Codes that members bring to the counter: a promo code, or that of the friend who brought them."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import select

from admin.console.payouts import tail
from admin.desk import Answer, Cell, Column, DeskView, Listing
from coalition.cabinet.sentences import sentence
from coalition.cabinet.sign_in import understood
from coalition.members.codes import may_guess
from coalition.members.models import Member, Referral
from coalition.members.queries import member_by_handle, person_of
from coalition.promotions.promo_codes import enter_promo_code
from coalition.transactions.models import ReferralGift
from coalition.transactions.referrals.actions import name_referrer
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.translations import N_

Brought = tuple[Referral, ReferralGift | None]

SHOWN = 50
_TEXT_MOST = 254


class Codes(DeskView):
    """The section of codes: two forms of one shape, and the latest friends with what came of them."""

    reads = Permission.DESK_CODE_READ
    permission = Permission.DESK_MEMBER_ENROL
    icon = "tag"

    @expose("/")
    def index(self) -> Answer:
        """Both forms and the list."""
        return self._page({})

    @expose("/", methods=["POST"])
    def entered(self) -> Answer:
        """Enter a code for a member who is found by what she shows."""
        said, kind = request.form.get("who", "").strip()[:_TEXT_MOST], request.form.get("kind", "")
        acts: dict[str, Callable[[Member, str], object]] = {
            "promo": lambda member, code: enter_promo_code(
                self.session, self.actor, member_id=member.id, code=code
            ),
            "friend": lambda member, code: name_referrer(
                self.session, self.actor, member_id=member.id, code=code
            ),
        }
        if kind not in acts:
            raise NotFound("kind_unknown")
        code = request.form.get("code", "").strip()[:_TEXT_MOST]
        if errors := _missing(said, code):
            return self._page(errors), 422
        try:
            member = self._member(said)
        except NotFound:
            return self._page({"who": _("No member has this card, number, phone or e-mail")}), 422
        if not may_guess(self.session, member.id, ""):
            return self._page({"code": _("Too many codes for this member. Try again in an hour")}), 429
        try:
            with self.session.begin_nested():
                acts[kind](member, code)
        except Refusal as no:
            return self._page({"code": sentence(no, self.visitor.w)}), 422
        flash(_("The code is entered. It counts from now on"), "good")
        return redirect(url_for("desk_codes.index"), 303)

    def _member(self, said: str) -> Member:
        """Who is found by it: a phone is read however it is written."""
        try:
            return member_by_handle(self.session, said)
        except NotFound:
            phone = understood(said)
            if phone is None:
                raise
            return member_by_handle(self.session, phone)

    def _page(self, errors: dict[str, str]) -> str:
        w = self.visitor.w
        columns = (
            Column[Brought](N_("Friend"), lambda one: Cell(self._who(one[0].member_id))),
            Column[Brought](N_("Brought by"), lambda one: Cell(self._who(one[0].referrer_id)), wide=True),
            Column[Brought](N_("Named"), lambda one: Cell(w.moment(one[0].at)), wide=True),
            Column[Brought](N_("Points"), lambda one: self._state(one[1])),
        )
        rows = self.session.execute(
            select(Referral, ReferralGift)
            .outerjoin(
                ReferralGift,
                (ReferralGift.tenant_id == Referral.tenant_id)
                & (ReferralGift.member_id == Referral.member_id),
            )
            .where(Referral.tenant_id == tenant_of(self.session))
            .order_by(Referral.at.desc())
            .limit(SHOWN)
        ).all()
        listing = Listing(columns, [(row[0], row[1]) for row in rows], (), "", None, None)
        form = {name: request.form.get(name, "")[:_TEXT_MOST] for name in ("who", "code", "kind")}
        return self.page("codes.html", listing=listing, form=form, errors=errors)

    def _state(self, gift: ReferralGift | None) -> Cell:
        """What stands of the points for a friend."""
        w = self.visitor.w
        if gift is not None and gift.friend_points:
            text = _(
                "given: %(referrer)s and %(friend)s",
                referrer=w.amount(gift.referrer_points),
                friend=w.amount(gift.friend_points),
            )
            return Cell(text, tone="good", icon="check-circle")
        if gift is not None and gift.due_on is not None:
            return Cell(_("settles on %(day)s", day=w.day(gift.due_on)), tone="wait", icon="hourglass-split")
        if gift is not None and gift.turns:
            return Cell(_("taken back"), tone="none", icon="arrow-return-left")
        return Cell(_("no purchase that counts yet"), tone="none", icon="hourglass")

    def _who(self, member_id: UUID) -> str:
        """The member's name for those who may see it; else the end of the number."""
        if not self.visitor.may(Permission.DESK_MEMBER_READ):
            return tail(member_id)
        try:
            return person_of(self.session, member_id).name
        except NotFound:
            return tail(member_id)


def _missing(who: str, code: str) -> dict[str, str]:
    """What is to be filled in."""
    wanted = {
        "who": (who, _("Write the member's phone, programme card or e-mail")),
        "code": (code, _("Write the code that the member brought")),
    }
    return {name: said for name, (written, said) in wanted.items() if not written}
