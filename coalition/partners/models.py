"""Participants, partners, the programs of theirs that call us, and the names by which a sale is recognised."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Participant(TenantBase):
    """A legal entity that funds, issues or accepts points; the party to settlement.

    `api_scopes` are what programs that its own people make may do at most; with none they make none. `by_hand` is how
    much its people may enter by hand (`partners.by_hand`); without it they enter nothing.
    """

    __tablename__ = "participant"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    name: Mapped[dict[str, Any]]
    left_at: Mapped[datetime | None]  # since when nothing new is given at its expense
    api_scopes: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    by_hand: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (UniqueConstraint("tenant_id", "code"),)


class Partner(TenantBase):
    """A merchant of the programme, as members see it in the showcase."""

    __tablename__ = "partner"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    participant_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    name: Mapped[dict[str, Any]]
    about: Mapped[dict[str, Any]]
    category: Mapped[str] = mapped_column(String(32))
    icon: Mapped[str] = mapped_column(String(32), default="shop")
    closed_at: Mapped[datetime | None]  # members see it no more; sales that still come are recognised

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("participant", "participant_id", to=("id",)),
    )


class Outlet(TenantBase):
    """A place of sale of a partner; `zone` is an IANA name, the other words are the tenant's own codes or empty."""

    __tablename__ = "outlet"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partner_id: Mapped[int]
    code: Mapped[str] = mapped_column(String(32, collation="C"))
    name: Mapped[dict[str, Any]]
    region: Mapped[str] = mapped_column(String(32), default="")
    brand: Mapped[str] = mapped_column(String(64), default="")
    franchise: Mapped[str] = mapped_column(String(64), default="")
    zone: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        belongs_to("partner", "partner_id", to=("id",)),
    )


class Terminal(TenantBase):
    """A till of a partner, by the acquirer's merchant and terminal ids (MID/TID)."""

    __tablename__ = "terminal"

    mid: Mapped[str] = mapped_column(String(32, collation="C"), primary_key=True)
    tid: Mapped[str] = mapped_column(
        String(16, collation="C"), primary_key=True
    )  # "" stands for every till of the MID
    partner_id: Mapped[int]

    __table_args__ = (belongs_to("partner", "partner_id", to=("id",)),)


class Merchant(TenantBase):
    """A seller as a source names it, once per tenant; most are no partner's."""

    __tablename__ = "merchant"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(500, collation="C"))

    __table_args__ = (UniqueConstraint("tenant_id", "name"),)


class ApiClient(TenantBase):
    """A till, shop or app of a participant's that calls the API; `scopes` are what it may ask a token for.

    With `outlet_id` it speaks for that place of sale alone. With `keys` (a JWK set, public) it may sign in by a
    statement that it signs, instead of a secret. With `certificates` (thumbprints, x5t#S256) it calls by
    mutual TLS alone. `requests_per_minute` is a limit of its own, below that of the deployment.
    """

    __tablename__ = "api_client"

    id: Mapped[str] = mapped_column(String(40, collation="C"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    programme_id: Mapped[int]
    participant_id: Mapped[int]
    outlet_id: Mapped[int | None]
    scopes: Mapped[list[Any]]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    keys: Mapped[dict[str, Any] | None]
    certificates: Mapped[list[Any] | None]
    requests_per_minute: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("requests_per_minute between 1 and 1000000", name="requests"),
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        belongs_to("outlet", "outlet_id", to=("id",)),
    )


class ApiSecret(TenantBase):
    """A secret of a client's, as its keyed digest; when it is replaced, it holds on until `until`."""

    __tablename__ = "api_secret"

    client_id: Mapped[str] = mapped_column(String(40, collation="C"), primary_key=True)
    digest: Mapped[UUID] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    until: Mapped[datetime | None]
    approval_id: Mapped[UUID | None]  # whose signature gave it: one gives one

    __table_args__ = (
        belongs_to("api_client", "client_id", to=("id",)),
        belongs_to("approval", "approval_id", to=("id",)),
        UniqueConstraint("tenant_id", "approval_id"),
    )
