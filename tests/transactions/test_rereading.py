"""Rejected lines read again: by a newer profile, from the same bytes, once; what was taken is not looked at again."""

import io
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from coalition.transactions import rereading
from coalition.transactions.models import FileProfile, InboundFile
from coalition.transactions.profile_versions import add_profile
from coalition.transactions.queries import stopped_jobs
from coalition.transactions.receiving import Received, receive
from coalition.transactions.rereading import go_on, reread
from tenants.actor import SYSTEM, Actor
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.models import OutboxJob
from tests.ledger.house import House, drain, open_another
from tests.transactions.bank import (
    COLUMNS,
    PROFILE,
    balances,
    join,
    line,
    load_bytes,
    open_bank,
    per_step,
    totals,
)

pytestmark = pytest.mark.usefixtures("house")

LINES = (
    line("card-a", "2026-11-20", 1000, reference="one"),
    line("card-a", "20.11.2026 12:00:00", 500, reference="two"),
    line("card-a", "2026-11-20", "much", reference="three"),
    line("card-b", "20.11.2026 12:00:00", 300, reference="four"),
)
CONTENT = "\n".join([",".join(COLUMNS), *LINES, ""]).encode()
BOTH_DATES = {
    "dates": {
        "at": {"name": "at"},
        "formats": ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"],
        "zone": "Asia/Kamchatka",
    }
}


@pytest.fixture
def bank() -> House:
    return open_bank([per_step()])


def newer(bank: House, **changed: object) -> None:
    with db.transaction(bank.tenant) as session:
        add_profile(session, SYSTEM, document=PROFILE | BOTH_DATES | changed)


def again(bank: House, file: InboundFile, content: bytes = CONTENT) -> Received:
    with db.transaction(bank.tenant) as session:
        found = reread(session, SYSTEM, file_id=file.id, name="f.csv", stream=io.BytesIO(content))
    drain(bank.tenant)
    return found


def file_of(bank: House, number: int) -> InboundFile:
    with db.transaction(bank.tenant) as session:
        return session.get_one(InboundFile, (bank.tenant, number))


def count(bank: House) -> int:
    with db.transaction(bank.tenant) as session:
        return len(session.scalars(select(InboundFile.id).where(InboundFile.tenant_id == bank.tenant)).all())


def test_a_newer_profile_posts_what_an_older_one_rejected(bank: House) -> None:
    anna, bela = join(bank, "card-a"), join(bank, "card-b")
    file = load_bytes(bank, CONTENT)
    assert totals(file) == (4, 1, 0, 0, 3)
    assert {balance[0] for balance in balances(bank).values()} == {10, 0}
    newer(bank)
    found = again(bank, file)
    second = file_of(bank, found.file.id)
    assert (second.reread_of, second.profile_version, totals(second)) == (file.id, 2, (3, 2, 0, 0, 1))
    assert [balances(bank)[one][0] for one in (anna, bela)] == [15, 3]
    assert totals(file_of(bank, file.id)) == (4, 1, 0, 0, 3)


def test_twice_is_once(bank: House) -> None:
    join(bank, "card-a")
    file = load_bytes(bank, CONTENT)
    newer(bank)
    first = again(bank, file)
    before = balances(bank)
    second = again(bank, file)
    assert (first.already, second.already, second.file.id) == (False, True, first.file.id)
    assert (balances(bank), count(bank)) == (before, 2)


def test_a_line_that_was_taken_is_not_paid_again_under_another_name(bank: House) -> None:
    """The newer version knows no reference: by it every line has another identity."""
    anna = join(bank, "card-a")
    file = load_bytes(bank, CONTENT)
    newer(bank, reference=None, original_reference=None)
    again(bank, file)
    assert balances(bank)[anna][0] == 10 + 5


def test_a_line_that_a_reading_took_is_not_read_from_the_first_file_again(bank: House) -> None:
    """By the third version it has another name, and would be another purchase."""
    anna = join(bank, "card-a")
    file = load_bytes(bank, CONTENT)
    newer(bank)
    again(bank, file)
    newer(bank, reference=None, original_reference=None)
    with pytest.raises(Conflict, match="reread_since"):
        again(bank, file)
    assert (balances(bank)[anna][0], count(bank)) == (15, 2)


def test_what_is_rejected_again_can_be_read_a_third_time(bank: House) -> None:
    anna = join(bank, "card-a")
    file = load_bytes(bank, CONTENT)
    newer(bank)
    second = again(bank, file)
    newer(bank, amounts=[{"at": {"name": "merchant"}}])  # still no number there
    third = again(bank, second.file)
    found = file_of(bank, third.file.id)
    assert (found.reread_of, found.profile_version, totals(found)) == (file.id, 3, (1, 0, 0, 0, 1))
    assert balances(bank)[anna][0] == 15


