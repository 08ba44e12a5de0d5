"""From two colours to a proved palette."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.branding.derive import Palette, derive
from tenants.runtime.errors import Refusal

STATIC = Path(__file__).parents[2] / "tenants/branding/static"
COLOURS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_deep_teal_keeps_its_colour_and_takes_white_text() -> None:
    light = derive("#0b5f66", "#d9532c").light
    assert light == {
        "brand-fill": "#0b5f66",
        "on-brand": "#ffffff",
        "brand-fill-hover": "#015057",
        "brand-hero": "#0b5f66",
        "on-hero": "#ffffff",
        "brand-ink": "#0b5f66",
        "brand-soft": "#dff5f8",
        "brand-edge": "#0b5f66",
        "accent-fill": "#d9532c",
        "accent-ink": "#bd3809",
        "accent-soft": "#ffebe6",
        "hero-accent": "#febeac",
    }


def test_navy_is_lightened_for_the_dark_theme() -> None:
    palette = derive("#1c2f5c", "#a3402f", "soft")
    assert palette.light["brand-fill"] == "#1c2f5c"
    assert palette.dark["brand-ink"] != palette.light["brand-ink"]
    assert palette.dark["on-hero"] == "#ffffff"


def test_a_bright_yellow_stays_yellow_and_takes_dark_text() -> None:
    light = derive("#ffd21f", "#1d7a4b").light
    assert (light["brand-fill"], light["on-brand"], light["on-hero"]) == ("#ffd21f", "#10161b", "#10161b")
    assert light["brand-ink"] != "#ffd21f"


def test_white_is_refused_because_nothing_of_it_can_be_read_on_white() -> None:
    with pytest.raises(Refusal) as refused:
        derive("#ffffff", "#d9532c")
    assert refused.value.code == "brand_unreadable"
    assert refused.value.facts["colour"] == "#ffffff"


@pytest.mark.parametrize("colour", ["", "teal", "#0b5f6", "#0b5f66; }", "#gggggg", "#0b5f66\n--x: 1"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(Refusal) as refused:
        derive(colour, "#d9532c")
    assert refused.value.code == "brand_colour_invalid"


def test_an_unknown_corner_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        derive("#0b5f66", "#d9532c", "wavy")
    assert refused.value.code == "brand_corner_unknown"


@settings(max_examples=150, deadline=None)
@given(COLOURS, COLOURS)
def test_every_accepted_brand_keeps_every_promised_contrast(brand: str, accent: str) -> None:
    try:
        palette = derive(brand, accent)
    except Refusal:
        return
    proofs = palette.proofs()
    assert len(proofs) == 36
    assert [proof for proof in proofs if proof.ratio < proof.least] == []


def test_the_stylesheet_holds_both_themes_and_the_corner() -> None:
    css = derive("#1c2f5c", "#a3402f", "soft").css()
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    assert "--corner: 0.5;" in light
    assert len(re.findall(r"--[a-z-]+: #[0-9a-f]{6};", light)) == 12
    assert len(re.findall(r"--[a-z-]+: #[0-9a-f]{6};", dark)) == 12


def test_the_surfaces_proved_are_the_surfaces_drawn() -> None:
    tokens = (STATIC / "tokens.css").read_text()
    light, dark = tokens.split("@media (prefers-color-scheme: dark)")
    for name, value in {"surface": "#ffffff", "page": "#f4f6f6", "sunken": "#e9edee"}.items():
        assert f"--{name}: {value};" in light
    for name, value in {"page": "#0e1316", "surface": "#161c20", "raised": "#1f272c"}.items():
        assert f"--{name}: {value};" in dark


def test_a_palette_keeps_its_proof_table() -> None:
    palette: Palette = derive("#0b5f66", "#d9532c")
    kept = palette.document()
    assert kept["proofs"][0]["role"] == "on-brand"
    assert round(kept["proofs"][0]["ratio"], 2) == 7.39
