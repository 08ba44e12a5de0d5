"""Own categories at the desk: listed, defined and changed there, everything that is wrong told at its field."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from admin.console import own_categories as console
from coalition.promotions import own_categories as actions
from coalition.promotions.own_categories import ask_for_category, save_categories
from coalition.promotions.queries import own_categories
from tenants.actor import SYSTEM
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.errors import Conflict
from tests.admin.world import HOST, Bank, get, plain, post, signed_by_another, signed_in

LIST, NEW = "/desk/categories/", "/desk/categories/new"
CAFES = {"name_ru": "Кафе", "name_en": "Cafés", "mcc": "5811-5814, 5462", "code": "cafes"}


def send(client: FlaskClient, path: str, **form: str | list[str]) -> TestResponse:
    return client.post(path, base_url=HOST, data=MultiDict(form), headers={"Accept-Language": "en"})


def save(client: FlaskClient, bank: Bank, path: str, **form: str | list[str]) -> str:
    """Ask for it, and let another person sign; what the page says that was asked."""
    answer = send(client, path, **form)
    assert answer.status_code == 303
    said = plain(get(client, answer.headers["Location"]))
    assert signed_by_another(client, bank) == [303]
    return said


def kept(seen: Session) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    seen.expire_all()
    return {code: (one.mcc, one.partners) for code, one in own_categories(seen).items()}


def mark_in(page: str) -> str:
    found = re.search('name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None
    return found[1]


def shown_mark(client: FlaskClient, code: str = "cafes") -> str:
    """What the form of a category carries of what was seen."""
    return mark_in(plain(get(client, f"/desk/categories/code/{code}")))


def test_a_category_is_defined_listed_and_changed(client: FlaskClient, bank: Bank, seen: Session) -> None:
    assert "There is no category of your own yet" in plain(get(client, LIST))
    asked = send(client, NEW, **CAFES, partners=["calder"])
    assert (asked.status_code, kept(seen)) == (303, {})
    assert "Categories (MCC): 5811-5814, 5462" in plain(get(client, asked.headers["Location"]))
    assert signed_by_another(client, bank) == [303]
    assert kept(seen) == {"cafes": (("5811-5814", "5462"), ("calder",))}
    page = plain(get(client, LIST))
    assert "5811-5814, 5462" in page
    assert ">Кафе</a>" in plain(get(client, LIST, "ru"))
    one = plain(get(client, "/desk/categories/code/cafes"))
    assert ('value="calder" checked' in one, 'value="Cafés"' in one, 'name="code"' in one) == (
        True,
        True,
        False,
    )
    change = CAFES | {"mcc": "5814", "seen": shown_mark(client)}
    said = save(client, bank, "/desk/categories/code/cafes", **change)
    assert "Categories (MCC): 5811-5814, 5462 → 5814" in said
    assert kept(seen) == {"cafes": (("5814",), ())}
    send(client, "/desk/categories/code/cafes", **change)
    assert "That was so already" in plain(get(client, LIST))
    assert get(client, "/desk/categories/code/nothing").status_code == 404


def test_a_range_with_the_dash_of_a_word_processor_is_saved(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    save(client, bank, NEW, **CAFES | {"mcc": "5811–5814, 5462"})
    assert kept(seen) == {"cafes": (("5811-5814", "5462"), ())}


def test_a_promotion_can_ask_for_it(client: FlaskClient, bank: Bank) -> None:
    save(client, bank, NEW, **CAFES)
    page = plain(get(client, "/desk/promotions/drafts/new"))
    assert 'name="d.conditions.categories" value="cafes"' in page


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        (
            {"mcc": "5411, 54x, 7"},
            "mcc",
            "“54x” is no category code: an MCC is four digits, like 5411. “7” is no",
        ),
        ({"mcc": "5814-5811"}, "mcc", "“5814-5811” is turned round"),
        ({"mcc": ""}, "mcc", "A category has a name, and MCCs or partners"),
        ({"name_ru": ""}, "name_ru", "Write the name in Russian"),
        ({"partners": "nobody"}, "partners", "Nothing here has the code “nobody”"),
        ({"code": "Кафе"}, "code", "A code is small Latin letters"),
        ({"code": "food"}, "code", "There is a category of this code already"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_saved(
    client: FlaskClient, bank: Bank, seen: Session, change: dict[str, str], field: str, said: str
) -> None:
    with db.transaction(bank.tenant) as session:
        food = {"name": {"ru": "Еда", "en": "Food"}, "mcc": ["5411"]}
        save_categories(session, SYSTEM, written={"food": food})
    answer = send(client, NEW, **CAFES | change)
    page = plain(answer)
    assert answer.status_code == 422
    assert f'id="{field}-wrong">{said}' in page
    assert "Cafés" in page
    assert kept(seen) == {"food": (("5411",), ())}


def test_all_that_is_wrong_is_told_at_once(client: FlaskClient) -> None:
    page = plain(send(client, NEW, code="!", mcc="", name_en="A", name_ru=""))
    assert [f'id="{name}-wrong"' in page for name in ("code", "name_ru", "name_en")] == [True, True, False]


def test_mccs_that_another_category_holds_too_are_told(client: FlaskClient, bank: Bank) -> None:
    save(client, bank, NEW, **CAFES)
    save(client, bank, NEW, code="bars", name_ru="Бары", name_en="Bars", mcc="5813-5815")
    assert "Also in: Cafés (5813, 5814)" in plain(get(client, "/desk/categories/code/bars"))
    assert "Also in: Bars (5813, 5814)" in plain(get(client, LIST))


def test_who_was_overtaken_is_told_and_keeps_what_was_typed(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    save(client, bank, NEW, **CAFES)
    mine, theirs = (CAFES | {"mcc": mcc, "seen": shown_mark(client)} for mcc in ("5814", "5462"))
    save(client, bank, "/desk/categories/code/cafes", **theirs)
    wrong = send(client, "/desk/categories/code/cafes", **mine | {"name_ru": ""})
    assert (wrong.status_code, mark_in(plain(wrong))) == (
        422,
        mine["seen"],
    )  # what is put right is still as old
    answer = send(client, "/desk/categories/code/cafes", **mine)
    page = plain(answer)
    assert answer.status_code == 409
    assert "Somebody has changed the category meanwhile, so nothing was saved" in page
    assert 'value="5814"' in page
    assert kept(seen) == {"cafes": (("5462",), ())}
    save(client, bank, "/desk/categories/code/cafes", **mine | {"seen": mark_in(page)})
    assert kept(seen) == {"cafes": (("5814",), ())}


def test_a_form_that_says_nothing_of_what_was_seen_changes_nothing(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    save(client, bank, NEW, **CAFES)
    assert send(client, "/desk/categories/code/cafes", **CAFES | {"mcc": "5814"}).status_code == 409
    assert kept(seen) == {"cafes": (("5811-5814", "5462"), ())}


def test_a_code_that_somebody_takes_meanwhile_is_refused_at_its_field(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    food = {"cafes": {"name": {"ru": "Еда", "en": "Food"}, "mcc": ["5411"]}}

    def overtaken(session: Session, *told: Any, **more: Any) -> object:
        with db.transaction(bank.tenant) as other:
            save_categories(other, SYSTEM, written=food)
        return ask_for_category(session, *told, **more)

    monkeypatch.setattr(console, "ask_for_category", overtaken)
    answer = send(client, NEW, **CAFES)
    assert answer.status_code == 409
    assert 'id="code-wrong">There is a category of this code already' in plain(answer)


def test_what_is_new_is_refused_where_it_is_known(bank: Bank) -> None:
    food = {"food": {"name": {"ru": "Еда", "en": "Food"}, "mcc": ["5411"]}}
    with db.transaction(bank.tenant) as session:
        assert save_categories(session, SYSTEM, written=food, seen={"food": ""}) == ["food"]
        with pytest.raises(Conflict, match="category_known"):
            save_categories(session, SYSTEM, written=food, seen={"food": ""})
        known = own_categories(session)["food"]
        other = {"food": food["food"] | {"mcc": ["5499"]}}
        with pytest.raises(Conflict, match="category_changed"):
            save_categories(session, SYSTEM, written=other, seen={"food": "0" * 64})
        assert save_categories(session, SYSTEM, written=other, seen={"food": known.mark}) == ["food"]
        assert save_categories(session, SYSTEM, written=food) == ["food"]


def test_one_of_two_who_define_a_code_at_once_is_refused(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    food = {"food": {"name": {"ru": "Еда", "en": "Food"}, "mcc": ["5411"]}}
    with db.transaction(bank.tenant) as session:
        save_categories(session, SYSTEM, written=food)
        monkeypatch.setattr(
            actions, "_locked", lambda *_: {}
        )  # it was not there yet when the other one looked
        with pytest.raises(Conflict, match="category_known"):
            save_categories(session, SYSTEM, written={"food": food["food"] | {"mcc": ["5499"]}})
        assert own_categories(session)["food"].mcc == ("5411",)


def test_a_category_may_be_called_new(client: FlaskClient, bank: Bank, seen: Session) -> None:
    save(client, bank, NEW, **CAFES | {"code": "new"})
    assert 'href="/desk/categories/code/new"' in plain(get(client, LIST))
    mark = shown_mark(client, "new")
    change = CAFES | {"mcc": "5814", "seen": mark}
    save(client, bank, "/desk/categories/code/new", **change)
    assert kept(seen) == {"new": (("5814",), ())}


def test_who_may_not_sees_and_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    other = signed_in(desk, bank.tenant, {Permission.DESK_PROMOTION_EDIT}, "sam")
    assert get(other, LIST).status_code == 403
    assert post(other, NEW, **CAFES).status_code == 403
    assert kept(seen) == {}


@pytest.mark.parametrize("code", ["phone", "phones", "tokens", "card-number", "email"])
def test_a_code_may_be_any_word_and_the_trail_tells_it(
    client: FlaskClient, bank: Bank, seen: Session, code: str
) -> None:
    save(client, bank, NEW, **CAFES | {"code": code})
    changed = CAFES | {"mcc": "5814", "seen": shown_mark(client, code)}
    save(client, bank, f"/desk/categories/code/{code}", **changed)
    made, saved = seen.scalars(
        select(AuditEntry).where(AuditEntry.verb == "category.save").order_by(AuditEntry.number)
    )
    assert made.before == {"categories": []}
    assert [(one["code"], one["mcc"]) for one in made.after["categories"]] == [(code, ["5811-5814", "5462"])]
    assert [(one["code"], one["mcc"]) for one in saved.before["categories"]] == [
        (code, ["5811-5814", "5462"])
    ]
    assert [(one["code"], one["mcc"]) for one in saved.after["categories"]] == [(code, ["5814"])]
