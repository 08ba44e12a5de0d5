"""People of the staff for tests: each with a role of exactly the permissions that the test speaks of."""

from collections.abc import Collection
from hashlib import sha256

from sqlalchemy.orm import Session

from tenants.actor import SYSTEM
from tenants.models import Role, Staff
from tenants.permissions import OF_ROLES
from tenants.runtime.db import tenant_of
from tenants.staff import invite_staff


def hire(session: Session, *, login: str, name: str, password: str, permissions: Collection[str]) -> Staff:
    """Invite somebody who may do just this."""
    held = sorted(one for one in OF_ROLES if one in permissions)
    code = f"only-{sha256(' '.join(held).encode()).hexdigest()[:20]}"
    if held and session.get(Role, (tenant_of(session), code)) is None:
        names = {"ru": code, "en": code}
        session.add(Role(tenant_id=tenant_of(session), code=code, names=names, permissions=held))
        session.flush()
    return invite_staff(
        session, SYSTEM, login=login, name=name, password=password, roles=[code] if held else []
    )
