"""Programs of the API as a participant keeps its own: within what the programme lets it, and at once.

What they may do at most was signed by two people of the programme (`bounds.allow`), so that here one is enough.
"""

import secrets
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.partners.asking import NAME_MAX
from coalition.partners.clients import (
    client_by_id,
    end_secrets,
    let_in,
    new_secret,
    require_own_outlet,
    valid_secrets,
)
from coalition.partners.models import ApiClient
from coalition.partners.queries import outlet_by_id, participant_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal

SECRETS_MOST = 5
"""How many secrets of a program hold at a time."""
SHOWN_MOST = 200
PROGRAMS_MOST = 50
"""How many programs of one participant are let in at a time, where it makes them itself."""


def clients_of_participant(session: Session, participant_id: int) -> Sequence[ApiClient]:
    """A participant's programs, the newest first, then the latest of those that have ended."""
    return session.scalars(
        select(ApiClient)
        .where(ApiClient.tenant_id == tenant_of(session), ApiClient.participant_id == participant_id)
        .order_by(ApiClient.ended_at.is_not(None), ApiClient.made_at.desc(), ApiClient.id)
        .limit(SHOWN_MOST)
    ).all()


def own_client(session: Session, participant_id: int, client_id: str) -> ApiClient:
    """A participant's program that has not ended; NotFound("client_unknown") for any other."""
    client = client_by_id(session, client_id)
    if client.participant_id != participant_id:
        raise NotFound("client_unknown")
    return client


def add_own_client(
    session: Session,
    actor: Actor,
    *,
    name: str,
    programme_id: int,
    scopes: Sequence[str],
    outlet_id: int | None,
) -> tuple[ApiClient, str]:
    """Let a program of one's own company call the API; with it comes its first secret, which is kept nowhere.

    Raises Refusal("client_name"), "client_scopes", "client_not_allowed" for scopes that the programme has not let the
    company have, "client_outlet", "client_outlet_other", or "clients_many" (`most`), and
    Conflict("company_left").
    """
    actor.must(Permission.PORTAL_CLIENT_EDIT)
    company = _company(actor)
    _require_fit(session, company, name.strip(), scopes, outlet_id)
    client = ApiClient(
        id=f"client_{secrets.token_hex(12)}",
        name=name.strip(),
        programme_id=programme_id,
        participant_id=company,
        outlet_id=outlet_id,
        scopes=sorted(scopes),
        requests_per_minute=_lowest_limit(session, company),
    )
    let_in(session, actor, client)
    return client, new_secret(session, client)


def renew_own_secret(session: Session, actor: Actor, *, client_id: str) -> tuple[ApiClient, str]:
    """The next secret of one's own program; what it has holds for the overlap.

    Raises NotFound("client_unknown"), and Refusal("secrets_many", most=...) while so many hold.
    """
    actor.must(Permission.PORTAL_CLIENT_EDIT)
    client = own_client(session, _company(actor), client_id)
    session.refresh(client, with_for_update=True)
    if len(valid_secrets(session, client.id)) >= SECRETS_MOST:
        raise Refusal("secrets_many", most=SECRETS_MOST)
    end_secrets(session, client.id)
    record(session, actor, "client.secret", f"client {client.id}")
    return client, new_secret(session, client)


def end_own_client(session: Session, actor: Actor, *, client_id: str) -> None:
    """Let one's own program in no more: its secrets and all its tokens end now. NotFound("client_unknown")."""
    actor.must(Permission.PORTAL_CLIENT_EDIT)
    client = own_client(session, _company(actor), client_id)
    client.ended_at = clock.real_now()
    record(session, actor, "client.end", f"client {client_id}", before={"name": client.name})


def _require_fit(
    session: Session, company: int, name: str, scopes: Sequence[str], outlet_id: int | None
) -> None:
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise Refusal("client_name")
    if not scopes:
        raise Refusal("client_scopes")
    owner = participant_by_id(session, company)
    session.refresh(owner, with_for_update=True)  # so that two at once do not make one too many
    if owner.left_at is not None:
        raise Conflict("company_left")
    if not set(scopes) <= set(owner.api_scopes):
        raise Refusal("client_not_allowed")
    if outlet_id is not None and outlet_by_id(session, outlet_id).closed_at is not None:
        raise Refusal("client_outlet")
    require_own_outlet(session, company, outlet_id)
    known = session.scalar(
        select(func.count()).where(
            ApiClient.tenant_id == tenant_of(session),
            ApiClient.participant_id == company,
            ApiClient.ended_at.is_(None),
        )
    )
    if int(known or 0) >= PROGRAMS_MOST:
        raise Refusal("clients_many", most=PROGRAMS_MOST)


def _lowest_limit(session: Session, company: int) -> int | None:
    """What a new program may ask: no more than any that the company has, or another one would pass a signed limit."""
    return session.scalar(
        select(func.min(ApiClient.requests_per_minute)).where(
            ApiClient.tenant_id == tenant_of(session), ApiClient.participant_id == company
        )
    )


def _company(actor: Actor) -> int:
    """For which participant the person works; Forbidden for anybody else."""
    if actor.of_participant is None:
        raise Forbidden("not_permitted", permission=str(Permission.PORTAL_CLIENT_EDIT))
    return actor.of_participant
