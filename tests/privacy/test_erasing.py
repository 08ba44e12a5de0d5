"""An erasure leaves no personal value anywhere, and the ledger whole; it takes two people and waits for open things."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, delete, func, select, text, update
from sqlalchemy.orm import Session

from coalition.cards.queries import cards_of, number_of
from coalition.care.actions import grant_points, note
from coalition.care.models import Goodwill, MemberNote
from coalition.claims.actions import open_claim, reopen
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim, ClaimEvent, ClaimFile
from coalition.ledger.models import Transfer
from coalition.members.models import Member, MemberPerson, Referral
from coalition.members.queries import member_by_id
from coalition.messages.actions import send_text
from coalition.messages.models import TextMessage, What
from coalition.privacy import erasing
from coalition.privacy.actions import download, refuse, register
from coalition.privacy.copying import make_copy
from coalition.privacy.erasing import ask_for_erasure, erase
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.plan import LEDGER, OWNER, PERSON, TITLES, WORDS
from coalition.privacy.queries import InTheWay, in_the_way, request_by_id
from coalition.privacy.terms import due_on
from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.reports.exports.actions import ask_export, export_bytes
from coalition.reports.exports.places import folder_of
from coalition.reports.lists.people import MEMBERS, MESSAGES
from coalition.reports.offers import live_offers
from migrations import tables
from tenants.actor import SYSTEM, Actor, member
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db, files
from tenants.runtime.db import Base, tenant_of
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.jobs import do_here
from tenants.runtime.models import OutboxJob
from tenants.vault import vault_of
from tests.people import hire
from tests.walls.two_tenants import NOW, PHONE, Furnished, furnish

pytestmark = pytest.mark.usefixtures("house")
NOTHING = InTheWay(0, 0, 0, 0)


@pytest.fixture
def made(house: None) -> Iterator[Furnished]:
    with clock.stopped(NOW):
        yield furnish("a")


def vera(made: Furnished) -> UUID:
    return UUID(made.marks[1])


def somebody(session: Session, login: str) -> Actor:
    staff = hire(session, login=login, name=login.title(), password="a long password", permissions=EVERYTHING)
    session.flush()
    return Actor("staff", staff.id, EVERYTHING)


def texted(session: Session, phone: str = PHONE["a"], member_id: UUID | None = None) -> UUID:
    """A text that waits for the gateway."""
    return send_text(
        session,
        the_programme(session),
        what=What.SIGN_IN,
        member_id=member_id,
        phone=phone,
        message="Code",
        until=NOW.replace(year=2030),
    )


def erased(made: Furnished, monkeypatch: pytest.MonkeyPatch) -> PrivacyRequest:
    """Erase the furnished member, with nothing in the way."""
    monkeypatch.setattr(erasing, "in_the_way", lambda _session, _member: NOTHING)
    with db.transaction(made.tenant) as session:
        asks, signs = somebody(session, "asks"), somebody(session, "signs")
        asked = register(session, asks, member_id=vera(made), kind="erasure")
        approval = ask_for_erasure(session, asks, request_id=asked.id)
    with db.transaction(made.tenant) as session:
        return erase(session, signs, request_id=asked.id, approval_id=approval.id)


def everything_said(session: Session) -> Iterator[tuple[str, str]]:
    """Every value of every table of the tenant as text, sealed ones opened by whatever place opens them."""
    for name in tables.tenant_tables():
        table = Base.metadata.tables[name]
        keys = [column.name for column in table.primary_key.columns if column.name != "tenant_id"]
        for row in session.execute(select(table)).mappings():
            for column in table.columns:
                value = row[column.name]
                if isinstance(column.type, LargeBinary) and value:
                    yield f"{name}.{column.name}", opened(session, name, column.name, row, keys)
                else:
                    yield f"{name}.{column.name}", str(value)


def opened(session: Session, table: str, column: str, row: Any, keys: list[str]) -> str:
    known = [*keys, *(name for name in ("reward_id", "digest") if name in row and name not in keys)]
    for count in range(4):
        for names in permutations(known, count):
            try:
                place = f"{table}.{column}", *(row[name] for name in names)
                return vault_of(session).open_bytes(row[column], *place).decode("utf-8", "replace")
            except Refusal:
                continue
    return bytes(row[column]).decode("utf-8", "replace")


def told_of_vera(session: Session, numbers: list[str]) -> set[str]:
    """Where something of her is said: name, phone, e-mail, birthday, numbers of cards, the bank's token."""
    said = [
        "Vera mark-a",
        PHONE["a"],
        PHONE["a"][1:],
        "mark-a@example.test",
        "1990-11-23",
        "mark-a-token",
        *numbers,
    ]
    return {place for place, value in everything_said(session) if any(word in value for word in said)}


