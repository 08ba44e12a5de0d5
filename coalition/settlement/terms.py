"""By what terms participants settle: dated, each in force until the next; the operator's are the programme's."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.programmes.kept import kept_as
from coalition.programmes.queries import programme_by_id
from coalition.settlement.legal import is_inn, is_kpp
from coalition.settlement.models import PartyTerms, Settlement
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal

Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
Line = Annotated[str, Field(max_length=200)]


class Legal(BaseModel):
    """The legal entity, as acts name it and banks pay it; empty where there is none.

    INN and KPP are checked by their digits. `bic` is that of SWIFT, or the nine digits of a Russian bank.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line = ""
    inn: str = ""
    kpp: str = ""
    account: Annotated[str, Field(pattern=r"^([0-9]{20})?$")] = ""
    bic: Annotated[str, Field(pattern=r"^([0-9]{9}|[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?)?$")] = ""
    address: Line = ""
    signer: Line = ""

    @model_validator(mode="after")
    def _numbers_are_numbers(self) -> Self:
        if self.inn and not is_inn(self.inn):
            raise ValueError("an INN is 10 or 12 digits, of which the last ones check the others")
        if self.kpp and not is_kpp(self.kpp):
            raise ValueError("a KPP is 9 characters")
        return self


class Tax(BaseModel):
    """The rate of VAT on the operator's fees from a day on; 0 where it is not subject to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date
    rate: Percent


class OperatorTerms(BaseModel):
    """The operator's side: its legal entity, VAT by date, and how many days a statement may be answered and paid."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    legal: Legal = Legal()
    vat: tuple[Tax, ...] = Field(default=(), max_length=20)
    answer_days: int = Field(default=10, ge=1, le=90)
    pay_days: int = Field(default=20, ge=1, le=180)

    @model_validator(mode="after")
    def _dates_have_an_order(self) -> Self:
        days = [one.since for one in self.vat]
        if days != sorted(set(days)):
            raise ValueError("rates of VAT stand in the order of their days, one for each")
        return self

    def vat_on(self, day: date) -> int:
        """The rate of a day in hundredths of a percent."""
        held = [one.rate for one in self.vat if one.since <= day]
        return int(held[-1] * 100) if held else 0


class Fee(BaseModel):
    """What the operator takes of purchases: of all at the participant's, or of those for which it gave points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: Percent = Decimal(0)
    of: Literal["turnover", "awarded"] = "turnover"


class Terms(BaseModel):
    """How one participant settles.

    `pays`: for points when they are "issued" at its expense, or when they are "spent". `expired`: points that burnt are
    "kept" by the operator, or their money is "returned"; only where they are paid for when issued. `turnover`: the
    participant has the money of its sales ("own"), or the operator passes it "through", as an acquirer does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    legal: Legal = Legal()
    contract: Annotated[str, Field(max_length=60)] = ""
    pays: Literal["issued", "spent"] = "issued"
    expired: Literal["kept", "returned"] = "kept"
    turnover: Literal["own", "through"] = "own"
    fee: Fee = Fee()

    @model_validator(mode="after")
    def _expired_belongs_to_issued(self) -> Self:
        if self.pays == "spent" and self.expired == "returned":
            raise ValueError("who pays when points are spent has paid nothing for those that burn")
        return self


def set_operator(
    session: Session, actor: Actor, *, programme_id: int, participant_id: int, terms: dict[str, Any]
) -> Settlement:
    """Say who operates the programme and by what terms.

    Raises Refusal("settlement_terms", ...), NotFound("participant_unknown").

    Once a month is closed, another participant is refused: Conflict("operator_settled").
    """
    actor.must(Permission.DESK_SETTLEMENT_EDIT)
    programme_by_id(session, programme_id)
    _require(session, participant_id)
    kept = kept_as(OperatorTerms, terms, refusal="settlement_terms")
    row = session.get(Settlement, (tenant_of(session), programme_id), with_for_update=True)
    if row is None:
        row = Settlement(tenant_id=tenant_of(session), programme_id=programme_id)
        session.add(row)
    if row.closed_until is not None and row.operator_id != participant_id:
        raise Conflict("operator_settled")
    row.operator_id, row.terms = participant_id, kept or {}
    session.flush()  # terms of parties refer to it
    record(
        session, actor, "settlement.operator", f"programme {programme_id}", after={"payer": participant_id}
    )
    return row


def set_terms(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    participant_id: int,
    since: date,
    terms: dict[str, Any],
) -> PartyTerms:
    """Let a participant settle by these terms from a day on; the same day anew replaces what was said for it.

    Raises NotFound("settlement_unknown"), NotFound("participant_unknown"), Refusal("settlement_terms", ...),
    Refusal("settlement_operator") for the operator itself, Refusal("settlement_closed") for a day in a closed month,
    Refusal("settlement_month") for one that does not begin a month: a month has one set of terms.
    """
    actor.must(Permission.DESK_SETTLEMENT_EDIT)
    settlement = settlement_of(session, programme_id)
    _require(session, participant_id)
    if participant_id == settlement.operator_id:
        raise Refusal("settlement_operator")
    if since.day != 1:
        raise Refusal("settlement_month")
    if settlement.closed_until is not None and since <= settlement.closed_until:
        raise Refusal("settlement_closed", day=settlement.closed_until)
    kept = kept_as(Terms, terms, refusal="settlement_terms")
    key = (tenant_of(session), programme_id, participant_id, since)
    row = session.get(PartyTerms, key, with_for_update=True)
    if row is None:
        row = PartyTerms(
            tenant_id=key[0], programme_id=programme_id, participant_id=participant_id, since=since
        )
        session.add(row)
    row.terms, row.set_at = kept or {}, clock.now()
    after = {"payer": participant_id, "since": since.isoformat()}
    record(session, actor, "settlement.terms", f"programme {programme_id}", after=after)
    return row


def settlement_of(session: Session, programme_id: int) -> Settlement:
    """The programme's settlement, locked while it is changed; NotFound("settlement_unknown") without an operator."""
    row = session.get(
        Settlement, (tenant_of(session), programme_id), with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFound("settlement_unknown")
    return row


def terms_in(session: Session, programme_id: int, month: date) -> dict[int, Terms]:
    """By what terms each participant settles in a month; who has none is not there."""
    rows = session.scalars(
        select(PartyTerms)
        .where(
            PartyTerms.tenant_id == tenant_of(session),
            PartyTerms.programme_id == programme_id,
            PartyTerms.since <= month,
        )
        .order_by(PartyTerms.since)
    )
    return {row.participant_id: Terms.model_validate(row.terms) for row in rows}


def settling_since(session: Session, programme_id: int) -> dict[int, date]:
    """From which day on each participant settles."""
    rows = session.execute(
        select(PartyTerms.participant_id, func.min(PartyTerms.since))
        .where(PartyTerms.tenant_id == tenant_of(session), PartyTerms.programme_id == programme_id)
        .group_by(PartyTerms.participant_id)
    )
    return dict(rows.all())


def _require(session: Session, participant_id: int) -> None:
    if session.get(Participant, (tenant_of(session), participant_id)) is None:
        raise NotFound("participant_unknown")
