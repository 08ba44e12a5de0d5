"""A member's timeline for the staff: purchases with and without points, and whatever else happened, newest first.

One statement finds the keys of a page in every table that tells of her, by primary keys alone (tenant, member, id: ids
begin with the moment); then each table is read once. So a page costs the same whatever she has bought, and whatever
others have.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, and_, literal, or_, select, text, union_all
from sqlalchemy.orm import Session

from coalition.cards.models import Card, CardEvent
from coalition.care.models import Goodwill, MemberNote
from coalition.care.queries import opened_note
from coalition.claims.models import Claim
from coalition.ledger.models import Purpose, Transfer
from coalition.ledger.post import day_start
from coalition.messages.models import TextMessage
from coalition.redemption.models import Payout, Redemption
from coalition.reports.history import CALLED, Entry, Groups, furnished, signed
from coalition.transactions.models import Occasion, Purchase, PurchaseReturn
from tenants.models import Staff
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import milliseconds

ROWS = 25
_CAUSES = ("purchase", "occasion", "return", "redemption")
_BY_CAUSE = {kind: purpose for purpose, kind in CALLED.items() if kind in _CAUSES}
"""What moved points for a row of another table, whose number is the cause."""
_OWN = {purpose: kind for purpose, kind in CALLED.items() if kind not in _CAUSES}
"""Transfers that no row of another table stands for."""
_GAVE = (
    "coalesce((select sum(purchase.reason[i]) from generate_series(3, cardinality(purchase.reason), 5) i), 0)"
)
_Where = ColumnElement[bool] | TextClause


class Source(NamedTuple):
    """A table whose rows stand in the timeline, and which of them."""

    code: str
    model: Any
    where: tuple[_Where, ...] = ()


_PURCHASES = Source("purchase", Purchase)
_RETURNS = Source("return", PurchaseReturn, (~PurchaseReturn.told_again,))
_TWICE = Source("return", PurchaseReturn, (~(~PurchaseReturn.told_again),))
_OCCASIONS = Source("occasion", Occasion, (text("cardinality(occasion.reason) > 0"),))
_REDEMPTIONS = Source("redemption", Redemption)
_CLAIMS = Source("claim", Claim)
_SERVICE = (Source("card", CardEvent), Source("note", MemberNote))
_TEXTS = Source("text", TextMessage)


def _transfers(*purposes: Purpose) -> Source:
    return Source("transfer", Transfer, (Transfer.purpose.in_(purposes),))


KINDS: dict[str, tuple[Source, ...]] = {
    "all": (
        _PURCHASES,
        _RETURNS,
        _TWICE,
        _OCCASIONS,
        _REDEMPTIONS,
        _transfers(*_OWN),
        _CLAIMS,
        *_SERVICE,
        _TEXTS,
    ),
    "points": (Source("purchase", Purchase, (text(f"{_GAVE} <> 0"),)), _OCCASIONS),
    "without": (Source("purchase", Purchase, (text(f"{_GAVE} = 0"),)),),
    "returns": (_RETURNS, _TWICE),
    "spent": (_REDEMPTIONS, _transfers(Purpose.RELEASE, Purpose.CANCEL)),
    "changes": (
        _transfers(
            Purpose.ADJUST,
            Purpose.CORRECTION,
            Purpose.CLAIM,
            Purpose.ORDER,
            Purpose.ORDER_BACK,
            Purpose.EXPIRE,
            Purpose.LAPSE,
            Purpose.REPAY,
            Purpose.IMPORT,
        ),
    ),
    "claims": (_CLAIMS, _transfers(Purpose.CLAIM)),
    "service": _SERVICE,
    "messages": (_TEXTS,),
}
"""What a timeline can be narrowed to, and the tables that it then reads."""


@dataclass(frozen=True)
class Row:
    """One row: its kind, number and moment, and what is known of it.

    An `entry` is what the member's own history tells. A note comes opened; `by` is who of the staff it was; a
    redemption comes with its payout's state, an adjustment with the grant that it gave or undid.
    """

    kind: str
    id: UUID
    at: datetime
    entry: Entry | None = None
    card: tuple[CardEvent, str] | None = None  # and the card's last four
    note: str = ""
    goodwill: Goodwill | None = None
    claim: Claim | None = None
    message: TextMessage | None = None  # of the last month: older ones are not kept
    payout: str = ""
    by: str = ""


@dataclass(frozen=True)
class Timeline:
    """A page of rows, and the key that the next page begins before; None at the end."""

    rows: Sequence[Row]
    older: UUID | None


def timeline(
    session: Session,
    member_id: UUID,
    *,
    zone: str,
    kind: str = "all",
    day: date | None = None,
    before: UUID | None = None,
    size: int = ROWS,
) -> Timeline:
    """A page of the member's timeline: of a kind, of a business day, from before a key."""
    keys = _keys(session, member_id, KINDS.get(kind, KINDS["all"]), _bounds(zone, day, before), size + 1)
    older = keys[size - 1][1] if len(keys) > size else None
    return Timeline(_Page(session, member_id, keys[:size]).rows(), older)


