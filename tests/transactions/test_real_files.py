"""The real card files: loaded again they change nothing, and their order does not matter."""

import csv
import gzip
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection

from admin.demo import wexley, wexley_terms
from coalition.members.actions import enrol, segment_mask
from coalition.members.person import Person
from coalition.partners.actions import add_partner, admit_participant
from coalition.promotions.actions import publish
from coalition.transactions.profile_versions import add_profile
from coalition.transactions.profiles import Profile
from coalition.transactions.receiving import receive
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tests.ledger.house import House, drain
from tests.transactions.bank import balances, load_bytes, open_bank, query, totals

pytestmark = [pytest.mark.slow, pytest.mark.slow, pytest.mark.timeout(900)]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
MONTHS = [path.name for path in wexley.FILES]
Balances = dict[UUID, tuple[int, int, int, int]]


@dataclass
class Loaded:
    """The bank on a connection whose savepoints the tests roll back."""

    bank: House
    connection: Connection
    files: dict[str, bytes]


def rows_of(content: bytes) -> list[str]:
    """A file's lines as they are written, without the header."""
    out, text_lines = [], io.StringIO(content.decode("utf-8-sig"), newline="")
    reader = csv.reader(text_lines)
    next(reader)
    for row in reader:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        out.append(line.getvalue())
    return out


def file_of(content: bytes, rows: list[str]) -> bytes:
    """A file of the same form with these lines."""
    header = content.decode("utf-8-sig").splitlines()[0]
    return "\r\n".join([header, *rows, ""]).encode()


def open_wexley(promotions: list[dict[str, object]]) -> House:
    """The demonstration's bank with its shops and offers, and a client for nearly every card of the files."""
    bank = open_bank([], currency="GBP", zone="Europe/London", value_points=2, value_minor=1)
    with db.transaction(bank.tenant) as session:
        traders = admit_participant(session, SYSTEM, code="traders", name={"ru": "т", "en": "t"})
        for code, *_ in wexley_terms.PARTNERS:
            add_partner(
                session, SYSTEM, participant_id=traders.id, code=code, name={"en": code}, about={},
                category=code,
            )  # fmt: skip
        segment_mask(session, ["payroll", "pension"])
        add_profile(
            session, SYSTEM, document=Profile.model_validate_json(wexley.PROFILE.read_bytes()).model_dump()
        )
        for number, document in enumerate(promotions):
            publish(
                session, SYSTEM, programme_id=bank.programme, code=f"p{number}", document=document,
                starts_at=wexley_terms.STARTS,
            )  # fmt: skip
        for row in wexley.wexley_base():
            enrol(
                session, SYSTEM, programme_id=bank.programme, person=Person(name="A Client"), cards=row.cards,
                segments=row.segments, account_opened_on=row.account_opened_on,
            )  # fmt: skip
    drain(bank.tenant)
    return bank


def documents(*, counting: bool) -> list[dict[str, object]]:
    """The demonstration's offers; those that count purchases (once) only if asked for."""
    return [document for _, document in wexley_terms.promotions() if counting or not document.get("once")]


@pytest.fixture(scope="module")
def connection(unwatched: None) -> Iterator[Connection]:
    """One transaction for all tests here, because opening the bank takes a while."""
    with (
        clock.stopped(NOW),
        db.configured().connect() as connection,
        connection.begin() as whole,
        db.joined(connection),
    ):
        # Nobody can have analysed what is not committed, and a guess of one row makes a join of all with all.
        connection.exec_driver_sql("set enable_nestloop = off")
        yield connection
        whole.rollback()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {path.name: gzip.decompress(path.read_bytes()) for path in wexley.FILES}


@pytest.fixture(scope="module")
def with_all_offers(connection: Connection, files: dict[str, bytes]) -> Loaded:
    return Loaded(open_wexley(documents(counting=True)), connection, files)


@pytest.fixture(scope="module")
def without_counting_offers(connection: Connection, files: dict[str, bytes]) -> Loaded:
    return Loaded(open_wexley(documents(counting=False)), connection, files)


