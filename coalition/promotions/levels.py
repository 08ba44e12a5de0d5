"""Changing a programme's levels: for what is booked from then on, so that the past keeps the terms of its day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import raise_number
from coalition.promotions.checking import CODE, Flaw, unfit
from coalition.promotions.models import ProgrammeTiers
from coalition.promotions.moments import LONG_AGO
from coalition.promotions.queries import tiers_of
from coalition.promotions.tiers import COUNTED, TierHistory, TierTerms
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

_CODE_SAID = "a code is small Latin letters, digits and hyphens, 32 at most"


def ask_for_tiers(session: Session, actor: Actor, *, programme_id: int, document: Any) -> Approval | None:
    """Ask for levels, or other ones, which another person signs; nothing where the terms are those already.

    Raises what `set_tiers` raises, and what `approvals.ask` raises.
    """
    actor.must(right_to("levels", None))
    programme = programme_by_id(session, programme_id)
    terms = _fit(session, programme, document)
    return None if terms is None else approvals.ask(session, actor, _change(programme, terms))


def set_tiers(
    session: Session, actor: Actor, *, programme_id: int, document: Any, approval_id: UUID | None = None
) -> TierTerms:
    """Give a programme levels, or other ones, from now on; the same terms again change nothing.

    Names, bounds, further levels and levels that end are dated: what is booked already is always valued by the terms of
    its booking. Levels given for the first time count from now on. A person of the staff signs what another one asked
    for. Raises Refusal("tiers_invalid", field=..., why=...), or Refusal("tiers_counted") for another measure or window,
    or levels that are never lost, while purchases count: what they have counted says nothing under such terms; and what
    `approvals.signed` raises.
    """
    actor.must(right_to("levels", approval_id))
    raise_number(session)  # first: what is being booked meanwhile is booked before this moment
    programme = programme_by_id(session, programme_id)
    session.refresh(programme, with_for_update=True)
    terms = _fit(session, programme, document)
    if terms is None:
        return TierTerms.model_validate(document)
    approvals.signed(session, actor, _change(programme, terms), approval_id)
    history, held = tiers_of(session, programme), programme.tiers
    since = clock.now()
    if isinstance(history, TierHistory):
        since = max(since, history.newest + timedelta(microseconds=1))
    else:
        _keep(session, programme, LONG_AGO, programme.tiers)
    programme.tiers = terms.model_dump(mode="json")
    _keep(session, programme, since, programme.tiers)
    session.flush()  # who compiles next reads it
    record(session, actor, "levels.change", f"programme {programme_id}", before=held, after=programme.tiers)
    return terms


def _fit(session: Session, programme: Programme, document: Any) -> TierTerms | None:
    """What would be the programme's terms; nothing where they are already. Refusal where they cannot be."""
    if found := flaws(document, programme):
        raise Refusal("tiers_invalid", field=found[0].field, why=found[0].why)
    terms = TierTerms.model_validate(document)
    older = TierTerms.model_validate(programme.tiers) if programme.tiers else None
    if older == terms:
        return None
    if older is not None and not terms.counts_as(older) and _count_already(session, programme):
        raise Refusal("tiers_counted")
    return terms


def _change(programme: Programme, terms: TierTerms) -> Change:
    """What is signed: the terms that are, and those that are to be."""
    return Change("levels", f"programme {programme.id}", programme.tiers, terms.model_dump(mode="json"))


def flaws(document: Any, programme: Programme) -> Sequence[Flaw]:
    """Everything for which a document cannot be the programme's levels, each at its level and field.

    A code that a level has already stays as it is: promotions name it.
    """
    known = {level["code"] for level in (programme.tiers or {}).get("levels", ())}
    found = list(unfit(TierTerms, document))
    levels = document.get("levels") if isinstance(document, dict) else None
    for place, level in enumerate(levels if isinstance(levels, list) else ()):
        code = level.get("code") if isinstance(level, dict) else None
        if isinstance(code, str) and code and code not in known and not CODE.fullmatch(code):
            found.append(Flaw(f"levels.{place}.code", "level_code", _CODE_SAID, {}))
    return [_placed(one, levels) if one.field == "levels" else one for one in found]


def _placed(flaw: Flaw, levels: Any) -> Flaw:
    """What is wrong with all levels together, at the level that makes it so."""
    if flaw.kind != "value_error":
        return flaw
    for place, level in enumerate(levels):
        earlier, above = levels[:place], Decimal(level["above"])
        if above <= Decimal(levels[place - 1]["above"]) if place else above != 0:
            return flaw._replace(field=f"levels.{place}.above")
        if level["code"] in [other["code"] for other in earlier]:
            return flaw._replace(field=f"levels.{place}.code")
    return flaw


def _keep(session: Session, programme: Programme, since: datetime, document: dict[str, Any] | None) -> None:
    session.add(
        ProgrammeTiers(
            tenant_id=programme.tenant_id, programme_id=programme.id, since=since, document=document
        )
    )


def _count_already(session: Session, programme: Programme) -> bool:
    """Whether a member of the programme has bought what levels go by."""
    found = session.execute(
        text(
            "select 1 from counter_sheet c join member m on m.tenant_id = c.tenant_id and m.id = c.member_id"
            " where c.tenant_id = :tenant and m.tenant_id = :tenant and m.programme_id = :programme"
            " and :slot = any(c.slots) limit 1"
        ),
        {"tenant": tenant_of(session), "programme": programme.id, "slot": COUNTED},
    )
    return found.first() is not None
