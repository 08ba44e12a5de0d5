"""A claim, every step of its history, its files, and what was decided.

What people write may name anybody, so it is kept sealed (`coalition.claims.texts`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from coalition.claims.kinds import Kind
from coalition.claims.states import DECIDED, IN_HAND, State
from tenants.runtime.db import TenantBase, belongs_to


def _one_of(*values: str) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


class Claim(TenantBase):
    """A member's dispute. `number` is what people call it by; `facts` are `kinds.ClaimFacts`, as she told them.

    `due_at` is the moment by which it is answered; while the member is asked there is none, and `left_seconds` of
    working time are kept until she answers. `opening` counts how often it was opened again; a decision names it.
    """

    __tablename__ = "claim"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(14))
    opening: Mapped[int] = mapped_column(SmallInteger, default=0)
    steps: Mapped[int] = mapped_column(default=0)  # rows of its history
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(
        String(8)
    )  # the actor's kind, "partner" for a participant's people
    words: Mapped[bytes] = mapped_column(LargeBinary)
    facts: Mapped[dict[str, Any]]
    purchase_id: Mapped[UUID | None]
    redemption_id: Mapped[UUID | None]
    partner_id: Mapped[int | None]
    owner_id: Mapped[UUID | None]
    term_seconds: Mapped[int]
    due_at: Mapped[datetime | None]
    left_seconds: Mapped[int | None]
    overdue_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        belongs_to("member", "member_id", to=("id",)),
        belongs_to("purchase", "member_id", "purchase_id", to=("member_id", "id")),
        belongs_to("redemption", "member_id", "redemption_id", to=("member_id", "id")),
        belongs_to("partner", "partner_id", to=("id",)),
        belongs_to("staff", "owner_id", to=("id",)),
        CheckConstraint(f"kind in {_one_of(*Kind)}", name="kind"),
        CheckConstraint(f"state in {_one_of(*State)}", name="state"),
        CheckConstraint(f"owner_id is not null or state not in {_one_of(*IN_HAND)}", name="owner"),
        CheckConstraint(
            f"(state = '{State.ASKED_MEMBER}') = (left_seconds is not null)"
            f" and (state in {_one_of(State.NEW, State.TAKEN, State.ASKED_PARTNER, State.SIGNING)})"
            " = (due_at is not null)",
            name="clock",
        ),
        CheckConstraint(
            f"decided_at is not null or state not in {_one_of(*DECIDED, State.CLOSED)}", name="decided"
        ),
        CheckConstraint(
            f"(ended_at is not null) = (state in {_one_of(*DECIDED, State.WITHDRAWN, State.CLOSED)})",
            name="ended",
        ),
        Index("claim_due_idx", "tenant_id", "due_at", postgresql_where=text("due_at is not null")),
        Index(
            "claim_partner_idx",
            "tenant_id",
            "partner_id",
            "number",
            postgresql_where=text("partner_id is not null"),
        ),
        Index("claim_ended_idx", "tenant_id", "ended_at", postgresql_where=text("ended_at is not null")),
    )


class ClaimEvent(TenantBase):
    """One step of a claim's history, numbered from 1; never changed."""

    __tablename__ = "claim_event"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(
        String(80)
    )  # its name for a history: "staff <id>", "member <id>", "system"
    staff_id: Mapped[UUID | None]
    verb: Mapped[str] = mapped_column(String(14))
    before: Mapped[str | None] = mapped_column(String(14))
    after: Mapped[str] = mapped_column(String(14))
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    facts: Mapped[dict[str, Any]]

    __table_args__ = (
        belongs_to("claim", "member_id", "claim_id", to=("member_id", "id")),
        belongs_to("staff", "staff_id", to=("id",)),
    )


class ClaimFile(TenantBase):
    """A file that belongs to a claim. Its bytes lie sealed in the files store, under its id; `name` is sealed, too.

    With `participant_id` a partner's people brought it: it is theirs and the desk's, not the member's.
    """

    __tablename__ = "claim_file"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str] = mapped_column(String(4))
    size: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)  # SHA-256 of what was brought
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    participant_id: Mapped[int | None]

    __table_args__ = (
        belongs_to("claim", "member_id", "claim_id", to=("member_id", "id")),
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("kind in ('jpeg', 'png', 'pdf')", name="kind"),
        CheckConstraint("size between 1 and 5242880", name="size"),
    )


class ClaimDecision(TenantBase):
    """What was decided about a claim, or is proposed and waits for a second person. States: proposed, done, dropped.

    `points` is what it moves as it was decided, `given` what was posted. `sale` is the purchase to be recorded
    (`deciding.Sale`). `digest` stands for everything that is decided; who signs, signs that. `two` says that one
    person alone may not decide it, and then the approver is another one than the author.
    """

    __tablename__ = "claim_decision"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    claim_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    opening: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(8))
    way: Mapped[str] = mapped_column(String(9))
    outcome: Mapped[str] = mapped_column(String(9))
    points: Mapped[int] = mapped_column(BigInteger)
    given: Mapped[int | None] = mapped_column(BigInteger)
    funder_id: Mapped[int | None]
    sale: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    purchase_id: Mapped[UUID | None]
    redemption_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(20))
    lang: Mapped[str] = mapped_column(String(2))
    reply: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    two: Mapped[bool]
    author_id: Mapped[UUID]
    proposed_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    done_at: Mapped[datetime | None]

    __table_args__ = (
        belongs_to("claim", "member_id", "claim_id", to=("member_id", "id")),
        belongs_to("participant", "funder_id", to=("id",)),
        belongs_to("purchase", "member_id", "purchase_id", to=("member_id", "id")),
        belongs_to("redemption", "member_id", "redemption_id", to=("member_id", "id")),
        belongs_to("staff", "author_id", to=("id",)),
        belongs_to("staff", "approved_by", to=("id",)),
        CheckConstraint("state in ('proposed', 'done', 'dropped')", name="state"),
        CheckConstraint("way in ('grant', 'record', 'return', 'refuse')", name="way"),
        CheckConstraint(f"outcome in {_one_of(*DECIDED)}", name="outcome"),
        CheckConstraint(
            "(way = 'refuse') = (outcome = 'against') and (way = 'refuse') = (reason is not null)"
            " and (way <> 'refuse' or points = 0)",
            name="refusal",
        ),
        CheckConstraint("points >= 0 and (way <> 'grant' or points > 0)", name="points"),
        CheckConstraint("(way = 'grant') = (funder_id is not null)", name="funder"),
        CheckConstraint("(way = 'record') = (sale is not null)", name="sale"),
        CheckConstraint("(state = 'done') = (done_at is not null and given is not null)", name="done"),
        CheckConstraint(
            "state <> 'done' or given <= points and (way <> 'grant' or given = points)", name="given"
        ),
        CheckConstraint("approved_by <> author_id", name="two_people"),
        CheckConstraint(
            "(approved_by is null) = (approved_digest is null)"
            " and (approved_digest is null or approved_digest = digest)",
            name="approved",
        ),
        CheckConstraint("state <> 'done' or not two or approved_by is not null", name="signed"),
        Index(
            "claim_decision_done_idx",
            "tenant_id",
            "member_id",
            "claim_id",
            "opening",
            unique=True,
            postgresql_where=text("state = 'done'"),
        ),
        Index(
            "claim_decision_proposed_idx",
            "tenant_id",
            "member_id",
            "claim_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
    )
