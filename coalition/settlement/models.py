"""Settlements of programmes, dated terms of participants, closed months with their statements."""

from datetime import date, datetime
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
from sqlalchemy.orm import Mapped, mapped_column

from tenants.runtime.db import TenantBase, belongs_to


class Settlement(TenantBase):
    """Who operates a programme, by `settlement.terms.OperatorTerms`, and until which day it is closed."""

    __tablename__ = "settlement"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    operator_id: Mapped[int]
    terms: Mapped[dict[str, Any]]
    closed_until: Mapped[date | None]

    __table_args__ = (
        belongs_to("programme", "programme_id", to=("id",)),
        belongs_to("participant", "operator_id", to=("id",)),
    )


class PartyTerms(TenantBase):
    """How a participant settles from a day on: `settlement.terms.Terms`."""

    __tablename__ = "party_terms"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[date] = mapped_column(primary_key=True)
    terms: Mapped[dict[str, Any]]
    set_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("settlement", "programme_id", to=("programme_id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("extract(day from since) = 1", name="month"),
    )


class Statement(TenantBase):
    """What a participant and the operator owe each other for a month; never changed.

    `owes` is what the participant owes, `owed` what it is owed, in minor units. `terms` are the documents that made it,
    and `digest` is of all of it with its lines.
    """

    __tablename__ = "statement"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    operator_id: Mapped[int]
    closed_at: Mapped[datetime]
    answer_by: Mapped[date]
    pay_by: Mapped[date]
    owes: Mapped[int] = mapped_column(BigInteger)
    owed: Mapped[int] = mapped_column(BigInteger)
    terms: Mapped[dict[str, Any]]
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        UniqueConstraint("tenant_id", "programme_id", "month", "number"),
        belongs_to("settlement", "programme_id", to=("programme_id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        belongs_to("participant", "operator_id", to=("id",)),
        CheckConstraint("participant_id <> operator_id", name="two"),
        CheckConstraint("owes >= 0 and owed >= 0", name="sides"),
    )


class StatementLine(TenantBase):
    """One sum of a statement: how many rows are behind it, their points, the money; negative where it takes back.

    `side` is 1 where the participant owes it and 2 where it is owed; `rate` is of a fee or a tax, in hundredths of a
    percent, and `base` what it is taken of.
    """

    __tablename__ = "statement_line"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    side: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16, collation="C"))
    count: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int] = mapped_column(BigInteger)
    minor: Mapped[int] = mapped_column(BigInteger)
    rate: Mapped[int | None]
    base: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        belongs_to(
            "statement",
            "programme_id", "month", "participant_id",
            to=("programme_id", "month", "participant_id"),
        ),
        CheckConstraint("side in (1, 2)", name="side"),
    )  # fmt: skip


class SettledDay(TenantBase):
    """A day of an open month that is over and counted; `counted_by` is the digest of what its sums depend on."""

    __tablename__ = "settled_day"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    counted_by: Mapped[bytes] = mapped_column(LargeBinary)
    counted_at: Mapped[datetime]

    __table_args__ = (belongs_to("settlement", "programme_id", to=("programme_id",)),)


class SettledSum(TenantBase):
    """What a day's rows of one kind come to for one participant; `fee` is the sum of each row's own.

    It has no foreign key: it is written and removed with its day, of rows that have them. Checks were
    measured to cost more than the adding up.
    """

    __tablename__ = "settled_sum"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20, collation="C"), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int] = mapped_column(BigInteger)
    minor: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger)