def test_every_table_with_a_member_in_it_says_what_becomes_of_its_rows() -> None:
    with_member = {
        name
        for name in tables.tenant_tables()
        if "member_id" in Base.metadata.tables[name].c or name in OWNER
    }
    assert with_member == set(TITLES)
    assert len(TITLES) == len(PERSON) + len(WORDS) + len(LEDGER)


def test_after_an_erasure_nothing_tells_of_the_person(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        texted(session, member_id=vera(made))
        numbers = [number_of(session, card) for card in cards_of(session, vera(made))]
        before = told_of_vera(session, numbers)
        transfers = session.execute(select(Transfer.id, Transfer.points).order_by(Transfer.id)).all()
    assert {"member_person.sealed", "card.sealed", "text_message.sealed"} <= before
    erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        left = told_of_vera(session, numbers)
        # The bank's own file has what its lines are of: its reject has an excerpt, and that is of its own term.
        assert left == set()
        assert session.execute(select(Transfer.id, Transfer.points).order_by(Transfer.id)).all() == transfers


def test_an_erasure_removes_files_and_says_what_it_did(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        copy = register(session, member(vera(made)), member_id=vera(made), kind="copy")
        make_copy(session, str(copy.id))
        places = [
            files.folder(made.tenant, "claims", row.claim_id.hex) / row.id.hex
            for row in session.scalars(select(ClaimFile).where(ClaimFile.member_id == vera(made)))
        ]
    places.append(files.folder(made.tenant, "privacy") / copy.id.hex)
    assert [place.exists() for place in places] == [True, True]
    done = erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        do_here(session)
    assert [place.exists() for place in places] == [False, False]
    assert done.report is not None
    assert done.report["erased"]["member_person"] == 1
    assert done.report["kept"]["transfer"] > 0
    with db.transaction(made.tenant) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "privacy.erase")).one()
        assert (entry.subject, entry.actor_name) == (f"member {vera(made)}", "Signs")
        with pytest.raises(NotFound, match="person_erased"):
            register(session, SYSTEM, member_id=vera(made), kind="copy")


