"""Levels at the desk: rows are added and taken off without a script, saved as a whole, refused with a reason."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import db
from tests.admin.world import Bank, get, plain, post, signed_by_another, signed_in
from tests.transactions.bank import promotion

LEVELS = {
    "measure": "turnover", "window": "ever", "downgrade": "next",
    "code-0": "base", "ru-0": "Базовый", "en-0": "Base", "above-0": "0",
    "code-1": "gold", "ru-1": "Золотой", "en-1": "Gold", "above-1": "10,000.50",
}  # fmt: skip


def changed(client: FlaskClient, bank: Bank, **form: str) -> None:
    """Asked for, and signed by another person."""
    assert post(client, "/desk/tiers/", **form, do="change").status_code == 303
    assert signed_by_another(client, bank) == [303]


def kept(bank: Bank, seen: Session) -> list[tuple[str, str]]:
    seen.expire_all()
    tiers = seen.get_one(Programme, (bank.tenant, bank.world.programme.id)).tiers
    return [(level["code"], level["above"]) for level in tiers["levels"]] if tiers else []


def test_levels_are_given_and_changed(client: FlaskClient, bank: Bank, seen: Session) -> None:
    assert "The programme has no levels yet" in plain(get(client, "/desk/tiers/"))
    added = plain(post(client, "/desk/tiers/", **LEVELS, do="add"))
    assert "Level 3" in added
    assert kept(bank, seen) == []
    asked = plain(post(client, "/desk/tiers/", **LEVELS, do="save"))
    assert ("Give the programme levels?" in asked, kept(bank, seen)) == (True, [])
    assert "New level “Gold” (gold): above ₽10,000.50" in asked
    answer = post(client, "/desk/tiers/", **LEVELS, do="change")
    assert (answer.status_code, kept(bank, seen)) == (303, [])
    assert "New level “Gold” (gold): above ₽10,000.50" in plain(get(client, answer.headers["Location"]))
    assert signed_by_another(client, bank) == [303]
    assert kept(bank, seen) == [("base", "0"), ("gold", "10000.50")]
    page = plain(get(client, "/desk/tiers/"))
    assert 'value="Gold"' in page
    without = plain(post(client, "/desk/tiers/", **LEVELS, **{"code-2": "x"}, do="remove-1"))
    assert 'value="Gold"' not in without
    assert "Уровни" in plain(get(client, "/desk/tiers/", "ru"))


def test_a_change_is_shown_before_it_is_made(client: FlaskClient, bank: Bank, seen: Session) -> None:
    changed(client, bank, **LEVELS)
    for_gold = promotion({"kind": "fixed", "points": "1"}, where=[{"kind": "tier", "any_of": ["gold"]}])
    with db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.world.programme.id, code="for-gold", document=for_gold)
    other = LEVELS | {"window": "year", "en-0": "Start", "code-1": "top", "ru-1": "Верх", "en-1": "Top"}
    asked = plain(post(client, "/desk/tiers/", **other, do="save"))
    for said in (
        "Period: over all time → of the calendar year",
        "The level base in English: “Base” → “Start”",
        "New level “Top” (top): above ₽10,000.50",
        "The level “Gold” ends: its members get the level that their purchases reach",
        "These promotions name a level that ends",
        'href="/desk/promotions/for-gold"',
    ):
        assert said in asked
    assert kept(bank, seen) == [("base", "0"), ("gold", "10000.50")]
    asked = plain(post(client, "/desk/tiers/", **(LEVELS | {"above-1": "20,000"}), do="save"))
    assert "The level “Gold”: above ₽10,000.50 → above ₽20,000" in asked
    assert "These promotions" not in asked
    changed(client, bank, **LEVELS | {"above-1": "20,000"})
    assert kept(bank, seen) == [("base", "0"), ("gold", "20000")]


def test_levels_that_stay_as_they_are_ask_nothing(client: FlaskClient, bank: Bank) -> None:
    changed(client, bank, **LEVELS)
    assert post(client, "/desk/tiers/", **LEVELS, do="save").status_code == 303
    assert "Nothing is another than it was" in plain(get(client, "/desk/tiers/"))


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    changed(client, bank, **LEVELS)
    answer = post(client, "/desk/tiers/", **(LEVELS | {"en-1": "Best"}), seen="", do="change")
    assert (answer.status_code, "Somebody has changed the levels meanwhile" in plain(answer)) == (409, True)
    (now,) = re.findall(r'name="seen" value="([^"]+)"', answer.get_data(as_text=True))
    changed(client, bank, **LEVELS | {"above-1": "7", "seen": now})
    assert kept(bank, seen) == [("base", "0"), ("gold", "7")]


def test_what_is_wrong_is_told_at_its_level_and_field_and_nothing_is_saved(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    for wrong, field, said in (
        ({"above-1": "0"}, "above-1", "Level 2, above: the first level is above 0, and each next above more"),
        ({"above-1": "x"}, "above-1", "Level 2, above: a number is expected"),
        ({"above-1": "10.000"}, "above-1", "Level 2, above: no more than 2 digits stand after the point"),
        ({"above-1": "9" * 20}, "above-1", "Level 2, above: this is more than a level can ask"),
        ({"measure": "purchases", "above-1": "1.5"}, "above-1", "Level 2, above: write a whole number"),
        ({"ru-1": ""}, "ru-1", "Level 2, name in Russian: fill this in"),
        ({"code-1": "base"}, "code-1", "Level 2, code: every level has a code of its own"),
        (
            {"code-1": "золотой"},
            "code-1",
            "Level 2, code: a code is small Latin letters, digits and hyphens, 32",
        ),
        ({"code-1": "Gold"}, "code-1", "Level 2, code: a code is small Latin letters"),
    ):
        answer = post(client, "/desk/tiers/", **LEVELS | wrong, do="save")
        assert (answer.status_code, said in plain(answer)) == (422, True), said
        found = re.findall(r'id="([\w-]+)"[^>]*aria-invalid="true"', answer.get_data(as_text=True))
        assert found == [field]
        assert post(client, "/desk/tiers/", **LEVELS | wrong, do="change").status_code == 422
    assert kept(bank, seen) == []


def test_a_form_that_comes_back_to_be_mended_is_as_old_as_it_was(client: FlaskClient, bank: Bank) -> None:
    changed(client, bank, **LEVELS, seen="")
    answer = post(client, "/desk/tiers/", **(LEVELS | {"above-1": ""}), seen="", do="save")
    assert (answer.status_code, 'name="seen" value=""' in answer.get_data(as_text=True)) == (422, True)
    assert post(client, "/desk/tiers/", **(LEVELS | {"above-1": "7"}), seen="", do="save").status_code == 409


def test_who_may_not_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_EDIT], "paul")
    assert post(client, "/desk/tiers/", **LEVELS, do="change").status_code == 403
    assert kept(bank, seen) == []
