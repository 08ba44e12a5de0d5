"""A budget that one award alone does not fit in is refused before it is published, at its field."""

from decimal import Decimal
from typing import Any

import pytest

from coalition.promotions.case import Setting, Units
from coalition.promotions.checking import budget_flaws
from tests.promotions.offers import document

SETTING = Setting(Units(0, 2), exchange=(1, 50))  # a point is worth half a rouble
FIXED: dict[str, Any] = {"kind": "fixed", "points": "500"}
STEP: dict[str, Any] = {"kind": "per_step", "points": "20", "step": "100"}
BOTH: dict[str, Any] = {"kind": "both_sides", "friend": "300", "referrer": "200"}
PERCENT: dict[str, Any] = {"kind": "percent", "rate": "5"}


@pytest.mark.parametrize(
    ("mechanic", "limits", "field", "least"),
    [
        (FIXED, {"budget": "100"}, "limits.budget", "500"),
        (FIXED, {"budget": "499.99"}, "limits.budget", "500"),
        (FIXED, {"budget": "500"}, None, None),
        (FIXED, {}, None, None),
        (FIXED, {"budget": "100", "per_purchase": "100"}, None, None),
        (FIXED, {"budget": "100", "per_month": "150"}, "limits.budget", "150"),
        (FIXED, {"budget_money": "249.99"}, "limits.budget_money", "250"),
        (FIXED, {"budget_money": "250"}, None, None),
        (STEP, {"budget": "19"}, "limits.budget", "20"),
        (PERCENT, {"budget": "1"}, None, None),
    ],
)
def test_the_least_budget_is_named(
    mechanic: dict[str, Any], limits: dict[str, str], field: str | None, least: str | None
) -> None:
    found = budget_flaws(document(mechanic, limits=limits), SETTING)
    assert [(one.field, one.kind, one.facts["least"]) for one in found] == (
        [(field, "budget_below_award", Decimal(str(least)))] if field else []
    )


def test_what_two_members_get_is_one_award() -> None:
    trigger = {"kind": "referral", "amount_from": "1000", "settled_days": 14, "within_days": 30}
    found = budget_flaws(document(BOTH, trigger=trigger, limits={"budget": "499"}))
    assert [one.facts["least"] for one in found] == [Decimal(500)]


def test_what_a_lane_may_cut_to_a_share_of_the_purchase_has_no_least_award() -> None:
    lane = {"name": "all", "percent": "10"}
    assert budget_flaws(document(FIXED, limits={"budget": "1"}, lane=lane)) == []
