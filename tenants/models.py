"""Tenants, what finds them, how they look, their keys, and the people who sign in."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Interval,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import Base, TenantBase, belongs_to


class Tenant(Base):
    """A walled space: a bank, a retailer, or a coalition run by its operator. Stands outside the wall: it finds it.

    One may be the place of those who operate the deployment: its staff are operators, and it has no programme.
    """

    __tablename__ = "tenant"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(32, collation="C"), unique=True)
    operates: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,31}$'", name="slug"),
        Index("tenant_operates_idx", "operates", unique=True, postgresql_where=text("operates")),
    )


class Host(Base):
    """A host name under which a tenant's faces are served. Stands outside the wall: it finds the tenant."""

    __tablename__ = "host"

    name: Mapped[str] = mapped_column(String(255, collation="C"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))


class Sandbox(TenantBase):
    """That a tenant is one where programs are tried, by another's terms, and how far its clock is ahead of everybody's.

    `tenants.runtime.db` reads it when a transaction begins.
    """

    __tablename__ = "sandbox"

    terms_of: Mapped[str] = mapped_column(
        String(32, collation="C")
    )  # the slug of the tenant whose terms it began with
    ahead: Mapped[timedelta] = mapped_column(Interval, default=timedelta(0))

    __table_args__ = (CheckConstraint("ahead >= interval '0'", name="ahead"),)


class Branding(TenantBase):
    """A tenant's look: what the brand book gives, and the palette derived from it once, when it is saved."""

    __tablename__ = "branding"

    name: Mapped[dict[str, Any]]  # {"ru": ..., "en": ...}
    language: Mapped[str] = mapped_column(String(2))
    brand: Mapped[str] = mapped_column(String(7))
    accent: Mapped[str] = mapped_column(String(7))
    corner: Mapped[str] = mapped_column(String(5))
    logo: Mapped[str]  # SVG
    logo_dark: Mapped[str]
    css: Mapped[str]
    palette: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("corner in ('sharp', 'soft', 'round')", name="corner"),)


class TenantKey(TenantBase):
    """A tenant's data key, wrapped by the deployment's master key; the last number seals, every number opens."""

    __tablename__ = "tenant_key"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class Staff(TenantBase):
    """A person who works for the tenant. The password is kept as its Argon2id hash; none, until she has set it.

    Of the link by which she sets it only the digest is kept. The second factor's secret is sealed, and holds once it
    was confirmed; the step of the last code that was taken is never taken again. A guest is an operator of the
    deployment whom the tenant has let in for a while (`SupportVisit`): she has no password here and no role.
    """

    __tablename__ = "staff"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64, collation="C"))
    name: Mapped[str]
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    participant_id: Mapped[int | None]  # whose person she is, where she is not the tenant's own
    link: Mapped[bytes | None] = mapped_column(LargeBinary)
    link_until: Mapped[datetime | None]
    totp: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    totp_since: Mapped[datetime | None]
    guest: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    issuer: Mapped[str | None] = mapped_column(String(255, collation="C"))  # who she is to the own provider
    subject: Mapped[str | None] = mapped_column(String(255, collation="C"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "login"),
        UniqueConstraint("tenant_id", "link"),
        UniqueConstraint("tenant_id", "issuer", "subject"),
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("(link is null) = (link_until is null)", name="link"),
        CheckConstraint("totp_since is null or totp is not null", name="totp"),
        CheckConstraint("(issuer is null) = (subject is null)", name="subject"),
    )


class StaffProvider(TenantBase):
    """The tenant's own provider of sign-ins (OpenID Connect): where it is, who we are to it, what its groups may do.

    `claim` is where it tells the groups of a person; `groups` gives a role's code to the name of each that has one.
    """

    __tablename__ = "staff_provider"

    issuer: Mapped[str] = mapped_column(String(255, collation="C"))
    client_id: Mapped[str] = mapped_column(String(255))
    client_secret: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    scope: Mapped[str] = mapped_column(String(255))
    claim: Mapped[str] = mapped_column(String(100))
    groups: Mapped[dict[str, Any]]
    passwords: Mapped[bool]  # whether people sign in by password and passkey, too


class Passkey(TenantBase):
    """A passkey of a person's (WebAuthn): the public key of one authenticator, and how often it said it has signed."""

    __tablename__ = "passkey"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # the credential's
    staff_id: Mapped[UUID]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    counter: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("staff", "staff_id", to=("id",)),
        CheckConstraint("counter >= 0", name="counter"),
        Index("passkey_staff_idx", "tenant_id", "staff_id"),
    )


class Role(TenantBase):
    """A role of the tenant's own, or the row of a built-in one: what that may do stands in `tenants.roles`."""

    __tablename__ = "role"

    code: Mapped[str] = mapped_column(String(32, collation="C"), primary_key=True)
    names: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # {"ru": ..., "en": ...}
    permissions: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    second_factor: Mapped[bool] = mapped_column(default=False)  # who has it signs in with one

    __table_args__ = (CheckConstraint("(names is null) = (permissions is null)", name="own"),)


