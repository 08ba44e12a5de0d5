"""Card numbers: golden G1."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coalition.cards.numbers import ORDINALS_MAX, SPACE, card_number, luhn_digit

KEY = b"k" * 32
ORDINALS = st.integers(0, ORDINALS_MAX - 1)


def test_g1_at_most_one_number_in_a_hundred_is_ever_issued() -> None:
    assert ORDINALS_MAX * 100 <= SPACE


@given(ORDINALS)
def test_g1_the_last_digit_is_luhns(ordinal: int) -> None:
    number = card_number(ordinal, KEY)
    assert (len(number), number.isdigit(), number[:2]) == (16, True, "29")
    digits = [int(digit) for digit in reversed(number)]
    assert sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def test_g1_a_known_check_digit() -> None:
    assert luhn_digit("7992739871") == "3"


def test_g1_no_two_cards_share_a_number_and_neighbours_are_far_apart() -> None:
    numbers = [card_number(ordinal, KEY) for ordinal in range(5_000)]
    assert len(set(numbers)) == 5_000
    bodies = [int(number[2:-1]) for number in numbers]
    gaps = [abs(a - b) for a, b in pairwise(bodies)]
    assert min(gaps) > 1
    assert sorted(bodies) != bodies
    assert sum(gaps) / len(gaps) > SPACE / 10


def test_g1_another_tenants_key_makes_other_numbers() -> None:
    mine, others = ({card_number(ordinal, key) for ordinal in range(1_000)} for key in (KEY, b"o" * 32))
    assert len(mine & others) == 0
