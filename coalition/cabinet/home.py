"""The first page: what there is, what burns, what waits, the latest points, offers."""

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from coalition import money
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.history import days_of
from coalition.cabinet.offers import offers_of
from coalition.cabinet.views import Burning, Home, Term, Waiting
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.ledger.models import Lot
from coalition.ledger.queries import balance_of, open_lots
from coalition.members.queries import person_of
from coalition.offers.queries import points_ordered
from coalition.programmes.models import Programme
from coalition.programmes.terms import NEVER
from coalition.promotions import wording_activation
from coalition.promotions.queries import index_of
from coalition.redemption.queries import rewards
from coalition.reports.history import history
from coalition.transactions.receiving import takes_files
from coalition.transactions.waiting import waits_of
from tenants.branding.words import Words

_LINES, _OFFERS = 6, 6
_SOON_DAYS = 60  # what burns later than this is no news on the first page
_GAP = 8  # thousandths of the strip between two stretches


@cabinet.get("/")
@members_only
def home(visit: Visit) -> Answer:
    """The first page."""
    lots = open_lots(visit.session, visit.member_id)
    ready = [lot for lot in lots if not lot.pending]
    balance = balance_of(visit.session, visit.member_id)
    latest, _more = history(visit.session, visit.member_id, limit=_LINES)
    offers = [one for one in offers_of(visit) if not one.had]
    shown = Home(
        available=balance.available,
        worth=_worth(visit.programme, balance.available),
        held=balance.held,
        debt=balance.debt,
        burning=burning(ready, visit.programme, visit.w),
        calm=calm(ready, visit.w),
        waiting=waiting([lot for lot in lots if lot.pending and lot.active_on != NEVER], visit.w),
        conditional=conditional(visit),
        ordered=ordered(visit),
        strip=strip(ready, visit.w),
        days=days_of(visit, latest[:_LINES]),  # more, when several have one moment
        offers=offers[:_OFFERS],
        offer_count=len(offers),
    )
    name = person_of(visit.session, visit.member_id).name
    return visit.page(
        "home.html",
        here="home",
        home=shown,
        name=name,
        cashback=bool(rewards(visit.session, "cashback")),
        by_file=takes_files(visit.session),
    )


def _worth(programme: Programme, points: int) -> int:
    return money.worth(points, programme.value_minor, programme.value_points)


def burning(lots: Sequence[Lot], programme: Programme, w: Words) -> Burning | None:
    """What is lost first, if that is soon. Pure."""
    if not lots or w.days_until(lots[0].expires_on) > _SOON_DAYS:
        return None
    on = lots[0].expires_on
    points = sum(lot.remaining for lot in lots if lot.expires_on == on)
    return Burning(points, on, _when(w.days_until(on)), _worth(programme, points))


def _when(days: int) -> str:
    if days <= 0:
        return _("Today is the last day.")
    if days == 1:
        return _("Tomorrow is the last day.")
    return ngettext("In %(num)s day.", "In %(num)s days.", days)


def calm(lots: Sequence[Lot], w: Words) -> str:
    """What to say when nothing burns soon. Pure."""
    if not lots or lots[0].expires_on == NEVER:
        return _("Your points have no last day")
    return _("The earliest of them are valid until %(day)s", day=w.day(lots[0].expires_on))


def waiting(lots: Sequence[Lot], w: Words) -> Waiting | None:
    """What cannot be spent yet, and from when it can. Pure."""
    points = sum(lot.remaining for lot in lots)
    if not points:
        return None
    by_day: dict[date, int] = {}
    for lot in lots:
        by_day[lot.active_on] = by_day.get(lot.active_on, 0) + lot.remaining
    first = min(by_day)
    if len(by_day) == 1:
        return Waiting(points, _("Yours on %(day)s", day=w.day(first)))
    text = _(
        "%(points)s on %(day)s, all of them by %(last)s",
        points=w.amount(by_day[first]),
        day=w.day(first),
        last=w.day(max(by_day)),
    )
    return Waiting(points, text)


def ordered(visit: Visit) -> Waiting | None:
    """What waits for online shops."""
    points = points_ordered(visit.session, visit.member_id)
    return Waiting(points, _("When the shop confirms the order and its network has paid")) if points else None


def conditional(visit: Visit) -> list[Waiting]:
    """What waits for a condition, and what is still to be done for it."""
    index = index_of(visit.session, visit.programme)
    if not index.conditional:
        return []
    return [
        Waiting(
            one.points,
            wording_activation.to_do(one.activation, one.wanted, one.so_far, one.last_day, visit.w),
        )
        for one in waits_of(visit.session, visit.programme, index, visit.member_id)
    ]


def strip(lots: Sequence[Lot], w: Words) -> list[Term]:
    """Up to three stretches to scale: what ends first, what ends next, the rest. Pure."""
    by_day: dict[date, int] = {}
    for lot in lots:
        by_day[lot.expires_on] = by_day.get(lot.expires_on, 0) + lot.remaining
    days = sorted(by_day)
    parts = [(by_day[day], _until(day, w)) for day in days[:2]]
    if len(days) == 3:
        parts.append((by_day[days[2]], _until(days[2], w)))
    elif len(days) > 3:
        parts.append((sum(by_day[day] for day in days[2:]), _later(days[2:], w)))
    shades = ["soon" if days and w.days_until(days[0]) <= _SOON_DAYS else "next", "next", ""]
    return _to_scale(parts, shades)


def _until(day: date, w: Words) -> str:
    return _("no last day") if day == NEVER else w.short_day(day)


def _later(days: Sequence[date], w: Words) -> str:
    if days[-1] == NEVER:
        return _("later, or never")
    return _("by %(day)s", day=w.short_day(days[-1]))


def _to_scale(parts: Sequence[tuple[int, str]], shades: Sequence[str]) -> list[Term]:
    """Widths in thousandths: whole numbers, a visible minimum for each, gaps between."""
    room = 1000 - _GAP * (len(parts) - 1)
    total = sum(points for points, _until_day in parts)
    widths = [max(30, points * room // total) for points, _until_day in parts]
    if widths:
        widths[widths.index(max(widths))] += room - sum(widths)
    found, left = [], 0
    for (points, until), shade, width in zip(parts, shades, widths, strict=False):
        found.append(Term(points, until, shade, f"{left // 10}.{left % 10}", f"{width // 10}.{width % 10}"))
        left += width + _GAP
    return found
