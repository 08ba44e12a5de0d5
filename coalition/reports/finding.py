"""Whom the staff looks for: a member by anything that people call her by, and by what of it she was found.

Phones may be written in any way. Nothing that was looked for is kept. A card's last four digits and a name find several
members; a number of a purchase finds the purchase, too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from coalition.claims.models import Claim
from coalition.members.models import Handle, HandleKind, Member
from coalition.members.names import members_named, name_words
from coalition.members.phones import e164
from coalition.partners.models import ApiClient
from coalition.transactions.lines import file_source, reference_key
from coalition.transactions.models import FileProfile, Purchase, PurchaseReturn
from tenants.actor import Actor
from tenants.auth.limits import allowed
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.vault import vault_of

TEXT_MOST = 120
SHOWN = 20
SEARCHES, SECONDS = 200, 3_600
"""So many searches of one person in an hour: more than a voice on the line needs, too few to try numbers through."""
_LAST, _CLAIM_MOST = 4, 9
_CLAIM_SAID = re.compile(r"^(?:[№#]|[CСП]\s*[-‑–—])\s*", re.IGNORECASE)
"""How people write a claim's number: as letters say it (C-10, П-10), or as a number (№ 10)."""


class Hit(NamedTuple):
    """A member, and by what: phone, email, card, token, last_four, name, claim, purchase or return.

    With the last three comes the row that was meant: its `kind` in the timeline and its number.
    """

    member_id: UUID
    by: str
    kind: str = ""
    row_id: UUID | None = None


@dataclass(frozen=True)
class Search:
    """Who was found, the first of them, whether there are more, and as what the text was looked for."""

    hits: Sequence[Hit]
    more: bool
    tried: Sequence[str]


_BY = {
    HandleKind.CARD_TOKEN: "token",
    HandleKind.CARD_NUMBER: "card",
    HandleKind.PHONE: "phone",
    HandleKind.EMAIL: "email",
}


def find(session: Session, actor: Actor, *, programme_id: int, text: str, region: str) -> Search:
    """Look for members; `region` says whose phones are written without their country.

    What fits exactly comes first, and then nothing else is looked for. Refusal("too_many_searches").
    """
    actor.must(Permission.DESK_MEMBER_READ)
    if not allowed(session, "desk-search", str(actor.id), most=SEARCHES, seconds=SECONDS):
        raise Refusal("too_many_searches")
    text = " ".join(text.split())[:TEXT_MOST]
    if not text:
        return Search((), False, ())
    tried: list[str] = []
    ways = [("handle", _by_handle(session, programme_id, text, region, tried))]
    ways.append(("purchase", _by_reference(session, programme_id, text)))
    number = _CLAIM_SAID.sub("", text)
    if _digits(number) and len(number) <= _CLAIM_MOST:
        ends = _by_last_four(session, programme_id, text) if number == text and len(text) == _LAST else ()
        ways.append(("claim", chain(_by_claim(session, programme_id, number), ends)))
    if name_words(text):
        ways.append(("name", _by_name(session, programme_id, text)))
    for way, search in ways:
        hits = list(dict.fromkeys(search))
        if way != "handle":
            tried += [way, "last_four"] if way == "claim" and number == text and len(text) == _LAST else [way]
        if hits:
            return Search(hits[:SHOWN], len(hits) > SHOWN, tried)
    return Search((), False, tried)


def _by_handle(
    session: Session, programme_id: int, text: str, region: str, tried: list[str]
) -> Iterator[Hit]:
    """By a phone, an e-mail, a card's number or token: one statement for all that the text can be."""
    vault, tenant_id = vault_of(session), tenant_of(session)
    asked = {(int(kind), vault.digest(kind.name, value)): kind for kind, value in _readings(text, region)}
    tried += dict.fromkeys(_BY[kind] for kind in asked.values())
    rows = session.execute(
        select(Handle.kind, Handle.digest, Handle.member_id)
        .join(Member, (Member.tenant_id == Handle.tenant_id) & (Member.id == Handle.member_id))
        .where(
            Handle.tenant_id == tenant_id,
            or_(*((Handle.kind == kind) & (Handle.digest == digest) for kind, digest in asked)),
            Member.programme_id == programme_id,
        )
        .order_by(Handle.kind.desc())
    )
    for kind, _digest, member_id in rows:
        yield Hit(member_id, _BY[HandleKind(kind)])


def _readings(text: str, region: str) -> Iterator[tuple[HandleKind, str]]:
    """What the text can be, as the house keeps it."""
    joined = "".join(character for character in text if not character.isspace() and character not in "-–—")
    yield HandleKind.CARD_TOKEN, text
    if "@" in text:
        yield HandleKind.EMAIL, text.lower()
        return
    if joined != text:
        yield HandleKind.CARD_TOKEN, joined
    if _digits(joined) and len(joined) > _LAST:
        yield HandleKind.CARD_NUMBER, joined
    phone = e164(text, region)
    if phone is not None:
        yield HandleKind.PHONE, phone


def _by_reference(session: Session, programme_id: int, text: str) -> Iterator[Hit]:
    """By the number that a till or a bank's file gave a purchase or a return."""
    tenant_id = tenant_of(session)
    clients = session.scalars(select(ApiClient.id).where(ApiClient.tenant_id == tenant_id))
    profiles = session.scalars(select(FileProfile.code).where(FileProfile.tenant_id == tenant_id).distinct())
    sources = [*clients, *(file_source(programme_id, code) for code in profiles)]
    for by, model, refund in (("purchase", Purchase, False), ("return", PurchaseReturn, True)):
        keys = [UUID(bytes=reference_key(source, refund, text)) for source in sources]
        number = model.id if model is Purchase else PurchaseReturn.purchase_id
        for member_id, purchase_id in session.execute(
            select(model.member_id, number)
            .join(Member, (Member.tenant_id == model.tenant_id) & (Member.id == model.member_id))
            .where(model.tenant_id == tenant_id, model.key.in_(keys), Member.programme_id == programme_id)
        ):
            yield Hit(member_id, by, "purchase" if purchase_id else "", purchase_id)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _by_claim(session: Session, programme_id: int, text: str) -> Iterator[Hit]:
    """By the number of a claim."""
    rows = session.execute(
        select(Claim.member_id, Claim.id)
        .join(Member, (Member.tenant_id == Claim.tenant_id) & (Member.id == Claim.member_id))
        .where(
            Claim.tenant_id == tenant_of(session),
            Claim.number == int(text),
            Member.programme_id == programme_id,
        )
    )
    for member_id, number in rows:
        yield Hit(member_id, "claim", "claim", number)


def _by_last_four(session: Session, programme_id: int, text: str) -> Iterator[Hit]:
    """By the end of a bank's card or of a loyalty card."""
    rows = session.scalars(
        select(Handle.member_id)
        .join(Member, (Member.tenant_id == Handle.tenant_id) & (Member.id == Handle.member_id))
        .where(
            Handle.tenant_id == tenant_of(session),
            Handle.hint == text,
            Handle.kind.in_((1, 2)),
            Member.programme_id == programme_id,
        )
        .order_by(Handle.member_id)
        .limit(SHOWN + 1)
    )
    for member_id in rows:
        yield Hit(member_id, "last_four")


def _by_name(session: Session, programme_id: int, text: str) -> Iterator[Hit]:
    for member_id in members_named(session, programme_id, text, limit=SHOWN + 1):
        yield Hit(member_id, "name")
