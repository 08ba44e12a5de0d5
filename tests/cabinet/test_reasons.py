"""The steps from an amount to its points, and prices of offers in few letters."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from coalition.cabinet import reasons, why
from coalition.ledger.models import Lot
from coalition.programmes.terms import NEVER
from coalition.promotions.awards import (
    CUT_BY_BUDGET,
    CUT_BY_LANE,
    CUT_BY_PERIOD,
    CUT_BY_PURCHASE,
    CUT_BY_RIVAL,
)
from coalition.promotions.explain import Applied
from coalition.promotions.wording_rates import rate_of
from tenants.branding.words import Words
from tests.promotions.offers import document

LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
W = Words("en", ("point", "points"), 0, "GBP", "Europe/London", date(2026, 11, 22))
BANDS = [{"at_least": "0", "rate": "5"}, {"at_least": "10000", "rate": "10"}]
PERCENT = {"kind": "percent", "rate": "5"}


def step(mechanic: dict[str, Any], applied: tuple[int, int, int, int, int], **more: Any) -> list[str]:
    """The rules of the steps after the amount: base, points, cut, step, cut by."""
    one = Applied(1, document(mechanic, **more), LONG_AGO, *applied)
    return [shown.rule for shown in reasons.steps([one], 100_000, W)[1:]]


@pytest.fixture(autouse=True)
def in_english(app: Flask) -> Iterator[None]:
    """A request of an English reader."""
    with app.test_request_context(), force_locale("en"):
        yield


@pytest.mark.parametrize(
    ("mechanic", "short"),
    [
        (PERCENT, "5%"),
        ({"kind": "fixed", "points": "5"}, "5 points"),
        ({"kind": "per_step", "points": "1", "step": "100"}, "1 point per £100"),
        ({"kind": "tenure", "bands": [{"years": 0, "points": "50"}]}, "up to 50 points"),
        ({"kind": "bands", "mode": "whole", "bands": BANDS}, "up to 10%"),
        ({"kind": "ladder", "steps": ["10", "5"]}, "up to 10%"),
        ({"kind": "ladder", "steps": ["10"], "then": "last"}, "10%"),
        ({"kind": "multiplier", "times": "1.5"}, "× 1.5"),
        ({"kind": "per_unit", "points": "5"}, "5 points"),
        ({"kind": "buy_get", "buy": 2, "get": 1}, "2 + 1"),
        ({"kind": "cheapest", "of": 4}, "3 + 1"),
        ({"kind": "by_payment", "rates": {"instant": "10"}}, "10%"),
        ({"kind": "category_of_month", "rate": "7.5", "categories": {"fuel": ["5541"]}}, "7.5%"),
    ],
)
def test_every_mechanic_is_as_short_as_a_price(mechanic: dict[str, Any], short: str) -> None:
    assert rate_of(document(mechanic), W).replace("\u00a0", " ") == short


def test_w2_a_shop_has_its_rate_and_only_a_list_of_rates_says_up_to() -> None:
    assert rate_of(document({"kind": "percent", "rate": "7.5"}), W) == "7.5%"
    listed = {"kind": "by_payment", "rates": {"instant": "60", "card": "7.5"}}
    assert rate_of(document(listed), W) == "up to 60%"


def test_a_percentage_shows_its_sum() -> None:
    favourite = {"kind": "category_of_month", "rate": "7.5", "categories": {"fuel": ["5541"]}}
    assert step(PERCENT, (100_000, 50, 0, 0, 0)) == ["1,000 × 5% = 50"]
    assert step(favourite, (100_100, 75, 0, 0, 0)) == ["1,001 × 7.5% = 75.075. Fractions are dropped"]


def test_parts_and_steps_show_their_own() -> None:
    bands = {"kind": "bands", "mode": "marginal", "bands": BANDS}
    assert step(bands, (1_500_000, 1000, 0, 0, 0)) == ["5% of £10,000 + 10% of £5,000"]
    assert step({"kind": "ladder", "steps": ["10", "5"]}, (100_000, 50, 0, 2, 0)) == [
        "5% of £1,000: step 2 of 2"
    ]


@pytest.mark.parametrize(
    ("cut_by", "limits", "why"),
    [
        (CUT_BY_PURCHASE, {"per_purchase": "30"}, "No more than 30 for one purchase"),
        (CUT_BY_PERIOD, {"per_day": "30", "ever": "90"}, "No more than 30 a day. No more than 90 in all"),
        (
            CUT_BY_PERIOD,
            {"per_week": "30", "per_month": "60", "per_year": "90"},
            "No more than 30 a week. No more than 60 a month. No more than 90 a year",
        ),
        (CUT_BY_BUDGET, {"per_month": "30", "budget": "1000"}, "The offer has nothing more to give"),
        (CUT_BY_LANE, {}, "Offers like this one together give no more than a part of the amount"),
        (CUT_BY_RIVAL, {}, "Another offer was given instead of this one"),
    ],
)
def test_the_limit_that_cut_is_told(cut_by: int, limits: dict[str, str], why: str) -> None:
    assert step(PERCENT, (100_000, 30, 20, 0, cut_by), limits=limits) == ["1,000 × 5% = 50", why]


def lot(remaining: int, last: date) -> Lot:
    return Lot(remaining=remaining, expires_on=last, active_on=date(2026, 11, 20), pending=False)


@pytest.mark.parametrize(
    ("lots", "said"),
    [
        ([lot(5, NEVER), lot(0, date(2026, 12, 1))], ["They have no last day"]),
        ([lot(5, date(2026, 12, 1)), lot(3, date(2026, 12, 1))], ["Can be spent until 1 December"]),
        (
            [lot(5, NEVER), lot(30, date(2026, 12, 22)), lot(1, date(2026, 12, 1))],
            [
                "1 point: can be spent until 1 December",
                "30 points: can be spent until 22 December",
                "5 points: no last day",
            ],
        ),
    ],
)  # fmt: skip
def test_points_that_live_for_another_time_are_told_apart(lots: list[Lot], said: list[str]) -> None:
    assert [one.text.replace("\xa0", " ") for one in why._terms(lots, W)] == said