def _bounds(zone: str, day: date | None, before: UUID | None) -> tuple[UUID | None, UUID | None]:
    """From which key on, and before which: a day's ids begin with its milliseconds."""
    if day is None:
        return None, before
    first, after = (
        UUID(int=milliseconds(day_start(one, zone)) << 80) for one in (day, day + timedelta(days=1))
    )
    return first, min(before, after) if before is not None else after


def _keys(
    session: Session,
    member_id: UUID,
    sources: Sequence[Source],
    bounds: tuple[UUID | None, UUID | None],
    limit: int,
) -> Sequence[tuple[str, UUID]]:
    """The newest keys of all sources together, each read from its end by its primary key."""
    first, before = bounds
    parts = []
    for code, model, where in sources:
        query = select(literal(code).label("source"), model.id.label("id")).where(
            model.tenant_id == tenant_of(session), model.member_id == member_id, *where
        )
        query = query.where(model.id >= first) if first is not None else query
        query = query.where(model.id < before) if before is not None else query
        part = query.order_by(model.id.desc()).limit(limit).subquery()
        parts.append(select(part.c.source, part.c.id))
    both = union_all(*parts).subquery()
    rows = session.execute(select(both.c.source, both.c.id).order_by(both.c.id.desc()).limit(limit))
    return [(code, number) for code, number in rows]


