"""Whatever stands in a stored draft or correction, its pages open and say what is wrong."""

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.console import promotions as section
from coalition.promotions.models import PromotionDraft, PromotionVersion
from coalition.promotions.templates import templates
from coalition.promotions.templates.play import example_document
from coalition.transactions.corrections import jobs
from coalition.transactions.corrections.models import Correction
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.test_corrections import days as days
from tests.admin.test_corrections import form as correction
from tests.admin.test_promotions import TERMS, begun, drafts, form, published
from tests.admin.test_promotions import paul as paul
from tests.admin.world import Bank, get, plain, post, signed_in
from tests.ledger.house import drain

JOBS = (jobs,)
PAGE, LIST = "/desk/promotions/petrol", "/desk/promotions/"
DOCUMENTS = [example_document(one).model_dump(mode="json") for one in templates().values()]
NUMBERS = ["0.5", "10.5", "0.05", "0.001", "1e9", "1e400", "NaN", "-1", 0, 5, 10**30, 10**4000]
ODD = [*NUMBERS, None, True, "", "x", "a\u202eb", [], {}, ["a"], {"kind": "none"}, "02-29", "25:00"]


def stored(bank: Bank, document: Any, **more: Any) -> int:
    """The open draft holds this document, as if the form had let it through; its number."""
    with db.transaction(bank.tenant) as session:
        draft = session.scalars(select(PromotionDraft).where(PromotionDraft.state == "draft")).one()
        draft.document = document
        for name, value in more.items():
            setattr(draft, name, value)
        return draft.id


def standing(bank: Bank) -> list[str]:
    """The states of all drafts, asked for anew."""
    with db.transaction(bank.tenant) as session:
        return list(session.scalars(select(PromotionDraft.state).order_by(PromotionDraft.id)))


@pytest.fixture
def waiting(client: FlaskClient, paul: FlaskClient, bank: Bank, seen: Session) -> Bank:
    """A bank that has a promotion with a draft of its next version."""
    published(client, paul, seen)
    begun(client, seen, of="petrol", code="")
    return bank


def paths(node: Any, path: tuple[int | str, ...] = ()) -> list[tuple[int | str, ...]]:
    """The way to everything inside."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [one for key, value in inner for one in [(*path, key), *paths(value, (*path, key))]]


@st.composite
def odd_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A template's document in which one thing, or a few, are odd."""
    document: dict[str, Any] = deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(document)))
        node: Any = document
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = draw(st.sampled_from(ODD))
    return document


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=odd_documents(), lang=st.sampled_from(["ru", "en"]))
def test_every_stored_drafts_pages_open(
    client: FlaskClient, waiting: Bank, document: dict[str, Any], lang: str
) -> None:
    number = stored(waiting, document)
    for page in (
        PAGE,
        LIST,
        f"/desk/promotions/drafts/{number}",
        f"/desk/promotions/drafts/{number}?as=document",
        f"/desk/promotions/drafts/{number}/publish",
    ):
        assert get(client, page, lang).status_code == 200, page


def test_parts_of_a_point_are_told_as_written_and_at_their_field(client: FlaskClient, seen: Session) -> None:
    begun(client, seen, document=json.dumps(TERMS | {"limits": {"per_month": "10.5", "budget": "0.5"}}))
    page = plain(get(client, PAGE))
    for said in (
        "The monthly limit</dt><dd>10.5 sparks",
        "<code>limits.per_month</code>: The programme's points are whole. Write a whole number",
        "<code>limits.budget</code>: The programme's points are whole. Write a whole number",
    ):
        assert said in page
    assert "Check and send to be signed" not in page
    russian = plain(get(client, PAGE, "ru"))
    assert "Предел за месяц</dt><dd>10,5 искры" in russian
    assert "Баллы этой программы целые. Напишите целое число" in russian


def test_a_check_that_is_pressed_all_the_same_says_it_in_the_readers_language(
    client: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen, document=json.dumps(TERMS | {"limits": {"per_month": "10.5"}}))
    post(client, f"{address}/check", revision="1")
    assert drafts(seen) == [("draft", 1)]
    told = plain(get(client, PAGE, "en"))
    assert "limits.per_month: The programme's points are whole" in told


def test_a_change_to_parts_of_a_point_is_told(client: FlaskClient, paul: FlaskClient, seen: Session) -> None:
    published(client, paul, seen)
    terms = TERMS | {"mechanic": {"kind": "fixed", "points": "0.5"}, "limits": {"per_month": "10.5"}}
    begun(client, seen, of="petrol", code="", document=json.dumps(terms))
    page = plain(get(client, PAGE))
    assert "The monthly limit is new: 10.5 sparks" in page
    assert "It was: 7% of the amount. It is: 0.5 sparks for each operation" in page


def test_a_version_of_older_days_with_parts_of_a_point_is_told(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen)
    for version in seen.scalars(select(PromotionVersion)):
        if version.document["title"]["en"] == "Petrol":
            version.document = version.document | {"limits": {"per_month": "10.5", "per_purchase": "0.5"}}
    seen.commit()
    assert "no more than 0.5 sparks a purchase" in plain(get(client, PAGE))
    assert get(client, LIST).status_code == 200


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (
            {"starts_at": "2036-12-02T00:00", "ends_at": "2036-12-01T00:00"},
            "The end must come after the start",
        ),
        ({"ends_at": "2020-12-01T00:00"}, "The end is over already. Choose a later one"),
    ],
)
def test_wrong_dates_are_kept_with_the_draft_and_told_at_their_field(
    client: FlaskClient, paul: FlaskClient, seen: Session, dates: dict[str, str], said: str
) -> None:
    address = begun(client, seen, **dates)
    page = plain(get(client, address))
    assert f'id="ends_at-wrong">{said}' in page
    for name, text in dates.items():
        assert f'name="{name}" type="datetime-local" value="{text}"' in page
    post(client, f"{address}/check", revision="1")
    assert drafts(seen) == [("draft", 1)]
    assert said in plain(get(paul, "/desk/promotions/petrol"))


