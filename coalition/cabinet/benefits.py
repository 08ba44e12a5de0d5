"""What the member has beside points: coupons and certificates with their codes, game units, tickets of draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from coalition.benefits.held import Had
from coalition.benefits.models import BenefitKind
from coalition.benefits.queries import grants_of
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.sentences import sentence
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.draws.models import Draw
from coalition.draws.queries import draws, member_wins, seed_of
from coalition.draws.wording import prize_names, prizes_said
from coalition.programmes.terms import NEVER
from coalition.promotions.index import Index, microseconds
from coalition.promotions.queries import index_of, versions_by_id
from coalition.promotions.triggers.exchange import Exchange
from coalition.promotions.wording_rates import rate_of
from coalition.transactions.exchanging import exchange
from tenants.branding import scan
from tenants.branding.words import Words
from tenants.parts import Part, is_on
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import new_id

_OVER_SHOWN = 10


@dataclass(frozen=True)
class Coupon:
    """Something that is shown at a till, with its code while it can be used."""

    name: str
    left: str
    until: str
    code: str
    qr: Markup | None


@dataclass(frozen=True)
class Swap:
    """An exchange that a promotion offers: so many units for what it gives."""

    quantity: int
    gives: str
    is_enough: bool


@dataclass(frozen=True)
class Wallet:
    """Game units of one kind: how many, what is lost first, and what they can be given for."""

    code: str
    name: str
    total: int
    burning: str
    swaps: Sequence[Swap]


@dataclass(frozen=True)
class Lottery:
    """A draw that the member's tickets are for."""

    name: str
    about: str
    prizes: Sequence[str]
    won: Sequence[str]
    tone: str
    icon: str
    state: str
    is_drawn: bool
    proof: Sequence[tuple[str, str]]


@cabinet.get("/benefits")
@members_only
def benefits(visit: Visit) -> Answer:
    """The page."""
    got = request.args.get("got", "")[:200]
    return _page(visit, got=got)


@cabinet.post("/benefits/exchange")
@members_only
def exchange_units(visit: Visit) -> Answer:
    """Give units for what a promotion gives for them; what is refused is told on the page."""
    units, quantity = request.form.get("units", ""), request.form.get("quantity", "")
    request_id = request.form.get("request_id", "")
    if not quantity.isdecimal() or len(quantity) > 12 or not 0 < len(request_id) <= 64:
        raise NotFound("page_unknown")
    try:
        with visit.session.begin_nested():
            exchange(
                visit.session,
                visit.actor,
                member_id=visit.member_id,
                units=units,
                quantity=int(quantity),
                request_id=request_id,
            )
    except NotFound:
        raise
    except Refusal as refused:
        return _page(visit, wrong=sentence(refused, visit.w)), 422
    return redirect(url_for("cabinet.benefits", got=1), 303)


def _page(visit: Visit, *, got: str = "", wrong: str = "") -> str:
    session, w = visit.session, visit.w
    had = grants_of(session, visit.member_id)
    index = index_of(session, visit.programme)
    shown = [one for one in had if one.benefit.kind not in (BenefitKind.UNITS, BenefitKind.TICKET)]
    usable = [_coupon(visit, one) for one in shown if one.usable(w.today)]
    over = [_over(visit, one) for one in shown if not one.usable(w.today)]
    return visit.page(
        "benefits.html",
        here="more",
        coupons=usable,
        over=over[:_OVER_SHOWN],
        wallets=_wallets(visit, index, [one for one in had if one.benefit.kind == BenefitKind.UNITS]),
        lotteries=[
            _lottery(visit, draw, [one for one in had if one.benefit.id == draw.benefit_id])
            for draw in (draws(session) if is_on(session, Part.DRAWS) else ())
        ],
        got=_("Exchanged. What you got is in your history or here") if got else "",
        wrong=wrong,
        request_id=str(new_id()),
    )


def _coupon(visit: Visit, one: Had) -> Coupon:
    w, code = visit.w, one.code or ""
    name = visit.said(one.benefit.name)
    until = (
        _("It has no last day")
        if one.grant.last_day == NEVER
        else _("Until %(day)s", day=w.day(one.grant.last_day))
    )
    label = _("Code %(code)s", code=code)
    return Coupon(name, _left(one, w), until, code, scan.qr(code, label) if code else None)


