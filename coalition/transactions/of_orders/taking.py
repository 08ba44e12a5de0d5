"""What a network tells of orders, taken in, with what follows from it for sales that are the same."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.bulk import lock_balances
from coalition.offers import taking
from coalition.offers.models import Click, Network, Order
from coalition.offers.told import Hint, OrderTold
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.index import Index
from coalition.promotions.queries import index_of
from coalition.transactions import waiting
from coalition.transactions.of_orders.settling import settle_orders
from coalition.transactions.referrals.jobs import ask_for
from tenants.runtime.db import tenant_of


def take_orders(session: Session, network: Network, told: Sequence[OrderTold]) -> int:
    """As `offers.taking.take_orders`."""
    changed = taking.take_orders(session, network, told)
    _look(session, network, _buyers(session, network, told))
    return changed


def take_hint(session: Session, network: Network, hint: Hint, *, signed: bool) -> str:
    """As `offers.taking.take_hint`."""
    outcome = taking.take_hint(session, network, hint, signed=signed)
    if outcome == "pending":
        _look(session, network, _buyers(session, network, [hint]))
    return outcome


def give_up_hints(session: Session, network: Network) -> None:
    """As `offers.taking.give_up_hints`."""
    _look(session, network, {order.member_id for order in taking.give_up_hints(session, network)})


def look(session: Session, programme: Programme, index: Index, members: Collection[UUID]) -> None:
    """Settle, and let whatever looks at these members' purchases look again where that has moved points."""
    moved = settle_orders(session, programme, index, members)
    if moved:
        waiting.look(session, programme, index, sorted(moved))
        ask_for(session, index, sorted(moved))


def _look(session: Session, network: Network, members: Collection[UUID]) -> None:
    if not members:
        return
    programme = programme_by_id(session, network.programme_id)
    lock_balances(session, sorted(members))
    look(session, programme, index_of(session, programme, hold=True), members)


def _buyers(session: Session, network: Network, told: Sequence[OrderTold | Hint]) -> set[UUID]:
    """Members of told orders whose clicks are told, too: taking them in has locked these, and nobody else."""
    tenant_id = tenant_of(session)
    return set(
        session.scalars(
            select(Order.member_id)
            .join(Click, (Click.tenant_id == tenant_id) & (Click.id == Order.click_id))
            .where(
                Order.tenant_id == tenant_id,
                Order.network_id == network.id,
                Order.external_id.in_({one.external_id for one in told}),
                Click.token.in_({one.token for one in told}),
            )
        )
    )
