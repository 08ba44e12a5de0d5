"""What a network tells of orders, taken in: which click each is of, what is known now, and what that comes to.

The network's own answers are the truth and replace whatever was known, unless they are older. A postback only makes an
order known sooner, as "pending"; what no answer confirms within `HINT_DAYS` is given up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.post import open_books
from coalition.offers.models import Click, Network, Order, Shop
from coalition.offers.settling import settle_order
from coalition.offers.told import Hint, OrderTold, is_token
from coalition.offers.worth import Terms
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import derived_id

HINT_DAYS = 5
SUMS_MOST = 50
"""More sums than that no order is told with."""
UNCONFIRMED = "unconfirmed"
CURRENCY = "currency"
LARGE = "large"


def take_orders(session: Session, network: Network, told: Sequence[OrderTold]) -> int:
    """Take in a page of the network's own answers; returns how many orders changed. Foreign clicks are passed over."""
    clicks, now = _clicks(session, network, [one.token for one in told]), clock.now()
    mine = [
        # A word that is dated ahead of us is not newer than all that follow it.
        (replace(one, amended_at=min(one.amended_at, now)), clicks[one.token], "poll")
        for one in told
        if one.token in clicks
    ]
    return _settled(session, network, mine)


def take_hint(session: Session, network: Network, hint: Hint, *, signed: bool) -> str:
    """What comes of a postback, in a word; only a signed one of a click of ours makes an order known."""
    click = _clicks(session, network, [hint.token]).get(hint.token)
    if click is None:
        return "unknown_click"
    if not signed:
        return "unsigned"
    if not hint.external_id or hint.currency != _terms(click).currency:
        return "unclear"
    if hint.commission > hint.sale > 0:
        return "too_much"
    if _known(session, network, [hint.external_id]):
        return "known"
    told = OrderTold(
        hint.external_id,
        hint.token,
        "",
        "pending",
        hint.sale,
        hint.commission,
        hint.currency,
        click.at,
        click.at,
    )
    _settled(session, network, [(told, click, "postback")])
    return "pending"


def give_up_hints(session: Session, network: Network) -> Sequence[Order]:
    """Orders that postbacks told of and no answer has confirmed in time give nothing any more; returns them."""
    old = session.scalars(
        select(Order)
        .where(
            Order.tenant_id == tenant_of(session),
            Order.network_id == network.id,
            Order.by == "postback",
            Order.problem.is_(None),
            Order.told_at < clock.now() - timedelta(days=HINT_DAYS),
        )
        .order_by(Order.member_id, Order.id)
    ).all()
    for order in old:
        order.problem, order.amended_at = UNCONFIRMED, clock.now()
    _post(session, network, old)
    return old


def _settled(session: Session, network: Network, mine: Iterable[tuple[OrderTold, Click, str]]) -> int:
    """Note what was told of orders whose clicks are ours, and post what that comes to.

    An order stays that of the click that it first came with, whatever click its network names later: it is paid once.
    """
    found = sorted(mine, key=lambda one: (one[1].member_id, one[0].external_id, one[0].amended_at))
    programme = programme_by_id(session, network.programme_id)
    external = [told.external_id for told, _, _ in found]
    members = {click.member_id for _, click, _ in found}
    members |= {order.member_id for order in _known(session, network, external).values()}
    # Who books for a member waits here, and reads afterwards: the same order told twice at once is one row.
    books = open_books(session, members=members, zone=programme.zone)
    known = _known(session, network, external)
    clicks = {click.id: click for _, click, _ in found}
    changed: dict[UUID, Order] = {}
    for told, click, by in found:
        order = known.get(told.external_id)
        if order is None:
            order = known[told.external_id] = _new(session, network, told, click)
        _remember(order, told.sale)
        if order.state and order.by == "poll" and (by == "postback" or told.amended_at < order.amended_at):
            continue  # we know something newer
        if _note(order, told, _terms(_click_of(session, order, clicks)), programme, by):
            changed[order.id] = order
    session.flush()  # postings are found by their orders
    for order in changed.values():
        terms = _terms(_click_of(session, order, clicks))
        settle_order(session, books[order.member_id], programme, order, terms)
    return len(changed)


