"""The operators' own place: a tenant without a programme, whose staff are the deployment's operators.

They sign in, have a second factor and leave a trail there as any staff does. Of another tenant they see only what
stands outside the walls and what that tenant's own transaction tells, one tenant at a time.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.actions import open_tenant, rebrand
from tenants.actor import SYSTEM
from tenants.branding.derive import derive
from tenants.branding.shapes import drawn
from tenants.models import Tenant

SLUG = "operator"
_BRAND = {"brand": "#26424f", "accent": "#b4531f", "corner": "soft"}


def the_place(session: Session) -> Tenant | None:
    """The operators' place, if there is one yet; it stands outside the walls."""
    return session.scalars(select(Tenant).where(Tenant.operates)).one_or_none()


def open_place(session: Session, *, hosts: Sequence[str], language: str = "ru") -> Tenant:
    """Open it; the session, which is nobody's so far, acts as it from here on.

    Raises what `open_tenant` raises; of two at once the second has Conflict("tenant_exists").
    """
    place = open_tenant(session, slug=SLUG, hosts=hosts)
    place.operates = True
    logo, logo_dark = drawn("star", derive(**_BRAND))
    name = {"ru": "Coalition", "en": "Coalition"}
    rebrand(session, SYSTEM, name=name, language=language, logo=logo, logo_dark=logo_dark, **_BRAND)
    return place