@pytest.mark.parametrize("text", ["tomorrow", "2036-02-31T00:00", "1.12.2036 10:00"])
def test_what_is_no_date_comes_back_in_its_field_as_it_was_typed(
    client: FlaskClient, seen: Session, text: str
) -> None:
    answer = post(client, "/desk/promotions/drafts/new", **form(starts_at=text))
    page = plain(answer)
    assert answer.status_code == 422
    assert f'name="starts_at" type="text" value="{text}"' in page
    assert 'id="starts_at-wrong">There is no such day and time. Write them like 2026-12-31 00:00' in page
    assert drafts(seen) == []


def test_an_end_before_the_start_that_is_stored_is_told_by_its_name(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    address, now = begun(client, seen), clock.now()
    stored(bank, TERMS | {"title": {"ru": "А", "en": "A"}}, starts_at=now, ends_at=now - timedelta(days=1))
    page = plain(get(client, PAGE))
    assert "Ends: The end must come after the start" in page
    assert "Nothing is wrong with the terms" not in page
    assert "Конец: Конец должен наступать позже начала" in plain(get(client, PAGE, "ru"))
    post(client, f"{address}/check", revision="1")
    told = plain(get(client, PAGE))
    assert "The draft is not right, Ends: The end must come after the start. Nothing was done" in told
    assert drafts(seen) == [("draft", 1)]


def test_the_list_tells_the_days_of_a_draft_that_has_any(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    begun(client, seen)
    assert "— no end" not in plain(get(client, LIST)).split("Petrol")[1].split("</tr>")[0]
    stored(bank, TERMS | {"title": {"ru": "А", "en": "Petrol"}}, starts_at=clock.now() + timedelta(days=400))
    assert "— no end" in plain(get(client, LIST)).split("Petrol")[1].split("</tr>")[0]


def test_terms_that_are_not_written_are_asked_for(client: FlaskClient, seen: Session) -> None:
    answer = post(client, "/desk/promotions/drafts/new", **form(document=" "))
    assert (answer.status_code, drafts(seen)) == (422, [])
    assert "Write the terms: what it gives, for what, up to how much and who pays" in plain(answer)


@pytest.mark.parametrize("depth", [100, 400, 900])
def test_terms_that_go_deep_break_nothing(client: FlaskClient, seen: Session, depth: int) -> None:
    deep = '{"a": ' + "[" * depth + "]" * depth + "}"
    answer = post(client, "/desk/promotions/drafts/new", **form(document=deep))
    assert answer.status_code in (303, 422)
    for draft in seen.scalars(select(PromotionDraft)):
        assert get(client, f"/desk/promotions/drafts/{draft.id}").status_code == 200
        assert get(client, PAGE).status_code == 200


def test_what_breaks_while_something_is_saved_saves_nothing(
    client: FlaskClient, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(section, "redirect", lambda *_: 1 / 0)
    answer = post(client, "/desk/promotions/drafts/new", **form())
    assert answer.status_code == 500
    assert "Nothing of what you sent was done" in plain(answer)
    assert standing(bank) == []


def test_what_breaks_while_a_page_is_drawn_does_not_deny_what_was_saved(
    client: FlaskClient, bank: Bank, seen: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(client, seen)
    monkeypatch.setattr(section.promotion_told, "told_draft", lambda *_: 1 / 0)
    answer = get(client, PAGE)
    assert answer.status_code == 500
    assert "What you have saved stays saved" in plain(answer)
    assert "Nothing" not in plain(answer)
    assert standing(bank) == ["draft"]


def test_whoever_signs_sees_the_promo_code(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    trigger = {"kind": "promo_code", "code": "FLYER-26"}
    terms = TERMS | {"trigger": trigger, "mechanic": {"kind": "fixed", "points": "50"}, "conditions": {}}
    begun(client, seen, document=json.dumps(terms))
    signer = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_APPROVE], "signer")
    page = plain(get(signer, PAGE))
    assert "The promo code</dt><dd>FLYER-26" in page
    assert "50 sparks for the first purchase after you enter the promo code" in page
    russian = plain(get(signer, PAGE, "ru"))
    assert "Промокод</dt><dd>FLYER-26" in russian
    assert "50 искр за первую покупку после ввода промокода" in russian


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_correction_of_older_days_with_parts_of_a_point_is_told(
    client: FlaskClient, bank: Bank, seen: Session, days: tuple[str, str], lang: str
) -> None:
    post(client, "/desk/corrections/new/petrol", **correction(*days))
    drain(bank.tenant)
    seen.expire_all()
    (row,) = seen.scalars(select(Correction))
    row.document = row.document | {"limits": {"per_month": "10.5", "budget": "10.5"}}
    seen.commit()
    said = {"en": "The monthly limit</dt><dd>10.5 sparks", "ru": "10,5 искры"}[lang]
    assert said in plain(get(client, "/desk/corrections/1", lang))


def test_a_correction_to_parts_of_a_point_is_refused_at_its_field(
    client: FlaskClient, seen: Session, days: tuple[str, str]
) -> None:
    document = json.dumps(TERMS | {"limits": {"per_month": "10.5"}})
    answer = post(client, "/desk/corrections/new/petrol", **correction(*days, document=document))
    assert answer.status_code == 422
    assert "<code>limits.per_month</code>: The programme's points are whole" in plain(answer)
    assert seen.scalars(select(Correction)).all() == []
