"""Benefits, draws, paying terms and the dry run at the command line, as their users type them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner, Result

from admin.cli.main import cli
from tenants.runtime import clock
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import balances, join, line, load, open_bank, per_step, promotion, query

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NAME = {"ru": "Билет", "en": "A ticket"}
TICKET = {"code": "ticket", "kind": "ticket", "name": NAME}
COUPON = {
    "code": "drink",
    "kind": "coupon",
    "name": {"ru": "Напиток", "en": "A drink"},
    "terms": {"valid_days": 30},
}
DRAW = {
    "code": "d", "ticket": "ticket", "name": NAME, "closes_at": "2026-12-01 00:00",
    "prizes": [{"code": "car", "name": {"ru": "Машина", "en": "A car"}, "count": 1}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


@pytest.fixture
def bank(live_database: Settings) -> House:
    redis.Redis.from_url(live_database.redis_url).flushall()
    off = promotion({"kind": "percent", "rate": "10"}, gives={"kind": "discount"})
    return open_bank([per_step(), off])


@pytest.fixture
def slug(bank: House) -> str:
    [(found,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    return str(found)


def coalition(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def done(*arguments: str) -> str:
    ended = coalition(*arguments)
    assert ended.exit_code == 0, ended.output
    return ended.output


def written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


def test_a_benefit_is_granted_drawn_and_proved(bank: House, slug: str, tmp_path: Path) -> None:
    where = ("--tenant", slug)
    assert done("benefits", "add", *where, written(tmp_path / "t.json", TICKET)) == (
        "Promotions can grant ticket now.\n"
    )
    done("benefits", "add", *where, written(tmp_path / "c.json", COUPON))
    assert done("benefits", "list", *where).split() == [
        "drink",
        "coupon",
        "A",
        "drink",
        "ticket",
        "ticket",
        "A",
        "ticket",
    ]
    again = coalition("benefits", "add", *where, written(tmp_path / "t.json", TICKET))
    assert (again.exit_code, "already" in again.output) == (2, True)
    gives = {"kind": "benefit", "code": "ticket", "name": NAME}
    granting = promotion({"kind": "per_step", "points": "1", "step": "100"}, gives=gives)
    path = written(
        tmp_path / "p.json", {"code": "tickets", "document": granting, "starts_at": "2026-11-01 00:00"}
    )
    done("promotions", "publish", *where, path)
    vera = join(bank, "vera")
    load(bank, [line("vera", "2026-11-20", 250)])
    promised = done("draws", "open", *where, written(tmp_path / "d.json", DRAW))
    refused = coalition("draws", "draw", *where, "--code", "d")
    assert (refused.exit_code, "after its close" in refused.output) == (2, True)
    with clock.stopped(datetime(2026, 12, 1, tzinfo=UTC)):
        done("draws", "draw", *where, "--code", "d")
    proof = json.loads(done("draws", "verify", *where, "--code", "d", "--json"))
    assert (proof["seed_holds"], proof["entries_hold"], proof["winners_hold"], proof["tickets"]) == (
        True,
        True,
        True,
        2,
    )
    assert [(win["prize"], win["member"]) for win in proof["wins"]] == [("car", str(vera))]
    assert promised.split()[-1] in done("draws", "list", *where)


def test_a_sale_is_tried_and_nothing_is_touched(bank: House, slug: str, tmp_path: Path) -> None:
    where = ("--tenant", slug)
    vera = join(bank, "vera")
    load(bank, [line("vera", "2026-11-20", 50_000)])
    before = balances(bank)[vera]
    terms = {"percent": "30", "goods": [{"goods": {"categories": ["tobacco"]}, "percent": "0"}]}
    done("paying", "set", *where, written(tmp_path / "pay.json", terms))
    assert json.loads(done("paying", "show", *where))["percent"] == "30"
    sale = {"items": [{"sum": "800.00", "sku": "bread"}, {"sum": "200.00", "category": "tobacco"}]}
    found = json.loads(
        done("promotions", "try", *where, "--handle", "vera", "--json", written(tmp_path / "s.json", sale))
    )
    assert [line["text"] for line in found["lines"]] == ["bread: ₽720 (₽80 off)", "tobacco: ₽180 (₽20 off)"]
    texts = [found[name]["text"] for name in ("to_pay", "points", "with_points")]
    told = [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts]
    assert told == ["₽900", "9 points", "216 points"]
    assert balances(bank)[vera] == before
    assert query(bank, "select count(*) from purchase") == [(1,)]


@pytest.mark.parametrize(
    ("sale", "said"),
    [
        ({}, "a sale has its lines, or its amount alone"),
        ({"amount": "x"}, "amount"),
        ({"amount": "100", "at": "noon"}, "a day and a time are written like"),
        ({"amount": "100", "outlet": "moon"}, "moon"),
        ({"amount": "100", "partner": "moon"}, "moon"),
        ({"amount": "100", "at": "2027-01-01 00:00"}, "future"),
    ],
)
def test_a_sale_that_cannot_be_is_refused_in_a_sentence(
    bank: House, slug: str, tmp_path: Path, sale: dict[str, Any], said: str
) -> None:
    join(bank, "vera")
    path = written(tmp_path / "s.json", sale)
    ended = coalition("promotions", "try", "--tenant", slug, "--handle", "vera", path)
    unfit = said == "amount"  # a flaw of the file itself is told as every file's flaws are
    assert (ended.exit_code, said in ended.output) == (1 if unfit else 2, True), ended.output
