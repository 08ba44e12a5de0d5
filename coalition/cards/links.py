"""Links that activate an issued card: sent to its member's phone, good once and for some days.

The token is random and kept as a digest alone; whoever opens the link has the phone. A link that is used, over, another
tenant's or made up, and one whose card is or was blocked or is active, are all the same: there is none.

Whoever changes a link has locked its card before: two that come at one moment wait, and neither for the other.
"""

import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from coalition.cards.actions import activated, end_links, locked
from coalition.cards.models import ActivationLink, Card, CardState
from coalition.cards.queries import card_by_number, number_of
from tenants.actor import Actor, member
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound
from tenants.runtime.jobs import every, job
from tenants.vault import vault_of

LIVES, KEPT = timedelta(days=3), timedelta(days=30)
TOKEN_BYTES = 16


def make_link(
    session: Session, actor: Actor, *, programme_id: int, number: str
) -> tuple[Card, ActivationLink, str]:
    """A link for an issued card, with its token; links that were made for the card before are over.

    Raises NotFound("card_unknown"), Conflict("card_blocked"), Conflict("card_active").
    """
    actor.must(Permission.DESK_CARD_EDIT)
    card = locked(session, card_by_number(session, programme_id, number))
    if card.state is not CardState.ISSUED:
        raise Conflict("card_blocked" if card.state is CardState.BLOCKED else "card_active")
    now, token = clock.now(), secrets.token_urlsafe(TOKEN_BYTES)
    end_links(session, card)
    link = ActivationLink(
        tenant_id=card.tenant_id,
        digest=vault_of(session).digest("activation-link", token),
        member_id=card.member_id,
        card_id=card.id,
        expires_at=now + LIVES,
    )
    session.add(link)
    session.flush()
    return card, link, token


def card_of_link(session: Session, token: str) -> Card:
    """The issued card that a link is for; NotFound("link_over")."""
    return _card(session, _link(session, token))


def activate_by_link(session: Session, token: str) -> Card:
    """Activate the card of a link, which is over then; NotFound("link_over"), with nothing changed."""
    link = _link(session, token)
    card = locked(session, _card(session, link))
    session.refresh(link, with_for_update=True)
    if card.state is not CardState.ISSUED or not _is_good(link):
        raise NotFound("link_over")
    link.used_at = clock.now()
    activated(session, card, number_of(session, card), member(card.member_id).name)
    return card


def _link(session: Session, token: str) -> ActivationLink:
    digest = vault_of(session).digest("activation-link", token)
    link = session.get(ActivationLink, (tenant_of(session), digest))
    if link is None or not _is_good(link):
        raise NotFound("link_over")
    return link


def _is_good(link: ActivationLink) -> bool:
    return link.used_at is None and link.expires_at > clock.now()


def _card(session: Session, link: ActivationLink) -> Card:
    card = session.get_one(Card, (link.tenant_id, link.member_id, link.card_id))
    if card.state is not CardState.ISSUED:
        raise NotFound("link_over")
    return card


@job("cards.tidy_links", bulk=True)
def tidy_links(session: Session) -> None:
    """Forget links that were over a month ago."""
    session.execute(
        delete(ActivationLink).where(
            ActivationLink.tenant_id == tenant_of(session), ActivationLink.expires_at < clock.now() - KEPT
        )
    )


every(86_400, "cards.tidy_links")
