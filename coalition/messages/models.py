"""A text to a phone, for as long as it is needed and a little longer."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to
from tenants.translations import N_

PLACE = "text_message.sealed"
PHONE = "text-phone"
"""The kind of the phone's digest: not that of the handle by which a member is found."""


class What(StrEnum):
    """What a text is, without its words."""

    SIGN_IN = "sign_in"
    TILL_CODE = "till_code"
    ACTIVATION = "activation"
    CERTIFICATE = "certificate"
    ADVERTISING = "advertising"


TITLES: Mapping[What, str] = {
    What.SIGN_IN: N_("Code to sign in"),
    What.TILL_CODE: N_("Code for the till"),
    What.ACTIVATION: N_("Link that activates a card"),
    What.CERTIFICATE: N_("Code of a certificate"),
    What.ADVERTISING: N_("Advertising of a partner"),
}


class TextMessage(TenantBase):
    """A text to a phone, of use `until` then; sealed, and forgotten once it is done with. `status` is the gateway's.

    `phone` is the keyed digest of the phone, by which an erasure finds what waits; forgotten with the text. `member_id`
    is the member whom it is for, and `what` says what it is, a `What`: both stay without its words. Neither is there in
    texts from before they were kept.
    """

    __tablename__ = "text_message"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    what: Mapped[str | None] = mapped_column(String(16, collation="C"))
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(7), default="waiting")
    status: Mapped[int | None] = mapped_column(SmallInteger)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),
        CheckConstraint("(state = 'waiting') = (finished_at is null)", name="finished"),
        CheckConstraint("(state = 'waiting') = (sealed is not null)", name="forgotten"),
        CheckConstraint("phone is null or state = 'waiting'", name="phone"),
        belongs_to("member", "member_id", to=("id",)),
        CheckConstraint("(member_id is null) or (what is not null)", name="told"),
        CheckConstraint(
            "what is null or what in ('sign_in', 'till_code', 'activation', 'certificate', 'advertising')",
            name="what",
        ),
        Index(
            "text_message_member_idx",
            "tenant_id",
            "member_id",
            "id",
            postgresql_where=text("member_id is not null"),
        ),
        Index("text_message_phone_idx", "tenant_id", "phone", postgresql_where=text("phone is not null")),
    )
