"""A definition's members as one statement, and how many there are before anything is saved."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, true
from sqlalchemy.orm import Session

from coalition import money
from coalition.members.models import Member
from coalition.members.queries import segments_by_code
from coalition.partners.queries import partners_by_code
from coalition.programmes.models import Programme
from coalition.segments.criteria.base import Scope
from coalition.segments.criteria.sold import sold
from coalition.segments.definition import Definition
from tenants.runtime import clock
from tenants.runtime.patience import within

PREVIEW_SECONDS = 5
LOOK_BACK_DAYS = 30


@dataclass(frozen=True)
class Preview:
    """How many members a definition has, and how many of them bought in the last days, for how much, net of returns."""

    members: int
    size: int
    bought: int
    turnover: int

    @property
    def hundredths(self) -> int:
        """Its share of the programme's members, in hundredths of a percent."""
        return 10_000 * self.size // self.members if self.members else 0


def scope_of(session: Session, programme: Programme) -> Scope:
    """The programme as it stands now."""
    return Scope(
        programme.tenant_id,
        programme.id,
        programme.zone,
        clock.business_day(programme.zone),
        programme.scale,
        money.exponent(programme.currency),
        partners_by_code(session),
        segments_by_code(session),
    )


def belonging(scope: Scope, definition: Definition, *columns: Any) -> tuple[Select[Any], ColumnElement[bool]]:
    """A query of all the programme's members, and in it the condition that one belongs; of an imported list nobody.

    Every criterion is joined as a set of its own, so that whatever they are, no member is looked at alone.
    """
    query = select(*columns).select_from(Member)
    holds: dict[str, list[ColumnElement[bool]]] = {"all_of": [], "any_of": [], "none_of": []}
    for number, (field, _, criterion) in enumerate(definition.criteria()):
        found = criterion.compile(scope)
        (member_id,) = (met := found.query.subquery(f"criterion_{number}")).c
        query = query.outerjoin(met, member_id == Member.id)
        holds[field].append(member_id.is_(None) if found.others else member_id.is_not(None))
    query = query.where(Member.tenant_id == scope.tenant_id, Member.programme_id == scope.programme_id)
    if definition.imported:
        return query, not_(true())
    any_of = or_(*holds["any_of"]) if holds["any_of"] else true()
    return query, and_(true(), *holds["all_of"], any_of, *(not_(one) for one in holds["none_of"]))


def preview(session: Session, programme: Programme, definition: Definition) -> Preview | None:
    """The definition's size, exact; nothing where counting took longer than `PREVIEW_SECONDS`."""
    scope = scope_of(session, programme)
    sales = sold(scope, LOOK_BACK_DAYS)
    buyers = (
        select(sales.c.member_id, func.sum(sales.c.amount).label("turnover"))
        .group_by(sales.c.member_id)
        .subquery("buyers")
    )
    query, belongs = belonging(scope, definition)
    counts = query.outerjoin(buyers, buyers.c.member_id == Member.id).add_columns(
        func.count(),
        func.count().filter(belongs),
        func.count(buyers.c.member_id).filter(belongs),
        func.coalesce(func.sum(buyers.c.turnover).filter(belongs), 0),
    )
    row = within(session, PREVIEW_SECONDS, lambda: session.execute(counts).one())
    return None if row is None else Preview(*map(int, row))