def load_all(loaded: Loaded, contents: list[bytes]) -> Balances:
    """The balances after these files; then all is as before."""
    with loaded.connection.begin_nested() as point:
        for content in contents:
            load_bytes(loaded.bank, content, profile="wexley-cards")
        found = balances(loaded.bank)
        point.rollback()
    return found


@pytest.mark.timeout(900)  # twice 87,000 lines, beside whatever else the machine does
def test_every_real_file_a_second_time_changes_nothing(with_all_offers: Loaded) -> None:
    bank, lines = with_all_offers.bank, 0
    with with_all_offers.connection.begin_nested() as point:
        for name, content in with_all_offers.files.items():
            file = load_bytes(bank, content, name=name, profile="wexley-cards")
            lines += file.lines
            assert file.lines == sum(totals(file)[1:])
            assert file.posted > 0.9 * file.lines
        before = balances(bank)
        moved = query(bank, "select count(*), sum(points) from transfer")
        for name, content in with_all_offers.files.items():
            with db.transaction(bank.tenant) as session:
                again = receive(
                    session, SYSTEM, profile_code="wexley-cards", name=f"copy of {name}",
                    stream=io.BytesIO(content),
                )  # fmt: skip
            assert again.already
            other = load_bytes(bank, gzip.compress(content, 1), name=name, profile="wexley-cards")
            assert (other.posted, other.points) == (0, 0)
            assert other.duplicate + other.rejected == other.lines
        assert balances(bank) == before
        assert query(bank, "select count(*), sum(points) from transfer") == moved
        assert lines == 74_652
        point.rollback()


@pytest.mark.parametrize("seed", range(4))
def test_lines_of_a_file_in_any_order_end_in_the_same_balances(with_all_offers: Loaded, seed: int) -> None:
    """Three months as one file, with every offer, those that count purchases too."""
    months = [with_all_offers.files[name] for name in MONTHS[:3]]
    rows = [row for month in months for row in rows_of(month)]
    expected = _once(f"one file {id(with_all_offers)}", with_all_offers, [file_of(months[0], rows)])
    random.Random(seed).shuffle(rows)
    assert load_all(with_all_offers, [file_of(months[0], rows)]) == expected


@pytest.mark.parametrize("seed", range(4))
def test_lines_dealt_to_three_files_anyhow_end_in_the_same_balances(
    without_counting_offers: Loaded, seed: int
) -> None:
    """Equal lines stay together: their ordinals are counted within a file."""
    months = [without_counting_offers.files[name] for name in MONTHS[:3]]
    rows = [row for month in months for row in rows_of(month)]
    expected = _once("dealt", without_counting_offers, [file_of(months[0], rows)])
    rnd = random.Random(seed)
    place = {identity: rnd.randrange(3) for identity in sorted(set(map(_identity, rows)))}
    rnd.shuffle(rows)
    dealt = [[row for row in rows if place[_identity(row)] == number] for number in range(3)]
    assert load_all(without_counting_offers, [file_of(months[0], part) for part in dealt]) == expected


@pytest.mark.parametrize("seed", range(2))
def test_months_in_any_order_end_in_the_same_balances(without_counting_offers: Loaded, seed: int) -> None:
    months = [without_counting_offers.files[name] for name in MONTHS[:6]]
    expected = _once("months", without_counting_offers, months)
    random.Random(seed).shuffle(months)
    assert load_all(without_counting_offers, months) == expected


def _identity(row: str) -> tuple[str, ...]:
    """Date, seller, card and amounts: what makes two lines of this source equal."""
    date, merchant, card, original, _, billing, *_ = next(csv.reader([row]))
    return date, " ".join(merchant.lower().split()), card, original, billing


_expected: dict[str, Balances] = {}


def _once(name: str, loaded: Loaded, contents: list[bytes]) -> Balances:
    if name not in _expected:
        _expected[name] = load_all(loaded, contents)
    return _expected[name]
