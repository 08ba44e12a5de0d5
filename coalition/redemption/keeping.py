"""What the back office keeps of rewards: their words and state. Prices are in `pricing`, codes in `stocking`."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from coalition.members.importing import EMAIL
from coalition.partners.queries import participant_here
from coalition.redemption.models import Reward
from coalition.redemption.queries import reward_of_any_state
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import digest

LANGUAGES = ("ru", "en")
NAME_MAX, ABOUT_MAX = 120, 300
ALERT_TO_MAX = 5
ALERT_MAX = 10_000
"""Every page of the desk counts so many codes of a reward."""


def wrong_with(
    name: dict[str, str], about: dict[str, str], alert_below: int | None, alert_to: Sequence[str] = ()
) -> list[Refusal]:
    """Everything for which a reward cannot be changed so, each with its field."""
    found = [
        Refusal("reward_name", field=f"name_{lang}")
        for lang in LANGUAGES
        if not 0 < len(name.get(lang, "").strip()) <= NAME_MAX
    ]
    found += [
        Refusal("reward_about", field=f"about_{lang}")
        for lang in LANGUAGES
        if len(about.get(lang, "").strip()) > ABOUT_MAX
    ]
    if alert_below is not None and not 0 < alert_below <= ALERT_MAX:
        found.append(Refusal("reward_alert", field="alert_below"))
    if len(alert_to) > ALERT_TO_MAX or not all(len(one) <= 254 and EMAIL.fullmatch(one) for one in alert_to):
        found.append(Refusal("reward_alert_to", field="alert_to", most=ALERT_TO_MAX))
    return found


def change_reward(
    session: Session,
    actor: Actor,
    *,
    reward_code: str,
    name: dict[str, str],
    about: dict[str, str],
    offered: bool,
    alert_below: int | None,
    alert_to: Sequence[str] = (),
    seen: str,
) -> bool:
    """Change what members see of a reward and how few codes are told; returns whether anything is another than it was.

    `seen` is `version_of` the reward that was looked at. Raises Conflict("reward_changed") where it is another by now,
    Conflict("participant_left") where it would be offered at the expense of one, or the first of what `wrong_with`
    finds.
    """
    actor.must(Permission.DESK_REWARD_EDIT)
    reward = reward_of_any_state(session, reward_code)
    if offered:
        participant_here(session, reward.participant_id)  # before the reward, as who lets it leave
    session.refresh(reward, with_for_update=True)
    for no in wrong_with(name, about, alert_below, alert_to):
        raise no
    if version_of(reward) != seen:
        raise Conflict("reward_changed")
    before = _told(reward)
    reward.name = {lang: name[lang].strip() for lang in LANGUAGES}
    reward.about = {lang: about.get(lang, "").strip() for lang in LANGUAGES}
    reward.offered, reward.alert_below, reward.alert_to = offered, alert_below, list(alert_to)
    if (after := _told(reward)) == before:
        return False
    record(session, actor, "reward.change", f"reward {reward_code}", before=before, after=after)
    return True


def withdraw_reward(session: Session, actor: Actor, *, reward_code: str) -> bool:
    """Offer a reward to nobody from now on; returns whether it was offered."""
    actor.must(Permission.DESK_REWARD_EDIT)
    reward = reward_of_any_state(session, reward_code)
    session.refresh(reward, with_for_update=True)
    if not reward.offered:
        return False
    before, reward.offered = _told(reward), False
    record(session, actor, "reward.change", f"reward {reward_code}", before=before, after=_told(reward))
    return True


def version_of(reward: Reward) -> str:
    """What a reward says now, in short."""
    return digest(json.dumps([_told(reward), reward.terms], sort_keys=True)).hex()


def _told(reward: Reward) -> dict[str, Any]:
    """What can be changed of it, as it stands."""
    return {
        "title": dict(reward.name),
        "about": dict(reward.about),
        "offered": reward.offered,
        "alert_below": reward.alert_below,
        "alert_to": list(reward.alert_to),
    }
