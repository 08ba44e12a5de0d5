"""Participants leave: nothing new is given at their expense, and the points that they have given stay their tail.

One person asks for it and another one signs, for exactly what ends. Terms of settlement stay as they are: what is
spent, burns and comes back of the tail is settled month by month until nothing of it is left.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from coalition.care.terms import goodwill_terms, payer_of
from coalition.ledger.models import Lot
from coalition.offers.models import Network
from coalition.partners.clients import end_client
from coalition.partners.keeping import close_partner
from coalition.partners.models import ApiClient, Participant, Partner
from coalition.partners.queries import participant_by_id, participants_by_code
from coalition.programmes.models import Programme
from coalition.promotions import life
from coalition.promotions.actions import raise_number
from coalition.promotions.overview import Overview, Stage, promotions
from coalition.redemption.keeping import withdraw_reward
from coalition.redemption.models import Reward
from coalition.settlement.models import Settlement
from tenants.actor import SYSTEM, Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.patience import within

KIND = "leaving"
TAIL_SECONDS = 2
_HOLDING = (Stage.LIVE, Stage.SCHEDULED, Stage.PAUSED)


class Ends(NamedTuple):
    """What ends when a participant leaves, by codes: its promotions, rewards, partners, and its programs of the API."""

    promotions: tuple[str, ...]
    rewards: tuple[str, ...]
    partners: tuple[str, ...]
    clients: tuple[str, ...]


class Tail(NamedTuple):
    """Points at a participant's expense that members have, in their units, and the last day of the last of them."""

    points: int
    last_day: date | None


def what_ends(session: Session, participant: Participant) -> Ends:
    """Everything of the participant's that goes on now."""
    return all_that_goes_on(session).get(participant.id, Ends((), (), (), ()))


def all_that_goes_on(session: Session) -> dict[int, Ends]:
    """Everything that goes on now, by participant; who has nothing is not there."""
    numbers, tenant_id = participants_by_code(session), tenant_of(session)
    kept: list[Sequence[Any]] = [
        [(numbers[code], one.code) for one in promotions(session) for code in sorted(_payers(one))]
    ]
    kept += [session.execute(asked).all() for asked in _kept(tenant_id)]
    found: dict[int, tuple[list[str], ...]] = defaultdict(lambda: ([], [], [], []))
    for place, rows in enumerate(kept):
        for number, code in rows:
            found[number][place].append(code)
    return {number: Ends(*map(tuple, codes)) for number, codes in found.items()}


def _kept(tenant_id: int) -> Sequence[Select[int, str]]:
    """Rewards that are offered, partners that are shown and programs that are let in, by participant."""
    return (
        select(Reward.participant_id, Reward.code)
        .where(Reward.tenant_id == tenant_id, Reward.offered)
        .order_by(Reward.code),
        select(Partner.participant_id, Partner.code)
        .where(Partner.tenant_id == tenant_id, Partner.closed_at.is_(None))
        .order_by(Partner.code),
        select(ApiClient.participant_id, ApiClient.id)
        .where(ApiClient.tenant_id == tenant_id, ApiClient.ended_at.is_(None))
        .order_by(ApiClient.id),
    )


def tail_of(session: Session, programme: Programme, participant_id: int) -> Tail | None:
    """What is left of its points; None where finding out takes longer than TAIL_SECONDS."""
    asked = select(func.coalesce(func.sum(Lot.remaining), 0), func.max(Lot.expires_on)).where(
        Lot.tenant_id == tenant_of(session),
        Lot.funder_id == participant_id,
        Lot.remaining > 0,
        Lot.expires_on >= clock.business_day(programme.zone),
    )
    found = within(session, TAIL_SECONDS, lambda: session.execute(asked).one())
    return None if found is None else Tail(int(found[0]), found[1])


def ask_to_leave(session: Session, actor: Actor, *, participant_id: int) -> Approval:
    """Ask that a participant leaves, which another person signs; raises as `leave` does."""
    actor.must(right_to(KIND, None))
    return approvals.ask(session, actor, _change(session, _staying(session, participant_id)))


