"""How much advertising of partners a member may get: terms of a programme."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from coalition.programmes.kept import kept_as
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission


class MailingTerms(BaseModel):
    """`per_week` is how many mailings of all partners together a member gets in seven days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_week: int = Field(default=2, ge=1, le=50)


def mailing_terms(programme: Programme) -> MailingTerms:
    """The programme's terms, or the usual ones."""
    return MailingTerms.model_validate(programme.mailings or {})


def set_mailing_terms(
    session: Session, actor: Actor, *, programme_id: int, terms: dict[str, Any] | None
) -> None:
    """Let advertising go out by these terms from now on, or by the usual ones.

    Raises Refusal("mailing_terms", field=..., why=...).
    """
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = programme_by_id(session, programme_id)
    before, programme.mailings = programme.mailings, kept_as(MailingTerms, terms, refusal="mailing_terms")
    session.flush()  # a slice in this transaction reads it
    subject = f"programme {programme.code}"
    record(session, actor, "mailing.terms", subject, before=before, after=programme.mailings)
