"""The programme's terms that can be changed while it runs, with a second signature, for what is booked later.

What every balance and every booked sale stands on, the scale of a point, its worth, the currency and the zone, cannot.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy.orm import Session

from coalition.care.terms import GoodwillTerms, goodwill_terms
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.titles import Titles
from coalition.promotions.actions import raise_number
from coalition.promotions.checking import Flaw, unfit
from coalition.transactions.of_orders.terms import OrderTerms, order_terms
from coalition.transactions.two_channels.terms import SameSaleTerms, same_sale_terms
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=24)]
_COLUMNS = (
    "activation_delay_days", "expiry", "expiry_count", "expiry_date", "match_window_days", "return_window_days",
    "return_wait_days", "return_policy",
)  # fmt: skip


class Unit(BaseModel):
    """The point's name by number: 1, 2 and 5 in Russian; 1 and 2 in English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ru: tuple[Word, Word, Word]
    en: tuple[Word, Word]


class GoodwillLimits(BaseModel):
    """How many whole points of goodwill: of one grant, of a member in a month, of one of the staff in a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_grant: int = Field(ge=1, le=10**9)
    per_member_month: int = Field(ge=1, le=10**9)
    per_agent_day: int = Field(ge=1, le=10**9)


class RunningTerms(BaseModel):
    """What can be changed. `same_sale` is who pays where a till and the bank tell the same sale; nothing: both.

    `same_order` is the same of an order at a network's shop and its sale.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Titles
    unit: Unit
    activation_delay_days: int = Field(ge=0, le=366)
    expiry: Literal["never", "days", "month_end", "date"]
    expiry_count: int | None = Field(default=None, ge=1, le=3660)
    expiry_date: date | None = None
    match_window_days: int = Field(ge=1, le=366)
    return_window_days: int = Field(ge=0, le=3660)
    return_wait_days: int = Field(ge=0, le=366)
    return_policy: Literal["manual", "by_terms"]
    goodwill: GoodwillLimits
    same_sale: SameSaleTerms | None = None
    same_order: OrderTerms | None = None

    @model_validator(mode="after")
    def _expires_by_its_kind(self) -> Self:
        if (self.expiry in ("days", "month_end")) != (self.expiry_count is not None):
            raise ValueError("a number belongs to days and months, and they need it")
        if (self.expiry == "date") != (self.expiry_date is not None):
            raise ValueError("a day belongs to a fixed last day, which needs it")
        return self

    @model_validator(mode="after")
    def _goodwill_rises(self) -> Self:
        limits = self.goodwill
        if limits.per_grant > min(limits.per_member_month, limits.per_agent_day):
            raise ValueError("one grant is no more than a member's month and an agent's day")
        return self


def running_terms(programme: Programme) -> RunningTerms:
    """The terms as they stand."""
    goodwill = goodwill_terms(programme).model_dump(include=set(GoodwillLimits.model_fields))
    told = {column: getattr(programme, column) for column in ("name", *_COLUMNS)}
    told |= {"unit": _unit(programme.unit), "goodwill": goodwill, "same_sale": same_sale_terms(programme)}
    told |= {"same_order": order_terms(programme)}
    return RunningTerms.model_validate(told)


def _unit(known: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """The point's name in both languages: where one was never told, by the other's words."""
    some = next(iter(known.values()))
    return {lang: known.get(lang) or [some[0], *[some[-1]] * more] for lang, more in (("ru", 2), ("en", 1))}


def flaws(programme: Programme, document: Any) -> Sequence[Flaw]:
    """Everything for which a document cannot be the terms, each at its field.

    A fixed last day that is over is none: what is given after it would never burn. One that stands may stay.
    """
    if found := unfit(RunningTerms, document):
        return found
    day = RunningTerms.model_validate(document).expiry_date
    if day is None or day == programme.expiry_date or day >= clock.business_day(programme.zone):
        return []
    return [Flaw("expiry_date", "valid_in_past", "the fixed last day is over", {})]


def ask_for_terms(session: Session, actor: Actor, *, programme_id: int, document: Any) -> Approval | None:
    """Ask for other terms, which another person signs; nothing where the terms are those already.

    Raises what `set_terms` and `approvals.ask` raise.
    """
    actor.must(right_to("terms", None))
    programme = programme_by_id(session, programme_id)
    terms = _fit(programme, document)
    if terms == running_terms(programme):
        return None
    return approvals.ask(session, actor, _change(programme, terms))


def set_terms(
    session: Session, actor: Actor, *, programme_id: int, document: Any, approval_id: UUID | None = None
) -> RunningTerms:
    """Change the terms for what is booked from now on; the same terms again change nothing.

    Points that were given keep their days, and sales that are settled stay settled. A person of the staff signs what
    another one asked for. Raises Refusal("terms_invalid", field=..., why=...), and what `approvals.signed` raises.
    """
    actor.must(right_to("terms", approval_id))
    raise_number(session)  # first: what is being booked meanwhile is booked by the terms before
    programme = programme_by_id(session, programme_id)
    session.refresh(programme, with_for_update=True)
    terms, before = _fit(programme, document), running_terms(programme)
    if terms == before:
        return terms
    change = _change(programme, terms)
    approvals.signed(session, actor, change, approval_id)
    told = terms.model_dump(mode="json")
    programme.name, programme.unit = told["name"], told["unit"]
    for column in _COLUMNS:
        setattr(programme, column, getattr(terms, column))
    programme.same_sale, programme.same_order = told["same_sale"], told["same_order"]
    if terms.goodwill != before.goodwill:
        whole = goodwill_terms(programme).model_dump(mode="json") | told["goodwill"]
        programme.goodwill = GoodwillTerms.model_validate(whole).model_dump(mode="json")
    session.flush()  # what is posted next reads the row
    record(
        session, actor, "terms.change", f"programme {programme_id}", before=change.before, after=change.after
    )
    return terms


def _fit(programme: Programme, document: Any) -> RunningTerms:
    if found := flaws(programme, document):
        raise Refusal("terms_invalid", field=found[0].field, why=found[0].why)
    return RunningTerms.model_validate(document)


def _change(programme: Programme, terms: RunningTerms) -> Change:
    before = running_terms(programme).model_dump(mode="json")
    return Change("terms", f"programme {programme.id}", before, terms.model_dump(mode="json"))
