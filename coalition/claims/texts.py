"""What people write about a claim: made plain, kept sealed, opened for who may see the claim."""

from sqlalchemy.orm import Session

from coalition.claims.models import Claim, ClaimDecision, ClaimEvent, ClaimFile
from tenants.runtime.errors import Refusal
from tenants.runtime.tables import has_card_number
from tenants.vault import vault_of

WORDS_MAX = 4000
_SPACES = "\n\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
"""Kept, though Python calls them not printable: they stand between a number and its unit."""


def plain(words: str, *, needed: bool = True) -> str:
    """The words without what no page shows; Refusal("words_missing"), ("words_long", most=...) or "card_number"."""
    lines = words.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(letter for letter in lines if letter in _SPACES or letter.isprintable()).strip()
    if needed and not kept:
        raise Refusal("words_missing")
    if len(kept) > WORDS_MAX:
        raise Refusal("words_long", most=WORDS_MAX)
    if has_card_number(kept):
        raise Refusal("card_number")
    return kept


def words_of(session: Session, claim: Claim) -> str:
    """What the member wrote."""
    return vault_of(session).open(claim.words, "claim.words", claim.member_id, claim.id)


def remark_of(session: Session, event: ClaimEvent) -> str:
    """What was written at a step; nothing where nothing was."""
    if event.words is None:
        return ""
    return vault_of(session).open(
        event.words, "claim_event.words", event.member_id, event.claim_id, event.number
    )


def reply_of(session: Session, decision: ClaimDecision) -> str:
    """The reply to the member."""
    return vault_of(session).open(decision.reply, "claim_decision.reply", decision.member_id, decision.id)


def name_of(session: Session, file: ClaimFile) -> str:
    """What the file was called where it came from."""
    return vault_of(session).open(file.name, "claim_file.name", file.member_id, file.id)
