"""What is known of members beside their purchases, dated: a purchase is valued by what was known when it was booked."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.codes import canonical
from coalition.members.models import FactKind, Member, MemberFact
from coalition.members.queries import facts_of_members
from coalition.promotions.case import Counters, Facts, Known, Profile
from coalition.promotions.index import Index, microseconds


class Fact(NamedTuple):
    """A dated fact of a member, as `MemberFact` has it."""

    kind: str
    name: str
    since: datetime
    value: str
    until: date | None


def known_of(session: Session, index: Index, members: Collection[UUID]) -> dict[UUID, tuple[Known, ...]]:
    """The dated facts of members, if a promotion of the index asks for any."""
    if not index.personal:
        return {}
    return {
        member: _known(index.setting.promotions, rows)
        for member, rows in facts_of_members(session, members).items()
    }


def known_in(index: Index, rows: Iterable[Fact]) -> tuple[Known, ...]:
    """The same of one member's facts, which were read already: oldest first."""
    return _known(index.setting.promotions, rows)


def facts_of(
    session: Session, index: Index, members: Collection[Member], counters: Mapping[UUID, Counters]
) -> dict[UUID, Facts]:
    """What the index may ask of members: who has no counters yet gets empty ones."""
    known = known_of(session, index, {member.id for member in members})
    return {
        member.id: Facts(
            member.id,
            member.segments,
            member.account_opened_on,
            counters.get(member.id, {}),
            known=known.get(member.id, ()),
        )
        for member in members
    }


def _known(promotions: Mapping[str, int], rows: Iterable[MemberFact | Fact]) -> tuple[Known, ...]:
    """Profiles as they followed each other, oldest first."""
    attributes: dict[str, str] = {}
    entitlements: dict[str, date] = {}
    accepted: dict[int, int] = {}
    codes: dict[str, int] = {}
    found = []
    for row in rows:
        since = microseconds(row.since)
        match row.kind:
            case FactKind.ATTRIBUTE:
                attributes = attributes | {row.name: row.value}
            case FactKind.ENTITLEMENT:
                entitlements = entitlements | {row.name: row.until or date.max}
            case FactKind.OPT_IN if row.name in promotions:
                accepted = {promotions[row.name]: since} | accepted  # the first acceptance holds
            case FactKind.PROMO_CODE:
                codes = {canonical(row.name): since} | codes
        found.append(Known(since, Profile(attributes, entitlements, accepted, codes)))
    return tuple(found)
