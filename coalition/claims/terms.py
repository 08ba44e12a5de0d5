"""The tenant's terms of claims: working hours, how long each kind may take, how much one person decides alone."""

from datetime import time
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from coalition.claims.kinds import Kind
from coalition.claims.working import WorkingTime
from coalition.programmes.kept import kept_as
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.queries import newest_days
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission

Days = Annotated[int, Field(ge=1, le=90)]
Weekday = Annotated[int, Field(ge=1, le=7)]
Whole = Annotated[int, Field(ge=0, le=10**12)]


class WorkingDays(BaseModel):
    """Within how many working days each kind is answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    not_credited: Days = 3
    wrong_amount: Days = 3
    certificate: Days = 1
    unknown_redemption: Days = 1
    lost_order: Days = 10


class ClaimTerms(BaseModel):
    """`opens` and `closes` are the working hours on the programme's clock, `weekdays` the working days (1 is Monday).

    The tenant's days off are none of them. A second person signs what passes a limit of one person: `alone_points` for
    one claim with all that it gave before, `alone_sum` for a purchase to be recorded, `member_points` given to a member
    and `officer_points` given by an officer without a second signature in thirty days. They are whole points, and whole
    units of the currency. An answer can be disputed for `reopen_days` calendar days.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: time = time(9)
    closes: time = time(18)
    weekdays: tuple[Weekday, ...] = Field(default=(1, 2, 3, 4, 5), min_length=1, max_length=7)
    days: WorkingDays = WorkingDays()
    alone_points: Whole = 500
    alone_sum: Whole = 50_000
    member_points: Whole = 1_000
    officer_points: Whole = 20_000
    reopen_days: int = Field(default=30, ge=1, le=366)

    @model_validator(mode="after")
    def _hours_have_an_order(self) -> Self:
        if self.opens >= self.closes or self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("`closes` is later than `opens`, both without a zone")
        return self


USUAL = ClaimTerms()


def terms_of(programme: Programme) -> ClaimTerms:
    """The programme's terms of claims, or the usual ones."""
    return USUAL if programme.claims is None else ClaimTerms.model_validate(programme.claims)


def set_claim_terms(
    session: Session, actor: Actor, *, programme_id: int, terms: dict[str, Any] | None
) -> None:
    """Let claims go by these terms from now on, or by the usual ones; Refusal("claim_terms", field=..., why=...).

    Terms of open claims stay as they were promised.
    """
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = programme_by_id(session, programme_id)
    before, programme.claims = programme.claims, kept_as(ClaimTerms, terms, refusal="claim_terms")
    record(
        session, actor, "claim.terms", f"programme {programme.code}", before=before, after=programme.claims
    )


def working_time(session: Session, programme: Programme) -> WorkingTime:
    """The tenant's working hours, its days off left out."""
    terms = terms_of(programme)
    off = frozenset(day for day, known in newest_days(session).items() if known.off)
    return WorkingTime(programme.zone, terms.opens, terms.closes, frozenset(terms.weekdays), off)


def seconds_for(terms: ClaimTerms, kind: Kind, working: WorkingTime) -> int:
    """How many working seconds a claim of the kind may take."""
    days: int = getattr(terms.days, str(kind))
    return days * working.seconds_a_day