class StaffRole(TenantBase):
    """That a person has a role."""

    __tablename__ = "staff_role"

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(32, collation="C"), primary_key=True)

    __table_args__ = (
        belongs_to("staff", "staff_id", to=("id",)),
        belongs_to("role", "role", to=("code",)),
    )


class RecoveryCode(TenantBase):
    """A code that replaces one of the second factor's, once: its keyed digest; the row goes when it is used."""

    __tablename__ = "recovery_code"

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (belongs_to("staff", "staff_id", to=("id",)),)


class SwitchedOff(TenantBase):
    """That a part of the product is switched off for the tenant (`tenants.parts`); without a row it is on."""

    __tablename__ = "switched_off"

    part: Mapped[str] = mapped_column(String(16, collation="C"), primary_key=True)


class SupportGrant(TenantBase):
    """That operators of the deployment may enter for some hours: who let them, why, and as which role.

    Without a role they read only. Over it is with `until`, or when somebody has ended it.
    """

    __tablename__ = "support_grant"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    granted_by: Mapped[UUID]
    granted_at: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str]
    role: Mapped[str | None] = mapped_column(String(32, collation="C"))
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("staff", "granted_by", to=("id",)),
        CheckConstraint("until > granted_at", name="until"),
    )


class SupportVisit(TenantBase):
    """An operator whom a grant has let in: a guest on the staff, and until when the ticket of the way in holds."""

    __tablename__ = "support_visit"

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    grant_id: Mapped[UUID]
    operator_id: Mapped[UUID]  # of the operators' own place, which is another tenant
    ticket: Mapped[bytes | None] = mapped_column(LargeBinary)
    ticket_until: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("staff", "staff_id", to=("id",)),
        belongs_to("support_grant", "grant_id", to=("id",)),
        UniqueConstraint("tenant_id", "ticket"),
    )


class OpeningDraft(TenantBase):
    """What an operator has filled in so far of a tenant that is to be opened; stands in the operators' own place."""

    __tablename__ = "opening_draft"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID]
    changed_at: Mapped[datetime]
    template: Mapped[str] = mapped_column(String(32, collation="C"))
    fields: Mapped[dict[str, Any]]

    __table_args__ = (belongs_to("staff", "staff_id", to=("id",)),)


class SignIn(TenantBase):
    """One signed-in browser of a member or of staff; of the cookie's secret only the digest, to be ended here."""

    __tablename__ = "sign_in"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    kind: Mapped[str] = mapped_column(String(6))
    subject_id: Mapped[UUID]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="")  # of a browser of staff: where it was when it signed in
    device: Mapped[str] = mapped_column(default="")
    way: Mapped[str] = mapped_column(
        String(8, collation="C"), default=""
    )  # by password, where nothing is said

    __table_args__ = (
        CheckConstraint("kind in ('member', 'staff')", name="kind"),
        CheckConstraint("way in ('', 'provider', 'passkey')", name="way"),
        Index("sign_in_subject_idx", "tenant_id", "subject_id", "address"),
    )


class OneTimeCode(TenantBase):
    """A code sent to a phone: its keyed digest, how often it was tried, and until when it holds."""

    __tablename__ = "one_time_code"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    phone: Mapped[UUID]  # keyed digest; unknown phones get a row too, so that nothing tells them apart
    member_id: Mapped[UUID | None]
    code: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(TenantBase):
    """How often a guessable thing was tried in a window: a phone, an address, a login."""

    __tablename__ = "attempt"

    subject: Mapped[UUID] = mapped_column(primary_key=True)  # digest of kind and value
    window: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class RevokedToken(TenantBase):
    """A token that its client gave up before its time, or a statement that it signed in with, which is good only once.

    By its number; kept until it would have ended anyway.
    """

    __tablename__ = "revoked_token"

    jti: Mapped[str] = mapped_column(String(64, collation="C"), primary_key=True)
    until: Mapped[datetime]


class AuditEntry(TenantBase):
    """One thing that was done, as `tenants.audit` writes it down; never changed and never deleted."""

    __tablename__ = "audit_entry"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]  # within the tenant, from 1, without gaps
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(6))
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    address: Mapped[str]  # that the request came from; empty where there was none
    verb: Mapped[str] = mapped_column(String(64, collation="C"))
    subject: Mapped[str] = mapped_column(String(200, collation="C"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str]
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("actor_kind in ('staff', 'system')", name="actor_kind"),
        Index("audit_entry_actor_idx", "tenant_id", "actor_id", "number"),
        Index("audit_entry_verb_idx", "tenant_id", "verb", "number"),
        Index("audit_entry_subject_idx", "tenant_id", "subject", "number"),
    )


class AuditHead(TenantBase):
    """Where a tenant's audit trail ends: the number and the digest of its last entry. Writers queue for this row."""

    __tablename__ = "audit_head"

    number: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
