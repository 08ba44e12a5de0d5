"""Finding members by name: a blind index over the sealed person.

Every word of a name is kept as a keyed digest, without its place in the name: surnames come first in one bank and last
in another. Who reads the table without the tenant's key learns which members share a word, and how often each word
occurs; with a list of how common names are, the commonest words can be guessed, and no member by them
(docs/members.md).
"""

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.members.models import Member, MemberName, MemberPerson
from coalition.members.person import PLACE, Person
from tenants.runtime.db import tenant_of
from tenants.vault import vault_of

WORDS_MOST = 6
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_AT_ONCE = 1_000


def name_words(name: str) -> list[str]:
    """The words of a name as they are compared: no case, no accents but й's, ё as е; initials are none. Pure."""
    plain = unicodedata.normalize("NFKC", name).casefold().replace("ё", "е").replace("’", "'")
    return list(dict.fromkeys(word for word in _WORD.findall(plain) if len(word) > 1))[:WORDS_MOST]


def index_name(session: Session, member_id: UUID, name: str) -> None:
    """Let a member be found by her name, for an action that has checked who may."""
    _keep(session, {member_id: name})


def members_named(session: Session, programme_id: int, text: str, *, limit: int) -> Sequence[UUID]:
    """Members whose names have all these words, whatever their order; nobody for a text without a word."""
    words = name_words(text)
    if not words:
        return ()
    vault, tenant_id = vault_of(session), tenant_of(session)
    found = select(Member.id).where(Member.tenant_id == tenant_id, Member.programme_id == programme_id)
    for word in words:
        named = select(MemberName.member_id).where(
            MemberName.tenant_id == tenant_id, MemberName.digest == vault.digest("name", word)
        )
        found = found.where(Member.id.in_(named))
    return session.scalars(found.order_by(Member.id).limit(limit)).all()


def index_names(session: Session, *, after: UUID | None = None) -> tuple[int, UUID | None]:
    """Index the names of the next members in order: how many, and the last of them, None when there was none.

    For members of before there was an index; what is indexed already stays so.
    """
    vault, tenant_id = vault_of(session), tenant_of(session)
    query = select(MemberPerson).where(MemberPerson.tenant_id == tenant_id)
    if after is not None:
        query = query.where(MemberPerson.member_id > after)
    rows = session.scalars(query.order_by(MemberPerson.member_id).limit(_AT_ONCE)).all()
    _keep(
        session,
        {row.member_id: Person.unpacked(vault.open(row.sealed, PLACE, row.member_id)).name for row in rows},
    )
    return len(rows), rows[-1].member_id if rows else None


def _keep(session: Session, names: dict[UUID, str]) -> None:
    vault, tenant_id = vault_of(session), tenant_of(session)
    rows = [
        {"tenant_id": tenant_id, "digest": vault.digest("name", word), "member_id": member_id}
        for member_id, name in names.items()
        for word in name_words(name)
    ]
    if rows:
        session.execute(insert(MemberName).values(rows).on_conflict_do_nothing())
