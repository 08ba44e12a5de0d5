"""A copy: what is in it and what is not, who has it made and handed over, and how often."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from uuid import UUID
from zipfile import BadZipFile, ZipFile

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from coalition.cards.queries import cards_of, number_of
from coalition.claims.models import ClaimFile
from coalition.privacy.actions import download, refuse, register
from coalition.privacy.copying import make_copy
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.queries import request_by_id
from coalition.privacy.signing import ask_for_copy, sign_copy
from coalition.redemption.models import Certificate
from tenants.actor import SYSTEM, Actor, member
from tenants.models import AuditEntry
from tenants.runtime import clock, db, files
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.jobs import do_here
from tenants.runtime.models import OutboxJob
from tenants.vault import vault_of
from tests.privacy.test_erasing import somebody, vera
from tests.walls.two_tenants import NOW, PHONE, Furnished, furnish

pytestmark = pytest.mark.usefixtures("house")


@pytest.fixture
def made(house: None) -> Iterator[Furnished]:
    with clock.stopped(NOW):
        yield furnish("a")


def asked_in_the_cabinet(session: Session, made: Furnished) -> PrivacyRequest:
    return register(session, member(vera(made)), member_id=vera(made), kind="copy")


def copied(made: Furnished) -> ZipFile:
    """What the member has when she asks for it."""
    with db.transaction(made.tenant) as session:
        asked = asked_in_the_cabinet(session, made)
        do_here(session)
    with db.transaction(made.tenant) as session:
        return ZipFile(
            BytesIO(download(session, member(vera(made)), member_id=vera(made), request_id=asked.id))
        )


def test_a_copy_holds_everything_opened_and_is_gone_after_its_days(made: Furnished) -> None:
    her = member(vera(made))
    with db.transaction(made.tenant) as session:
        asked = asked_in_the_cabinet(session, made)
        with pytest.raises(NotFound, match="privacy_copy_over"):
            download(session, her, member_id=vera(made), request_id=asked.id)
        do_here(session)
    with db.transaction(made.tenant) as session:
        content = download(session, her, member_id=vera(made), request_id=asked.id)
        verbs = session.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "privacy.download")).all()
        assert verbs == ["privacy.download"]
        with pytest.raises(NotFound, match="privacy_request_unknown"):
            download(session, member(UUID(int=1)), member_id=UUID(int=1), request_id=asked.id)
        with pytest.raises(Forbidden):
            download(session, member(UUID(int=1)), member_id=vera(made), request_id=asked.id)
    with ZipFile(BytesIO(content)) as archive:
        names = set(archive.namelist())
        person = json.loads(archive.read("data/member_person.json"))
        assert json.loads(person[0]["sealed"])["phone"] == PHONE["a"]
        assert json.loads(archive.read("data/member_note.json"))[0]["sealed"] == "mark-a"
        assert {
            "README.txt",
            "data/transfer.json",
            "In words/Purchases.csv",
            "In words/Claims, without words.csv",
        } <= names
        assert any(name.startswith("files/") and name.endswith(".pdf") for name in names)
    place = files.folder(made.tenant, "privacy") / asked.id.hex
    with pytest.raises(BadZipFile):  # it lies sealed
        ZipFile(BytesIO(place.read_bytes()))
    with clock.stopped(NOW.replace(month=12, day=20)), db.transaction(made.tenant) as session:
        do_here(session)
        with pytest.raises(NotFound, match="privacy_copy_over"):
            download(session, her, member_id=vera(made), request_id=asked.id)
    assert not place.exists()


def test_no_number_of_a_card_nor_code_of_a_certificate_is_in_a_copy(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        numbers = [number_of(session, card) for card in cards_of(session, vera(made))]
        codes = [
            vault_of(session).open(one.sealed, "certificate.sealed", one.reward_id, one.digest)
            for one in session.scalars(select(Certificate).where(Certificate.member_id == vera(made)))
        ]
    assert (len(numbers) > 0, len(codes) > 0) == (True, True)
    with copied(made) as archive:
        cards = json.loads(archive.read("data/card.json"))
        assert {card["sealed"] for card in cards} == {f"••••{number[-4:]}" for number in numbers}
        certificates = json.loads(archive.read("data/certificate.json"))
        assert [one["sealed"] for one in certificates] == ["••••"] * len(codes)
        said = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    assert [word for word in (*numbers, *codes) if f'"{word}"' in said or f",{word}," in said] == []


def test_a_file_of_a_claim_that_is_lost_is_left_out_and_told(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        row = session.scalars(select(ClaimFile).where(ClaimFile.member_id == vera(made))).one()
        files.drop(files.folder(made.tenant, "claims", row.claim_id.hex) / row.id.hex)
        name = f"files/{row.id}.{row.kind}"
    with copied(made) as archive:
        assert name not in archive.namelist()
        assert name in archive.read("README.txt").decode()


def test_what_the_staff_takes_in_is_made_and_handed_over_with_a_second_signature_alone(
    made: Furnished,
) -> None:
    with db.transaction(made.tenant) as session:
        asks, signs = somebody(session, "asks"), somebody(session, "signs")
        taken = register(session, asks, member_id=vera(made), kind="copy")
        make_copy(session, str(taken.id))
        do_here(session)
        session.refresh(taken)
        assert taken.state == "open"
        with pytest.raises(NotFound, match="privacy_copy_over"):
            download(session, asks, member_id=vera(made), request_id=taken.id)
        approval = ask_for_copy(session, asks, request_id=taken.id)
        with pytest.raises(Refusal, match="signature_missing"):
            sign_copy(session, asks, request_id=taken.id)
        with pytest.raises(Refusal, match="second_pair_of_eyes"):
            sign_copy(session, asks, request_id=taken.id, approval_id=approval.id)
        with pytest.raises(Forbidden):
            ask_for_copy(session, Actor("staff", asks.id), request_id=taken.id)
        sign_copy(session, signs, request_id=taken.id, approval_id=approval.id)
        with pytest.raises(Conflict, match="privacy_request_ended"):
            sign_copy(session, signs, request_id=taken.id, approval_id=approval.id)
        do_here(session)
    with db.transaction(made.tenant) as session:
        assert request_by_id(session, taken.id).signed_by == signs.id
        assert download(session, asks, member_id=vera(made), request_id=taken.id)[:2] == b"PK"
    other = furnish("b")
    with db.transaction(other.tenant) as session, pytest.raises(NotFound):
        ask_for_copy(session, SYSTEM, request_id=taken.id)


def test_a_copy_that_the_staff_took_in_is_the_members_once_she_asks_herself(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        taken = register(session, somebody(session, "asks"), member_id=vera(made), kind="copy")
        assert asked_in_the_cabinet(session, made).id == taken.id
        do_here(session)
    with db.transaction(made.tenant) as session:
        found = request_by_id(session, taken.id)
        assert (found.state, found.asked_by) == ("done", None)


def test_a_copy_is_made_once_a_day_and_the_new_one_takes_the_place_of_the_old_one(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        first = asked_in_the_cabinet(session, made)
        do_here(session)
    for _time in range(5):
        with db.transaction(made.tenant) as session:
            assert asked_in_the_cabinet(session, made).id == first.id
    with clock.stopped(NOW + timedelta(days=1)):
        with db.transaction(made.tenant) as session:
            second = asked_in_the_cabinet(session, made)
            do_here(session)
            do_here(session)
        with db.transaction(made.tenant) as session:
            kept = {one.id: one.kept_until for one in session.scalars(select(PrivacyRequest))}
            assert kept[first.id] == NOW + timedelta(days=1)
            assert kept[second.id] == NOW + timedelta(days=15)
            with pytest.raises(NotFound, match="privacy_copy_over"):
                download(session, member(vera(made)), member_id=vera(made), request_id=first.id)
    folder = files.folder(made.tenant, "privacy")
    assert [(folder / one.id.hex).exists() for one in (first, second)] == [False, True]


def test_a_copy_whose_work_failed_for_good_is_made_when_it_is_asked_for_again(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        asked = asked_in_the_cabinet(session, made)
        asked_in_the_cabinet(session, made)
        session.flush()
        jobs = select(OutboxJob.id).where(OutboxJob.name == "privacy.copy", OutboxJob.state == "asked")
        assert len(session.scalars(jobs).all()) == 1
        session.execute(update(OutboxJob).values(state="failed", finished_at=NOW))
        assert asked_in_the_cabinet(session, made).id == asked.id
        do_here(session)
    with db.transaction(made.tenant) as session:
        assert request_by_id(session, asked.id).state == "done"


def test_a_copy_that_nobody_signed_can_be_refused(made: Furnished) -> None:
    with db.transaction(made.tenant) as session:
        asks = somebody(session, "asks")
        taken = register(session, asks, member_id=vera(made), kind="copy")
        refuse(session, asks, request_id=taken.id, reason="not_the_member")
        assert (taken.state, taken.reason) == ("refused", "not_the_member")
