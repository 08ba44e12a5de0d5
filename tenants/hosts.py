"""The host names under which a tenant's faces are served: one at least, each of one tenant alone."""

import re

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.audit import record
from tenants.models import Host
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal

HOST = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"
"""As RFC 1123 has names, in small letters; a name beyond ASCII is written in its own way (xn--)."""
LENGTH_MAX = 253


def sound(name: str) -> bool:
    """Whether a host may be called so."""
    return len(name) <= LENGTH_MAX and re.fullmatch(HOST, name) is not None


def hosts_of(session: Session) -> list[str]:
    """The tenant's names, in order of the alphabet."""
    return list(
        session.scalars(select(Host.name).where(Host.tenant_id == tenant_of(session)).order_by(Host.name))
    )


def add_host(session: Session, actor: Actor, *, name: str, by: str = "") -> None:
    """Serve the tenant under one more name; `by` tells its trail which operator did. The same again changes nothing.

    Raises Refusal("host_invalid"), Conflict("host_taken") where another tenant is served there.
    """
    actor.must(Permission.OPERATOR_TENANT_EDIT)
    if not sound(name):
        raise Refusal("host_invalid", host=name[:100])
    before = _locked(session)
    if name in before:
        return
    if session.get(Host, name) is not None:
        raise Conflict("host_taken", host=name)
    session.add(Host(name=name, tenant_id=tenant_of(session)))
    session.flush()
    _told(session, actor, before, by)


def drop_host(session: Session, actor: Actor, *, name: str, by: str = "") -> None:
    """Serve the tenant under this name no more; its links, QR codes and passkeys end with it.

    Raises NotFound("host_not_here"), Refusal("host_last").
    """
    actor.must(Permission.OPERATOR_TENANT_EDIT)
    before = _locked(session)
    if name not in before:
        raise NotFound("host_not_here", host=name[:100])
    if len(before) == 1:
        raise Refusal("host_last", host=name)
    session.execute(delete(Host).where(Host.name == name, Host.tenant_id == tenant_of(session)))
    _told(session, actor, before, by)


def _locked(session: Session) -> list[str]:
    """The names, while nobody else changes any: as `open_tenant` does."""
    session.execute(text("lock table tenant in exclusive mode"))
    return hosts_of(session)


def _told(session: Session, actor: Actor, before: list[str], by: str) -> None:
    after = {"hosts": hosts_of(session)} | ({"operator": by} if by else {})
    record(session, actor, "tenant.hosts", "hosts", before={"hosts": before}, after=after)
