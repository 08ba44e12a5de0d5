"""What an operator does or asks in one tenant: a transaction of that tenant's own, beside none that is open."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.models import Tenant
from tenants.runtime import db
from tenants.runtime.errors import NotFound
from tenants.runtime.web import roll_back


@contextmanager
def within(tenant_id: int | None) -> Iterator[Session]:
    """The tenant's transaction (None: nobody's). What the request has read so far is given up first."""
    roll_back()
    with db.transaction(tenant_id) as session:
        yield session


def tenant_by_slug(session: Session, slug: str) -> Tenant:
    """A tenant that is operated; NotFound("tenant_unknown"), for the operators' own place, too."""
    found = session.scalars(
        select(Tenant).where(Tenant.slug == slug, Tenant.operates.is_(False))
    ).one_or_none()
    if found is None:
        raise NotFound("tenant_unknown", slug=slug, known="")
    return found
