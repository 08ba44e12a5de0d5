"""Which tellings are one sale, and which of their returns count, by themselves."""

import time
from collections.abc import Collection
from uuid import UUID

import pytest

from coalition.promotions.case import DAY
from coalition.transactions.two_channels.alike import (
    CERTAIN,
    NAMED,
    AtTill,
    InFile,
    Return,
    alike,
    chosen,
    counted,
    same_card,
)
from coalition.transactions.two_channels.terms import SameSaleTerms

A, B, C, X, Y, Z = (UUID(int=number) for number in range(6))


TERMS = SameSaleTerms(pays="till", tolerance_percent=5)
SALE, LINE = AtTill(A, 0, 500, 1, 1, [X], "4444"), InFile(B, 0, 500, 1, 1, X, True, ["4444"])


@pytest.mark.parametrize(
    ("four", "fours", "same"),
    [
        ("4444", ["4444"], True),
        ("4444", ["4444", "4444"], True),
        ("4444", ["5555"], False),
        ("4444", ["5555", "6666"], False),
        ("4444", ["4444", "5555"], None),
        ("4444", [""], None),
        ("4444", ["5555", ""], None),
        ("4444", [], None),
        ("", ["4444"], None),
    ],
)
def test_digits_are_held_against_all_cards_that_the_line_may_be_of(
    four: str, fours: Collection[str], same: bool | None
) -> None:
    assert same_card(four, fours) is same


@pytest.mark.parametrize(
    ("sale", "line", "found"),
    [
        (SALE, LINE, NAMED),
        (SALE, LINE._replace(at=40 * DAY, merchant=2, partner=0, fours=["5555"]), NAMED),
        (SALE, LINE._replace(amount=525), NAMED),
        (SALE, LINE._replace(amount=526), "amount"),
        (SALE, LINE._replace(partner=2), "place"),
        (SALE._replace(split=[200, 300]), LINE, NAMED),
        (SALE._replace(split=[200, 300]), LINE._replace(amount=300), "part"),
    ],
)
def test_a_reference_is_certain_where_sum_and_partner_do_not_contradict_it(
    sale: AtTill, line: InFile, found: str
) -> None:
    assert alike(TERMS, sale, line) == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"amount": 300}, "part"),
        ({"amount": 200, "fours": ["5555"]}, "part"),
        ({"amount": 250}, None),
        ({"amount": 300, "at": 2 * DAY}, None),
        ({"amount": 300, "partner": 2}, None),
        ({"amount": 500}, CERTAIN),
        ({"amount": 500, "fours": ["5555"]}, None),
    ],
)
def test_a_line_may_be_one_of_several_payments_by_card(change: dict[str, object], found: str | None) -> None:
    sale = SALE._replace(split=[200, 300], references=[])
    assert alike(TERMS, sale, LINE._replace(**change)) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, "part"),
        ({"fours": []}, "part"),
        ({"key": Y, "named": False}, "part"),
        ({"amount": 510, "key": Y}, None),
    ],
)
def test_what_would_be_lost_if_the_line_paid_is_left_to_a_person(
    change: dict[str, object], found: str | None
) -> None:
    assert alike(TERMS, SALE._replace(forgone="part"), LINE._replace(**change)) == found  # type: ignore[arg-type]


def test_one_that_is_like_one_other_is_it() -> None:
    assert chosen([(A, X, CERTAIN), (B, Y, CERTAIN), (B, X, "time")]) == ([(A, X), (B, Y)], [])


def test_of_several_that_are_certainly_alike_none_is_chosen() -> None:
    edges = [(A, X, CERTAIN), (B, X, CERTAIN), (C, Z, "card")]
    assert chosen(edges) == ([], [(A, X, "several"), (B, X, "several"), (C, Z, "card")])


def test_a_reference_comes_before_everything_and_frees_the_others() -> None:
    edges = [(A, X, CERTAIN), (A, Y, NAMED), (B, X, CERTAIN), (B, Y, "time")]
    assert chosen(edges) == ([(A, Y), (B, X)], [])


def test_a_reference_names_one_sale() -> None:
    assert chosen([(A, X, NAMED), (B, X, NAMED)]) == ([(A, X)], [])


def returns(*amounts: int, since: int = 10) -> list[Return]:
    return [Return(UUID(int=since + place), amount) for place, amount in enumerate(amounts)]


def test_the_returns_of_who_has_told_more_count() -> None:
    own, other = returns(100, 200), returns(250, since=20)
    assert counted((500, own), other) == ({one.id for one in own}, set())
    assert counted((500, own[:1]), other) == ({other[0].id}, set())


def test_of_as_much_told_the_own_ones_count() -> None:
    own, other = returns(100, 200), returns(300, since=20)
    assert counted((500, own), other) == ({one.id for one in own}, set())


def test_what_is_more_than_what_pays_waits_whoever_told_it() -> None:
    """Of 500 the card paid 300, and the bank's line pays: the till tells 500 back, the bank 300."""
    own, other = returns(300), returns(500, since=20)
    assert counted((300, own), other) == ({own[0].id}, {other[0].id})
    assert counted((300, []), other) == (set(), {other[0].id})
    own, other = returns(400, 100), returns(200, since=20)
    assert counted((300, own), other) == ({other[0].id}, {own[0].id})


def test_ten_thousand_pairs_are_chosen_at_once() -> None:
    sales = [UUID(int=2 * number) for number in range(10_000)]
    pairs = [(sale, UUID(int=sale.int + 1)) for sale in sales]
    began = time.process_time()
    found = chosen((*pair, NAMED if pair[0].int % 4 else CERTAIN) for pair in pairs)
    assert (sorted(found.same), found.suspect) == (pairs, [])
    assert time.process_time() - began < 2


def test_what_a_claim_recorded_is_always_looked_at_by_a_person() -> None:
    recorded = AtTill(A, 0, 500, 1, 1, claimed=True)
    there = InFile(B, 3 * DAY, 500, 2, 0, X, True, [""])
    assert alike(TERMS, recorded, there) == "place"
    assert alike(TERMS, recorded, LINE._replace(merchant=1)) == "card"
    assert alike(TERMS, recorded._replace(claimed=False), there) is None
    assert alike(TERMS, recorded, there._replace(at=3 * DAY + 1)) is None
    assert alike(TERMS, recorded, there._replace(amount=600)) is None
