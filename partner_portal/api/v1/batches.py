"""Batches: what a till has sold and taken back while the line was down, sent at once."""

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from coalition.members.queries import handle_of
from coalition.transactions.sales import sale_of
from partner_portal.api import problems
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.problems import Problem
from partner_portal.api.v1.cheques import ById
from partner_portal.api.v1.members import Handle
from partner_portal.api.v1.purchases import PurchaseBody, Sold, record_purchase
from partner_portal.api.v1.returns import ReturnBody, Returned, record_return
from tenants.runtime.errors import Refusal
from tenants.translations import N_

ITEMS_MAX = 200
_NOBODY = UUID(int=0)


class StoredSale(PurchaseBody):
    """A sale with its own time."""

    kind: Literal["purchase"]


class StoredReturn(ReturnBody):
    """A return with its own time."""

    kind: Literal["return"]


Stored = Annotated[StoredSale | StoredReturn, Field(discriminator="kind")]


class Batch(Body):
    """Sales and returns in any order; each is what its own `reference` says, however often it is sent."""

    items: Annotated[list[Stored], Field(min_length=1, max_length=ITEMS_MAX)]


class Item(Answer):
    """What became of one: it is done as the single request would have been, or has the problem that this would have."""

    reference: str
    status: int
    purchase: Sold | None = None
    returned: Returned | None = None
    problem: Problem | None = None


class Done(Answer):
    """Every item, in the order in which they were sent."""

    items: list[Item]

    @property
    def keeps(self) -> bool:
        """An item that may be asked for again later is not answered the same for thirty days."""
        return all(item.status != HTTPStatus.TOO_MANY_REQUESTS for item in self.items)


@operation(
    "POST",
    "/batches",
    scope="purchases:write",
    about=N_(
        "Book what was sold and taken back while the line was down, in the order of its own times, sales before "
        "returns. Each item stands alone: what is refused leaves the others as they are"
    ),
    takes=Batch,
    gives=Done,
    writes=True,
)
def book_batch(call: Call, body: Batch) -> Done:
    """Book every item, one after the other, the members' in the order in which their balances are locked."""
    owners = _owners(call, body)
    order = sorted(
        range(len(body.items)),
        key=lambda place: (owners[place], body.items[place].occurred_at, body.items[place].kind == "return"),
    )
    done = {place: _item(call, body.items[place]) for place in order}
    return Done(items=[done[place] for place in range(len(body.items))])


def _owners(call: Call, body: Batch) -> list[UUID]:
    """Whose each item is, for the order alone: who is not found is told with the item."""
    sold = {one.reference: one.member for one in body.items if isinstance(one, StoredSale)}
    return [
        _owner(call, one, one.member or sold.get(getattr(one, "original", None) or "")) for one in body.items
    ]


def _owner(call: Call, one: StoredSale | StoredReturn, who: Handle | ById | None) -> UUID:
    if isinstance(who, ById):
        return who.id
    if who is not None:
        try:
            return handle_of(call.session, who.handle).member_id
        except Refusal:
            return _NOBODY
    known = sale_of(
        call.session, source=call.caller.client_id, reference=getattr(one, "original", None) or ""
    )
    return known.member_id if known else _NOBODY


def _item(call: Call, one: StoredSale | StoredReturn) -> Item:
    try:
        with call.session.begin_nested():
            if isinstance(one, StoredSale):
                return Item(reference=one.reference, status=201, purchase=record_purchase(call, one))
            return Item(reference=one.reference, status=201, returned=record_return(call, one))
    except Refusal as refused:
        told = problems.document(refused)
        return Item(reference=one.reference, status=told["status"], problem=Problem.model_validate(told))
