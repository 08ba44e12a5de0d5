"""What may be a slip is told and refused by nobody: rates above what is paid, a budget of one purchase."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from coalition.promotions.case import Setting, Units
from coalition.promotions.checking import budget_flaws, flaws
from coalition.promotions.doubts import doubts, start_doubts
from tests.promotions.offers import document

ROUBLES = Setting(Units(0, 2), exchange=(1, 100))
KOPECKS = Setting(Units(0, 2), exchange=(100, 100))  # a point is worth a hundredth of a rouble


@pytest.mark.parametrize(
    ("mechanic", "setting", "told"),
    [
        ({"kind": "percent", "rate": "100"}, ROUBLES, []),
        ({"kind": "percent", "rate": "120.5"}, ROUBLES, [("mechanic.rate", "120.5")]),
        ({"kind": "percent", "rate": "500"}, KOPECKS, []),
        ({"kind": "ladder", "steps": ["5", "300", "200"]}, ROUBLES, [("mechanic.steps", "300")]),
        ({"kind": "by_payment", "rates": {"card": "150", "cash": "1"}}, ROUBLES, [("mechanic.rates.card", "150")]),
        (
            {
                "kind": "bands", "by": "cheque", "mode": "whole",
                "bands": [{"at_least": "0", "rate": "1"}, {"at_least": "5", "rate": "101"}],
            },
            ROUBLES,
            [("mechanic.bands.1.rate", "101")],
        ),
    ],
)  # fmt: skip
def test_a_rate_that_gives_back_more_than_is_paid(
    mechanic: dict[str, Any], setting: Setting, told: list[tuple[str, str]]
) -> None:
    found = doubts(document(mechanic), setting)
    assert [(one.field, one.kind, one.facts["worth"]) for one in found] == [
        (field, "rate_above_whole", Decimal(worth)) for field, worth in told
    ]


def test_a_discount_is_doubted_by_its_rate_whatever_points_are_worth() -> None:
    off = document({"kind": "percent", "rate": "150"}, gives={"kind": "discount"})
    assert [one.facts["worth"] for one in doubts(off, KOPECKS)] == [Decimal(150)]


@pytest.mark.parametrize(("budget", "told"), [("1000", ["limits.budget"]), ("1001", [])])
def test_a_budget_that_one_purchase_can_use_up(budget: str, told: list[str]) -> None:
    limits = {"per_purchase": "1000", "budget": budget}
    found = doubts(document({"kind": "percent", "rate": "5"}, limits=limits), ROUBLES)
    assert [one.field for one in found] == told


FIXED, PERCENT = {"kind": "fixed", "points": "100"}, {"kind": "percent", "rate": "5"}


@pytest.mark.parametrize(
    ("mechanic", "more", "told"),
    [
        (FIXED, {"limits": {"budget": "100"}}, ("limits.budget", "budget_of_one_award", {"most": 100})),
        (FIXED, {"limits": {"budget": "101"}}, None),
        (FIXED, {"limits": {"budget": "99"}}, None),  # which is refused
        (FIXED, {"limits": {"budget": "60", "per_month": "50"}}, None),
        (FIXED, {"limits": {"budget_money": "100"}}, ("limits.budget_money", "budget_of_one_award", {"most": 100})),
        (
            {"kind": "both_sides", "friend": "30", "referrer": "20"},
            {"trigger": {"kind": "referral"}, "limits": {"budget": "50"}},
            ("limits.budget", "budget_of_one_award", {"most": 50}),
        ),
        (
            PERCENT,
            {"limits": {"budget": "50"}},
            ("limits.budget", "budget_of_ordinary_purchase", {"sum": 1000, "most": 50}),
        ),
        (PERCENT, {"limits": {"budget": "51"}}, None),
        (
            PERCENT,
            {"limits": {"budget": "10"}},
            ("limits.budget", "budget_of_ordinary_purchase", {"sum": 1000, "most": 50}),
        ),
        (
            PERCENT,
            {"limits": {"budget_money": "50"}},
            ("limits.budget_money", "budget_of_ordinary_purchase", {"sum": 1000, "most": 50}),
        ),
        (
            PERCENT,
            {"limits": {"budget": "500"}, "conditions": {"amount_from": "10000"}},
            ("limits.budget", "budget_of_ordinary_purchase", {"sum": 10000, "most": 500}),
        ),
        (PERCENT, {"limits": {"budget": "499"}, "conditions": {"amount_from": "10000"}}, None),  # which is refused
        (PERCENT, {"limits": {"budget": "50", "per_day": "49"}}, None),
        (PERCENT, {"limits": {"budget": "50"}, "base": {"goods": {"skus": ["a"]}}}, None),
        (PERCENT, {"limits": {"budget": "50"}, "lane": {"name": "a", "percent": "1"}}, None),
        (PERCENT, {}, None),
    ],
)  # fmt: skip
def test_a_budget_that_one_award_or_an_ordinary_purchase_uses_up(
    mechanic: dict[str, Any], more: dict[str, Any], told: tuple[str, str, dict[str, int]] | None
) -> None:
    found = doubts(document(mechanic, **more), ROUBLES)
    assert [(one.field, one.kind, one.facts) for one in found] == ([told] if told else [])


@pytest.mark.parametrize(
    ("more", "least"),
    [
        ({"limits": {"budget": "49"}}, 50),
        ({"limits": {"budget": "50"}}, None),
        ({"limits": {"budget": "19", "per_purchase": "20"}}, 20),
        ({"limits": {"budget": "49"}, "base": {"goods": {"skus": ["a"]}}}, None),
        ({"limits": {"budget": "49"}, "conditions": {}}, None),
    ],
)
def test_a_budget_below_what_a_percent_gives_for_the_least_purchase(
    more: dict[str, Any], least: int | None
) -> None:
    offer = document({"kind": "percent", "rate": "5"}, **{"conditions": {"amount_from": "1000"}} | more)
    assert [one.facts["least"] for one in budget_flaws(offer, ROUBLES)] == ([] if least is None else [least])


def test_a_condition_on_goods_that_names_nothing_is_told_at_its_field() -> None:
    offer = document({"kind": "percent", "rate": "5"}).model_dump(mode="json")
    wrong = [{"kind": "goods", "goods": {}}, {"kind": "goods", "goods": {}, "share_from": "20"}]
    assert [(one.field, one.why) for one in flaws(offer | {"where": wrong})] == [
        ("where.0.goods.skus", "a condition on goods names some, or how much of them"),
    ]
    wrong[1]["share_from"] = "120"
    assert [one.field for one in flaws(offer | {"where": wrong[1:]})] == ["where.0.share_from"]


@pytest.mark.parametrize(
    ("title", "rate", "setting", "told"),
    [
        ("5% on fuel", "7", ROUBLES, [("title.en", Decimal(5), Decimal(7))]),
        ("7,0 % on fuel", "7", ROUBLES, []),
        ("7 percent on fuel", "7", ROUBLES, []),
        ("7.5% on fuel", "7.50", ROUBLES, []),
        ("Fuel 95", "7", ROUBLES, []),
        ("3% or 5%", "5", ROUBLES, [("title.en", Decimal(3), Decimal(5))]),
        ("5% back", "500", KOPECKS, []),
        ("50% of the members", "7", ROUBLES, []),
    ],
)
def test_a_title_that_says_another_rate_than_the_terms(
    title: str, rate: str, setting: Setting, told: list[tuple[str, Decimal, Decimal]]
) -> None:
    offer = document(
        {"kind": "percent", "rate": rate},
        title={"ru": "Бензин", "en": title},
        test={"name": "t", "control_percent": "50"},
    )
    found = doubts(offer, setting)
    assert [(one.field, one.facts["said"], one.facts["rate"]) for one in found] == told


@pytest.mark.parametrize(
    ("title", "setting", "told"),
    [
        ("5% back", ROUBLES, []),
        ("5% back", KOPECKS, [("title.en", "title_of_points_rate", Decimal(5), Decimal("0.05"))]),
        ("0.05% back", KOPECKS, []),
        ("5% in points, 0.05% in money", KOPECKS, []),
    ],
)
def test_a_title_that_says_the_rate_in_points_is_doubted_where_points_are_not_worth_that_in_money(
    title: str, setting: Setting, told: list[tuple[str, str, Decimal, Decimal]]
) -> None:
    offer = document({"kind": "percent", "rate": "5"}, title={"ru": "Бензин", "en": title})
    found = doubts(offer, setting)
    assert [(one.field, one.kind, one.facts["said"], one.facts["worth"]) for one in found] == told


def test_the_russian_title_is_read_too_and_one_without_a_rate_is_left_alone() -> None:
    title = {"ru": "Кешбэк 5 процентов", "en": "Fuel"}
    assert [
        one.field for one in doubts(document({"kind": "percent", "rate": "7"}, title=title), ROUBLES)
    ] == ["title.ru"]
    assert doubts(document({"kind": "fixed", "points": "7"}, title=title), ROUBLES) == []


def test_a_start_that_is_past_is_told() -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert [one.kind for one in start_doubts(now - timedelta(seconds=1), now)] == ["start_in_past"]
    assert [start_doubts(at, now) for at in (None, now, now + timedelta(days=1))] == [[], [], []]
