"""An index made like the one before it: quicker, and the same as one made from nothing."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coalition.promotions.case import Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.document import Document
from coalition.promotions.index import Index, Published, Rule
from coalition.promotions.moments import LONG_AGO, microseconds
from tests.promotions.offers import CODES, document

_LATER = datetime.fromisoformat("2026-11-01T00:00:00+03:00")
_BONUS: dict[str, object] = {"kind": "fixed", "points": "5"}
_TERMS: list[dict[str, Any]] = [
    {},
    {"conditions": {"partners": ["nerpa"], "amount_from": "100"}},
    {"conditions": {"segments": ["premium"]}, "limits": {"per_month": "300"}},
    {"conditions": {"mcc": ["5411"]}, "activation_delay_days": 14},
    {"activation": {"condition": {"kind": "event", "name": "delivered"}, "within_days": 5}},
    {"trigger": {"kind": "nth", "n": 2}},
    {"lane": {"name": "base", "combine": "best", "percent": "5"}},
    {"once": True},
]
_DOCUMENTS = [document(_BONUS, **terms) for terms in _TERMS]
_DRAWN = st.lists(st.sampled_from(range(len(_DOCUMENTS))), max_size=8)


def _made(published: list[Published], like: Index | None = None, **terms: Any) -> Index:
    asked: dict[str, Any] = {"setting": Setting(Units(0, 2)), "codes": CODES, "delay_days": 3, **terms}
    return compile_index(published, number=1, like=like, **asked)


def _published(documents: list[Document], ends_at: datetime | None = None) -> list[Published]:
    return [Published(n, 100 + n, LONG_AGO, ends_at, LONG_AGO, one) for n, one in enumerate(documents, 1)]


def _told(index: Index, rule: Rule) -> dict[str, Any]:
    """All of a rule but the functions it asks, its pools by what they are."""
    told = {one.name: getattr(rule, one.name) for one in fields(rule) if one.name not in ("worth", "trigger")}
    return told | {"pools": [(index.pools[pool], share) for pool, share in rule.pools]}


def _all_of(index: Index) -> dict[str, Any]:
    places = {"partner": index.by_partner, "mcc": index.by_mcc, "everywhere": {0: index.general}}
    found: dict[str, Any] = {
        name: {key: [rule.version for rule in rules] for key, rules in held.items()}
        for name, held in places.items()
    }
    found["rules"] = [_told(index, rule) for rule in index.rules.values()]
    for name in ("spans", "occasional", "purses", "conditional", "personal", "published_at", "audience"):
        found[name] = getattr(index, name)
    return found


@given(_DRAWN, _DRAWN)
def test_an_index_made_like_another_is_the_one_made_from_nothing(before: list[int], more: list[int]) -> None:
    old = _made(_published([_DOCUMENTS[n] for n in before]))
    now = _published([_DOCUMENTS[n] for n in (*before, *more)])
    assert _all_of(_made(now, old)) == _all_of(_made(now))


def test_what_only_looks_at_the_amount_is_taken_over_and_the_rest_made_anew() -> None:
    old = _made(_published(_DOCUMENTS))
    new = _made(_published(_DOCUMENTS), old)
    taken = [version for version, rule in new.rules.items() if rule is old.rules[version]]
    assert taken == [version for version, rule in old.rules.items() if rule.linear] != []


def test_a_version_that_ends_or_says_something_else_now_is_made_anew() -> None:
    old = _made(_published([_DOCUMENTS[0]]))
    assert _made(_published([_DOCUMENTS[0]], _LATER), old).rules[1].ends == microseconds(_LATER)
    assert _made(_published([_DOCUMENTS[1]]), old).rules[1].amount_from == 10_000


def test_under_other_terms_nothing_is_taken_over() -> None:
    published = _published(_DOCUMENTS)
    old = _made(published)
    others: list[dict[str, Any]] = [
        {"delay_days": 4},
        {"setting": Setting(Units(2, 2))},
        {"setting": Setting(Units(0, 2), exchange=(1, 50))},
        {"deposits": {1: (-1, 0)}},
        {"codes": CODES._replace(participants={**CODES.participants, "another": 77})},
    ]
    for terms in others:
        new = _made(published, old, **terms)
        assert _all_of(new) == _all_of(_made(published, **terms))
        assert not any(rule is old.rules[version] for version, rule in new.rules.items())
