"""Own categories at the desk: listed, defined and changed there, everything that is wrong told at its field."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from coalition.promotions.own_categories import save_categories
from coalition.promotions.queries import own_categories
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import db
from tests.admin.world import HOST, Bank, get, plain, post, signed_in

LIST, NEW = "/desk/categories/", "/desk/categories/new"
CAFES = {"name_ru": "Кафе", "name_en": "Cafés", "mcc": "5811-5814, 5462", "code": "cafes"}


def send(client: FlaskClient, path: str, **form: str | list[str]) -> TestResponse:
    return client.post(path, base_url=HOST, data=MultiDict(form), headers={"Accept-Language": "en"})


def kept(seen: Session) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    seen.expire_all()
    return {code: (one.mcc, one.partners) for code, one in own_categories(seen).items()}


def test_a_category_is_defined_listed_and_changed(client: FlaskClient, seen: Session) -> None:
    assert "There is no category of your own yet" in plain(get(client, LIST))
    assert send(client, NEW, **CAFES, partners=["calder"]).status_code == 303
    assert kept(seen) == {"cafes": (("5811-5814", "5462"), ("calder",))}
    page = plain(get(client, LIST))
    assert "The category is saved" in page
    assert "5811-5814, 5462" in page
    assert ">Кафе</a>" in plain(get(client, LIST, "ru"))
    one = plain(get(client, "/desk/categories/cafes"))
    assert ('value="calder" checked' in one, 'value="Cafés"' in one, 'name="code"' in one) == (
        True,
        True,
        False,
    )
    assert send(client, "/desk/categories/cafes", **CAFES | {"mcc": "5814"}).status_code == 303
    assert kept(seen) == {"cafes": (("5814",), ())}
    send(client, "/desk/categories/cafes", **CAFES | {"mcc": "5814"})
    assert "That was so already" in plain(get(client, LIST))
    assert get(client, "/desk/categories/nothing").status_code == 404


def test_a_range_with_the_dash_of_a_word_processor_is_saved(client: FlaskClient, seen: Session) -> None:
    assert send(client, NEW, **CAFES | {"mcc": "5811–5814, 5462"}).status_code == 303
    assert kept(seen) == {"cafes": (("5811-5814", "5462"), ())}


def test_a_promotion_can_ask_for_it(client: FlaskClient) -> None:
    send(client, NEW, **CAFES)
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


def test_mccs_that_another_category_holds_too_are_told(client: FlaskClient) -> None:
    send(client, NEW, **CAFES)
    send(client, NEW, code="bars", name_ru="Бары", name_en="Bars", mcc="5813-5815")
    assert "Also in: Cafés (5813, 5814)" in plain(get(client, "/desk/categories/bars"))
    assert "Also in: Bars (5813, 5814)" in plain(get(client, LIST))


def test_who_may_not_sees_and_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    other = signed_in(desk, bank.tenant, {Permission.DESK_PROMOTION_EDIT}, "sam")
    assert get(other, LIST).status_code == 403
    assert post(other, NEW, **CAFES).status_code == 403
    assert kept(seen) == {}