def _left(one: Had, w: Words) -> str:
    match BenefitKind(one.benefit.kind):
        case BenefitKind.CERTIFICATE:
            return _("%(money)s left", money=w.money(one.left or 0))
        case BenefitKind.PRIVILEGE if one.left is None:
            return _("As often as you like")
        case BenefitKind.PRIVILEGE:
            left = one.left or 0
            return ngettext("%(count)s time left", "%(count)s times left", left, count=w.number(left))
        case _:
            left = one.left or 0
            return ngettext("%(count)s piece", "%(count)s pieces", left, count=w.number(left))


def _over(visit: Visit, one: Had) -> tuple[str, str]:
    if one.left == 0:
        return visit.said(one.benefit.name), _("Used")
    return visit.said(one.benefit.name), _("Ended on %(day)s", day=visit.w.day(one.grant.last_day))


def _wallets(visit: Visit, index: Index, had: Iterable[Had]) -> list[Wallet]:
    """Units by kind, with the exchanges that are offered to this member now."""
    w = visit.w
    kinds: dict[str, list[Had]] = {}
    for one in had:
        kinds.setdefault(one.benefit.code, []).append(one)
    found = []
    for code, parts in sorted(kinds.items()):
        usable = [one for one in parts if one.usable(w.today)]
        total = sum(one.left or 0 for one in usable)
        first = min((one.grant.last_day for one in usable), default=NEVER)
        found.append(
            Wallet(
                code,
                visit.said(parts[0].benefit.name),
                total,
                _burning(usable, first, w),
                _swaps(visit, index, code, total),
            )
        )
    return found


def _burning(usable: Iterable[Had], first: date, w: Words) -> str:
    if first == NEVER:
        return ""
    lost = sum(one.left or 0 for one in usable if one.grant.last_day == first)
    return _("%(count)s of them until %(day)s", count=w.number(lost), day=w.day(first))


def _swaps(visit: Visit, index: Index, units: str, total: int) -> list[Swap]:
    """Offers to exchange these units, the smallest first."""
    now = microseconds(clock.now())
    rules = [
        rule
        for rule in index.on("exchange", now)
        if rule.offered(now, visit.member.segments, visit.member_id)
        and isinstance(rule.trigger, Exchange)
        and rule.trigger.units == units
    ]
    documents = versions_by_id(visit.session, [rule.version for rule in rules])
    gains: dict[int, list[str]] = {}
    for rule in rules:
        if isinstance(rule.trigger, Exchange):
            gains.setdefault(rule.trigger.quantity, []).append(rate_of(documents[rule.version], visit.w))
    return [Swap(quantity, " + ".join(gains[quantity]), quantity <= total) for quantity in sorted(gains)]


def _lottery(visit: Visit, draw: Draw, had: Sequence[Had]) -> Lottery:
    w = visit.w
    tickets = sum(one.grant.quantity for one in had)
    mine = ngettext(
        "You have %(count)s ticket", "You have %(count)s tickets", tickets, count=w.number(tickets)
    )
    if draw.drawn_at is None:
        about = _("%(tickets)s. Drawn after %(at)s", tickets=mine, at=w.moment(draw.closes_at))
        is_closed = clock.now() >= draw.closes_at
        state = (
            ("wait", "hourglass-split", _("Not drawn yet"))
            if is_closed
            else ("good", "ticket-perforated", _("Open"))
        )
    else:
        about = _("%(tickets)s of %(all)s", tickets=mine, all=w.number(draw.tickets or 0))
        state = ("", "check2", _("Drawn on %(day)s", day=w.day(w.day_of(draw.drawn_at))))
    names = prize_names(draw, w.lang)
    won = [names[win.prize] for win, of in member_wins(visit.session, visit.member_id) if of.id == draw.id]
    return Lottery(
        visit.said(draw.name),
        about,
        prizes_said(draw, w),
        won,
        *state,
        is_drawn=draw.drawn_at is not None,
        proof=_proof(visit, draw),
    )


def _proof(visit: Visit, draw: Draw) -> list[tuple[str, str]]:
    """What anybody can check the draw by: what was promised, and once it is drawn, what it was drawn from."""
    promised = (_("Digest of the seed (SHA-256)"), draw.commitment.hex())
    if draw.entries_digest is None:
        return [promised]
    seed = seed_of(visit.session, draw).hex()
    return [promised, (_("Seed"), seed), (_("Digest of the tickets"), draw.entries_digest.hex())]
