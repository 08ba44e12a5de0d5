"""The registers of a statement as one file: every row behind every sum, as lists are written (`reports.exports`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.act import act_number
from admin.console.settlement_desk import KINDS, behind
from coalition.programmes.models import Programme
from coalition.reports.exports.writing import Plain, composed, plain, written
from coalition.reports.lists.base import Money, Points
from coalition.reports.of_partner import seen_as
from coalition.settlement.days import span_of
from coalition.settlement.flows import register
from coalition.settlement.models import Statement
from coalition.settlement.queries import lines_of
from tenants.branding.words import Words
from tenants.runtime.errors import Refusal

ROWS_MOST = 300_000
"""What a page gives at once; the command gives all."""
_BATCH = 5_000


def registers_of(session: Session, programme: Programme, statement: Statement, form: str, w: Words) -> bytes:
    """The file; Refusal("registers_large", most=...) where the command is to write it."""
    lines = [line for line in lines_of(session, statement) if line.kind in behind(statement)]
    if sum(line.count for line in lines) > ROWS_MOST:
        raise Refusal("registers_large", most=ROWS_MOST)
    rows = list(_rows(session, programme, statement, w))
    parts = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    header = (_("Line"), _("When"), _("Booked"), _("Member"), _("Points"), _("Sum"))
    return b"".join(
        composed(form, w.lang, header, act_number(statement), range(len(parts)),
                 lambda number: written(form, w.lang, parts[number]))
    )  # fmt: skip


def _rows(
    session: Session, programme: Programme, statement: Statement, w: Words
) -> Iterator[Sequence[Plain]]:
    span, kinds = span_of(programme, statement.month), behind(statement)
    for line in lines_of(session, statement):
        if line.kind in kinds:
            words = _(KINDS[line.kind])
            rows = register(session, programme, span, statement.participant_id, kinds[line.kind])
            members = {row["member_id"] for row in rows if row["member_id"] is not None}
            names = seen_as(session, statement.participant_id, members)
            for row in rows:
                yield [words, *_cells(row, names, w)]


def _cells(row: Mapping[str, Any], names: Mapping[UUID, str], w: Words) -> Iterator[Plain]:
    yield plain(row["occurred_at"], w)
    yield plain(row["booked_at"], w)
    yield names.get(row["member_id"])
    yield plain(Points(row["points"]), w)
    yield None if row["minor"] is None else plain(Money(row["minor"]), w)
