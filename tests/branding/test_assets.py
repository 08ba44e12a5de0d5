"""What is shipped is what was reviewed, says whose it is, and needs nobody else's server."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

BRANDING = Path(__file__).parents[2] / "tenants/branding"
STATIC = BRANDING / "static"
OURS = ["tokens.css", "coalition.css", "cabinet.css"]


def listed() -> dict[str, str]:
    """Digest by path, from the list."""
    lines = (STATIC / "SHA256SUMS").read_text().splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def test_every_foreign_file_has_the_digest_it_was_reviewed_with() -> None:
    kept = {path: sha256((BRANDING.parents[1] / path).read_bytes()).hexdigest() for path in listed()}
    assert kept == listed()


def test_no_foreign_file_is_missing_from_the_list() -> None:
    folders = [
        STATIC / "bootstrap",
        STATIC / "htmx",
        STATIC / "golos",
        BRANDING / "icons",
        BRANDING / "fonts",
    ]
    present = {
        str(file.relative_to(BRANDING.parents[1]))
        for folder in folders
        for file in folder.iterdir()
        if file.suffix != ".py" and file.is_file()
    }
    assert present <= set(listed())


def test_every_foreign_folder_carries_its_licence() -> None:
    for folder in ("static/bootstrap", "static/htmx", "static/golos", "icons", "fonts"):
        assert (BRANDING / folder / "LICENSE").stat().st_size > 400, folder


@pytest.mark.parametrize("name", OURS)
def test_no_stylesheet_of_ours_reaches_beyond_this_server(name: str) -> None:
    assert not re.search(r"https?:|@import|data:", (STATIC / name).read_text())


@pytest.mark.parametrize("name", ["coalition.css", "cabinet.css"])
def test_no_hue_is_named_outside_the_tokens(name: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(), flags=re.DOTALL)
    hues = re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\([^)]*\)|hsl\(", css)
    # the barcode's ground is white and its bars black in every theme, because tills read nothing else
    assert set(hues) <= {"#fff", "#000"}


def test_every_role_a_rule_uses_is_defined() -> None:
    css = {name: (STATIC / name).read_text() for name in OURS}
    used = {role for text in css.values() for role in re.findall(r"var\(--([a-z][\w-]*)", text)}
    defined = {role for text in css.values() for role in re.findall(r"--([\w-]+):", text)}
    brand = {"brand-fill", "on-brand", "brand-fill-hover", "brand-hero", "on-hero", "brand-ink", "brand-soft"}
    brand |= {"brand-edge", "accent-fill", "accent-ink", "accent-soft", "hero-accent", "corner"}
    assert used - defined - brand == set()
