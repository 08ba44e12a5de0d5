"""Levels at the desk: rows are added and taken off without a script, saved as a whole, refused with a reason."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from tenants.permissions import Permission
from tests.admin.world import Bank, get, plain, post, signed_in

LEVELS = {
    "measure": "turnover", "window": "ever", "downgrade": "next",
    "code-0": "base", "ru-0": "Базовый", "en-0": "Base", "above-0": "0",
    "code-1": "gold", "ru-1": "Золотой", "en-1": "Gold", "above-1": "10 000,50",
}  # fmt: skip


def kept(bank: Bank, seen: Session) -> list[tuple[str, str]]:
    seen.expire_all()
    tiers = seen.get_one(Programme, (bank.tenant, bank.world.programme.id)).tiers
    return [(level["code"], level["above"]) for level in tiers["levels"]] if tiers else []


def test_levels_are_given_and_changed(client: FlaskClient, bank: Bank, seen: Session) -> None:
    assert "The programme has no levels yet" in plain(get(client, "/desk/tiers/"))
    added = plain(post(client, "/desk/tiers/", **LEVELS, do="add"))
    assert "Level 3" in added
    assert kept(bank, seen) == []
    assert post(client, "/desk/tiers/", **LEVELS, do="save").status_code == 303
    assert kept(bank, seen) == [("base", "0"), ("gold", "10000.50")]
    page = plain(get(client, "/desk/tiers/"))
    assert "The levels are saved" in page
    assert 'value="Gold"' in page
    without = plain(post(client, "/desk/tiers/", **LEVELS, **{"code-2": "x"}, do="remove-1"))
    assert 'value="Gold"' not in without
    assert "Уровни" in plain(get(client, "/desk/tiers/", "ru"))


def test_what_is_wrong_is_told_and_nothing_is_saved(client: FlaskClient, bank: Bank, seen: Session) -> None:
    for wrong, said in (
        ({"above-1": "0"}, "The first level is above 0, and each next above more"),
        ({"above-1": "x"}, "A number is expected"),
        ({"ru-1": ""}, "This field is missing"),
        ({"code-1": "base"}, "Every level has a code of its own"),
    ):
        answer = post(client, "/desk/tiers/", **LEVELS | wrong, do="save")
        assert (answer.status_code, said in plain(answer)) == (422, True)
    assert kept(bank, seen) == []


def test_who_may_not_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_EDIT], "paul")
    assert post(client, "/desk/tiers/", **LEVELS, do="save").status_code == 403
    assert kept(bank, seen) == []
