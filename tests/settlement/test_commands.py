"""`coalition settlement`, as its users type it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from admin.cli.main import cli
from tenants.runtime import clock
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.settlement.test_closing import CLOSED, HOTEL, hotel, sell
from tests.settlement.test_payments import agreed, camt, entry
from tests.transactions.bank import query

TERMS: dict[str, Any] = {
    "operator": "bank",
    "participants": [{"participant": "shop", "since": "2026-11-01", "terms": HOTEL}],
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(CLOSED):
        yield


@pytest.fixture
def house(live_database: Settings) -> House:
    """The hotel of the seed, in a database of its own."""
    return hotel()


def run(house: House, *words: str) -> Result:
    [(slug,)] = query(house, f"select slug from tenant where id = {house.tenant}")
    return CliRunner().invoke(cli, ["settlement", words[0], "--tenant", str(slug), *words[1:]])


def test_the_hotels_month_is_closed_shown_and_opened_into_its_rows(house: House) -> None:
    sell(house, 10_000_00)
    closed = run(house, "close", "--period", "2026-10", "--json")
    assert closed.exit_code == 0, closed.output
    told = json.loads(closed.output)["statements"]
    assert [(one["participant"], one["owes"], one["owed"]) for one in told] == [("shop", 1_400_00, 10_000_00)]
    assert json.loads(run(house, "show", "--period", "2026-10", "--json").output)["statements"] == told
    assert "1. shop: bank pays shop ₽8,600 by 2026-11-22" in run(house, "show", "--period", "2026-10").output
    rows = run(house, "register", "--period", "2026-10", "--participant", "shop", "--kind", "issued").output
    assert [row["points"] for row in csv.DictReader(io.StringIO(rows))] == ["120000"]


def test_terms_come_from_a_file_whole_or_not_at_all(house: House, tmp_path: Path) -> None:
    path = tmp_path / "terms.yaml"
    path.write_text(yaml.safe_dump(TERMS), "utf-8")
    done = run(house, "terms", str(path))
    assert (done.exit_code, done.output) == (0, "1 participant by these terms.\n")
    wrong = TERMS | {
        "participants": [*TERMS["participants"], {"participant": "nobody", "since": "2026-12-01"}]
    }
    path.write_text(yaml.safe_dump(wrong), "utf-8")
    refused = run(house, "terms", str(path))
    assert (refused.exit_code, "choose one of these: bank, shop" in refused.output) == (2, True)
    [(count,)] = query(house, "select count(*) from party_terms where since = '2026-12-01'")
    assert count == 0


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"operator": "bank"}, "a list of participants belongs there"),
        (TERMS | {"participants": [{"participant": "shop"}]}, "`participant` and `since` belong there"),
        (
            TERMS | {"participants": [{"participant": "shop", "since": "soon"}]},
            "`participant` and `since` belong",
        ),
        (TERMS | {"participants": [TERMS["participants"][0] | {"since": "2026-11-02"}]}, "first day"),
        (TERMS | {"terms": {"vat": [{"since": "2026-01-01", "rate": "-1"}]}}, "vat.0.rate"),
        ([], "a list of participants belongs there"),
    ],
)
def test_a_wrong_file_is_refused_in_words(house: House, tmp_path: Path, document: Any, says: str) -> None:
    path = tmp_path / "terms.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    refused = run(house, "terms", str(path))
    assert (refused.exit_code, "Traceback" in refused.output) == (2, False)
    assert says in refused.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("close", "--period", "2026-11"), "2026-11 is not over yet; it can be closed from 2026-12-01 01:00"),
        (("close", "--period", "october"), "write it like 2026-10"),
        (("close", "--period", "2026-12"), "2026-12 is not over yet"),
        (
            ("register", "--period", "2026-10", "--participant", "x", "--kind", "issued"),
            "choose one of these: bank",
        ),
    ],
)
def test_what_cannot_be_is_told(house: House, words: tuple[str, ...], says: str) -> None:
    refused = run(house, *words)
    assert (refused.exit_code, says in refused.output) == (2, True), refused.output


def test_a_month_without_anything_says_so(house: House) -> None:
    assert run(house, "close", "--period", "2026-10").output == "Nobody owes anybody anything.\n"


def test_payments_are_ordered_and_a_banks_statement_marks_them_once(
    live_database: Settings, tmp_path: Path
) -> None:
    house = agreed()
    orders, bank = tmp_path / "pain.xml", tmp_path / "camt.xml"
    done = run(house, "pay", "--period", "2026-10", str(orders))
    assert (done.exit_code, done.output) == (0, f"{orders}: 1 payment.\n")
    first = orders.read_bytes()
    assert run(house, "pay", "--period", "2026-10", str(orders)).exit_code == 0
    assert orders.read_bytes() == first
    bank.write_bytes(camt(entry(house, "1.00", own="E0"), entry(house)))
    told = run(house, "paid", str(bank))
    assert (told.exit_code, "1.00 RUB: the statement says another sum" in told.output) == (0, True)
    assert told.output.endswith("1 paid, 0 known before, 1 did not fit.\n")
    again = run(house, "paid", str(bank))
    assert again.output.endswith("0 paid, 1 known before, 1 did not fit.\n")


def test_payments_that_cannot_be_are_told(house: House, tmp_path: Path) -> None:
    orders = tmp_path / "pain.xml"
    refused = run(house, "pay", "--period", "2026-10", str(orders))
    assert (refused.exit_code, orders.exists()) == (2, False)
    assert "The operator owes nothing by agreed statements of 2026-10" in refused.output
    orders.write_bytes(b"{}")
    unread = run(house, "paid", str(orders))
    assert (unread.exit_code, "it is no XML. It should be a camt.053" in unread.output) == (2, True)


def test_the_liability_of_a_past_day_is_told_by_month(house: House) -> None:
    sell(house, 10_000_00)
    before = run(house, "liability", "--as-of", "2026-10-14")
    assert (before.exit_code, before.output.splitlines()[0]) == (0, "2026-10-14: 0 points, ₽0; debts 0")
    told = json.loads(run(house, "liability", "--as-of", "2026-10-15", "--json").output)
    assert (told["worth"], told["debt"]) == (1_200_00, 0)
    assert [(one["month"], one["given"], one["left"], one["burnt"]) for one in told["months"]] == [
        ("all", 1_200_00, 1_200_00, 0), ("2026-10", 1_200_00, 1_200_00, 0),
    ]  # fmt: skip
    assert "2026-10" in run(house, "liability", "--as-of", "2026-10-15").output
