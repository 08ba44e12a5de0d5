"""Programs of the API by two people: one asks for a program, other scopes or a new secret, another one signs.

The signature makes no secret that its signer would see: who asked draws it afterwards, once.
"""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.clients import client_by_id, end_secrets, let_in, new_secret, require_own_outlet
from coalition.partners.models import ApiClient, ApiSecret
from coalition.partners.queries import outlet_by_id, participant_here
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change, facts_of
from tenants.approvals.kinds import right_to
from tenants.approvals.models import HOURS, Approval, ApprovalDecision
from tenants.approvals.queries import decision_of
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal

NAME_MAX = 120
DRAWN_WITHIN = timedelta(hours=HOURS)
"""How long after the signature who asked can draw the secret."""


def ask_for_client(
    session: Session,
    actor: Actor,
    *,
    name: str,
    programme_id: int,
    participant_id: int,
    scopes: Sequence[str],
    outlet_id: int | None,
) -> Approval:
    """Ask for a program that may call the API; Refusal("client_name"), "client_scopes", "client_outlet" or
    "client_outlet_other"."""
    actor.must(right_to("client", None))
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise Refusal("client_name")
    if not scopes:
        raise Refusal("client_scopes")
    if outlet_id is not None and outlet_by_id(session, outlet_id).closed_at is not None:
        raise Refusal("client_outlet")
    require_own_outlet(session, participant_id, outlet_id)
    wanted = {
        "do": "add",
        "name": name,
        "programme": programme_id,
        "participant": participant_id,
        "outlet": outlet_id,
        "scopes": sorted(scopes),
    }
    return approvals.ask(session, actor, Change("client", f"clients {name[:80]}", None, wanted))


def ask_for_scopes(
    session: Session, actor: Actor, *, client_id: str, scopes: Sequence[str]
) -> Approval | None:
    """Ask for other scopes of a program; nothing where it has these already. Refusal("client_scopes") for none."""
    actor.must(right_to("client", None))
    client = client_by_id(session, client_id)
    if not scopes:
        raise Refusal("client_scopes")
    change = _scopes(client, sorted(scopes))
    return None if change.before == change.after else approvals.ask(session, actor, change)


def ask_for_secret(session: Session, actor: Actor, *, client_id: str) -> Approval:
    """Ask for a program's next secret; what it has holds for seven days after it is drawn."""
    actor.must(right_to("client", None))
    return approvals.ask(session, actor, _secret(client_by_id(session, client_id)))


def change_client(session: Session, actor: Actor, *, approval_id: UUID) -> None:
    """Make what another person asked for: the program without a secret, its scopes, or the right to draw a secret.

    Raises what `approvals.signed` raises, and NotFound("client_unknown") for one that has ended meanwhile.
    """
    actor.must(right_to("client", approval_id))
    approval = approvals.approval_by_id(session, approval_id)
    wanted = facts_of(approval)["after"]
    if wanted["do"] == "add":
        participant_here(session, wanted["participant"])
        approvals.signed(session, actor, Change("client", approval.subject, None, wanted), approval_id)
        client = ApiClient(
            id=client_of(approval_id),
            name=wanted["name"],
            programme_id=wanted["programme"],
            participant_id=wanted["participant"],
            outlet_id=wanted["outlet"],
            scopes=wanted["scopes"],
        )
        let_in(session, actor, client)
        return
    client = client_by_id(session, wanted["client"])
    session.refresh(client, with_for_update=True)
    if wanted["do"] == "secret":
        approvals.signed(session, actor, _secret(client), approval_id)
        return
    before = list(client.scopes)
    approvals.signed(session, actor, _scopes(client, wanted["scopes"]), approval_id)
    client.scopes = wanted["scopes"]
    record(
        session,
        actor,
        "client.scopes",
        f"client {client.id}",
        before={"scopes": before},
        after={"scopes": client.scopes},
    )


def draw_secret(session: Session, actor: Actor, *, approval_id: UUID) -> tuple[ApiClient, str]:
    """The secret that another person signed, to who asked, once; it is kept nowhere. Those before hold for the overlap.

    Raises NotFound("approval_unknown") for anybody else and for what is not signed, Conflict("secret_drawn"),
    Refusal("secret_over") 72 hours after the signature, and Refusal("signature_unproven") for one that the audit trail
    does not hold.
    """
    actor.must(Permission.DESK_CLIENT_EDIT)
    approval = approvals.approval_by_id(session, approval_id)
    decision = decision_of(session, approval_id)
    if approval.author_id != actor.id or not gives_secret(approval) or decision is None:
        raise NotFound("approval_unknown")
    if decision.outcome != "signed":
        raise NotFound("approval_unknown")
    if not approvals.proven(session, approval, decision):
        raise Refusal("signature_unproven")
    client = client_by_id(session, _client_id(approval))
    session.refresh(client, with_for_update=True)
    if approval_id in drawn(session, [approval_id]):
        raise Conflict("secret_drawn")
    if clock.real_now() >= decision.decided_at + DRAWN_WITHIN:
        raise Refusal("secret_over")
    end_secrets(session, client.id)
    secret = new_secret(session, client, approval_id=approval_id)
    record(session, actor, "client.secret", f"client {client.id}", after={"approval": str(approval_id)})
    return client, secret


def to_draw(session: Session, author_id: UUID) -> Sequence[Approval]:
    """What somebody has asked for that was signed and whose secret is not drawn yet."""
    rows = session.scalars(
        select(Approval)
        .join(
            ApprovalDecision,
            (ApprovalDecision.tenant_id == Approval.tenant_id)
            & (ApprovalDecision.approval_id == Approval.id),
        )
        .where(
            Approval.tenant_id == tenant_of(session),
            Approval.author_id == author_id,
            Approval.kind == "client",
            ApprovalDecision.outcome == "signed",
            ApprovalDecision.decided_at > clock.real_now() - DRAWN_WITHIN,
        )
        .order_by(Approval.id)
    ).all()
    found = [one for one in rows if gives_secret(one)]
    known = drawn(session, [one.id for one in found])
    return [one for one in found if one.id not in known]


def drawn(session: Session, approval_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these signatures have given their secret."""
    rows = session.scalars(
        select(ApiSecret.approval_id).where(
            ApiSecret.tenant_id == tenant_of(session), ApiSecret.approval_id.in_(approval_ids)
        )
    )
    return frozenset(one for one in rows if one is not None)


def gives_secret(approval: Approval) -> bool:
    """Whether its signature lets a secret be drawn."""
    return approval.kind == "client" and facts_of(approval)["after"]["do"] in ("add", "secret")


def client_of(approval_id: UUID) -> str:
    """The id of the program that a signature makes: the same change, the same program."""
    return f"client_{sha256(approval_id.bytes).hexdigest()[:24]}"


def _client_id(approval: Approval) -> str:
    wanted = facts_of(approval)["after"]
    return client_of(approval.id) if wanted["do"] == "add" else str(wanted["client"])


def _scopes(client: ApiClient, scopes: list[str]) -> Change:
    common: dict[str, Any] = {"do": "scopes", "client": client.id, "name": client.name}
    before, after = common | {"scopes": list(client.scopes)}, common | {"scopes": scopes}
    return Change("client", f"client {client.id}", before, after)


def _secret(client: ApiClient) -> Change:
    wanted = {"do": "secret", "client": client.id, "name": client.name}
    return Change("client", f"client {client.id} secret", None, wanted)
