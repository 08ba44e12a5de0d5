"""Opening a claim, its clock and its files; what is refused leaves nothing behind."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from coalition.claims import jobs
from coalition.claims.actions import (
    OPEN_MAX,
    answer,
    ask_member,
    ask_partner,
    go_on,
    open_claim,
    take,
    withdraw,
)
from coalition.claims.attaching import attach, read_attachment
from coalition.claims.deciding import decide
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim, ClaimEvent, ClaimFile
from coalition.claims.queries import counts, events_of, figures, files_of, queue
from coalition.claims.terms import set_claim_terms
from coalition.claims.texts import remark_of, words_of
from coalition.papers import Brought, kind_of
from coalition.promotions.holidays import set_days_off
from coalition.redemption.actions import redeem
from tenants.actor import SYSTEM
from tenants.actor import member as acting
from tenants.models import AuditEntry
from tenants.runtime import clock, files
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.claims.office import LOST, Office, disputed, grant, open_office, taken
from tests.ledger.house import new_member

# Wednesday, 10:00 in Kamchatka.
BEGUN = datetime(2026, 11, 17, 22, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 20 + b"\0\0\0\0IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20 + b"\xff\xd9"
PDF = b"%PDF-1.7\n%%EOF\n"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.zone("Asia/Kamchatka"))


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        (Kind.NOT_CREDITED, "2026-11-23 10:00"),
        (Kind.LOST_ORDER, "2026-12-02 10:00"),
    ],
)
def test_a_claim_is_due_by_the_term_of_its_kind(session: Session, kind: Kind, due: str) -> None:
    with clock.stopped(BEGUN):
        office = open_office(session)
        facts = ClaimFacts.model_validate({"shop": "X", "day": "2026-11-15", "order": "1", "amount": 5})
        assert disputed(session, office, kind=kind, facts=facts).due_at == local(due)


def test_days_off_and_the_tenants_terms_move_the_due_moment(session: Session) -> None:
    with clock.stopped(BEGUN):
        office = open_office(session)
        set_days_off(session, SYSTEM, days=[date(2026, 11, 19)], off=True)
        assert disputed(session, office).due_at == local("2026-11-24 10:00")
        terms = {
            "opens": "10:00",
            "closes": "20:00",
            "weekdays": [1, 2, 3, 4, 5, 6],
            "days": {"lost_order": 1},
        }
        set_claim_terms(session, SYSTEM, programme_id=office.shop.house.programme, terms=terms)
        facts = ClaimFacts.model_validate({"shop": "X", "day": "2026-11-15", "order": "1"})
        claim = disputed(session, office, kind=Kind.LOST_ORDER, facts=facts)
        assert (claim.term_seconds, claim.due_at) == (10 * 3600, local("2026-11-18 20:00"))


def test_the_clock_stands_while_the_member_is_asked_and_goes_while_the_partner_is(session: Session) -> None:
    with clock.stopped(BEGUN):
        office = open_office(session)
        claim = taken(session, office)
    with clock.stopped(BEGUN + timedelta(hours=2)):  # of 27 working hours 25 are left
        ask_member(session, office.oleg, number=claim.number, words="Which till?")
        assert (claim.due_at, claim.left_seconds) == (None, 25 * 3600)
    with clock.stopped(BEGUN + timedelta(days=20)):
        jobs.mark_overdue(session)
        assert claim.overdue_at is None
    with clock.stopped(local("2026-12-11 17:00")):  # a Friday
        answer(session, office.member, member_id=claim.member_id, claim_id=claim.id, words="Till 3")
        assert (claim.due_at, claim.left_seconds) == (local("2026-12-16 15:00"), None)
        ask_partner(session, office.oleg, number=claim.number, words="Is it yours?")
        assert claim.due_at == local("2026-12-16 15:00")


def test_a_late_claim_is_marked_once_and_told_in_its_history(session: Session) -> None:
    with clock.stopped(BEGUN):
        office = open_office(session)
        claim = taken(session, office)
    with clock.stopped(local("2026-11-23 09:59")):
        jobs.mark_overdue(session)
        assert claim.overdue_at is None
    with clock.stopped(local("2026-11-23 10:00")):
        jobs.mark_overdue(session)
        jobs.mark_overdue(session)
        assert claim.overdue_at == local("2026-11-23 10:00")
        assert [one.verb for one in events_of(session, claim)] == ["open", "take", "mark_overdue"]
        assert counts(session, None)["overdue"] == 1
    with clock.stopped(local("2026-11-23 12:00")):
        ask_member(session, office.oleg, number=claim.number, words="Which till?")
        assert claim.left_seconds == -2 * 3600
        go_on(session, office.oleg, number=claim.number)
        assert claim.due_at == local("2026-11-23 10:00")


def test_the_queue_has_least_time_first_and_who_is_asked_last(session: Session) -> None:
    numbers = []
    office = None
    for hours in (3, 1, 2):
        with clock.stopped(BEGUN + timedelta(hours=hours)):
            office = office or open_office(session)
            facts = LOST.model_copy(update={"amount": hours})
            numbers.append(disputed(session, office, facts=facts).number)
    assert office is not None
    take(session, office.oleg, number=numbers[1])
    with clock.stopped(BEGUN + timedelta(hours=4)):
        assert [one.number for one in queue(session, "all", None)] == [numbers[1], numbers[2], numbers[0]]
        ask_member(session, office.oleg, number=numbers[1], words="?")
        assert [one.number for one in queue(session, "all", None)] == [numbers[2], numbers[0], numbers[1]]
        assert [one.number for one in queue(session, "mine", office.dora.id)] == [numbers[2], numbers[0]]


@pytest.mark.parametrize(
    ("kind", "facts", "field"),
    [
        (Kind.NOT_CREDITED, {}, "shop"),
        (Kind.NOT_CREDITED, {"shop": "X"}, "day"),
        (Kind.NOT_CREDITED, {"shop": "X", "day": "2026-11-15"}, "amount"),
        (Kind.LOST_ORDER, {"shop": "X", "day": "2026-11-15"}, "order"),
        (Kind.WRONG_AMOUNT, {"shop": "X"}, "purchase"),
        (Kind.CERTIFICATE, {}, "redemption"),
        (Kind.UNKNOWN_REDEMPTION, {}, "redemption"),
    ],
)
def test_a_claim_says_what_is_missing(
    session: Session, kind: Kind, facts: dict[str, Any], field: str
) -> None:
    office = open_office(session)
    with pytest.raises(Refusal, match="claim_incomplete") as refused:
        disputed(session, office, kind=kind, facts=ClaimFacts.model_validate(facts))
    assert refused.value.facts == {"field": field}
    assert session.scalars(select(Claim)).all() == []


def test_the_same_is_not_disputed_twice_at_a_time(session: Session) -> None:
    office = open_office(session)
    first = disputed(session, office)
    with pytest.raises(Conflict, match="claim_known") as refused:
        disputed(session, office)
    assert refused.value.facts == {"number": first.number}
    withdraw(session, office.member, member_id=first.member_id, claim_id=first.id)
    disputed(session, office)


def test_a_member_has_so_many_open_claims_and_no_more(session: Session) -> None:
    office = open_office(session)
    for number in range(OPEN_MAX):
        disputed(session, office, facts=LOST.model_copy(update={"amount": number + 1}))
    with pytest.raises(Refusal, match="claims_too_many"):
        disputed(session, office)


def test_nobody_disputes_what_is_not_hers(session: Session) -> None:
    office = open_office(session)
    other = new_member(session, office.shop.house)
    spent = redeem(
        session,
        office.member,
        member_id=office.shop.member,
        reward_code="cashback",
        choice={"points": 100},
        request_id="a",
    )
    mine = disputed(session, office)
    said: dict[str, Any] = {"kind": Kind.UNKNOWN_REDEMPTION, "words": "x", "redemption_id": spent.id}
    with pytest.raises(NotFound):
        open_claim(session, acting(other), member_id=other, **said)
    with pytest.raises(Forbidden):
        open_claim(session, acting(other), member_id=office.shop.member, **said)
    for act in (
        lambda: answer(session, acting(other), member_id=other, claim_id=mine.id, words="x"),
        lambda: withdraw(session, acting(other), member_id=other, claim_id=mine.id),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        open_claim(session, office.paul, member_id=office.shop.member, **said)


def test_an_officer_opens_a_claim_for_a_member_and_the_trail_knows(session: Session) -> None:
    office = open_office(session)
    claim = open_claim(
        session,
        office.dora,
        member_id=office.shop.member,
        kind=Kind.NOT_CREDITED,
        words="By phone",
        facts=LOST,
    )
    assert (claim.opened_by, claim.state) == ("staff", "new")
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.verb == "claim.open"))
    assert (entry.actor_name, entry.subject) == ("Dora", f"claim {claim.number}")


def test_what_people_write_is_sealed(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    ask_member(session, office.oleg, number=claim.number, words="Which till was it?\r\nAnd when\0?")
    asked = events_of(session, claim)[-1]
    assert words_of(session, claim) == "No points came"
    assert remark_of(session, asked) == "Which till was it?\nAnd when?"
    kept = session.execute(text("select words from claim union all select words from claim_event")).scalars()
    assert [one for one in kept if one and (b"till" in one or b"points" in one)] == []


@pytest.mark.parametrize("words", ["", "  \n", "x" * 4001])
def test_words_are_some_and_not_too_many(session: Session, words: str) -> None:
    office = open_office(session)
    with pytest.raises(Refusal, match="words_"):
        open_claim(
            session,
            office.member,
            member_id=office.shop.member,
            kind=Kind.NOT_CREDITED,
            words=words,
            facts=LOST,
        )
    assert session.scalars(select(ClaimEvent)).all() == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "png"),
        (JPEG, "jpeg"),
        (PDF, "pdf"),
        (PNG[:-1], None),
        (JPEG[:-1], None),
        (b"%PDF-1.7\n", None),
        (b"GIF89a" + b"\0" * 30, None),
        (b"<html><script>alert(1)</script>", None),
        (b"PK\x03\x04" + b"\0" * 30, None),
        (b"MZ%PDF-1.7\n%%EOF", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, kind: str | None) -> None:
    assert kind_of(content) == kind


def test_a_file_lies_sealed_and_is_read_by_who_may_see_the_claim(session: Session) -> None:
    office = open_office(session)
    claim = disputed(session, office)
    her = {"member_id": claim.member_id, "claim_id": claim.id}
    (row,) = attach(session, office.member, brought=[Brought("C:\\fakepath\\чек.pdf", PDF)], **her)  # type: ignore[arg-type]
    found = read_attachment(session, office.member, file_id=row.id, **her)  # type: ignore[arg-type]
    assert found == ("чек.pdf", "application/pdf", PDF)
    (place,) = _files(claim)
    assert b"PDF" not in place.read_bytes()
    assert read_attachment(session, office.paul, file_id=row.id, **her).content == PDF  # type: ignore[arg-type]
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.verb == "claim.attachment.read"))
    assert entry.actor_name == "Paul"
    other = new_member(session, office.shop.house)
    with pytest.raises(NotFound):
        read_attachment(session, acting(other), member_id=other, claim_id=claim.id, file_id=row.id)
    with pytest.raises(Forbidden):
        read_attachment(session, acting(other), file_id=row.id, **her)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("brought", "code"),
    [
        ([Brought("a.png", PNG), Brought("virus.pdf", b"MZ" + PDF)], "attachment_type"),
        ([Brought("a.png", PNG), Brought("a.pdf", PDF + b"\0" * (5 << 20))], "attachment_large"),
        ([Brought("a.png", PNG)] * 6, "attachments_many"),
    ],
)
def test_files_that_are_not_taken_leave_nothing(session: Session, brought: list[Brought], code: str) -> None:
    office = open_office(session)
    claim = disputed(session, office)
    with pytest.raises(Refusal, match=code):
        attach(session, office.member, member_id=claim.member_id, claim_id=claim.id, brought=brought)
    assert (files_of(session, claim), _files(claim)) == ([], [])
    assert [one.verb for one in events_of(session, claim)] == ["open"]


def test_a_file_of_exactly_five_megabytes_is_taken(session: Session) -> None:
    office = open_office(session)
    claim = disputed(session, office)
    whole = b"%PDF-1.7\n" + b"x" * ((5 << 20) - 15) + b"\n%%EOF"
    attach(
        session,
        office.member,
        member_id=claim.member_id,
        claim_id=claim.id,
        brought=[Brought("a", whole)] * 5,
    )
    assert [one.size for one in session.scalars(select(ClaimFile))] == [5 << 20] * 5
    with pytest.raises(Refusal, match="attachments_many"):
        attach(
            session, office.member, member_id=claim.member_id, claim_id=claim.id, brought=[Brought("a", PDF)]
        )


def test_figures_tell_claims_by_kind_answer_and_partner(session: Session) -> None:
    with clock.stopped(BEGUN):
        office = open_office(session)
        first = taken(session, office)
        disputed(session, office, facts=LOST.model_copy(update={"amount": 5}))
    with clock.stopped(BEGUN + timedelta(hours=3)):
        deciding(session, office, first.number)
        (kind,) = figures(session, "kind", BEGUN)
        assert kind == ("not_credited", 2, 1, 0, 372, 3 * 3600)
        assert [(one.key, one.claims) for one in figures(session, "reason", BEGUN)] == [
            ("grant", 1),
            (None, 1),
        ]
        assert [(one.key, one.claims) for one in figures(session, "partner", BEGUN)] == [(None, 2)]
        assert figures(session, "kind", clock.now()) == []


def deciding(session: Session, office: Office, number: int) -> None:
    decide(session, office.oleg, number=number, proposal=grant(office, 372))


def test_what_is_answered_long_ago_is_closed(session: Session) -> None:
    with clock.stopped(BEGUN):
        office = open_office(session)
        claim = taken(session, office)
        deciding(session, office, claim.number)
    with clock.stopped(BEGUN + timedelta(days=30)):
        jobs.close_answered(session)
        assert claim.state == "in_favour"
    with clock.stopped(BEGUN + timedelta(days=30, seconds=1)):
        jobs.close_answered(session)
        assert claim.state == "closed"


def _files(claim: Claim) -> list[Path]:
    """What lies in the store of the claim's."""
    folder = files.folder(claim.tenant_id, "claims", claim.id.hex)
    return [path for path in folder.rglob("*") if path.is_file()]
