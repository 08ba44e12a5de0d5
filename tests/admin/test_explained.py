"""What commands say of a purchase: every amount in its own unit, in both languages, as text and as JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from click.testing import CliRunner

from admin.cli.main import cli
from coalition.benefits.actions import add_benefit
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.promotions.case import Item, Receipt
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.settings import Settings
from tests.ledger.house import House, drain
from tests.transactions.bank import LONG_AGO, back, join, line, load, open_bank, per_step, promotion, query

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CUP = {"ru": "чашка кофе", "en": "a cup of coffee"}
TEN_OFF = promotion(
    {"kind": "percent", "rate": "10"}, gives={"kind": "discount"}, title={"ru": "Скидка", "en": "Ten off"}
)
CUPS = promotion(
    {"kind": "per_step", "points": "1", "step": "400"},
    gives={"kind": "benefit", "code": "cup", "name": CUP},
    title={"ru": "Кофе", "en": "Coffee"},
    limits={"per_purchase": "2"},
)
EVERY = "a cup of coffee for every full ₽400 of ₽1,350, but no more than 2 × a cup of coffee a purchase"
EVERY_RU = "чашка кофе за каждые полные 400 ₽ из 1 350 ₽, но не больше 2 × чашка кофе за покупку"
BIG = promotion(
    {"kind": "fixed", "points": "500"},
    title={"ru": "Крупная", "en": "Big"},
    conditions={"amount_from": "5000", "segments": ["payroll"]},
)
PAYROLL = promotion(
    {"kind": "fixed", "points": "7"}, title={"ru": "Зарплата", "en": "Payroll"}, conditions={"segments": ["payroll"]}
)  # fmt: skip


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


@pytest.fixture
def bank(live_database: Settings) -> House:
    redis.Redis.from_url(live_database.redis_url).flushall()
    bank = open_bank([per_step(title={"ru": "За покупки", "en": "Purchases"})])
    join(bank, "payroll-card", segments=["payroll"])
    with db.transaction(bank.tenant) as session:
        programme_by_id(session, bank.programme).unit = {
            "ru": ["балл", "балла", "баллов"], "en": ["point", "points"],
        }  # fmt: skip
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="cup", kind="coupon", name=CUP, terms={}
        )
        for number, document in enumerate((TEN_OFF, CUPS, BIG, PAYROLL), 1):
            publish(
                session, SYSTEM, programme_id=bank.programme, code=f"p{number}", document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
    return bank


@pytest.fixture
def vera(bank: House) -> UUID:
    return join(bank, "vera")


def told(bank: House, *command: str) -> str:
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    ended = CliRunner().invoke(cli, (*command, "--tenant", str(slug)))
    assert ended.exit_code == 0, ended.output
    return ended.output.replace("\u00a0", " ").replace("\u202f", " ")


def sell(bank: House, member: UUID) -> None:
    """A till has taken off the ten percent of 1,500.00."""
    items = (Item("tea", 1000, 135_000, discount=15_000),)
    receipt = Receipt(items, discounts=(("p1", 15_000),))
    with db.transaction(bank.tenant) as session:
        sale = Told("s", member, datetime(2026, 11, 20, tzinfo=UTC), 135_000, "shop", receipt=receipt)
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=[sale])
    drain(bank.tenant)


def test_points_money_and_pieces_are_told_apart(bank: House, vera: UUID) -> None:
    sell(bank, vera)
    command = ("explain", "--handle", "vera")
    assert told(bank, *command).splitlines()[2:] == [
        "  + Purchases: 1 point for every full ₽100 of ₽1,350 = 13 points",
        f"  + Coffee: {EVERY} = 2 × a cup of coffee (−1 × a cup of coffee: the limit of a purchase)",
        "  + Ten off: 10% of ₽1,500, off the price = ₽150",
        "  - Big: It takes a purchase of ₽5,000 or more; this one was ₽3,650 short",
        "  - Payroll: It is for certain clients of the bank",
    ]
    assert told(bank, *command, "--lang", "ru").splitlines()[2:5] == [
        "  + За покупки: 1 балл за каждые полные 100 ₽ из 1 350 ₽ = 13 баллов",
        f"  + Кофе: {EVERY_RU} = 2 × чашка кофе (−1 × чашка кофе: лимит за покупку)",
        "  + Скидка: 10 % от 1 500 ₽, скидкой с цены = 150 ₽",
    ]


def test_the_numbers_stand_beside_the_text(bank: House, vera: UUID) -> None:
    sell(bank, vera)
    [(purchase,)] = query(bank, "select id from purchase")
    found = json.loads(told(bank, "promotions", "explain", "--purchase", str(purchase), "--json"))[0]
    every = [*found["given"], *found["missed"]]
    assert {(one["promotion"], one["version"]) for one in every} == {(f"p{number}", 1) for number in range(5)}
    assert found["at"] == "2026-11-20T12:00:00+12:00"
    assert (found["amount"]["value"], found["amount"]["exponent"], found["amount"]["unit"]) == (
        135_000,
        2,
        "RUB",
    )
    assert (found["points"]["value"], found["points"]["kind"]) == (13, "points")
    given = [
        (one["promotion"], *(one["given"][name] for name in ("kind", "unit", "value")))
        for one in found["given"]
    ]
    assert given == [
        ("p0", "points", "points", 13), ("p2", "benefit", "cup", 2), ("p1", "money", "RUB", 15_000),
    ]  # fmt: skip
    coffee = found["given"][1]
    assert (coffee["cut"]["value"], coffee["cut"]["unit"], coffee["cut_by"]) == (
        1,
        "cup",
        "limit_per_purchase",
    )
    assert (found["given"][0]["cut"], found["given"][0]["cut_by"]) == (None, None)
    assert found["given"][2]["counted"] | {"name": ""} == {
        "value": 150_000, "exponent": 2, "kind": "money", "unit": "RUB", "name": "", "text": "₽1,500",
    }  # fmt: skip
    big, payroll = found["missed"]
    assert (big["promotion"], big["code"], big["wanted"]["value"], big["actual"]["value"]) == (
        "p3", "amount", 500_000, 135_000,
    )  # fmt: skip
    assert (payroll["code"], payroll["wanted"], payroll["actual"]) == ("segment", ["payroll"], [])


def test_a_return_is_told_with_what_it_took(bank: House, vera: UUID) -> None:
    load(bank, [line("vera", "2026-11-18", 250), back("vera", "2026-11-19", 250)])
    assert told(bank, "explain", "--handle", "vera").splitlines()[-1] == "  - Changed by returns: −2 points"
    [found] = json.loads(told(bank, "explain", "--handle", "vera", "--json"))
    assert (found["points"]["value"], found["returned"]["value"]) == (0, -2)


def test_what_a_limit_leaves_nothing_of_has_no_plus(bank: House, vera: UUID) -> None:
    capped = promotion(
        {"kind": "fixed", "points": "5"},
        title={"ru": "Раз", "en": "Five"}, limits={"per_month": "5"},
    )  # fmt: skip
    with db.transaction(bank.tenant) as session:
        publish(
            session, SYSTEM, programme_id=bank.programme, code="capped", document=capped, starts_at=LONG_AGO
        )
    load(bank, [line("vera", "2026-11-18", 250)])
    load(bank, [line("vera", "2026-11-19", 250)])
    lines = [line.split(":")[0] for line in told(bank, "explain", "--handle", "vera").splitlines()]
    assert [line for line in lines if "Five" in line] == ["  = Five", "  + Five"]


def test_a_sale_that_is_tried_says_the_same_in_both_languages(
    bank: House, vera: UUID, tmp_path: Path
) -> None:
    path = tmp_path / "sale.json"
    path.write_text(json.dumps({"items": [{"sum": "1500.00", "sku": "tea"}]}))
    command = ("promotions", "try", "--handle", "vera", str(path))
    assert told(bank, *command, "--lang", "ru").splitlines() == [
        "К оплате: 1 350 ₽",
        "Баллов за покупку: 13 баллов",
        "Можно оплатить баллами: 0 баллов",
        "  = tea: 1 350 ₽ (скидка 150 ₽)",
        "  + За покупки: 1 балл за каждые полные 100 ₽ из 1 350 ₽ = 13 баллов",
        f"  + Кофе: {EVERY_RU} = 2 × чашка кофе (−1 × чашка кофе: лимит за покупку)",
        "  + Скидка: 10 % от 1 500 ₽, скидкой с цены = 150 ₽",
        "  - Крупная: Нужна покупка от 5 000 ₽, не хватило 3 650 ₽",
        "  - Зарплата: Это для отдельных клиентов банка",
    ]
    found: dict[str, Any] = json.loads(told(bank, *command, "--json"))
    assert (found["to_pay"]["value"], found["lines"][0]["discount"]["value"]) == (135_000, 15_000)
    assert [one["code"] for one in found["missed"]] == ["amount", "segment"]


@pytest.mark.parametrize(
    ("terms", "ru", "en"),
    [
        (("days", 30, None), "потратить можно в течение 30 дней", "can be spent for 30 days"),
        (("date", None, date(2027, 1, 31)), "потратить можно по 31 января 2027 года включительно",
         "can be spent until 31 January 2027"),
        (("month_end", 2, None), "потратить можно до конца месяца, который наступит через 2 месяца",
         "can be spent until the end of the month that comes 2 months later"),
        (("never", None, None), "", ""),
    ],
)  # fmt: skip
def test_points_are_told_with_how_long_the_programme_lets_them_be_spent(
    bank: House, vera: UUID, tmp_path: Path, terms: tuple[str, int | None, date | None], ru: str, en: str
) -> None:
    with db.transaction(bank.tenant) as session:
        programme = programme_by_id(session, bank.programme)
        programme.expiry, programme.expiry_count, programme.expiry_date = terms
    path = tmp_path / "sale.json"
    path.write_text(json.dumps({"amount": "1500.00"}))
    command = ("promotions", "try", "--handle", "vera", str(path))
    for lang, said in (("ru", ru), ("en", en)):
        lines = told(bank, *command, "--lang", lang).splitlines()
        [points] = [one for one in lines if one.startswith(("  + За покупки", "  + Purchases"))]
        assert points.partition("; ")[2].replace("\xa0", " ") == said
        [off] = [one for one in lines if one.startswith(("  + Скидка", "  + Ten off"))]
        assert "; " not in off
    sell(bank, vera)
    assert (en in told(bank, "explain", "--handle", "vera")) is True
    [found] = json.loads(told(bank, "explain", "--handle", "vera", "--json"))
    assert {one["promotion"]: one["valid"] for one in found["given"]}["p0"] == (en or None)


def test_purchases_are_listed_to_be_asked_about(bank: House, vera: UUID) -> None:
    assert told(bank, "purchases", "list") == "No purchase is booked yet.\n"
    load(bank, [line("vera", "2026-11-18", 250), line("payroll-card", "2026-11-19", "80.50")])
    ids = [str(row[0]) for row in query(bank, "select id from purchase order by id desc")]
    assert told(bank, "purchases", "list").splitlines() == [
        f"{ids[0]}  19 November 2026, 12:00  shop  ₽80.50",
        f"{ids[1]}  18 November 2026, 12:00  shop  ₽250",
    ]
    assert told(bank, "purchases", "list", "--handle", "vera", "--ids") == f"{ids[1]}\n"
    [newest] = json.loads(told(bank, "purchases", "list", "--limit", "1", "--json"))
    assert (newest["purchase"], newest["amount"]["value"], newest["at"]) == (
        ids[0], 8_050, "2026-11-19T12:00:00+12:00",
    )  # fmt: skip
