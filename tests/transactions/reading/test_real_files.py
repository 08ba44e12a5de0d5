"""The demonstration's files are read to the last line, as a plain reading by Python's own modules has it."""

import csv
import gzip
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from admin.demo import avacha, wexley
from coalition.promotions.kinds import OperationKind
from coalition.transactions.profiles import Profile
from coalition.transactions.reading import read


def _table(data: bytes, profile: Profile) -> pa.Table:
    batches = list(read(BytesIO(data), profile, token_key=b"k" * 32))
    assert [batch.rejects for batch in batches] == [[]] * len(batches)
    return pa.concat_tables(batch.lines for batch in batches)


@pytest.fixture(scope="module")
def wexley_profile() -> Profile:
    return Profile.model_validate_json(wexley.PROFILE.read_bytes())


@pytest.mark.parametrize("path", wexley.FILES, ids=lambda path: path.name)
def test_every_line_of_a_real_file_is_read_as_it_stands(wexley_profile, path):
    data = gzip.decompress(path.read_bytes())
    rows = list(csv.DictReader(data.decode().splitlines()))
    table = _table(path.read_bytes(), wexley_profile)
    assert table["line_no"].to_pylist() == list(range(2, len(rows) + 2))
    assert table["card"].to_pylist() == [row["card_number_masked"] for row in rows]
    assert table["merchant"].to_pylist() == [row["merchant_name"].strip() for row in rows]
    written = [Decimal(row["original_gross_amt"]) * 100 for row in rows]
    assert table["amount"].to_pylist() == [abs(amount) for amount in written]
    refunds = [kind == OperationKind.REFUND for kind in table["kind"].to_pylist()]
    assert refunds == [amount < 0 for amount in written]
    london = ZoneInfo("Europe/London")
    days = [datetime.fromisoformat(row["trans_date"]).replace(tzinfo=london).astimezone(UTC) for row in rows]
    assert table["occurred_at"].to_pylist() == days
    assert set(table["currency"].to_pylist()) == {"GBP"}


def test_all_real_files_together(wexley_profile):
    kinds: Counter[int] = Counter()
    without_mcc = 0
    for path in wexley.FILES:
        table = _table(path.read_bytes(), wexley_profile)
        kinds.update(table["kind"].to_pylist())
        without_mcc += table["mcc"].null_count
        assert set(table["partner"].drop_null().to_pylist()) <= wexley.PARTNERS.keys()
    assert kinds == {1: 72997, 4: 77, 5: 215, 6: 1363}
    assert without_mcc < 25


def test_real_clients_hold_every_card_once_but_nine():
    base = wexley.wexley_base()
    cards = [card for row in base for card in row.cards]
    assert (len(base), len(cards), len(set(cards))) == (842, 1180, 1180)
    assert len({row.person.phone for row in base}) == 842
    assert base == wexley.wexley_base()


def test_the_demos_clients_have_joined_before_they_bought():
    first: dict[str, datetime] = {}
    profile = Profile.model_validate_json(wexley.PROFILE.read_bytes())
    for path in wexley.FILES:
        table = _table(gzip.decompress(path.read_bytes()), profile)
        _note_first(first, table)
    _note_first(
        first, _table(avacha.avacha_month(), Profile.model_validate_json(avacha.PROFILE.read_bytes()))
    )
    for row in (*wexley.wexley_base(), *avacha.avacha_base()):
        days = [first[card].date() for card in row.cards if card in first]
        assert row.account_opened_on <= row.joined_on
        assert all(row.joined_on <= day for day in days)


def _note_first(first: dict[str, datetime], table: pa.Table) -> None:
    for card, at in zip(table["card"].to_pylist(), table["occurred_at"].to_pylist(), strict=True):
        first[card] = min(at, first.get(card, at))


def test_the_generated_month_says_so_and_reads_whole():
    data = avacha.avacha_month()
    assert data == avacha.avacha_month()
    assert "СГЕНЕРИРОВАНЫ" in data.split(b"\r\n")[0].decode("cp1251")
    table = _table(data, Profile.model_validate_json(avacha.PROFILE.read_bytes()))
    kinds = Counter(table["kind"].to_pylist())
    assert (len(table), kinds[OperationKind.REFUND]) == (12534, 132)
    assert set(kinds) == set(OperationKind)
    assert {shop.mid for shop in avacha.SHOPS if shop.mid} == set(table["mid"].drop_null().to_pylist()) - {""}
    for client, opened in zip(
        avacha.avacha_base()[-2:], (date(2023, 11, 21), date(2023, 11, 22)), strict=True
    ):
        assert client.account_opened_on == opened
        days = table.filter(pc.is_in(table["card"], pa.array(client.cards)))["occurred_at"].to_pylist()
        assert days == [datetime(2026, 11, 21, 0, 0, tzinfo=UTC)]
    bought = dict(zip(table["reference"].to_pylist(), table["amount"].to_pylist(), strict=True))
    assert len(bought) == len(table)
    for line in table.filter(pc.is_valid(table["original_reference"])).to_pylist():
        assert line["amount"] <= bought[line["original_reference"]]


def test_generated_clients_are_the_same_each_time_and_reach_nobody():
    base = avacha.avacha_base()
    assert base == avacha.avacha_base()
    assert len({row.person.phone for row in base}) == len({row.cards for row in base}) == 420
    assert all(row.person.phone and row.person.phone.startswith("+7945000") for row in base)
    assert all(row.person.email is None or row.person.email.endswith("@example.com") for row in base)
