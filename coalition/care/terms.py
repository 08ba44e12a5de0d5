"""How many goodwill points may be given, why, and who pays for them: terms of a programme."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.programmes.kept import kept_as
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.titles import Titles
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
_POINTS_MOST = 10**9


def _usual_reasons() -> dict[Code, Titles]:
    return {
        "service": Titles(ru="Долго ждали или ошиблись мы", en="A long wait, or our mistake"),
        "delay": Titles(ru="Баллы пришли позже обещанного", en="Points came later than promised"),
        "partner": Titles(ru="Не разобрались с партнёром", en="Not settled with the partner"),
        "gift": Titles(ru="Жест доброй воли", en="A gesture of goodwill"),
    }


class GoodwillTerms(BaseModel):
    """Limits in whole points: of one grant, of a member in a calendar month, of one of the staff in a day.

    `funder` is the code of the participant who pays; without it, the first whom the tenant admitted. `reasons` are what
    a grant may be for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_grant: int = Field(default=300, ge=1, le=_POINTS_MOST)
    per_member_month: int = Field(default=1_000, ge=1, le=_POINTS_MOST)
    per_agent_day: int = Field(default=3_000, ge=1, le=_POINTS_MOST)
    funder: str | None = Field(default=None, max_length=32)
    reasons: dict[Code, Titles] = Field(default_factory=_usual_reasons, min_length=1, max_length=30)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.per_grant <= min(self.per_member_month, self.per_agent_day):
            raise ValueError("one grant is no more than a member's month and an agent's day")
        return self


def goodwill_terms(programme: Programme) -> GoodwillTerms:
    """The programme's terms, or the usual ones."""
    return GoodwillTerms.model_validate(programme.goodwill or {})


def set_goodwill_terms(
    session: Session, actor: Actor, *, programme_id: int, terms: dict[str, Any] | None
) -> None:
    """Let goodwill points be given by these terms from now on, or by the usual ones.

    Raises Refusal("goodwill_terms", field=..., why=...), also for a payer who is not there.
    """
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = programme_by_id(session, programme_id)
    kept = kept_as(GoodwillTerms, terms, refusal="goodwill_terms")
    if kept is not None and kept["funder"] is not None:
        payer_of(session, GoodwillTerms.model_validate(kept))
    before, programme.goodwill = programme.goodwill, kept
    session.flush()  # who gives points in this transaction reads it
    subject = f"programme {programme.code}"
    record(session, actor, "goodwill.terms", subject, before=_told(before), after=_told(kept))


def _told(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """For the trail, whose keys are words of ours: a reason's code is not."""
    if kept is None:
        return None
    return kept | {"reasons": [{"code": code, "title": title} for code, title in kept["reasons"].items()]}


def payer_of(session: Session, terms: GoodwillTerms) -> Participant:
    """Who pays for goodwill; Refusal("goodwill_terms", field="funder", why=...)."""
    query = select(Participant).where(
        Participant.tenant_id == tenant_of(session), Participant.left_at.is_(None)
    )
    query = query.order_by(Participant.id)
    if terms.funder is not None:
        query = query.where(Participant.code == terms.funder)
    payer = session.scalars(query.limit(1)).first()
    if payer is None:
        raise Refusal("goodwill_terms", field="funder", why="no participant has this code")
    return payer
