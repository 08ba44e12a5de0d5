"""What a promotion's points are worth is told in the programme's money, exactly, beside a rate that is in points."""

from datetime import date
from typing import Any

import pytest

from coalition.promotions.diff import particulars
from coalition.promotions.wording_worth import in_money
from tenants.branding.words import Words
from tests.promotions.offers import document

TODAY = date(2026, 11, 28)
PENCE = Words("en", ("point", "points"), 0, "GBP", "Europe/London", TODAY, (200, 100))  # half a penny each
ROUBLES = Words("ru", ("искра", "искры", "искр"), 0, "RUB", "Asia/Kamchatka", TODAY, (1, 100))
KOPECKS = Words("ru", ("балл", "балла", "баллов"), 2, "RUB", "UTC", TODAY, (10_000, 100))
YEN = Words("en", ("point", "points"), 0, "JPY", "UTC", TODAY, (1, 1))


def five(**more: Any) -> dict[str, Any]:
    return {"mechanic": {"kind": "percent", "rate": "5"}} | more


def told(terms: dict[str, Any], words: Words) -> str | None:
    said = in_money(document(**terms), words)
    return said and said.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("terms", "words", "said"),
    [
        (five(), PENCE, "For £1,000: 50 points, worth £0.25, which is 0.025% of the sum"),
        (five(), ROUBLES, "За 1 000 ₽ — 50 искр, это 50 ₽, или 5 % суммы"),
        (five(), KOPECKS, "За 1 000 ₽ — 50 баллов, это 0,50 ₽, или 0,05 % суммы"),
        (five(), YEN, "For JP¥1,000: 50 points, worth JP¥50, which is 5% of the sum"),
        (
            {"mechanic": {"kind": "percent", "rate": "0.01"}},
            ROUBLES,
            "За 10 000 ₽ — 1 искра, это 1 ₽, или 0,01 % суммы",
        ),
        (
            {"mechanic": {"kind": "percent", "rate": "4.9"}},
            PENCE,
            "For £10,000: 490 points, worth £2.45, which is 0.0245% of the sum",
        ),
        (
            {"mechanic": {"kind": "ladder", "steps": ["10", "5"]}},
            ROUBLES,
            "За 1 000 ₽ — до 100 искр, это 100 ₽, или 10 % суммы",
        ),
        (
            {"mechanic": {"kind": "per_step", "points": "2", "step": "1"}},
            PENCE,
            "For £1,000: 2,000 points, worth £10, which is 1% of the sum",
        ),
        (five(limits={"per_purchase": "5"}), ROUBLES, "За 100 ₽ — 5 искр, это 5 ₽, или 5 % суммы"),
        (
            five(limits={"per_month": "20"}, conditions={"amount_from": "1500"}),
            ROUBLES,
            "За 10 000 ₽ — 20 искр, это 20 ₽, или 0,2 % суммы",
        ),
        ({"mechanic": {"kind": "fixed", "points": "50"}}, PENCE, "50 points = £0.25"),
        (
            {"mechanic": {"kind": "tenure", "bands": [{"years": 0, "points": "50"}, {"years": 3, "points": "100"}]}},
            ROUBLES,
            "до 100 искр = 100 ₽",
        ),
        (
            {
                "trigger": {"kind": "referral"},
                "mechanic": {"kind": "both_sides", "friend": "200", "referrer": "400"},
            },
            PENCE,
            "200 points = £1; 400 points = £2",
        ),
        ({"mechanic": {"kind": "multiplier", "times": "2"}}, ROUBLES, None),
        (five(gives={"kind": "discount"}), ROUBLES, None),
    ],
)  # fmt: skip
def test_a_round_sum_is_told_in_points_and_in_money(
    terms: dict[str, Any], words: Words, said: str | None
) -> None:
    assert told(terms, words) == said


def test_it_stands_first_among_the_particulars() -> None:
    assert [name for name, _ in particulars(document(**five()), PENCE)] == ["In money", "Who pays"]
