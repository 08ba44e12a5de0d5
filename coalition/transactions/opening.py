"""Members opened to be valued anew: their books, locked, with what promotions ask of them."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.post import Book, open_books
from coalition.members.models import Member
from coalition.programmes.models import Programme
from coalition.promotions.case import Facts
from coalition.promotions.counters import load_counters
from coalition.promotions.index import Index
from coalition.promotions.profiles import facts_of
from tenants.runtime.db import tenant_of


class Opened(NamedTuple):
    """A member's book with her facts, all her counters among them."""

    book: Book
    facts: Facts


def opened(
    session: Session, programme: Programme, index: Index, members: Collection[UUID]
) -> dict[UUID, Opened]:
    """The members in the order of their ids."""
    books = open_books(session, members=members, zone=programme.zone, whole=index.conditional)
    counters = load_counters(session, members)
    people = session.scalars(
        select(Member).where(Member.tenant_id == tenant_of(session), Member.id.in_(members))
    ).all()
    facts = facts_of(session, index, people, counters)
    return {member: Opened(books[member], facts[member]) for member in sorted(members)}
