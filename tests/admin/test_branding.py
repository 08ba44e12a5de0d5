"""The brand at the desk: what can be read is saved, everything else is refused at its field."""

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tenants.branding.web import branding_of
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tests.admin.world import Bank, signed_in

PAGE = "http://test.localhost/desk/branding/"
EN = {"Accept-Language": "en"}
MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect x="1" y="1" width="6" height="6"/></svg>'
)


@pytest.fixture
def keeper(desk: Flask, bank: Bank) -> FlaskClient:
    return signed_in(desk, bank.tenant, [Permission.DESK_BRANDING_EDIT], login="brand")


def form(session: Session, **changed: object) -> dict[str, object]:
    row = branding_of(session)
    kept = {
        "name_ru": "Авача",
        "name_en": "Avacha",
        "language": "en",
        "brand": "#1c2f5c",
        "accent": "#a83a2e",
    }
    return kept | {"corner": "sharp", "version": str(row.version)} | changed


def test_both_colours_are_told_at_once_and_a_hopeless_pair_by_a_sentence(
    keeper: FlaskClient, seen: Session
) -> None:
    both = keeper.post(PAGE, data=form(seen, brand="red", accent="blue"), headers=EN)
    assert both.text.count("A colour is written with # and six digits") >= 2
    pair = keeper.post(PAGE, data=form(seen, brand="#ffffff", accent="#fffff0"), headers=EN)
    assert "Nobody could read these two colours together. Choose a darker main colour" in pair.text
    assert "that can be read is" not in pair.text


def test_a_mark_of_megabytes_is_refused_at_its_field_and_the_form_is_kept(
    keeper: FlaskClient, seen: Session
) -> None:
    heavy = FileStorage(BytesIO(MARK.encode() + b" " * (2 << 20)), "mark.svg")
    boundary, body = encode_multipart(form(seen, name_en="Kept", logo=heavy))
    kind = f"multipart/form-data; boundary={boundary}"
    answer = keeper.post(PAGE, data=body, content_type=kind, headers=EN)
    assert answer.status_code == 422
    assert "A mark is an SVG of plain shapes" in answer.text
    assert 'value="Kept"' in answer.text


def test_a_brand_is_saved_seen_and_stands_in_the_trail(keeper: FlaskClient, seen: Session) -> None:
    before = branding_of(seen)
    version, dark = before.version, before.logo_dark
    sent = form(seen, logo=(BytesIO(MARK.encode()), "mark.svg"))
    assert keeper.post(PAGE, data=sent).status_code == 303
    seen.refresh(before)
    assert (before.name, before.language) == ({"ru": "Авача", "en": "Avacha"}, "en")
    assert (before.brand, before.accent, before.corner) == ("#1c2f5c", "#a83a2e", "sharp")
    assert (before.logo, before.logo_dark, before.version) == (MARK, dark, version + 1)
    css = keeper.get(f"http://test.localhost/brand/{version + 1}.css").text
    assert "--brand-fill: #1c2f5c;" in css
    last = seen.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.verb, last.actor_name) == ("branding.change", "Dora Marsh")
    assert "test.localhost" in keeper.get(PAGE).text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            "brand",
            "#ffffff",
            "Nobody could read this colour on white. The nearest one that can be read is #f5f5f5",
        ),
        (
            "accent",
            "#fefefe",
            "Nobody could read this colour on white. The nearest one that can be read is #f4f4f4",
        ),
        ("brand", "red", "A colour is written with # and six digits or letters from a to f"),
        ("name_ru", "", "Write the name, 120 characters at most"),
        ("name_en", "x" * 10_000, "Write the name, 120 characters at most"),
        ("corner", "oval", "Choose from the lists"),
        ("version", "0", "Somebody has saved another brand since you opened this page"),
        (
            "logo",
            (BytesIO(b"<svg viewBox='0 0 8 8'><script>1</script></svg>"), "mark.svg"),
            "A mark is an SVG of plain shapes: without text, pictures, styles and scripts",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_changes_nothing(
    keeper: FlaskClient, seen: Session, field: str, value: object, said: str
) -> None:
    before = branding_of(seen)
    had = (before.name, before.brand, before.logo, before.version)
    refused = keeper.post(PAGE, data=form(seen, **{field: value}), headers=EN)
    assert refused.status_code == 422
    assert said in refused.text
    assert 'value="Avacha"' in refused.text or field == "name_en"
    seen.refresh(before)
    assert (before.name, before.brand, before.logo, before.version) == had


def test_who_may_not_change_it_does_not_see_it(desk: Flask, bank: Bank) -> None:
    other = signed_in(desk, bank.tenant, [Permission.DESK_AUDIT_READ], login="reader")
    assert other.get(PAGE).status_code == 403
    assert other.post(PAGE).status_code == 403
    assert "/desk/branding/" not in other.get("http://test.localhost/desk/").text
