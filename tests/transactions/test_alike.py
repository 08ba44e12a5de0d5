"""Which tellings are one sale, and which of their returns count, by themselves."""

from uuid import UUID

from coalition.transactions.two_channels.alike import CERTAIN, NAMED, Return, chosen, counted

A, B, C, X, Y, Z = (UUID(int=number) for number in range(6))


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


def test_what_is_more_than_what_pays_does_not_count() -> None:
    """Of 500 the card paid 300, and the bank's line pays: the till tells 500 back, the bank 300."""
    own, other = returns(300), returns(500, since=20)
    assert counted((300, own), other) == ({own[0].id}, set())
    assert counted((300, []), other) == (set(), set())
