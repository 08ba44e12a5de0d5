"""What bounds programs of the API, by two people: requests a minute, keys and certificates that are taken away, and
what programs a participant may make itself.

Each has two actions: one asks for it, the other makes it with the signature of somebody else.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.partners.clients import client_by_id
from coalition.partners.models import ApiClient, Participant
from coalition.partners.queries import participant_by_id
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime.errors import NotFound, Refusal

REQUESTS_MOST = 1_000_000


def ask_for_limit(session: Session, actor: Actor, *, client_id: str, requests: int | None) -> Approval | None:
    """Ask for another limit of a program, in requests a minute, or for none of its own; nothing where it has that.

    Raises Refusal("client_requests", most=...).
    """
    actor.must(right_to("client_bounds", None))
    change = _limit(client_by_id(session, client_id), requests)
    return None if change.before == change.after else approvals.ask(session, actor, change)


def set_limit(
    session: Session, actor: Actor, *, client_id: str, requests: int | None, approval_id: UUID | None = None
) -> None:
    """Limit a program; raises what `ask_for_limit` and `approvals.signed` do."""
    actor.must(right_to("client_bounds", approval_id))
    client = _locked(session, client_id)
    approvals.signed(session, actor, _limit(client, requests), approval_id)
    before, client.requests_per_minute = client.requests_per_minute, requests
    told = {"requests": requests}
    record(session, actor, "client.limit", f"client {client.id}", before={"requests": before}, after=told)


def keys_of(client: ApiClient) -> list[str]:
    """The thumbprints of the keys that a program signs in with."""
    return [str(one["kid"]) for one in (client.keys or {}).get("keys", ())]


def ask_for_revoking(
    session: Session, actor: Actor, *, client_id: str, what: str, thumbprint: str
) -> Approval:
    """Ask that a "key" or a "certificate" of a program holds no more.

    Raises NotFound("thumbprint_unknown"), and Refusal("certificate_last") for the only certificate: without one the
    program would be let in from anywhere.
    """
    actor.must(right_to("client_bounds", None))
    return approvals.ask(session, actor, _revoking(client_by_id(session, client_id), what, thumbprint))


def revoke(
    session: Session,
    actor: Actor,
    *,
    client_id: str,
    what: str,
    thumbprint: str,
    approval_id: UUID | None = None,
) -> None:
    """Take a key or a certificate away; raises what `ask_for_revoking` and `approvals.signed` do."""
    actor.must(right_to("client_bounds", approval_id))
    client = _locked(session, client_id)
    approvals.signed(session, actor, _revoking(client, what, thumbprint), approval_id)
    if what == "key":
        left = [one for one in (client.keys or {})["keys"] if one["kid"] != thumbprint]
        client.keys = {"keys": left} if left else None
    else:
        client.certificates = [one for one in client.certificates or () if one != thumbprint]
    record(session, actor, "client.revoke", f"client {client.id}", before={what: thumbprint})


def ask_for_allowing(
    session: Session, actor: Actor, *, participant_id: int, scopes: Sequence[str]
) -> Approval | None:
    """Ask that people of a participant may make programs with these scopes at most, with none of them: no programs."""
    actor.must(right_to("client", None))
    change = _allowing(participant_by_id(session, participant_id), scopes)
    return None if change.before == change.after else approvals.ask(session, actor, change)


def allow(
    session: Session,
    actor: Actor,
    *,
    participant_id: int,
    scopes: Sequence[str],
    approval_id: UUID | None = None,
) -> None:
    """Let a participant make programs; those that it has keep what they have. Raises what `approvals.signed` does."""
    actor.must(right_to("client", approval_id))
    owner = participant_by_id(session, participant_id)
    session.refresh(owner, with_for_update=True)
    approvals.signed(session, actor, _allowing(owner, scopes), approval_id)
    before, owner.api_scopes = list(owner.api_scopes), sorted(scopes)
    was, will = {"scopes": before}, {"scopes": owner.api_scopes}
    record(session, actor, "participant.programs", f"participant {owner.code}", before=was, after=will)


def _locked(session: Session, client_id: str) -> ApiClient:
    client = client_by_id(session, client_id)
    session.refresh(client, with_for_update=True)
    return client


def _limit(client: ApiClient, requests: int | None) -> Change:
    if requests is not None and not 0 < requests <= REQUESTS_MOST:
        raise Refusal("client_requests", most=REQUESTS_MOST)
    common = _common("limit", client)
    was, will = common | {"requests": client.requests_per_minute}, common | {"requests": requests}
    return Change("client_bounds", f"client {client.id} limit", was, will)


def _revoking(client: ApiClient, what: str, thumbprint: str) -> Change:
    held = {"key": keys_of(client), "certificate": list(client.certificates or ())}.get(what, [])
    if thumbprint not in held:
        raise NotFound("thumbprint_unknown")
    if what == "certificate" and len(held) == 1:
        raise Refusal("certificate_last")
    common = _common("revoke", client) | {"what": what}
    after = common | {"thumbprint": thumbprint}
    return Change("client_bounds", f"client {client.id} {what}", common | {"held": held}, after)


def _common(do: str, client: ApiClient) -> dict[str, Any]:
    return {"do": do, "client": client.id, "name": client.name}


def _allowing(owner: Participant, scopes: Sequence[str]) -> Change:
    common: dict[str, Any] = {"do": "allow", "participant": owner.id, "name": owner.code}
    before, after = common | {"scopes": sorted(owner.api_scopes)}, common | {"scopes": sorted(scopes)}
    return Change("client", f"clients of {owner.code}", before, after)
