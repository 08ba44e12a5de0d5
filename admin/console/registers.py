"""The registers of a statement as one file: every row behind every sum, as lists are written (`reports.exports`).

The totals stand last, one for each line: lines say different things, and all together is the act's net.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.act import act_number
from admin.console.settlement_desk import KINDS, behind
from coalition.partners.models import Outlet
from coalition.programmes.models import Programme
from coalition.reports.exports.writing import Plain, composed, plain, written
from coalition.reports.lists.base import Money, Points
from coalition.reports.of_partner import seen_as
from coalition.settlement.days import span_of
from coalition.settlement.flows import register
from coalition.settlement.models import Statement
from coalition.settlement.queries import lines_of
from coalition.transactions.by_hand.queries import outlets_by_row
from tenants.branding.words import Words
from tenants.runtime.errors import Refusal

ROWS_MOST = 300_000
"""What a page gives at once; the command gives all."""
_BATCH = 5_000


def registers_of(
    session: Session, programme: Programme, statement: Statement, form: str, w: Words, *, of: int | None
) -> bytes:
    """The file, with where rows were entered by hand as `entered_of` tells it.

    Raises Refusal("registers_large", most=...) where the command is to write it.
    """
    lines = [line for line in lines_of(session, statement) if line.kind in behind(statement)]
    if sum(line.count for line in lines) > ROWS_MOST:
        raise Refusal("registers_large", most=ROWS_MOST)
    rows = list(_rows(session, programme, statement, w, of))
    parts = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    header = (_("Line"), _("When"), _("Booked"), _("Member"), _("Points"), _("Sum"), _("Entered by hand at"))
    return b"".join(
        composed(form, w.lang, header, act_number(statement), range(len(parts)),
                 lambda number: written(form, w.lang, parts[number]))
    )  # fmt: skip


def _rows(
    session: Session, programme: Programme, statement: Statement, w: Words, of: int | None
) -> Iterator[Sequence[Plain]]:
    span, kinds = span_of(programme, statement.month), behind(statement)
    totals: list[Sequence[Plain]] = []
    for line in lines_of(session, statement):
        if line.kind in kinds:
            words = _(KINDS[line.kind])
            rows = register(session, programme, span, statement.participant_id, kinds[line.kind])
            members = {row["member_id"] for row in rows if row["member_id"] is not None}
            names = seen_as(session, statement.participant_id, members)
            outlets = entered_of(session, rows, of)
            for row in rows:
                yield [words, *_cells(row, names, w), entered_at(row, outlets, w.lang)]
            totals.append([_("Total: %(line)s", line=words), None, None, None, *_sums(rows, w), None])
    yield from totals


def _sums(rows: Sequence[Mapping[str, Any]], w: Words) -> tuple[Plain, Plain]:
    """Points and money of a line's rows; of points that are paid for all together there is no money row by row."""
    minors = [row["minor"] for row in rows if row["minor"] is not None]
    points = plain(Points(sum(row["points"] for row in rows)), w)
    return points, plain(Money(sum(minors)), w) if minors else None


def entered_of(session: Session, rows: Sequence[Mapping[str, Any]], of: int | None) -> Mapping[UUID, Outlet]:
    """Where what stands behind rows was entered by hand: by anybody's people, or by one participant's alone."""
    found = [(row["member_id"], row["id"]) for row in rows if row["member_id"] is not None]
    return outlets_by_row(session, [member for member, _id in found], [one for _member, one in found], of)


def entered_at(row: Mapping[str, Any], outlets: Mapping[UUID, Outlet], lang: str) -> str | None:
    """The outlet at which a partner's person entered the sale behind a row, if one did."""
    found = outlets.get(row["id"])
    return None if found is None else str(found.name.get(lang) or found.code)


def _cells(row: Mapping[str, Any], names: Mapping[UUID, str], w: Words) -> Iterator[Plain]:
    yield plain(row["occurred_at"], w)
    yield plain(row["booked_at"], w)
    yield names.get(row["member_id"])
    yield plain(Points(row["points"]), w)
    yield None if row["minor"] is None else plain(Money(row["minor"]), w)
