"""Reads of programmes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound


def programme_by_id(session: Session, programme_id: int) -> Programme:
    """A programme of this tenant; NotFound("programme_unknown")."""
    programme = session.get(Programme, (tenant_of(session), programme_id))
    if programme is None:
        raise NotFound("programme_unknown")
    return programme


def the_programme(session: Session, code: str | None = None) -> Programme:
    """The programme of that code, or the tenant's first one."""
    query = select(Programme).where(Programme.tenant_id == tenant_of(session)).order_by(Programme.id).limit(1)
    if code is not None:
        query = query.where(Programme.code == code)
    programme = session.scalars(query).first()
    if programme is None:
        raise NotFound("programme_unknown")
    return programme