def leave(
    session: Session, actor: Actor, *, participant_id: int, approval_id: UUID | None = None
) -> Participant:
    """Let a participant leave, with the signature of another person than who asked for it.

    Its promotions end, its rewards are offered no more, its partners are shown no more, its programs of the API end,
    and no new promotion, reward, partner, program or grant is its own.

    Raises NotFound("participant_unknown"), Conflict("participant_left"), Refusal("participant_operator") for who
    operates a programme, Refusal("participant_network") for who pays for the shops of a network,
    Refusal("participant_goodwill") for who pays for goodwill, Refusal("participant_shares", promotions=...) while
    others pay for a promotion together with it, and what `approvals.signed` raises.
    """
    actor.must(right_to(KIND, approval_id))
    raise_number(session)  # before any other lock, as everybody who publishes
    participant = _staying(session, participant_id)
    change, ends = _change(session, participant), what_ends(session, participant)
    approvals.signed(session, actor, change, approval_id)
    for code in ends.promotions:
        life.end(session, SYSTEM, code=code)
    for code in ends.rewards:
        withdraw_reward(session, SYSTEM, reward_code=code)
    for partner in _partners(session, participant_id):
        close_partner(session, SYSTEM, partner_id=partner)
    for client in ends.clients:
        end_client(session, SYSTEM, client_id=client)
    participant.left_at = clock.now()
    record(session, actor, "participant.leave", f"participant {participant.code}", after=change.after)
    return participant


def come_back(session: Session, actor: Actor, *, participant_id: int) -> bool:
    """Let a participant that left have promotions, rewards and partners again; what ended stays ended.

    Returns whether it had left. NotFound("participant_unknown").
    """
    actor.must(Permission.DESK_APPLICATION_DECIDE)
    participant = participant_by_id(session, participant_id)
    session.refresh(participant, with_for_update={"key_share": True})
    if participant.left_at is None:
        return False
    before, participant.left_at = participant.left_at, None
    record(
        session, actor, "participant.return", f"participant {participant.code}", before={"left_at": before}
    )
    return True


def _staying(session: Session, participant_id: int) -> Participant:
    """The participant, locked, if it can leave."""
    participant = participant_by_id(session, participant_id)
    session.refresh(participant, with_for_update={"key_share": True})
    if participant.left_at is not None:
        raise Conflict("participant_left")
    if (no := held_by(session, participant)) is not None:
        raise no
    return participant


def held_by(session: Session, participant: Participant) -> Refusal | None:
    """Why it cannot leave, as `leave` would say it; None where it can."""
    tenant_id, participant_id = tenant_of(session), participant.id
    operates = select(Settlement.programme_id).where(
        Settlement.tenant_id == tenant_id, Settlement.operator_id == participant_id
    )
    if session.scalars(operates).first() is not None:
        return Refusal("participant_operator")
    pays = select(Network.id).where(Network.tenant_id == tenant_id, Network.participant_id == participant_id)
    if session.scalars(pays).first() is not None:
        return Refusal("participant_network")
    for programme in session.scalars(select(Programme).where(Programme.tenant_id == tenant_id)):
        if payer_of(session, goodwill_terms(programme)).id == participant_id:
            return Refusal("participant_goodwill")
    shared = [one.code for one in promotions(session) if {participant.code} < _payers(one)]
    return Refusal("participant_shares", promotions=", ".join(shared)) if shared else None


def _payers(one: Overview) -> set[str]:
    """Who pays for what of a promotion holds or is still to hold."""
    now = clock.now()
    return {
        payer["participant"]
        for version in one.versions
        if one.stage_of(version, now) in _HOLDING
        for payer in version.document["funding"]
    }


def _change(session: Session, participant: Participant) -> Change:
    ends = {name: list(codes) for name, codes in what_ends(session, participant)._asdict().items()}
    after: dict[str, Any] = {"participant": participant.id, **ends}
    return Change(KIND, f"participants {participant.code}", None, after)


def _partners(session: Session, participant_id: int) -> Sequence[int]:
    mine = select(Partner.id).where(
        Partner.tenant_id == tenant_of(session), Partner.participant_id == participant_id
    )
    return session.scalars(mine.order_by(Partner.id)).all()
