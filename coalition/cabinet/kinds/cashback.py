"""Cashback: how many points, how much money, where to and when."""

from collections.abc import Mapping
from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _

from coalition.cabinet.kinds.base import Choice, Told, card_hint, read_points, remains, spent_first
from coalition.cabinet.sentences import sentence
from coalition.cabinet.views import Asked, Cashback, Done, Link, Quick, Shelf
from coalition.cabinet.visit import Visit
from coalition.ledger.queries import balance_of
from coalition.redemption.actions import Quote, quote
from coalition.redemption.kinds.cashback import CashbackTerms
from coalition.redemption.models import Redemption, Reward
from coalition.redemption.queries import payout_of, rewards
from tenants.branding.letterhead import Document
from tenants.runtime.errors import Refusal


class CashbackFace:
    """Points to money on the card."""

    kind = "cashback"
    icon = "credit-card"

    def shelf(self, visit: Visit, asked: Mapping[str, str]) -> Shelf | None:
        """The form with an amount, quick sums and what it would take."""
        items = [
            self.offer(visit, reward, asked.get("points", "")) for reward in rewards(visit.session, self.kind)
        ]
        template = "cabinet/shelf_cashback.html"
        return (
            Shelf("cashback", _("Cashback"), _("Cashback to your card"), template, items) if items else None
        )

    def offer(self, visit: Visit, reward: Reward, said: str) -> Cashback:
        """The form for one reward; with nothing said it proposes the first sum that can be had."""
        w, terms = visit.w, CashbackTerms.model_validate(reward.terms)
        available = balance_of(visit.session, visit.member_id).available
        most = min(available, terms.points_max)
        sums = quick_sums(terms.points_min, most)
        try:
            points = read_points(said, w) if said else sums[len(sums) // 3] if sums else terms.points_min
        except Refusal as refused:
            return self._refused(visit, reward, said, refused)
        try:
            found = quote(
                visit.session,
                visit.actor,
                member_id=visit.member_id,
                reward_code=reward.code,
                choice={"points": points},
            )
        except Refusal as refused:
            return self._refused(visit, reward, w.amount(points), refused)
        return Cashback(
            code=reward.code,
            written=w.amount(points),
            hint=self._hint(visit, terms.points_min, most),
            quick=[self._quick(visit, value, points, available) for value in sums],
            pairs=[
                (_("Where to"), card_hint(visit) or _("your account")),
                (_("When"), _("by %(day)s", day=w.day(w.today + timedelta(days=terms.days)))),
                *spent_first(found, w),
                (_("Will remain"), w.points(found.left)),
            ],
            button=_("Get %(money)s on the card", money=w.money(found.minor)),
            promise=_("Cashback can be cancelled until the money is sent"),
        )

    def _refused(self, visit: Visit, reward: Reward, said: str, refused: Refusal) -> Cashback:
        terms = CashbackTerms.model_validate(reward.terms)
        most = min(balance_of(visit.session, visit.member_id).available, terms.points_max)
        hint = self._hint(visit, terms.points_min, most)
        return Cashback(reward.code, said, hint, [], [], "", "", wrong=sentence(refused, visit.w))

    def _quick(self, visit: Visit, value: int, chosen: int, available: int) -> Quick:
        text = visit.w.amount(value)
        return Quick(value, _("All %(points)s", points=text) if value == available else text, value == chosen)

    def _hint(self, visit: Visit, least: int, most: int) -> str:
        w, programme = visit.w, visit.programme
        rate = _(
            "%(points)s = %(money)s",
            points=w.points(programme.value_points),
            money=w.money(programme.value_minor),
        )
        if most < least:
            return _("From %(least)s. %(rate)s", least=w.points(least), rate=rate)
        return _(
            "From %(least)s to %(most)s. %(rate)s", least=w.amount(least), most=w.amount(most), rate=rate
        )

    def choice(self, visit: Visit, said: Mapping[str, str]) -> Choice:
        """The number of points."""
        return {"points": read_points(said.get("points", ""), visit.w)}

    def asked(self, visit: Visit, reward: Reward, choice: Choice, quote: Quote) -> Asked:
        """Money, card, what goes first, what remains."""
        w = visit.w
        terms = CashbackTerms.model_validate(reward.terms)
        return Asked(
            title=_("Get %(money)s on the card?", money=w.money(quote.minor)),
            fields={"points": w.amount(choice["points"])},
            pairs=[
                (_("Where to"), card_hint(visit) or _("your account")),
                (_("When"), _("by %(day)s", day=w.day(w.today + timedelta(days=terms.days)))),
                *spent_first(quote, w),
                remains(quote, w),
            ],
            promise=_("Cashback can be cancelled until the money is sent"),
            button=_("Get %(money)s", money=w.money(quote.minor)),
            keep=_("Keep the points"),
        )

    def told(self, visit: Visit, reward: Reward, redemption: Redemption) -> Told:
        """Money and where it is."""
        money, card = visit.w.money(redemption.minor), card_hint(visit)
        text = _("%(money)s to %(card)s", money=money, card=card) if card else self._title(money)
        return Told(visit.said(reward.name), text, self._state(visit, redemption))

    def _title(self, money: str) -> str:
        return _("%(money)s to your card", money=money)

    def _state(self, visit: Visit, redemption: Redemption) -> str:
        if redemption.state == "cancelled":
            return _("cancelled")
        owed = payout_of(visit.session, redemption)
        state = owed.state if owed else "waiting"
        return _("paid") if state == "paid" else _("on its way")

    def done(self, visit: Visit, reward: Reward, redemption: Redemption) -> Done:
        """Money, its way, and the way back while there is one."""
        w, owed = visit.w, payout_of(visit.session, redemption)
        terms = CashbackTerms.model_validate(reward.terms)
        cancelled = redemption.state == "cancelled"
        by = w.day(w.day_of(redemption.made_at) + timedelta(days=terms.days))
        paid = owed is not None and owed.state == "paid"
        text = _("The bank has paid the money") if paid else _("The money comes by %(day)s", day=by)
        back = Link(
            url_for("cabinet.cancel", redemption_id=redemption.id),
            _("Cancel and take back %(points)s", points=w.points(redemption.points)),
        )
        return Done(
            title=_("The cashback is cancelled") if cancelled else self._title(w.money(redemption.minor)),
            tone="" if cancelled else "good",
            icon="arrow-return-left" if cancelled else "check2",
            text=_("The points are back where they came from") if cancelled else text,
            pairs=[
                (_("Where to"), card_hint(visit) or _("your account")),
                (_("Made"), w.moment(redemption.made_at)),
                (_("Money"), w.money(redemption.minor)),
                (_("Came back to you") if cancelled else _("Spent"), w.points(redemption.points)),
            ],
            cancel=back if not cancelled and owed and owed.state == "waiting" else None,
        )

    def paper(self, visit: Visit, reward: Reward, redemption: Redemption) -> Document | None:
        """The bank's own statement is the paper."""
        return None


def quick_sums(least: int, most: int) -> list[int]:
    """Three round sums within reach, and everything. Pure."""
    if most < least:
        return []
    unit = 10 ** max(len(str(most)) - 1, 0)
    rounds = {value for value in (unit // 2, unit, 2 * unit, 5 * unit) if least <= value < most}
    return [*sorted(rounds)[:3], most]
