"""The versions of a tenant's file profiles: each is added and stays, for files say by which one they were read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.transactions.models import FileProfile
from coalition.transactions.profiles import Profile
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.ids import next_numbers


def ask_for_profile(session: Session, actor: Actor, *, document: Any) -> Approval | None:
    """Ask for a profile's next version, which another person signs; nothing where its newest one says the same.

    pydantic's ValidationError tells what is wrong with the document; raises what `approvals.ask` raises.
    """
    actor.must(right_to("profile", None))
    profile = Profile.model_validate(document)
    newest = _newest(session, profile.name)
    if newest is not None and Profile.model_validate(newest.document) == profile:
        return None
    return approvals.ask(session, actor, _change(newest, profile))


def add_profile(
    session: Session, actor: Actor, *, document: Any, approval_id: UUID | None = None
) -> FileProfile:
    """Keep a file profile as the next version of its name; the newest one where that says the same.

    A person of the staff signs what another one asked for. pydantic's ValidationError tells what is wrong with the
    document; raises what `approvals.signed` raises.
    """
    actor.must(right_to("profile", approval_id))
    profile = Profile.model_validate(document)
    next_numbers(session, "file_profile")  # of two at once the second waits, and sees the first's version
    newest = _newest(session, profile.name)
    if newest is not None and Profile.model_validate(newest.document) == profile:
        return newest
    approvals.signed(session, actor, _change(newest, profile), approval_id)
    row = FileProfile(
        tenant_id=tenant_of(session),
        code=profile.name,
        version=newest.version + 1 if newest else 1,
        document=profile.model_dump(mode="json"),
    )
    session.add(row)
    session.flush()  # files refer to it
    record(session, actor, "profile.add", f"profile {profile.name}", after={"version": row.version})
    return row


def profile_versions(session: Session, code: str | None = None) -> Sequence[FileProfile]:
    """Every version of every profile, or of one, the newest of each first."""
    query = select(FileProfile).where(FileProfile.tenant_id == tenant_of(session))
    if code is not None:
        query = query.where(FileProfile.code == code)
    return session.scalars(query.order_by(FileProfile.code, FileProfile.version.desc())).all()


def profile_version(session: Session, code: str, version: int) -> FileProfile:
    """That version of a profile; NotFound("profile_version_unknown")."""
    found = session.get(FileProfile, (tenant_of(session), code, version)) if 0 < version < 2**31 else None
    if found is None:
        raise NotFound("profile_version_unknown", profile=code, version=version)
    return found


def _newest(session: Session, code: str) -> FileProfile | None:
    return next(iter(profile_versions(session, code)), None)


def _change(newest: FileProfile | None, profile: Profile) -> Change:
    """What is signed: the version that is the newest, and the document that is to come after it."""
    before = {"version": newest.version, "document": newest.document} if newest else None
    return Change("profile", f"profile {profile.name}", before, profile.model_dump(mode="json"))
