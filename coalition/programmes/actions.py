"""Writes of programmes."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import next_numbers


def open_programme(
    session: Session,
    actor: Actor,
    *,
    code: str,
    name: dict[str, str],
    unit: dict[str, list[str]],
    scale: int,
    currency: str,
    value_minor: int,
    value_points: int,
    zone: str,
    activation_delay_days: int = 0,
    expiry: str = "never",
    expiry_count: int | None = None,
    expiry_date: date | None = None,
    **windows: Any,
) -> Programme:
    """Open a programme with its terms; `windows` are the days and the policy of matching and returns."""
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = Programme(
        tenant_id=tenant_of(session),
        id=next_numbers(session, "programme"),
        code=code,
        name=name,
        unit=unit,
        scale=scale,
        currency=currency,
        value_minor=value_minor,
        value_points=value_points,
        zone=zone,
        activation_delay_days=activation_delay_days,
        expiry=expiry,
        expiry_count=expiry_count,
        expiry_date=expiry_date,
        **windows,
    )
    session.add(programme)
    session.flush()  # members, promotions and files refer to it
    told = {"name": name, "unit": unit, "scale": scale, "currency": currency, "zone": zone, "expiry": expiry}
    worth = {"value_minor": value_minor, "value_points": value_points}
    record(session, actor, "programme.open", f"programme {code}", after=told | worth)
    return programme
