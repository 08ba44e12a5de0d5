"""What a company's people may enter by hand in their place, by two people: whether at all, and up to how much.

Less, or nothing, is so at once: whoever sees what goes wrong need not wait for a second person to stop it.

The limits stand with the leave and not among the programme's terms, so that one signature is for both: a chain may have
more than a kiosk, and nobody raises what was signed for.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from coalition.partners.models import Participant
from coalition.partners.queries import participant_here
from coalition.programmes.kept import kept_as
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime.errors import Refusal

KIND = "by_hand"
MINOR_MOST = 10**12


class Limits(BaseModel):
    """Money in minor units: of one purchase or return, and of all that one person enters in a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_operation: int = Field(ge=1, le=MINOR_MOST)
    per_person_day: int = Field(ge=1, le=MINOR_MOST)


def limits_of(owner: Participant) -> Limits | None:
    """What the company is let enter; nothing where it is let enter nothing."""
    return None if owner.by_hand is None else Limits.model_validate(owner.by_hand)


def ask_for_by_hand(
    session: Session, actor: Actor, *, participant_id: int, limits: Mapping[str, int] | None
) -> Approval | None:
    """Ask that a company's people may enter operations up to these limits, or none; nothing where that is so already.

    Raises NotFound("participant_unknown"), Conflict("participant_left"), Refusal("hand_limits", field=..., why=...),
    also where one operation may be more than a day.
    """
    actor.must(right_to(KIND, None))
    change = _change(participant_here(session, participant_id), limits)
    return None if change.before == change.after else approvals.ask(session, actor, change)


def lower_by_hand(
    session: Session, actor: Actor, *, participant_id: int, limits: Mapping[str, int] | None
) -> bool:
    """Let a company's people enter less, or nothing, at once; False where this is not less, and nothing is changed.

    Raises what `ask_for_by_hand` does for the same limits.
    """
    actor.must(right_to(KIND, None))
    owner = participant_here(session, participant_id)
    change = _change(owner, limits)
    before, after = change.before["limits"], change.after["limits"]
    if before is None or before == after or any(after[one] > before[one] for one in after or ()):
        return False
    _write(session, actor, owner, change)
    return True


def let_by_hand(
    session: Session,
    actor: Actor,
    *,
    participant_id: int,
    limits: Mapping[str, int] | None,
    approval_id: UUID | None = None,
) -> None:
    """Let a company's people enter operations; raises what `ask_for_by_hand` and `approvals.signed` do."""
    actor.must(right_to(KIND, approval_id))
    owner = participant_here(session, participant_id)
    change = _change(owner, limits)
    approvals.signed(session, actor, change, approval_id)
    _write(session, actor, owner, change)


def _write(session: Session, actor: Actor, owner: Participant, change: Change) -> None:
    owner.by_hand = change.after["limits"]
    was, will = ({"limits": told["limits"]} for told in (change.before, change.after))
    record(session, actor, "participant.by_hand", f"participant {owner.code}", before=was, after=will)


def _change(owner: Participant, limits: Mapping[str, int] | None) -> Change:
    kept = kept_as(Limits, None if limits is None else dict(limits), refusal="hand_limits")
    if kept is not None and kept["per_operation"] > kept["per_person_day"]:
        raise Refusal("hand_limits", field="per_person_day", why="one operation is no more than a day")
    common: dict[str, Any] = {"participant": owner.id, "name": owner.code}
    before, after = common | {"limits": owner.by_hand}, common | {"limits": kept}
    return Change(KIND, f"by hand {owner.code}", before, after)
