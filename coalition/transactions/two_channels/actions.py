"""A person's word about two that may be one sale: the same, or two sales."""

from uuid import UUID

from sqlalchemy.orm import Session

from coalition.ledger.bulk import lock_balances
from coalition.ledger.post import open_book
from coalition.members.queries import member_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.index import Index
from coalition.promotions.queries import index_of
from coalition.transactions import returns, waiting
from coalition.transactions.models import Purchase, SuspectSale
from coalition.transactions.of_orders.settling import settle_orders
from coalition.transactions.referrals.jobs import ask_for
from coalition.transactions.two_channels.finding import Same
from coalition.transactions.two_channels.settling import name_payers, undo
from coalition.transactions.two_channels.terms import SameSaleTerms, same_sale_terms
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal


def decide_suspect(
    session: Session, actor: Actor, *, member_id: UUID, sale_id: UUID, line_id: UUID, same: bool
) -> SuspectSale:
    """Say that a till's sale and a bank's line are the same, so that one of them pays, or that they are two sales.

    Raises NotFound("suspect_unknown"), Conflict("suspect_decided"), or Refusal("both_pay") where the programme by now
    lets both pay.
    """
    actor.must(Permission.DESK_LEDGER_ADJUST)
    lock_balances(session, [member_id])  # before the row, as posting does
    suspect = session.get(
        SuspectSale,
        (tenant_of(session), member_id, sale_id, line_id),
        with_for_update=True,
        populate_existing=True,
    )
    if suspect is None:
        raise NotFound("suspect_unknown")
    if suspect.decision is not None:
        raise Conflict("suspect_decided", decision=suspect.decision)
    suspect.decision = "same" if same else "two"
    suspect.decided_by, suspect.decided_at = actor.id, clock.now()
    session.flush()  # what else was suspected of the two is decided in the table
    if same:
        programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
        terms = same_sale_terms(programme)
        if terms is None:
            raise Refusal("both_pay")
        _unite(session, programme, index_of(session, programme, hold=True), _same(session, terms, suspect))
    told = {"member": member_id, "line": line_id, "decision": suspect.decision}
    record(session, actor, "suspect.decide", f"purchase {sale_id}", after=told)
    return suspect


def _same(session: Session, terms: SameSaleTerms, suspect: SuspectSale) -> Same:
    """Who pays of the two, by the programme's terms."""
    sale, line = (
        session.get_one(Purchase, (suspect.tenant_id, suspect.member_id, number))
        for number in (suspect.sale_id, suspect.line_id)
    )
    by_till = terms.till_pays(till_first=(sale.booked_at, sale.key) < (line.booked_at, line.key))
    pays, other = (sale, line) if by_till else (line, sale)
    return Same(suspect.member_id, pays.id, other.id)


def _unite(session: Session, programme: Programme, index: Index, same: Same) -> None:
    """Let one of the two pay, and whatever looks at her purchases look again, as after a return."""
    name_payers(session, undo(session, programme, index, [same]))
    returns.settle_of(session, programme, index, {same.member_id})
    settle_orders(session, programme, index, [same.member_id])
    open_book(session, member_id=same.member_id, zone=programme.zone).repay_debt()
    waiting.look(session, programme, index, [same.member_id])
    ask_for(session, index, [same.member_id])
