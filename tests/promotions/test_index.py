"""Which promotions a sale looks at, by its place and by the member's segments."""

from collections.abc import Iterator, Sequence
from itertools import product

import pytest

from coalition.promotions import index as indexing
from coalition.promotions.index import EVERYBODY, Index
from tests.promotions.offers import document, index_of

_FIXED = {"kind": "fixed", "points": "1"}
_EVERY: list[dict[str, object]] = [
    {},
    {"segments": ["premium"]},
    {"segments": ["payroll"]},
    {"segments": ["premium", "payroll"]},
    {"excluded_mcc": ["5411"]},
    {"excluded_mcc": ["5411"], "segments": ["payroll"]},
    {"mcc": ["5411", "5541"]},
    {"mcc": ["5541"], "segments": ["premium"]},
    {"partners": ["nerpa"]},
    {"partners": ["nerpa", "sopka"], "mcc": ["5411"], "segments": ["payroll"]},
]
_SALES = list(product((0, 1, 2), (-1, 5411, 5541), range(8)))


def _index() -> Index:
    return index_of(*(document(_FIXED, conditions=conditions) for conditions in _EVERY))


def _looked_through(index: Index, partner: int, mcc: int, segments: int) -> Iterator[int]:
    for rule in index.rules.values():
        fits = rule.partners is None or partner in rule.partners
        fits &= rule.mcc is None or mcc in rule.mcc
        fits &= rule.excluded is None or mcc not in rule.excluded
        if fits and (not rule.segments or rule.segments & segments):
            yield rule.version


def _answers(index: Index, sales: Sequence[tuple[int, int, int]]) -> list[list[int]]:
    return [[rule.version for rule in index.of(*sale)] for sale in sales]


def test_a_sale_looks_at_what_its_place_and_the_members_segments_meet_and_at_nothing_else() -> None:
    index = _index()
    wanted = [list(_looked_through(index, *sale)) for sale in _SALES]
    assert _answers(index, _SALES) == wanted
    assert _answers(index, _SALES[::-1]) == wanted[::-1]


def test_who_names_no_segments_is_told_of_everything_at_the_place() -> None:
    index = _index()
    assert [rule.version for rule in index.of(1, 5411)] == [1, 2, 3, 4, 7, 9, 10]
    assert index.of(1, 5411) == index.of(1, 5411, EVERYBODY)


def test_segments_that_no_promotion_asks_for_keep_no_answers_of_their_own() -> None:
    index = _index()
    assert index.of(1, 5411, 1 << 40) is index.of(1, 5411, 0)


def test_an_index_that_forgets_answers_gives_the_same_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = _answers(_index(), _SALES)
    monkeypatch.setattr(indexing, "MOST_KEPT", 3)
    index = _index()
    assert _answers(index, _SALES) == wanted
    assert index.kept <= 3