def test_an_erasure_opens_no_text_but_those_to_the_member_or_her_phone(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        session.execute(delete(TextMessage))
        hers = texted(session)
        to_her_old_phone = texted(session, phone=PHONE["b"], member_id=vera(made))
        other = texted(session, phone=PHONE["b"])
        session.execute(update(TextMessage).where(TextMessage.id == other).values(sealed=b"cannot be opened"))
    erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        rows = session.execute(
            select(TextMessage.id, TextMessage.state, TextMessage.sealed, TextMessage.phone)
        )
        states = {row.id: (row.state, row.sealed, row.phone is None) for row in rows}
    over = ("failed", None, True)
    assert states == {hers: over, to_her_old_phone: over, other: ("waiting", b"cannot be opened", False)}


def test_an_erasure_empties_the_browser_of_who_was_brought(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        friend = session.scalars(select(Member.id).where(Member.id != vera(made)).limit(1)).one()
        session.add(
            Referral(
                tenant_id=made.tenant, member_id=vera(made), referrer_id=friend, at=NOW, device=UUID(int=7)
            )
        )
    erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        row = session.get_one(Referral, (made.tenant, vera(made)))
        assert (row.referrer_id, row.device) == (friend, None)


def test_an_erasure_removes_files_of_lists_of_members_and_no_others(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        staff = somebody(session, "lists")
        of_members = ask_export(
            session, staff, list_code=MEMBERS.code, conditions={}, form="csv", language="en"
        ).id
        of_texts = ask_export(
            session, staff, list_code=MESSAGES.code, conditions={}, form="csv", language="en"
        ).id
        do_here(session)
    places = [folder_of(made.tenant, one) for one in (of_members, of_texts)]
    assert [place.exists() for place in places] == [True, True]
    erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        with pytest.raises(NotFound, match="export_unknown"):
            export_bytes(session, staff, export_id=of_members)
        assert export_bytes(session, staff, export_id=of_texts)[0].rows > 0
        do_here(session)
    assert [place.exists() for place in places] == [False, True]


def test_offers_of_a_member_who_was_erased_are_told_as_before(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _offers(made)
    erased(made, monkeypatch)
    assert before != []
    assert _offers(made) == before


def _offers(made: Furnished) -> list[str]:
    with db.transaction(made.tenant) as session:
        programme = the_programme(session)
        found = live_offers(session, programme, member_by_id(session, vera(made)), words_in("en", programme))
        return [str(one) for one in found]


def test_an_erasure_ends_copies_and_none_is_made_after_it(
    made: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction(made.tenant) as session:
        kept = register(session, member(vera(made)), member_id=vera(made), kind="copy")
        make_copy(session, str(kept.id))
        kept.ended_at = kept.asked_at = NOW - timedelta(days=2)
    with db.transaction(made.tenant) as session:
        waiting = register(session, member(vera(made)), member_id=vera(made), kind="copy")
        assert waiting.id != kept.id
        session.execute(update(OutboxJob).values(state="done", finished_at=NOW))
    erased(made, monkeypatch)
    with db.transaction(made.tenant) as session:
        with pytest.raises(NotFound, match="privacy_copy_over"):
            download(session, SYSTEM, member_id=vera(made), request_id=kept.id)
        make_copy(session, str(waiting.id))
        assert request_by_id(session, waiting.id).reason == "erased"
        session.execute(  # as if somebody had taken it in meanwhile
            update(PrivacyRequest)
            .where(PrivacyRequest.id == waiting.id)
            .values(state="open", reason=None, ended_at=None)
        )
        make_copy(session, str(waiting.id))
        do_here(session)
    folder = files.folder(made.tenant, "privacy")
    assert [(folder / one.id.hex).exists() for one in (kept, waiting)] == [False, False]


def test_what_is_open_is_in_the_way_and_nothing_is_erased(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        asks = somebody(session, "asks")
        found = in_the_way(session, vera(made))
        assert found.payouts > 0
        assert found.claims > 0
        asked = register(session, asks, member_id=vera(made), kind="erasure")
        with pytest.raises(Refusal, match="erasure_in_the_way"):
            ask_for_erasure(session, asks, request_id=asked.id)
        with pytest.raises(Refusal, match="erasure_in_the_way"):
            erase(session, SYSTEM, request_id=asked.id)
        assert session.get(MemberPerson, (made.tenant, vera(made))) is not None


def test_nobody_erases_alone_or_without_the_right(made: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "in_the_way", lambda _session, _member: NOTHING)
    with db.transaction(made.tenant) as session:
        asks = somebody(session, "asks")
        asked = register(session, asks, member_id=vera(made), kind="erasure")
        approval = ask_for_erasure(session, asks, request_id=asked.id)
        with pytest.raises(Refusal, match="signature_missing"):
            erase(session, asks, request_id=asked.id)
        with pytest.raises(Refusal, match="second_pair_of_eyes"):
            erase(session, asks, request_id=asked.id, approval_id=approval.id)
        with pytest.raises(Forbidden):
            erase(session, Actor("staff", asks.id), request_id=asked.id, approval_id=approval.id)
        with pytest.raises(Forbidden):
            register(session, Actor("staff", asks.id), member_id=vera(made), kind="erasure")
        assert session.get(MemberPerson, (made.tenant, vera(made))) is not None
        assert request_by_id(session, asked.id).state == "open"


def test_twice_is_once(made: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction(made.tenant) as session:
        first = register(session, SYSTEM, member_id=vera(made), kind="erasure")
        assert register(session, member(vera(made)), member_id=vera(made), kind="erasure").id == first.id
        refuse(session, SYSTEM, request_id=first.id, reason="taken_back")
        with pytest.raises(Conflict, match="privacy_request_ended"):
            refuse(session, SYSTEM, request_id=first.id, reason="taken_back")
    done = erased(made, monkeypatch)
    with db.transaction(made.tenant) as session, pytest.raises(Conflict, match="privacy_request_ended"):
        erase(session, SYSTEM, request_id=done.id)


def test_nothing_is_written_about_who_was_erased(made: Furnished, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction(made.tenant) as session:
        answered = session.scalars(
            select(Claim).where(Claim.member_id == vera(made), Claim.state == "in_favour")
        ).one()
    erased(made, monkeypatch)
    acts = {
        "note": lambda session, staff: note(session, staff, member_id=vera(made), text="Called Vera"),
        "claim": lambda session, staff: open_claim(
            session, staff, member_id=vera(made), kind=Kind.NOT_CREDITED, words="Where?",
            facts=ClaimFacts(shop="Cove", day=NOW.date(), amount=100),
        ),
        "dispute": lambda session, staff: reopen(
            session, staff, member_id=vera(made), claim_id=answered.id, words="Vera says no"
        ),
        "goodwill": lambda session, staff: grant_points(
            session, staff, member_id=vera(made), points=1, reason="service", words="For Vera", request=UUID(int=9)
        ),
    }  # fmt: skip
    before = written(made)
    for name, act in acts.items():
        with pytest.raises(Conflict, match="member_erased"), db.transaction(made.tenant) as session:
            act(session, somebody(session, name))
    assert written(made) == before
    other = furnish("b")
    with db.transaction(other.tenant) as session:
        assert note(session, somebody(session, "note"), member_id=vera(other), text="Called").staff_id


def written(made: Furnished) -> list[int]:
    """How many notes, claims with their steps, and grants there are."""
    with db.transaction(made.tenant) as session:
        return [
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (MemberNote, Claim, ClaimEvent, Goodwill, Transfer)
        ]


def test_another_tenant_sees_no_request(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        asked = register(session, SYSTEM, member_id=vera(made), kind="erasure")
    other = furnish("b")
    with db.transaction(other.tenant) as session:
        with pytest.raises(NotFound):
            request_by_id(session, asked.id)
        with pytest.raises(NotFound):
            register(session, SYSTEM, member_id=vera(made), kind="erasure")


@pytest.mark.parametrize(
    ("kind", "asked_on", "last"),
    [
        ("copy", date(2026, 11, 20), date(2026, 12, 4)),  # a Friday
        ("copy", date(2026, 12, 28), date(2027, 1, 19)),  # the first week of the year is off
        ("erasure", date(2026, 11, 20), date(2026, 12, 20)),
    ],
)
def test_a_term_is_of_working_days_for_a_copy_and_of_days_for_an_erasure(
    kind: str, asked_on: date, last: date
) -> None:
    off = {date(2027, 1, day): True for day in range(1, 9)}
    assert due_on(kind, asked_on, off) == last


def test_the_database_lets_nobody_change_what_an_erasure_alone_removes(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        assert tenant_of(session) == made.tenant
        for name in tables.REMOVED_ONLY:
            allowed = session.scalar(text(f"select has_table_privilege('{name}', 'update')"))
            assert allowed is False, name
