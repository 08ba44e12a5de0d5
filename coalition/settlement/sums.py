"""What rows of flows come to, by participant and kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.settlement.flows import Flow, Span, given, has_one_programme, read
from coalition.settlement.terms import Terms
from tenants.runtime.db import by_hashes


@dataclass(frozen=True)
class Sum:
    """What the rows of one kind come to for one participant; `fee` is the sum of each row's own fee."""

    count: int
    points: int
    minor: int
    fee: int

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.count + other.count,
            self.points + other.points,
            self.minor + other.minor,
            self.fee + other.fee,
        )


NOTHING = Sum(0, 0, 0, 0)
_NONE = -1
Sums = Mapping[tuple[int, str], Sum]


def added(one: Sums, other: Sums) -> Sums:
    """Both together."""
    return {key: one.get(key, NOTHING) + other.get(key, NOTHING) for key in (*one, *other)}


def directly(
    session: Session, programme: Programme, span: Span, terms: Mapping[int, Terms], flows: Sequence[Flow]
) -> Sums:
    """Of a span's rows, those of flows that the participants' terms ask for."""
    found: Sums = {}
    alone = has_one_programme(session)
    with by_hashes(session):
        for flow in flows:
            rates = rates_in(flow, terms)
            if rates:
                told = given(session, programme, span) | {"rates": rates}
                rows = session.execute(text(summed(flow, alone)), told)
                found = added(found, {(number, kind): Sum(*sums) for number, kind, *sums in rows})
    return found


def rates_in(flow: Flow, terms: Mapping[int, Terms]) -> list[int]:
    """The fee of each participant, by its number, whose terms ask for the flow, in hundredths of a percent; else -1.

    Not null: the database finds an element by its place at once only where all have a place.
    """
    asking = {number: int(one.fee.rate * 100) for number, one in terms.items() if flow.asked(one)}
    return [asking.get(number, _NONE) for number in range(1, max(asking, default=0) + 1)]


def summed(flow: Flow, alone: bool) -> str:
    """The statement that adds a flow's rows up, of those who have one of `:rates`: each row has its own fee.

    The rate is found by its place, not joined: no plan then multiplies rows with participants. The array is made of its
    parameter once, in a subquery, and not for every row.
    """
    rate = "(select cast(:rates as bigint[]))[r.participant_id]"
    return f"""
        select participant_id, kind, count(*) as count, sum(points)::bigint as points,
            coalesce(sum(minor), 0)::bigint as minor,
            coalesce(sum(sign(minor) * ((abs(minor) * rate + 5000) / 10000)), 0)::bigint as fee
        from (select r.*, {rate} as rate from ({read(flow.rows, alone)}) r) r
        where rate > {_NONE}
        group by 1, 2"""  # noqa: S608  our own texts
