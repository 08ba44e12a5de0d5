"""Whether a draw can be promised: everything that is wrong at once, each with its field."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.models import BenefitKind
from coalition.benefits.queries import benefit_by_code
from coalition.draws.models import Draw
from coalition.programmes.titles import Titles
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal

PLACES_MAX = 10_000
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Prize(BaseModel):
    """A prize, and how many of it there are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=_CODE.pattern + "$", max_length=64)
    name: Titles
    count: int = Field(ge=1, le=PLACES_MAX)


NAMES = TypeAdapter(Titles)
PRIZES = TypeAdapter(list[Prize])


def refusals(
    session: Session,
    *,
    code: str,
    ticket: str,
    name: Any,
    prizes: Any,
    closes_at: datetime | None,
) -> list[Refusal]:
    """Everything for which a draw cannot be promised: what is typed can be put right at once.

    Refusal("draw_invalid", field=...), Conflict("draw_known", field=...) for a code, or tickets, that have a draw
    already, Refusal("draw_prize_known", field=...) for a prize's code that stands twice; the fields of prizes are like
    "prizes.0.name.ru". Without a close, none could be read. Raises NotFound("benefit_unknown").
    """
    return list(_found(session, code, ticket, name, prizes, closes_at))


def _found(
    session: Session, code: str, ticket: str, name: Any, prizes: Any, closes_at: datetime | None
) -> Iterator[Refusal]:
    drawn = select(Draw.id).where(Draw.tenant_id == tenant_of(session))
    if not _CODE.fullmatch(code):
        yield Refusal("draw_invalid", field="code")
    elif session.scalars(drawn.where(Draw.code == code)).first() is not None:
        yield Conflict("draw_known", field="code")
    benefit = benefit_by_code(session, ticket)
    if benefit.kind != BenefitKind.TICKET or benefit.retired_at is not None:
        yield Refusal("draw_invalid", field="ticket")
    elif session.scalars(drawn.where(Draw.benefit_id == benefit.id)).first() is not None:
        yield Conflict("draw_known", field="ticket")
    if closes_at is None or closes_at <= clock.now():
        yield Refusal("draw_invalid", field="closes_at")
    yield from _unfit(NAMES, name, "name")
    flaws = list(_unfit(PRIZES, prizes, "prizes"))
    yield from flaws or _together(PRIZES.validate_python(prizes))


def _unfit(model: TypeAdapter[Any], value: Any, within: str) -> Iterator[Refusal]:
    try:
        model.validate_python(value)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            yield Refusal("draw_invalid", field=".".join([within, *map(str, one["loc"])]))


def _together(prizes: list[Prize]) -> Iterator[Refusal]:
    """What is wrong with prizes that are right one by one."""
    seen = set()
    for place, prize in enumerate(prizes):
        if prize.code in seen:
            yield Refusal("draw_prize_known", field=f"prizes.{place}.code")
        seen.add(prize.code)
    if not 0 < sum(prize.count for prize in prizes) <= PLACES_MAX:
        yield Refusal("draw_invalid", field="prizes")