class SettledReturn(TenantBase):
    """What a month counted of a return: minor units that left its participant's turnover, and awarded turnover.

    Which sale a return belongs to can become known, or change, after it was counted: the month that is open then counts
    the difference as the next `number`, so that all of them together count what is known.
    """

    __tablename__ = "settled_return"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    programme_id: Mapped[int]
    month: Mapped[date]
    participant_id: Mapped[int]
    turnover: Mapped[int] = mapped_column(BigInteger)
    awarded: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        belongs_to("settlement", "programme_id", to=("programme_id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        belongs_to("purchase_return", "member_id", "return_id", to=("member_id", "id")),
        CheckConstraint("turnover <> 0 or awarded <> 0", name="counts"),
        Index("settled_return_month_idx", "tenant_id", "programme_id", "month", "participant_id"),
    )


class Application(TenantBase):
    """A legal entity that asks to become a partner; decided once. `contact` is sealed: a person's name and addresses.

    `participant_id` is what it became when it was admitted, `words` why it was declined.
    """

    __tablename__ = "application"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(8, collation="C"))
    legal: Mapped[dict[str, Any]]  # name, inn, kpp, ogrn, address
    inn: Mapped[str] = mapped_column(String(12, collation="C"))
    brand: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(String(300))
    category: Mapped[str] = mapped_column(String(32))
    contact: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(String(2, collation="C"))
    sent_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    words: Mapped[str] = mapped_column(String(300))
    participant_id: Mapped[int | None]

    __table_args__ = (
        belongs_to("staff", "decided_by", to=("id",)),
        belongs_to("participant", "participant_id", to=("id",)),
        CheckConstraint("state in ('waiting', 'admitted', 'declined')", name="state"),
        CheckConstraint("(state = 'waiting') = (decided_at is null)", name="decided"),
        CheckConstraint("(state = 'admitted') = (participant_id is not null)", name="admitted"),
        Index(
            "application_waiting_idx",
            "tenant_id",
            "inn",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
    )


class StatementStep(TenantBase):
    """One step on a statement's way, `settlement.states`, and what it is after it; `by_id` is of the staff."""

    __tablename__ = "statement_step"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[str] = mapped_column(String(8, collation="C"))
    state: Mapped[str] = mapped_column(String(8, collation="C"))
    at: Mapped[datetime]
    by_id: Mapped[UUID | None]

    __table_args__ = (
        belongs_to(
            "statement",
            "programme_id", "month", "participant_id",
            to=("programme_id", "month", "participant_id"),
        ),
        CheckConstraint("state in ('sent', 'disputed', 'agreed', 'paid')", name="state"),
    )  # fmt: skip


class Objection(TenantBase):
    """What the other side has against a line: in its words, and the sum that it sees, in minor units."""

    __tablename__ = "objection"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    side: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[int] = mapped_column(SmallInteger)
    words: Mapped[str] = mapped_column(String(500))
    minor: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    by_id: Mapped[UUID | None]

    __table_args__ = (
        belongs_to(
            "statement_line",
            "programme_id", "month", "participant_id", "side", "place",
            to=("programme_id", "month", "participant_id", "side", "place"),
        ),
    )  # fmt: skip


class ObjectionAnswer(TenantBase):
    """The operator's answer to an objection: refused, or accepted, and then `minor` more (or less) is settled.

    It is a sum of its line's side in the month that was open, `counts_in`; the statement itself stays as it is.
    """

    __tablename__ = "objection_answer"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    side: Mapped[int] = mapped_column(SmallInteger)
    words: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
    by_id: Mapped[UUID | None]
    counts_in: Mapped[date | None]
    minor: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        belongs_to(
            "objection",
            "programme_id", "month", "participant_id", "number",
            to=("programme_id", "month", "participant_id", "number"),
        ),
        CheckConstraint("(counts_in is null) = (minor = 0) and counts_in > month", name="later"),
        Index("objection_answer_counts_idx", "tenant_id", "programme_id", "counts_in"),
    )  # fmt: skip


class PaymentOrder(TenantBase):
    """An order to pay what the operator owes by an agreed statement; a statement is in one `message` of its month.

    `parties` are the legal entities as they were when it was made, so that the message can be written again.
    """

    __tablename__ = "payment_order"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    message: Mapped[int]
    made_at: Mapped[datetime]
    pay_on: Mapped[date]
    reference: Mapped[str] = mapped_column(String(35, collation="C"))
    minor: Mapped[int] = mapped_column(BigInteger)
    parties: Mapped[dict[str, Any]]

    __table_args__ = (
        belongs_to(
            "statement",
            "programme_id", "month", "participant_id",
            to=("programme_id", "month", "participant_id"),
        ),
        CheckConstraint("minor > 0", name="minor"),
    )  # fmt: skip


class StatementPayment(TenantBase):
    """The entry of a bank's statement that paid a statement: one, for ever."""

    __tablename__ = "statement_payment"

    programme_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[str] = mapped_column(String(140))
    paid_on: Mapped[date]
    minor: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]

    __table_args__ = (
        belongs_to(
            "statement",
            "programme_id", "month", "participant_id",
            to=("programme_id", "month", "participant_id"),
        ),
        CheckConstraint("minor > 0", name="minor"),
    )  # fmt: skip
