"""At any moment one version of a promotion holds: the latest correction of it, or else the version of its time."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coalition.promotions.index import LONG_AGO, Published
from coalition.promotions.timeline import in_force
from tests.promotions.offers import document

TERMS = document({"kind": "fixed", "points": "1"})
DAYS = st.integers(0, 20)
OTHER = Published(90, 2, LONG_AGO, None, LONG_AGO, TERMS)


def moment(day: int) -> datetime:
    return LONG_AGO + timedelta(days=day)


@st.composite
def versions(draw: st.DrawFn) -> list[Published]:
    """Versions that follow each other, and corrections of any days, in the order of their numbers."""
    starts = sorted(draw(st.sets(DAYS, min_size=1, max_size=4)))
    ends = [*starts[1:], draw(st.sampled_from([None, 25]))]
    found = [
        Published(number, 1, moment(start), None if end is None else moment(end), moment(start), TERMS)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    ]
    for number in range(draw(st.integers(0, 4))):
        start, length = draw(DAYS), draw(st.integers(1, 8))
        found.append(
            Published(
                10 + number, 1, moment(start), moment(start + length), moment(30), TERMS, correcting=True
            )
        )
    return found


def holds(one: Published, at: datetime) -> bool:
    return one.starts_at <= at and (one.ends_at is None or at < one.ends_at)


@given(published=versions())
def test_one_version_holds_the_latest_correction_before_all_others(published: list[Published]) -> None:
    pieces = in_force([*published, OTHER])
    for day in range(32):
        holding = [one for one in published if holds(one, moment(day))]
        wanted = max(holding, key=lambda one: (one.correcting, one.version), default=None)
        got = [one.version for one in pieces if one.promotion == 1 and holds(one, moment(day))]
        assert got == ([wanted.version] if wanted else [])
    assert {one.version for one in pieces} == {one.version for one in [*published, OTHER]}
    assert [one for one in pieces if one.promotion == 2] == [OTHER]
    published_at = {one.version: LONG_AGO if one.correcting else one.published_at for one in published}
    assert all(one.published_at == published_at[one.version] for one in pieces if one.promotion == 1)
    assert in_force(pieces) == pieces