def test_a_file_of_which_every_line_was_rejected_is_read_whole_however_many_were_kept(
    bank: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coalition.transactions.receiving.REJECTS_KEPT", 1)
    monkeypatch.setattr(rereading, "REJECTS_KEPT", 1)
    anna = join(bank, "card-a")
    content = "\n".join([",".join(COLUMNS), *(LINES[1], LINES[3]), ""]).encode()
    file = load_bytes(bank, content)
    assert totals(file) == (2, 0, 0, 0, 2)
    newer(bank)
    assert totals(file_of(bank, again(bank, file, content).file.id)) == (2, 1, 0, 1, 0)
    assert balances(bank)[anna][0] == 5


REFUSED: dict[str, tuple[str, Callable[[House, InboundFile], object]]] = {
    "without a newer profile": ("profile_unchanged", lambda bank, file: again(bank, file)),
    "with other bytes": ("file_other", lambda bank, file: (newer(bank), again(bank, file, CONTENT + b"\n"))),
    "of an unknown file": ("file_unknown", lambda bank, _file: again(bank, InboundFile(id=999))),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_cannot_be_read_again_is_refused_and_leaves_nothing(bank: House, name: str) -> None:
    join(bank, "card-a")
    file = load_bytes(bank, CONTENT)
    before, (code, act) = balances(bank), REFUSED[name]
    with pytest.raises((Refusal, NotFound)) as caught:
        act(bank, file)
    assert (caught.value.code, balances(bank), count(bank)) == (code, before, 1)


def test_a_file_with_more_rejects_than_are_kept_and_others_taken_is_refused(
    bank: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "REJECTS_KEPT", 2)
    file = load_bytes(bank, CONTENT)
    newer(bank)
    with pytest.raises(Refusal, match="rejects_not_kept"):
        again(bank, file)
    assert count(bank) == 1


def test_a_file_without_rejects_is_not_read_again(bank: House) -> None:
    file = load_bytes(bank, "\n".join([",".join(COLUMNS), LINES[0], ""]).encode())
    newer(bank)
    with pytest.raises(Refusal, match="nothing_rejected"):
        again(bank, file, CONTENT)
    assert count(bank) == 1


def test_who_may_not_bring_files_reads_none_again(bank: House) -> None:
    file = load_bytes(bank, CONTENT)
    newer(bank)
    nobody = Actor("staff", new_id(), frozenset({Permission.DESK_FILE_READ}))
    with pytest.raises(Forbidden), db.transaction(bank.tenant) as session:
        reread(session, nobody, file_id=file.id, name="f.csv", stream=io.BytesIO(CONTENT))
    assert count(bank) == 1


def test_another_tenants_file_is_unknown(bank: House) -> None:
    file = load_bytes(bank, CONTENT)
    other = open_another()
    with pytest.raises(NotFound, match="file_unknown"), db.transaction(other.tenant) as session:
        reread(session, SYSTEM, file_id=file.id, name="f.csv", stream=io.BytesIO(CONTENT))


def test_work_that_has_stopped_goes_on_where_it_stopped(bank: House) -> None:
    anna = join(bank, "card-a")
    with db.transaction(bank.tenant) as session:
        file = receive(session, SYSTEM, profile_code="cards", name="f.csv", stream=io.BytesIO(CONTENT)).file
        number = file.id
        session.execute(
            update(OutboxJob)
            .where(OutboxJob.tenant_id == bank.tenant, OutboxJob.name == "files.stage")
            .values(state="failed")
        )
    drain(bank.tenant)
    assert file_of(bank, number).state == "received"
    with db.transaction(bank.tenant) as session:
        assert go_on(session, SYSTEM, file_id=number) == 1
    drain(bank.tenant)
    assert (file_of(bank, number).state, balances(bank)[anna][0]) == ("done", 10)
    with db.transaction(bank.tenant) as session:
        assert stopped_jobs(session, session.get_one(InboundFile, (bank.tenant, number))) == []
    with pytest.raises(Conflict, match="file_not_stopped"), db.transaction(bank.tenant) as session:
        go_on(session, SYSTEM, file_id=number)


def test_versions_of_a_profile_stay_what_files_were_read_by(bank: House) -> None:
    file = load_bytes(bank, CONTENT)
    newer(bank)
    with db.transaction(bank.tenant) as session:
        kept = session.get_one(FileProfile, (bank.tenant, file.profile_code, file.profile_version))
        assert kept.document["dates"]["formats"] == ["%Y-%m-%d %H:%M:%S"]
