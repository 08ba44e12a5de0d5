"""Claims as a participant takes part in them: it opens them for sales of its own, and answers what it is asked.

It knows those claims about its partners that its people opened or that it was asked about, and nothing of them but the
sale, what its people wrote, what it was asked, and where the claim stands.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from coalition.claims.actions import opened
from coalition.claims.attaching import add_files, kept_bytes
from coalition.claims.kinds import Kind
from coalition.claims.models import Claim, ClaimEvent, ClaimFile
from coalition.claims.moving import locked, step
from coalition.claims.queries import files_of
from coalition.claims.states import OPEN, State, Verb
from coalition.claims.texts import name_of, plain
from coalition.papers import MEDIA, Brought, Kept
from coalition.partners.models import Partner
from coalition.transactions.models import Purchase
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal

SHOWN = 200
OPENED_MOST = 100
"""How many claims that a participant opened wait for their answer at a time."""
TOLD = "told"
"""The fact of a step that the partner reads what was asked; before partners had their place, questions were notes."""


def claims_of_participant(session: Session, participant_id: int) -> Sequence[Claim]:
    """The claims that a participant knows: those that wait for its answer, then the newest."""
    waits = Claim.state == State.ASKED_PARTNER
    return session.scalars(
        select(Claim)
        .where(*_known_to(session, participant_id))
        .order_by(waits.desc(), Claim.number.desc())
        .limit(SHOWN)
    ).all()


def asked_of_participant(session: Session, participant_id: int) -> int:
    """How many claims wait for a participant's answer."""
    waiting = select(func.count()).where(
        *_known_to(session, participant_id), Claim.state == State.ASKED_PARTNER
    )
    return int(session.scalar(waiting) or 0)


def claim_of_participant(session: Session, participant_id: int, number: int) -> Claim:
    """A claim that the participant knows; NotFound("claim_unknown") for any other."""
    found = session.scalars(
        select(Claim).where(*_known_to(session, participant_id), Claim.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound("claim_unknown")
    return found


def claims_of_sales(
    session: Session, participant_id: int, purchase_ids: Collection[UUID]
) -> dict[UUID, Claim]:
    """The claims about these sales that the participant knows; of those that were withdrawn none."""
    found = session.scalars(
        select(Claim).where(
            *_known_to(session, participant_id),
            Claim.purchase_id.in_(purchase_ids),
            Claim.state != State.WITHDRAWN,
        )
    )
    return {one.purchase_id: one for one in found if one.purchase_id is not None}


def sale_of_participant(session: Session, participant_id: int, purchase_id: UUID) -> Purchase:
    """A sale of the participant's own partners; NotFound("purchase_unknown")."""
    found = session.scalars(
        select(Purchase).where(
            Purchase.tenant_id == tenant_of(session),
            Purchase.id == purchase_id,
            Purchase.partner_id.in_(_partners(session, participant_id)),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("purchase_unknown")
    return found


def open_for_sale(session: Session, actor: Actor, *, purchase_id: UUID, kind: Kind, words: str) -> Claim:
    """Open a claim for a sale of one's own company.

    Raises what `open_claim` does about words, and NotFound("purchase_unknown"). What there is of other claims is the
    member's: Conflict("claim_of_sale") where the sale is disputed or was, "claim_later" where she has too many open,
    and "claims_of_company" (most=...) where the company has.
    """
    actor.must(Permission.PORTAL_CLAIM_EDIT)
    sale = sale_of_participant(session, _company(actor), purchase_id)
    mine = select(func.count()).where(
        *_known_to(session, _company(actor)), Claim.opened_by == "partner", Claim.state.in_(OPEN)
    )
    if int(session.scalar(mine) or 0) >= OPENED_MOST:
        raise Conflict("claims_of_company", most=OPENED_MOST)
    try:
        return opened(
            session, actor, member_id=sale.member_id, kind=kind, words=plain(words), purchase_id=sale.id
        )
    except Refusal as no:
        if no.code in ("claim_known", "claim_answered"):
            raise Conflict("claim_of_sale") from None
        if no.code == "claims_too_many":
            raise Conflict("claim_later") from None
        raise


def answer_as_partner(session: Session, actor: Actor, *, number: int, words: str) -> Claim:
    """Answer what the company was asked; Conflict("claim_state") where it waits for no answer."""
    actor.must(Permission.PORTAL_CLAIM_EDIT)
    claim_of_participant(session, _company(actor), number)
    claim = locked(session, number)
    step(session, actor, claim, Verb.HEAR_PARTNER, words=plain(words))
    return claim


def attach_as_partner(
    session: Session, actor: Actor, *, number: int, brought: Sequence[Brought]
) -> list[ClaimFile]:
    """Add the company's files to a claim that is open; raises what `attach` does."""
    actor.must(Permission.PORTAL_CLAIM_EDIT)
    claim_of_participant(session, _company(actor), number)
    return add_files(session, actor, locked(session, number), brought)


def own_files(session: Session, participant_id: int, claim: Claim) -> Sequence[ClaimFile]:
    """What people of the participant have added to a claim."""
    return [one for one in files_of(session, claim) if one.participant_id == participant_id]


def read_own_file(session: Session, actor: Actor, *, number: int, file_id: UUID) -> Kept:
    """A file that the company added, opened; NotFound("attachment_unknown") for anybody else's."""
    actor.must(Permission.PORTAL_CLAIM_READ)
    company = _company(actor)
    claim = claim_of_participant(session, company, number)
    for row in own_files(session, company, claim):
        if row.id == file_id:
            content = kept_bytes(session, row)
            record(session, actor, "claim.attachment.read", f"claim {claim.id}", after={"file_id": file_id})
            return Kept(name_of(session, row), MEDIA[row.kind], content)
    raise NotFound("attachment_unknown")


def _known_to(session: Session, participant_id: int) -> tuple[ColumnElement[bool], ...]:
    """What a claim has that the participant knows of."""
    asked = exists().where(
        ClaimEvent.tenant_id == Claim.tenant_id,
        ClaimEvent.member_id == Claim.member_id,
        ClaimEvent.claim_id == Claim.id,
        ClaimEvent.verb == Verb.ASK_PARTNER,
        ClaimEvent.facts[TOLD].as_boolean(),
    )
    return (
        Claim.tenant_id == tenant_of(session),
        Claim.partner_id.in_(_partners(session, participant_id)),
        (Claim.opened_by == "partner") | asked,
    )


def _partners(session: Session, participant_id: int) -> Sequence[int]:
    return session.scalars(
        select(Partner.id).where(
            Partner.tenant_id == tenant_of(session), Partner.participant_id == participant_id
        )
    ).all()


def _company(actor: Actor) -> int:
    """For which participant the person works; Forbidden for anybody else."""
    if actor.of_participant is None:
        raise Forbidden("not_permitted", permission=str(Permission.PORTAL_CLAIM_EDIT))
    return actor.of_participant
