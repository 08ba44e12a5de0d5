"""A company brings its outlets from a file: looked at first, all rows or none, and of its own partners alone."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners import importing
from coalition.partners.models import Outlet, Partner, Terminal
from coalition.partners.queries import outlet_by_code, partner_by_code
from tests.admin.world import HOST, Bank
from tests.portal.company import TRADER, admitted, manager, said

PAGE = f"{HOST}/desk/own/outlets-import/"
HEADER = "partner,outlet,name_ru,name_en,zone,region,brand,franchise\n"
GOOD = HEADER + ",one,Один,One,Europe/Moscow,north,,\nkofe,two,Два,Two,Asia/Tokyo,,,\n"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def anna(desk: Flask, bank: Bank) -> FlaskClient:
    admitted(bank, "stand", **TRADER, email="ivan@stand.example")
    return manager(desk, bank, admitted(bank).partner.participant_id)


def look(browser: FlaskClient, text: str) -> Any:
    form = {"file": (io.BytesIO(text.encode()), "outlets.csv")}
    return browser.post(PAGE, data=form, content_type="multipart/form-data", headers=ENGLISH)


def make(browser: FlaskClient, page: Any) -> Any:
    text = page.get_data(as_text=True)
    form = {
        name: found[1]
        for name in ("file", "meant")
        if (found := re.search(f'name="{name}" value="([^"]+)"', text))
    }
    return browser.post(f"{PAGE}make", data=form, headers=ENGLISH)


def test_good_rows_are_shown_and_then_saved(anna: FlaskClient, seen: Session) -> None:
    page = look(anna, GOOD)
    assert "Make these changes?" in said(page)
    assert seen.scalars(select(Outlet)).all() == []
    assert make(anna, page).status_code == 303
    assert "Done: outlets added 2, changed 0" in said(
        anna.get(f"{HOST}/desk/own/outlets/code/kofe", headers=ENGLISH)
    )
    assert outlet_by_code(seen, "one").name == {"ru": "Один", "en": "One"}
    assert outlet_by_code(seen, "two").zone == "Asia/Tokyo"
    assert "The file changes nothing" in said(look(anna, GOOD))


def test_with_one_faulty_row_nothing_is_saved_and_each_is_told(anna: FlaskClient, seen: Session) -> None:
    page = look(
        anna,
        GOOD
        + "stand,three,Три,Three,UTC,,,\ncalder,four,Ч,F,UTC,,,\n,five,П,Five,Mars,,,\n,,,,,,,\n,six,Ш,Six,,,,\n",
    )
    text = said(page)
    assert "Some rows cannot be taken, so none is" in text
    assert ("Outlets added" in text, "Rows to be mended 5" in text) == (False, True)
    for line, why in (
        (4, "There is no such partner"),
        (5, "no such partner"),
        (6, "time zone"),
        (7, "neither"),
        (8, "A new outlet needs its time zone"),
    ):
        assert re.search(rf"\b{line} [^0-9]*{why}", text), (line, text)
    assert make(anna, page).status_code == 409
    assert seen.scalars(select(Outlet)).all() == []


def test_what_is_too_much_has_tills_or_is_a_readers_is_not_taken(
    anna: FlaskClient, seen: Session, desk: Flask, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tills = HEADER.strip() + ",mid,tid\n,one,Один,One,UTC,,,,M1,T1\n"
    make(anna, look(anna, with_tills))
    assert seen.scalars(select(Terminal)).all() == []
    monkeypatch.setattr(importing, "OWN_ROWS_MAX", 1)
    assert "bring 1 at a time" in said(look(anna, GOOD))
    kofe = partner_by_code(seen, "kofe").id
    owner = seen.scalars(select(Partner.participant_id).where(Partner.id == kofe)).one()
    reader = manager(desk, bank, owner, ["partner-reader"], login="rita")
    assert reader.get(PAGE).status_code == 403
    assert look(reader, GOOD).status_code == 403


def test_an_outlet_of_anothers_is_not_changed(
    anna: FlaskClient, seen: Session, desk: Flask, bank: Bank
) -> None:
    make(anna, look(anna, GOOD))
    ivan = manager(desk, bank, partner_by_code(seen, "stand").participant_id, login="olga")
    page = look(ivan, HEADER + "stand,one,Чужая,Another,UTC,,,\n")
    assert "The outlet is another partner" in said(page).replace("&#39;", "'")
    assert make(ivan, page).status_code == 409
    seen.expire_all()
    assert outlet_by_code(seen, "one").name["en"] == "One"


def test_the_sample_is_a_file_that_is_taken(anna: FlaskClient) -> None:
    sample = anna.get(f"{PAGE}sample.csv")
    assert sample.headers["Content-Disposition"] == 'attachment; filename="outlets.csv"'
    assert "Outlets added 1" in said(look(anna, sample.get_data(as_text=True)))