def _click_of(session: Session, order: Order, clicks: dict[UUID, Click]) -> Click:
    found = clicks.get(order.click_id)
    with session.no_autoflush:  # an order that is not told yet is no row
        return found or session.get_one(Click, (order.tenant_id, order.member_id, order.click_id))


def _post(session: Session, network: Network, orders: Sequence[Order]) -> None:
    """Post what orders come to whose clicks are not at hand."""
    programme = programme_by_id(session, network.programme_id)
    books = open_books(session, members={one.member_id for one in orders}, zone=programme.zone)
    for order in orders:
        terms = _terms(_click_of(session, order, {}))
        settle_order(session, books[order.member_id], programme, order, terms)


def _new(session: Session, network: Network, told: OrderTold, click: Click) -> Order:
    order = Order(
        tenant_id=network.tenant_id,
        member_id=click.member_id,
        id=derived_id(told.ordered_at, "order", network.id, told.external_id),
        network_id=network.id,
        external_id=told.external_id,
        click_id=click.id,
        shop_id=click.shop_id,
        ordered_at=told.ordered_at,
        state="",
        pending=0,
        active=0,
        settled=0,
        sums=[],
    )
    session.add(order)
    return order


def _remember(order: Order, sale: int) -> None:
    """Keep a sum that the order was told to cost, as far as it is one of the first `SUMS_MOST`."""
    if sale not in order.sums and len(order.sums) < SUMS_MOST:
        order.sums = sorted({*order.sums, sale})


def _note(order: Order, told: OrderTold, terms: Terms, programme: Programme, by: str) -> bool:
    """The order is as told from now on; whether anything of that is new."""
    now = clock.now()
    before = (order.state, order.sale, order.commission, order.currency, order.reason, order.by)
    order.state, order.sale, order.commission = told.state, told.sale, told.commission
    order.currency, order.reason, order.by = told.currency, told.reason, by
    order.amended_at = told.amended_at
    if by == "poll":  # a postback knows of no day; paid orders are asked for by the network's
        order.ordered_at = told.ordered_at
    if told.state in ("approved", "paid"):
        order.approved_at = order.approved_at or told.amended_at
    order.expected_on = _expected(order, terms, programme)
    order.problem = _problem(told, terms)
    after = (order.state, order.sale, order.commission, order.currency, order.reason, order.by)
    if before == after:
        return False
    order.told_at = now
    return True


def _problem(told: OrderTold, terms: Terms) -> str | None:
    """Why an order gives nothing whatever its state: what it is worth is not known, or cannot be right."""
    if told.currency != terms.currency:
        return CURRENCY
    return LARGE if told.commission > told.sale > 0 else None


def _expected(order: Order, terms: Terms, programme: Programme) -> date | None:
    """The day by which the network decides, as it said of the shop when the click was made."""
    if order.state not in ("pending", "on_hold") or terms.hold_days is None:
        return None
    return clock.business_day(programme.zone, order.ordered_at) + timedelta(days=terms.hold_days)


def _clicks(session: Session, network: Network, tokens: Iterable[str]) -> dict[str, Click]:
    """The clicks of these words at shops of this network: another one's it cannot tell of."""
    asked = {one for one in tokens if is_token(one)}
    if not asked:
        return {}
    rows = session.scalars(
        select(Click)
        .join(Shop, (Shop.tenant_id == Click.tenant_id) & (Shop.id == Click.shop_id))
        .where(Click.tenant_id == tenant_of(session), Click.token.in_(asked), Shop.network_id == network.id)
    )
    return {one.token: one for one in rows}


def _known(session: Session, network: Network, external: Iterable[str]) -> dict[str, Order]:
    rows = session.scalars(
        select(Order)
        .where(
            Order.tenant_id == tenant_of(session),
            Order.network_id == network.id,
            Order.external_id.in_(set(external)),
        )
        .execution_options(populate_existing=True)
    )
    return {one.external_id: one for one in rows}


def _terms(click: Click) -> Terms:
    return Terms.model_validate(click.terms)
