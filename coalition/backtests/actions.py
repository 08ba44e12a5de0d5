"""Asking for a backtest."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from coalition.backtests.models import Backtest, BacktestSlice
from coalition.members.queries import member_slices
from coalition.partners.queries import company_here
from coalition.programmes.queries import programme_by_id
from coalition.promotions.checking import checked_document, require_none
from coalition.promotions.document import Document
from coalition.promotions.fitting import counting_flaws
from coalition.promotions.own import require_own
from coalition.promotions.queries import promotions_by_code
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import next_numbers
from tenants.runtime.jobs import ask

MEMBERS_PER_SLICE = 5_000


def places_of(document: dict[str, Any] | None) -> int:
    """For how many members a document has places; 0 where it has one for everybody, or there is none."""
    return Document.model_validate(document).limits.first_members or 0 if document is not None else 0


def start_backtest(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    code: str,
    document: dict[str, Any] | None,
    first_day: date,
    last_day: date,
    alone: bool = False,
) -> Backtest:
    """Ask for the replay of the purchases of these business days, both included; jobs do the slices.

    Raises Refusal("document_invalid", field=..., why=...), Refusal("backtest_days"), Conflict("company_left").
    """
    actor.must(Permission.DESK_PROMOTION_EDIT, own=Permission.PORTAL_PROMOTION_EDIT)
    company_here(session, actor.of_participant)
    require_own(session, actor.of_participant, document or {}, code)
    tenant_id, programme = tenant_of(session), programme_by_id(session, programme_id)
    if document is not None:
        checked = checked_document(session, programme, document)
        if checked.is_occasional:
            raise Refusal("document_invalid", field="trigger", why="only purchases can be replayed")
        if (known := promotions_by_code(session, programme).get(code)) is not None:
            require_none(counting_flaws(session, known, checked))
        document = checked.model_dump(mode="json")
    if last_day < first_day:
        raise Refusal("backtest_days")
    first_job = "backtests.places" if places_of(document) else "backtests.slice"
    slices = member_slices(session, programme.id, MEMBERS_PER_SLICE)
    backtest = Backtest(
        tenant_id=tenant_id,
        id=next_numbers(session, "backtest"),
        programme_id=programme.id,
        code=code,
        document=document,
        alone=alone,
        first_day=first_day,
        last_day=last_day,
        asked_at=clock.now(),
        slices=len(slices),
    )
    session.add(backtest)
    session.flush()
    for number, (first, end) in enumerate(slices):
        session.add(
            BacktestSlice(
                tenant_id=tenant_id,
                backtest_id=backtest.id,
                number=number,
                first_member=first,
                end_member=end,
            )
        )
        ask(session, first_job, backtest_id=backtest.id, number=number)
    session.flush()
    return backtest
