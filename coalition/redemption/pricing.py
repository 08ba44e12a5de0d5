"""A new reward, and what one costs: one person asks, another one signs. Words and state take one (`keeping`)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.queries import participant_here
from coalition.redemption.keeping import version_of
from coalition.redemption.kinds import kind_of
from coalition.redemption.models import Reward
from coalition.redemption.queries import reward_of_any_state
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal

KIND = "reward"
NEW = "reward_new"
NUMBER_MAX = 2_000_000_000
DAYS_MAX = 60
FIXED = frozenset({"minor"})
"""Terms that stay as they were: codes of certificates are worth their face value, whenever they were loaded."""


def wrong_with_terms(terms: Mapping[str, int]) -> list[Refusal]:
    """Everything for which a reward cannot have these terms, each with its field. Pure."""
    found = list[Refusal]()
    for name, value in terms.items():
        if name == "days" and not 0 <= value <= DAYS_MAX:
            found.append(Refusal("reward_days", field=name))
        elif name != "days" and not 0 < value <= NUMBER_MAX:
            found.append(Refusal("reward_price", field=name))
    if not found and terms.get("points_min", 0) > terms.get("points_max", NUMBER_MAX):
        found.append(Refusal("reward_limits", field="points_max"))
    return found


def ask_for_terms(
    session: Session, actor: Actor, *, reward_code: str, terms: Mapping[str, int], seen: str
) -> Approval | None:
    """Ask for other terms of a reward, which another person signs; None where it has these already.

    `terms` are those that change, `seen` is `version_of` the reward that was looked at. Raises
    Conflict("reward_changed") where somebody has changed it since, the first of what `wrong_with_terms` finds, or
    what `approvals.ask` raises.
    """
    actor.must(right_to(KIND, None))
    reward = _locked(session, reward_code)
    if version_of(reward) != seen:
        raise Conflict("reward_changed")
    change = _change(reward, terms)
    return None if change.before == change.after else approvals.ask(session, actor, change)


def change_terms(
    session: Session,
    actor: Actor,
    *,
    reward_code: str,
    terms: Mapping[str, int],
    approval_id: UUID | None = None,
) -> Reward:
    """Give a reward other terms, with the signature of another person than who asked; raises as `ask_for_terms`."""
    actor.must(right_to(KIND, approval_id))
    reward = _locked(session, reward_code)
    change = _change(reward, terms)
    approvals.signed(session, actor, change, approval_id)
    reward.terms = change.after
    record(session, actor, "reward.price", f"reward {reward_code}", before=change.before, after=change.after)
    return reward


def ask_for_reward(
    session: Session,
    actor: Actor,
    *,
    code: str,
    kind: str,
    name: dict[str, str],
    about: dict[str, str],
    terms: dict[str, Any],
    participant_id: int,
) -> Approval:
    """Ask for a new reward, which another person signs and members are offered then; raises as `add_reward` does."""
    actor.must(right_to(NEW, None))
    require_unknown(session, code)
    participant_here(session, participant_id)
    checked = kind_of(kind).check_terms(terms)
    return approvals.ask(session, actor, new_reward(code, kind, name, about, checked, participant_id))


def new_reward(
    code: str,
    kind: str,
    name: dict[str, str],
    about: dict[str, str],
    terms: Mapping[str, Any],
    participant_id: int,
) -> Change:
    """What is signed of a new reward: all of it."""
    after = {"code": code, "kind": kind, "name": name, "about": about, "terms": dict(terms)}
    return Change(NEW, f"rewards {code}", None, after | {"participant_id": participant_id})


def require_unknown(session: Session, code: str) -> None:
    """Conflict("reward_known") where there is a reward of that code."""
    known = select(Reward.id).where(Reward.tenant_id == tenant_of(session), Reward.code == code)
    if session.scalar(known) is not None:
        raise Conflict("reward_known", reward=code)


def _locked(session: Session, reward_code: str) -> Reward:
    reward = reward_of_any_state(session, reward_code)
    session.refresh(reward, with_for_update=True)
    return reward


def _change(reward: Reward, terms: Mapping[str, int]) -> Change:
    """What is signed: all terms of the reward, as they are and as they are to be."""
    kept = reward.terms.keys() & FIXED
    asked = {name: value for name, value in terms.items() if name not in kept}
    for no in wrong_with_terms(asked):
        raise no
    after = kind_of(reward.kind).check_terms(reward.terms | asked)
    return Change(KIND, f"reward {reward.code}", dict(reward.terms), after)
