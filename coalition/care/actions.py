"""Writes of the contact centre: goodwill points, taking them back, notes.

Whoever gives points locks the member's balance first and the own day after it, so two at once wait for each other,
never in a circle, and each sees what the other has given: no limit is ever passed.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.care.models import NOTE_PLACE, WORDS_PLACE, Goodwill, GoodwillDay, MemberNote
from coalition.care.queries import given_in_month, goodwill_by_id, opened_words
from coalition.care.terms import GoodwillTerms, goodwill_terms, payer_of
from coalition.ledger.models import Account, Purpose, Transfer
from coalition.ledger.post import Cause, open_book
from coalition.members.queries import member_by_id, require_person
from coalition.programmes.queries import programme_by_id
from coalition.programmes.terms import expires_on
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.tables import has_card_number
from tenants.vault import vault_of

WORDS_MOST, NOTE_MOST = 200, 1_000


def grant_points(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    points: int,
    reason: str,
    words: str = "",
    request: UUID,
) -> Goodwill:
    """Give a member goodwill points (in the points' units), spendable at once; the same request is the same grant.

    Raises Refusal("goodwill_points") for none, Refusal("goodwill_reason"), and Refusal("goodwill_per_grant",
    most=...), "goodwill_per_month" or "goodwill_per_day", with what there is left, where a limit would be passed;
    Conflict("request_reused") where the request was another grant, Conflict("member_erased") where nobody is there.
    """
    actor.must(Permission.DESK_POINTS_GRANT)
    staff_id = _person(actor)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    terms, unit = goodwill_terms(programme), 10**programme.scale
    if points < 1:
        raise Refusal("goodwill_points")
    if reason not in terms.reasons:
        raise Refusal("goodwill_reason")
    words = _checked(words, WORDS_MOST, "goodwill_words")
    book = open_book(session, member_id=member_id, zone=programme.zone)
    require_person(session, member_id)
    if (known := _granted(session, member_id, request)) is not None:
        if (known.points, known.reason, opened_words(session, known)) != (points, reason, words):
            raise Conflict("request_reused")
        return known
    _require_room(session, terms, unit, member_id, points, book.today)
    _count(session, staff_id, book.today, points, terms.per_agent_day * unit)
    payer, number = payer_of(session, terms), new_id()
    row = Goodwill(
        tenant_id=tenant_of(session),
        member_id=member_id,
        id=number,
        request=request,
        points=points,
        funder_id=payer.id,
        reason=reason,
        sealed=vault_of(session).seal(words, WORDS_PLACE, member_id, number) if words else None,
        staff_id=staff_id,
        day=book.today,
        at=clock.now(),
    )
    session.add(row)
    cause, last = Cause(Purpose.ADJUST, number, row.at), expires_on(programme, book.today)
    book.earn(
        cause, points, funder_id=payer.id, active_on=book.today, expires_on=last, source=Account.ADJUSTED
    )
    told = {"goodwill": str(number), "points": points, "payer": payer.code}
    record(session, actor, "points.grant", f"member {member_id}", after=told, reason=reason)
    return row


def _granted(session: Session, member_id: UUID, request: UUID) -> Goodwill | None:
    """What this request has given already."""
    return session.scalars(
        select(Goodwill).where(
            Goodwill.tenant_id == tenant_of(session),
            Goodwill.member_id == member_id,
            Goodwill.request == request,
        )
    ).one_or_none()


def undo_grant(session: Session, actor: Actor, *, member_id: UUID, goodwill_id: UUID) -> Goodwill:
    """Take goodwill points back, what was spent of them as debt; an undone one stays so, and nothing is taken twice.

    They count no more for the member's month. The person's day is freed of what was really taken: what became a debt
    was spent, and still counts. What somebody else gave, or on an earlier day, asks for DESK_POINTS_UNDO.

    Raises NotFound("goodwill_unknown").
    """
    actor.must(Permission.DESK_POINTS_GRANT)
    staff_id = _person(actor)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    book = open_book(session, member_id=member_id, zone=programme.zone)
    row = goodwill_by_id(session, member_id, goodwill_id)
    session.refresh(row, with_for_update=True)
    if row.undone_at is not None:
        return row
    if (row.staff_id, row.day) != (staff_id, book.today):
        actor.must(Permission.DESK_POINTS_UNDO)
    row.undone_at, row.undone_by = clock.now(), staff_id
    owed = book.balance.debt
    assert row.undo_id is not None, "it was undone just now"
    book.take_back(
        Cause(Purpose.ADJUST, row.undo_id, row.undone_at),
        row.points,
        funder_id=row.funder_id,
        first=[_lot_of(session, row)],
        target=Account.ADJUSTED,
    )
    owed = book.balance.debt - owed
    _uncount(session, row, row.points - owed)
    told = {"goodwill": str(row.id), "points": row.points, "owed": owed}
    record(session, actor, "points.take_back", f"member {member_id}", before=told)
    return row


def note(session: Session, actor: Actor, *, member_id: UUID, text: str) -> MemberNote:
    """Keep a note about a member; Refusal("note_empty"), "note_long" or "card_number", Conflict("member_erased")."""
    actor.must(Permission.DESK_MEMBER_NOTE)
    staff_id, member = _person(actor), member_by_id(session, member_id)
    text = _checked(text, NOTE_MOST, "note_long")
    if not text:
        raise Refusal("note_empty")
    require_person(session, member_id)
    number = new_id()
    row = MemberNote(
        tenant_id=member.tenant_id,
        member_id=member_id,
        id=number,
        sealed=vault_of(session).seal(text, NOTE_PLACE, member_id, number),
        staff_id=staff_id,
        at=clock.now(),
    )
    session.add(row)
    record(session, actor, "member.note", f"member {member_id}", after={"note": str(number)})
    return row


def _person(actor: Actor) -> UUID:
    """Who of the staff it is: limits are a person's, and a note has its author."""
    if actor.kind != "staff" or actor.id is None:
        raise Forbidden("not_permitted", permission="staff")
    return actor.id


def _checked(text: str, most: int, code: str) -> str:
    text = text.strip()
    if len(text) > most:
        raise Refusal(code, most=most)
    if has_card_number(text):
        raise Refusal("card_number")
    return text


def _require_room(
    session: Session, terms: GoodwillTerms, unit: int, member_id: UUID, points: int, day: date
) -> None:
    """Refuse what passes the limit of one grant or of the member's month; her balance is locked already."""
    if points > terms.per_grant * unit:
        raise Refusal("goodwill_per_grant", most=terms.per_grant * unit)
    left = terms.per_member_month * unit - given_in_month(session, member_id, day)
    if points > left:
        raise Refusal("goodwill_per_month", most=max(left, 0))


def _count(session: Session, staff_id: UUID, day: date, points: int, most: int) -> None:
    """Count points for the person's day; the row stays locked, so who gives at the same moment waits."""
    row = insert(GoodwillDay).values(tenant_id=tenant_of(session), staff_id=staff_id, day=day, points=points)
    total = session.scalar(
        row.on_conflict_do_update(
            index_elements=[GoodwillDay.tenant_id, GoodwillDay.staff_id, GoodwillDay.day],
            set_={"points": GoodwillDay.points + row.excluded.points},
        ).returning(GoodwillDay.points)
    )
    assert total is not None, "the row is there now"
    if total > most:
        raise Refusal("goodwill_per_day", most=max(most - (total - points), 0))


def _uncount(session: Session, row: Goodwill, points: int) -> None:
    """Free the day of whoever gave it of what was taken back."""
    session.execute(
        update(GoodwillDay)
        .where(
            GoodwillDay.tenant_id == row.tenant_id,
            GoodwillDay.staff_id == row.staff_id,
            GoodwillDay.day == row.day,
        )
        .values(points=GoodwillDay.points - points)
        .execution_options(synchronize_session=False)
    )


def _lot_of(session: Session, row: Goodwill) -> UUID:
    """The lot that a grant made: that of the transfer that gave it."""
    found = session.scalars(
        select(Transfer.id).where(
            Transfer.tenant_id == row.tenant_id,
            Transfer.member_id == row.member_id,
            Transfer.cause_id == row.id,
            Transfer.from_account == Account.ADJUSTED,
        )
    )
    return found.one()
