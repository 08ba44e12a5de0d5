"""A level or a place that the tenant does not have is refused when the document is checked, not when it is met."""

from typing import Any

import pytest

from coalition.promotions.case import Setting, Units
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


BROKEN: dict[str, Any] = {
    "title": {"ru": "А", "en": "O"},
    "icon": 7,
    "conditions": {"partners": ["nobody"], "segments": ["nowhere"], "mcc": ["742"]},
    "where": [{"kind": "tier", "any_of": ["iron"], "wings": 2}, "x", {"kind": "region", "codes": ["north"]}],
    "mechanic": {"kind": "fixed", "points": "10.5"},
    "limits": {"per_month": "0.5"},
    "funding": [{"participant": "stranger", "share": 60}, {"participant": 5, "share": 40}],
}


def test_a_flaw_of_the_document_hides_no_unknown_code_and_no_number_that_is_too_fine() -> None:
    assert [(flaw.field, flaw.kind) for flaw in flaws(BROKEN, KNOWN, Setting(Units(0, 2)))] == [
        ("icon", "string_type"),
        ("conditions.mcc.0", "mcc"),
        ("where.0.wings", "extra_forbidden"),
        ("where.1", "model_attributes_type"),
        ("funding.1.participant", "string_type"),
        ("conditions.partners", "unknown_code"),
        ("conditions.segments", "unknown_code"),
        ("funding.0.participant", "unknown_code"),
        ("where.0.any_of", "unknown_code"),
        ("where.2.codes", "unknown_code"),
        ("mechanic.points", "whole_points"),
        ("limits.per_month", "whole_points"),
    ]


def test_parts_that_do_not_go_together_hide_no_unknown_code() -> None:
    document = {
        "title": {"ru": "А", "en": "O"},
        "conditions": {"partners": ["nobody"]},
        "mechanic": {"kind": "fixed", "points": "10.5"},
        "funding": [{"participant": "bank", "share": 60}],
    }
    assert [(flaw.field, flaw.kind) for flaw in flaws(document, KNOWN, Setting(Units(0, 2)))] == [
        ("funding", "shares_of_payers"),
        ("conditions.partners", "unknown_code"),
        ("mechanic.points", "whole_points"),
    ]


@pytest.mark.parametrize(
    "written",
    [
        None,
        "x",
        5,
        [],
        {},
        {"gives": 5},
        {"where": {}, "funding": 1, "trigger": [], "conditions": ["x"], 5: 6},
    ],
)
def test_what_is_no_document_at_all_is_told_so_and_nothing_breaks(written: object) -> None:
    assert flaws(written, KNOWN, Setting(Units(0, 2)))
