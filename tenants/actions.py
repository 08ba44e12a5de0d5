"""Writes of tenants: open one, dress it, do its failed work again. People and roles: `tenants.staff`."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.audit import record
from tenants.branding import mark
from tenants.branding.derive import derive
from tenants.models import Branding, Host, Tenant
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.jobs import ask_anew
from tenants.runtime.models import OutboxJob
from tenants.vault import make_key


def open_tenant(session: Session, *, slug: str, hosts: Sequence[str]) -> Tenant:
    """Give a new tenant its number, its hosts and its first key. From here on the session acts as that tenant.

    Raises Conflict("tenant_exists"), Conflict("host_taken").
    """
    session.execute(text("lock table tenant in exclusive mode"))
    if session.scalar(select(func.count()).select_from(Tenant).where(Tenant.slug == slug)):
        raise Conflict("tenant_exists", slug=slug)
    taken = session.scalars(select(Host.name).where(Host.name.in_(hosts)).order_by(Host.name)).first()
    if taken is not None:
        raise Conflict("host_taken", host=taken)
    number = (session.scalar(select(func.max(Tenant.id))) or 0) + 1
    tenant = Tenant(id=number, slug=slug)
    session.add(tenant)
    session.flush()  # hosts refer to it
    session.add_all(Host(name=name, tenant_id=number) for name in hosts)
    session.info["tenant_id"] = number
    session.execute(text(f"SET LOCAL app.tenant_id = '{number}'"))
    make_key(session)
    return tenant


def rebrand(
    session: Session,
    actor: Actor,
    *,
    name: dict[str, str],
    language: str,
    brand: str,
    accent: str,
    corner: str,
    logo: str,
    logo_dark: str,
) -> Branding:
    """Save what the brand book gives, with everything that follows from it.

    Refuses colours that nobody could read, and marks that are more than plain shapes.
    """
    actor.must(Permission.DESK_BRANDING_EDIT)
    derived = derive(brand, accent, corner)
    for drawing in (logo, logo_dark):
        mark.read(drawing)  # plain shapes only: they are shown on pages and drawn on paper
    row = session.get(Branding, (tenant_of(session),)) or Branding(tenant_id=tenant_of(session), version=0)
    row.name, row.language, row.brand, row.accent, row.corner = name, language, brand, accent, corner
    row.logo, row.logo_dark = logo, logo_dark
    row.css, row.palette = derived.css(), derived.document()
    row.version += 1
    session.add(row)
    told = {"titles": name, "brand": brand, "accent": accent, "corner": corner, "version": row.version}
    record(session, actor, "branding.change", "branding", after=told)
    return row


def retry_job(session: Session, actor: Actor, *, job_id: UUID) -> OutboxJob:
    """Have one job that failed for good tried from the beginning.

    Raises NotFound("job_unknown"), Conflict("job_not_failed") where somebody has asked for it already.
    """
    actor.must(Permission.DESK_JOB_RETRY)
    asked = session.get(OutboxJob, (tenant_of(session), job_id), with_for_update=True, populate_existing=True)
    if asked is None:
        raise NotFound("job_unknown")
    if asked.state != "failed":
        raise Conflict("job_not_failed", state=asked.state)
    ask_anew(asked)
    record(session, actor, "job.retry", f"job {asked.id}", after={"job": asked.name})
    return asked
