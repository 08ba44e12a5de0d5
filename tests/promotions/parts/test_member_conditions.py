"""Conditions that look at the member: level, attributes, entitlements, consent (golden T1, T2, N2, N5)."""

from datetime import date, datetime, timedelta

import pytest
from pydantic import ValidationError

from coalition.promotions.case import Failed
from coalition.promotions.index import microseconds
from coalition.promotions.tiers import TierTerms
from tests.promotions.offers import member
from tests.promotions.parts.sales import NOON, PROMOTION, known, offer, sell

TIERS = TierTerms.model_validate(
    {
        "levels": [
            {"code": code, "ru": code, "en": code, "above": above}
            for code, above in (("newcomer", "0"), ("amateur", "10000"), ("professional", "20000"))
        ]
    }
)


def test_t1_a_level_begins_above_its_bound_and_t2_counts_from_the_next_purchase() -> None:
    index = offer({"kind": "tier", "any_of": ["amateur", "professional"]}, tiers=TIERS)
    facts = member()
    bought = (1_000_000, 1, 1)  # 10,000.00 in all, then 10,000.01
    refused = Failed("tier", "amateur, professional", "newcomer")
    assert [sell(index, facts, amount=amount) for amount in bought] == [refused, refused, 10]


def test_a_level_of_another_name_is_not_enough() -> None:
    index = offer({"kind": "tier", "any_of": ["newcomer"]}, tiers=TIERS)
    facts = member()
    found = [sell(index, facts, amount=2_000_001) for _ in range(2)]
    assert found == [10, Failed("tier", "newcomer", "professional")]


def test_a_level_that_the_programme_does_not_have_is_held_by_nobody() -> None:
    assert sell(offer({"kind": "tier", "any_of": ["gold"]})) == Failed("tier", "gold")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"city": "Omsk"}, 10),
        ({"city": "Tver"}, Failed("attribute", "Omsk, Tomsk", "Tver")),
        ({}, Failed("attribute", "Omsk, Tomsk")),
    ],
)
def test_an_attribute_has_one_of_the_values(attributes: dict[str, str], expected: int | Failed) -> None:
    index = offer({"kind": "attribute", "name": "city", "any_of": ["Omsk", "Tomsk"]})
    assert sell(index, known(attributes=attributes)) == expected


def test_two_attributes_are_both_wanted() -> None:
    index = offer(
        {"kind": "attribute", "name": "city", "any_of": ["Omsk"]},
        {"kind": "attribute", "name": "pet", "any_of": ["cat"]},
    )
    assert sell(index, known(attributes={"city": "Omsk"})) == Failed("attribute", "cat")
    assert sell(index, known(attributes={"city": "Omsk", "pet": "cat"})) == 10


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (date(2026, 11, 20), 10),
        (date(2026, 11, 19), Failed("entitlement", "resident", "2026-11-19")),
        (None, Failed("entitlement", "resident")),
    ],
)
def test_n5_a_resident_is_one_to_the_end_of_the_last_day(until: date | None, expected: int | Failed) -> None:
    facts = known(entitlements={"resident": until} if until else {})
    assert sell(offer({"kind": "entitlement", "code": "resident"}), facts) == expected


@pytest.mark.parametrize(("late", "pays"), [(-1, True), (0, True), (1, False)])
def test_n2_only_purchases_at_or_after_the_acceptance(late: int, pays: bool) -> None:
    accepted: datetime = NOON + timedelta(microseconds=late)
    facts = known(accepted={PROMOTION: microseconds(accepted)})
    refused = Failed("opt_in", None, accepted.isoformat())
    assert sell(offer({"kind": "opt_in"}), facts) == (10 if pays else refused)


def test_n2_accepting_another_promotion_is_not_accepting_this() -> None:
    assert sell(offer({"kind": "opt_in"}), known(accepted={PROMOTION + 1: 1})) == Failed("opt_in")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "tier", "any_of": []},
        {"kind": "attribute", "name": "", "any_of": ["x"]},
        {"kind": "attribute", "name": "city", "any_of": []},
        {"kind": "entitlement", "code": ""},
    ],
)
def test_what_cannot_be_met_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        offer(wrong)
