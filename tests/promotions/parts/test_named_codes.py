"""A level or a place that the tenant does not have is refused when the document is checked, not when it is met."""

from typing import Any

import pytest

from coalition.promotions.checking import flaws
from tests.promotions.offers import CODES
from tests.promotions.parts.sales import TEN

KNOWN = CODES._replace(tiers=frozenset({"gold"}), places={"region": frozenset({"south"})})


@pytest.mark.parametrize(
    ("condition", "field", "unknown"),
    [
        ({"kind": "tier", "any_of": ["gold"]}, None, None),
        ({"kind": "tier", "any_of": ["gold", "iron"]}, "where.0.any_of", "iron"),
        ({"kind": "region", "codes": ["south"]}, None, None),
        ({"kind": "region", "codes": ["north"]}, "where.0.codes", "north"),
        ({"kind": "outlet", "codes": ["south"]}, "where.0.codes", "south"),
    ],
)
def test_unknown_levels_and_places_are_named(
    condition: dict[str, Any], field: str | None, unknown: str | None
) -> None:
    document = {
        "title": {"ru": "А", "en": "O"},
        "mechanic": TEN,
        "funding": [{"participant": "bank", "share": 100}],
        "where": [condition],
    }
    found = [(flaw.field, flaw.why) for flaw in flaws(document, KNOWN)]
    assert found == ([(field, f"there is no {unknown}")] if unknown else [])
