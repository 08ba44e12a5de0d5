"""The form of a decision: what it suggests, what was sent, and the proposal that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Self, cast

from flask_babel import gettext as _

from coalition.cabinet.kinds.base import read_units
from coalition.claims.deciding import WAYS, Proposal, Sale, Way
from coalition.claims.models import Claim
from coalition.programmes.models import Programme
from coalition.reports.claim_evidence import Evidence
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal

_TEXT_MOST = 120


@dataclass(frozen=True)
class Form:
    """The fields as they are written; `partner` and `mcc` say more of a purchase that is to be recorded."""

    way: str = ""
    points: str = ""
    funder: str = ""
    reason: str = ""
    shop: str = ""
    day: str = ""
    amount: str = ""
    partner: str = ""
    mcc: str = ""

    @classmethod
    def sent(cls, told: Mapping[str, str]) -> Self:
        """What somebody sent."""
        return cls(**{one.name: told.get(one.name, "").strip()[:_TEXT_MOST] for one in fields(cls)})

    @classmethod
    def of(cls, claim: Claim, found: Evidence, programme: Programme, w: Words) -> Self:
        """What the evidence suggests: points that are missing, the partner's participant as payer, the told sale."""
        partner = found.why.partner if found.why else None
        suggested = found.suggested if found.why or found.spent else 0
        sale = found.sale
        return cls(
            way="grant" if found.why else "record" if sale else "return" if claim.redemption_id else "grant",
            points=_written(suggested, w.scale, w),
            funder=str(partner.participant_id if partner else ""),
            shop=sale.seller if sale else "",
            day=w.day_of(sale.occurred_at).isoformat() if sale else "",
            amount=_written(sale.amount, w.exponent, w) if sale else "",
            partner=(sale.partner or "") if sale else "",
        )

    def wrong(self, no: Refusal) -> str:
        """What is wrong with a field, where the refusal alone would not say it."""
        match no.code:
            case "points_unclear" | "amount_digits" | "amount_large":
                if self.way == "record":
                    return _("Write the sum of the purchase, like 1500")
                return _("Write how many points: a number above zero")
            case "day_unclear":
                return _("Write the day, like 2026-11-15")
            case "seller_missing":
                return _("Write where the purchase was")
            case "in_the_future":
                return _("The day of the purchase lies ahead")
        return ""


def proposed(form: Form, w: Words, *, reply: str, lang: str) -> Proposal:
    """The proposal that the form makes.

    Refusal("points_unclear"), "amount_digits", "amount_large", "day_unclear" or "seller_missing".
    """
    if form.way not in WAYS:
        raise NotFound("decision_unknown")
    way = cast(Way, form.way)
    if way == "grant":
        funder = int(form.funder) if form.funder.isascii() and form.funder.isdigit() else None
        points = read_units(form.points, w.scale, w)
        return Proposal("grant", reply, lang, points=points, funder_id=funder)
    if way == "record":
        return Proposal("record", reply, lang, sale=_sale(form, w))
    return Proposal(way, reply, lang, reason=form.reason or None)


def _sale(form: Form, w: Words) -> Sale:
    amount = read_units(form.amount, w.exponent, w)
    if not amount:
        raise Refusal("points_unclear")
    shop = "".join(letter for letter in form.shop if letter.isprintable())
    if not shop:
        raise Refusal("seller_missing")
    try:
        day = date.fromisoformat(form.day)
    except ValueError:
        raise Refusal("day_unclear") from None
    if not 1970 <= day.year <= 2100:
        raise Refusal("day_unclear")
    noon = datetime.combine(day, time(12), clock.zone(w.zone)).astimezone(UTC)
    at = min(noon, clock.now()) if day == w.today else noon
    mcc = int(form.mcc) if form.mcc.isascii() and form.mcc.isdigit() and len(form.mcc) <= 4 else None
    return Sale(occurred_at=at, amount=amount, seller=shop, partner=form.partner or None, mcc=mcc)


def _written(units: int, digits: int, w: Words) -> str:
    """A number as it is typed: no signs between thousands."""
    whole, fraction = divmod(units, 10**digits)
    if not units:
        return ""
    point = "." if w.lang == "en" else ","
    return f"{whole}{point}{fraction:0{digits}d}" if fraction else str(whole)
