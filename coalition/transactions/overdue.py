"""Returns that never found their purchase: when their wait is over, the programme's policy decides, or a person does.

"by_terms" takes back what such a purchase would earn by the terms of the return's own day; "manual" puts the return
into a queue, where a person takes by terms or lets it be. Where one of two channels pays for a sale, a person decides
anyway: the other channel may have told the same return.
"""

from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from coalition.ledger.models import Purpose
from coalition.ledger.post import Book, Cause, open_book
from coalition.members.models import Member
from coalition.members.queries import member_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.awards import parts_of
from coalition.promotions.case import Facts
from coalition.promotions.engine import evaluate
from coalition.promotions.index import Index, Rule
from coalition.promotions.kinds import OperationKind
from coalition.promotions.queries import index_of
from coalition.transactions.models import PurchaseReturn
from coalition.transactions.revaluing import line_of
from coalition.transactions.two_channels.terms import same_sale_terms
from coalition.webhooks.kinds import ReturnState
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.jobs import ask, every, job

RETURNS_PER_JOB = 500

# {(state, event): state}; anything else is a Conflict. A return that was let be stays in the queue's history.
STATES: dict[tuple[str, str], ReturnState] = {
    ("waiting", "policy manual"): "manual",
    ("waiting", "take by terms"): "by_terms",
    ("manual", "take by terms"): "by_terms",
    ("manual", "let be"): "let_be",
}


@job("returns.overdue", bulk=True)
def look_for_overdue(session: Session) -> None:
    """Ask for the settling of each programme's returns that have waited long enough."""
    programmes = select(Programme).where(Programme.tenant_id == tenant_of(session)).order_by(Programme.id)
    for programme in session.scalars(programmes).all():
        if session.scalars(_overdue(session, programme).limit(1)).first() is not None:
            ask(session, "returns.settle", programme_id=programme.id)


@job("returns.settle", bulk=True)
def settle_overdue(session: Session, programme_id: int) -> None:
    """Apply the programme's policy to its returns that have waited long enough, member by member."""
    programme = programme_by_id(session, programme_id)
    by_terms = programme.return_policy == "by_terms" and same_sale_terms(programme) is None
    event = "take by terms" if by_terms else "policy manual"
    for back in session.scalars(_overdue(session, programme).limit(RETURNS_PER_JOB)).all():
        _decide(session, programme, back, event)


def decide_return(
    session: Session, actor: Actor, *, member_id: UUID, return_id: UUID, take: bool
) -> PurchaseReturn:
    """A person decides about a return in the queue: take its points by the terms of its day, or let it be."""
    actor.must(Permission.DESK_LEDGER_ADJUST)
    back = session.get(PurchaseReturn, (tenant_of(session), member_id, return_id))
    if back is None:
        raise NotFound("return_unknown")
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    if not _decide(session, programme, back, "take by terms" if take else "let be"):
        raise Conflict("return_decided", state=back.state)
    told = {"member": member_id, "state": back.state}
    record(session, actor, "return.take" if take else "return.let_be", f"return {return_id}", after=told)
    return back


def _overdue(session: Session, programme: Programme) -> Select[PurchaseReturn]:
    """The programme's returns that have waited long enough, by member."""
    return (
        select(PurchaseReturn)
        .join(
            Member,
            and_(Member.tenant_id == PurchaseReturn.tenant_id, Member.id == PurchaseReturn.member_id),
        )
        .where(
            PurchaseReturn.tenant_id == tenant_of(session),
            Member.programme_id == programme.id,
            PurchaseReturn.state == "waiting",
            PurchaseReturn.wait_until < clock.business_day(programme.zone),
        )
        .order_by(PurchaseReturn.member_id, PurchaseReturn.id)
    )


def _decide(session: Session, programme: Programme, back: PurchaseReturn, event: str) -> bool:
    """Take the step if the return's state still allows it. The balance is locked before the return, as posting does."""
    book = open_book(session, member_id=back.member_id, zone=programme.zone)
    session.refresh(back, with_for_update=True)  # it may have found its purchase, or been decided, meanwhile
    after = STATES.get((back.state, event))
    if after is None:
        return False
    if event == "take by terms":
        _take(session, book, index_of(session, programme), back)
    back.state = after
    return True


def _take(session: Session, book: Book, index: Index, back: PurchaseReturn) -> None:
    """Take back what a purchase of this amount would earn by the terms of the return's day, limits per period aside."""
    member = member_by_id(session, back.member_id)
    line, day = line_of(book.zone, back, OperationKind.PURCHASE, back.amount)
    cause = Cause(Purpose.RETURN, back.id, back.occurred_at)
    facts = Facts(member.id, member.segments, member.account_opened_on)
    for rule, base, points, cut, *_ in evaluate(index, facts, line, day):
        if not points or not _by_amount_alone(rule):
            continue
        for pool, part in parts_of(rule, 0, points):
            book.take_back(
                cause,
                part,
                funder_id=index.pools[pool].funder_id,
                reason=[rule.version, base, part, cut, 0],
                part=("by_terms", rule.version, pool, book.balance.version),
            )


def _by_amount_alone(rule: Rule) -> bool:
    """Whether the amount decides what a rule gives.

    Not so where it counts or waits, and not within a hard bound: nobody knows what a budget, its places or a deposit
    had left for a purchase that was never known.
    """
    bounded = rule.budget or rule.seats or rule.deposits
    return rule.linear is not None and rule.waits is None and not bounded


every(3600, "returns.overdue")