@dataclass
class _Page:
    """The rows of one page, read table by table: as many statements whatever stands on it."""

    session: Session
    member_id: UUID
    keys: Sequence[tuple[str, UUID]]
    _people: dict[UUID, str] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        """The rows, in their order."""
        groups, moments, places = self._groups()
        entries = [
            Entry(places[key], moments[key], self._name(key), sum(map(signed, moves)))
            for key, moves in groups.items()
        ]
        told = dict(zip(groups, furnished(self.session, self.member_id, entries, groups), strict=True))
        by_place = {places[key]: told[key] for key in groups}
        cards, notes = self._cards(), self._own(MemberNote, self._of("note"))
        claims = self._own(Claim, self._of("claim"))
        grants = self._grants([cause for purpose, cause in groups if purpose == Purpose.ADJUST])
        texts = self._own(TextMessage, self._of("text"))
        payouts = self._own(Payout, self._of("redemption"))
        self._name_people(cards.values(), notes.values(), grants.values())
        causes = {places[key]: key[1] for key in groups}
        found = []
        for code, number in self.keys:
            if code == "card":
                event, last_four = cards[number]
                found.append(
                    Row("card", number, event.at, card=(event, last_four), by=self._by(_staff_of(event.by)))
                )
            elif code == "note":
                note = notes[number]
                text_of = opened_note(self.session, note)
                found.append(Row("note", number, note.at, note=text_of, by=self._by(note.staff_id)))
            elif code == "claim":
                claim = claims[number]
                found.append(Row("claim", number, claim.opened_at, claim=claim))
            elif code == "text":
                found.append(Row("text", number, texts[number].made_at, message=texts[number]))
            elif number in by_place:
                found.append(self._told(by_place[number], grants.get(causes[number]), payouts))
        return found

    def _told(self, entry: Entry, grant: Goodwill | None, payouts: dict[UUID, Payout]) -> Row:
        by = (grant.undone_by if entry.points < 0 else grant.staff_id) if grant else None
        paid = payouts.get(entry.redemption.id) if entry.redemption else None
        return Row(
            entry.kind,
            entry.id,
            entry.at,
            entry=entry,
            goodwill=grant,
            payout=paid.state if paid else "",
            by=self._by(by),
        )

    def _grants(self, causes: Sequence[UUID]) -> dict[UUID, Goodwill]:
        """Goodwill by what it caused: the grant, and its undoing."""
        rows = self.session.scalars(
            select(Goodwill).where(
                Goodwill.tenant_id == tenant_of(self.session),
                Goodwill.member_id == self.member_id,
                or_(Goodwill.id.in_(causes), Goodwill.undone_at.is_not(None)),
            )
        ).all()
        found = {row.id: row for row in rows}
        return found | {row.undo_id: row for row in rows if row.undo_id}

    def _groups(
        self,
    ) -> tuple[Groups, dict[tuple[int, UUID], datetime], dict[tuple[int, UUID], UUID]]:
        """Transfers by purpose and cause, with the moment of each and the key at which it stands."""
        groups: Groups = {}
        moments: dict[tuple[int, UUID], datetime] = {}
        places: dict[tuple[int, UUID], UUID] = {}
        for code, purpose in _BY_CAUSE.items():
            for row in self._own(_MODELS[code], self._of(code)).values():
                key = (int(purpose), row.id)
                groups[key], places[key] = [], row.id
                moments[key] = row.made_at if code == "redemption" else row.occurred_at
        own = set(self._of("transfer"))
        for transfer in self._moves(own):
            key = (transfer.purpose, transfer.cause_id)
            if transfer.id in own and key not in groups:
                groups[key], places[key], moments[key] = [], transfer.id, transfer.occurred_at
            if key in groups:
                groups[key].append(transfer)
        order = {number: place for place, (_, number) in enumerate(self.keys)}
        ordered = sorted(groups, key=lambda key: order[places[key]])
        return {key: groups[key] for key in ordered}, moments, places

    def _moves(self, own: set[UUID]) -> Sequence[Transfer]:
        """The transfers of the page: those that stand in it, and those that its rows caused."""
        causes = [number for code, number in self.keys if code in _BY_CAUSE]
        return self.session.scalars(
            select(Transfer)
            .where(
                Transfer.tenant_id == tenant_of(self.session),
                Transfer.member_id == self.member_id,
                or_(
                    Transfer.id.in_(own),
                    and_(Transfer.purpose.in_(_BY_CAUSE.values()), Transfer.cause_id.in_(causes)),
                ),
            )
            .order_by(Transfer.id.desc())
        ).all()

    def _of(self, code: str) -> list[UUID]:
        return [number for source, number in self.keys if source == code]

    def _own(self, model: Any, numbers: Iterable[UUID]) -> dict[UUID, Any]:
        """The member's rows of a table that has such a key."""
        rows = self.session.scalars(
            select(model).where(
                model.tenant_id == tenant_of(self.session),
                model.member_id == self.member_id,
                model.id.in_(list(numbers)),
            )
        )
        return {row.id: row for row in rows}

    def _cards(self) -> dict[UUID, tuple[CardEvent, str]]:
        rows = self.session.execute(
            select(CardEvent, Card.last_four)
            .join(
                Card,
                (Card.tenant_id == CardEvent.tenant_id)
                & (Card.member_id == CardEvent.member_id)
                & (Card.id == CardEvent.card_id),
            )
            .where(
                CardEvent.tenant_id == tenant_of(self.session),
                CardEvent.member_id == self.member_id,
                CardEvent.id.in_(self._of("card")),
            )
        )
        return {event.id: (event, last_four) for event, last_four in rows}

    def _name(self, key: tuple[int, UUID]) -> str:
        purpose = Purpose(key[0])
        return _OWN.get(purpose) or next(code for code, own in _BY_CAUSE.items() if own == purpose)

    def _name_people(
        self,
        cards: Iterable[tuple[CardEvent, str]],
        notes: Iterable[MemberNote],
        grants: Iterable[Goodwill],
    ) -> None:
        """Read the names of the staff that the page tells of."""
        numbers = {
            *(_staff_of(event.by) for event, _ in cards),
            *(note.staff_id for note in notes),
            *(number for grant in grants for number in (grant.staff_id, grant.undone_by)),
        } - {None}
        rows = self.session.execute(
            select(Staff.id, Staff.name).where(
                Staff.tenant_id == tenant_of(self.session), Staff.id.in_(numbers)
            )
        )
        self._people = dict(rows.all())

    def _by(self, number: UUID | None) -> str:
        return self._people.get(number, "") if number else ""


_MODELS: dict[str, Any] = {
    "purchase": Purchase,
    "occasion": Occasion,
    "return": PurchaseReturn,
    "redemption": Redemption,
}


def _staff_of(by: str) -> UUID | None:
    """Who of the staff an actor's name names."""
    kind, _, number = by.partition(" ")
    return UUID(number) if kind == "staff" and number else None
