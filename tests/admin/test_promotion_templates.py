"""The catalogue of templates at the desk: it is found by words, filled in, shown in words, and a draft comes of it."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from coalition.partners.queries import all_partners
from coalition.programmes.models import Programme
from coalition.promotions.models import PromotionDraft
from coalition.promotions.templates import families, templates
from coalition.segments.actions import save_segment
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import db
from tests.admin.world import HOST, Bank, get, plain, post, signed_in

BIG: Mapping[str, str] = {
    "rate": "7", "amount_from": "500", "raised": "12", "payer": "bank", "code": "big", "do": "begin",
}  # fmt: skip


def send(client: FlaskClient, template: str, lang: str = "en", /, **form: str | list[str]) -> TestResponse:
    """Press a button of a template's form."""
    return client.post(
        f"/desk/templates/{template}", base_url=HOST, data=MultiDict(form), headers={"Accept-Language": lang}
    )


def drafts(seen: Session) -> list[PromotionDraft]:
    seen.expire_all()
    return list(seen.scalars(select(PromotionDraft).order_by(PromotionDraft.id)))


def test_the_list_leads_to_the_catalogue_and_that_to_the_document(client: FlaskClient) -> None:
    assert 'href="/desk/templates/"' in plain(get(client, "/desk/promotions/"))
    page = plain(get(client, "/desk/templates/"))
    assert 'href="/desk/promotions/drafts/new"' in page
    assert (
        page.count('href="/desk/templates/') == len(templates()) + len(families()) + 1
    )  # cards, families, all


@pytest.mark.parametrize(
    ("query", "there", "absent"),
    [
        ("q=HAPPY+hours", ["Happy hours", "Double points in happy hours"], ["Big purchase"]),
        ("q=%D1%87%D0%B0%D1%81%D1%8B", ["Happy hours"], ["Big purchase"]),
        ("family=coffee", ["Every sixth coffee"], ["Happy hours"]),
        ("family=coffee&q=happy", ["No template has these words"], ["Happy hours", "Every sixth coffee"]),
        ("family=nothing", ["Happy hours", "Big purchase"], []),
    ],
)  # fmt: skip
def test_templates_are_found_by_words_and_by_family(
    client: FlaskClient, query: str, there: list[str], absent: list[str]
) -> None:
    page = plain(get(client, f"/desk/templates/?{query}"))
    assert [one for one in there if one not in page] == []
    assert [one for one in absent if one in page] == []


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_every_template_has_its_form_and_its_example(client: FlaskClient, lang: str) -> None:
    for one in templates().values():
        answer = get(client, f"/desk/templates/{one.code}", lang)
        assert answer.status_code == 200, one.code
        page = plain(answer)
        assert (one.title.ru if lang == "ru" else one.title.en) in page.replace("&amp;", "&"), one.code
        assert not {field.name for field in one.fields} & {"code", "starts_at", "ends_at", "note", "do"}, (
            one.code
        )
        assert [field.name for field in one.fields if f'name="{field.name}"' not in page] == [], one.code


def test_the_example_is_played_in_the_programmes_points(client: FlaskClient) -> None:
    page = plain(get(client, "/desk/templates/retail-big-purchase"))
    assert 'A purchase of RUB 9,999.99</td><td class="n gives">499 sparks' in page.replace("₽", "RUB ")
    assert 'name="rate" type="text" value="5"' in page


def test_the_example_says_what_it_supposes(client: FlaskClient) -> None:
    assert "Праздники: 4 ноября" in plain(get(client, "/desk/templates/happy-hours", "ru"))
    assert "Partners — " in plain(get(client, "/desk/templates/every-second"))
    assert "The programme's levels: " in plain(get(client, "/desk/templates/level-rate"))
    assert "The member's segments: payroll" in plain(get(client, "/desk/templates/welcome-by-tenure"))


def test_what_it_will_do_is_shown_in_words_before_anything_is_made(
    client: FlaskClient, seen: Session
) -> None:
    page = plain(send(client, "retail-big-purchase", **{**BIG, "do": "show"}))
    assert "What it will do" in page
    assert "12%" in page
    assert 'name="raised" type="text" value="12"' in page
    assert drafts(seen) == []


def test_a_rate_may_be_written_with_its_sign(client: FlaskClient) -> None:
    answer = send(client, "retail-big-purchase", **BIG | {"raised": "12 %"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/promotions/drafts/1")
    assert "12%" in plain(
        send(client, "retail-big-purchase", **BIG | {"raised": "12 %", "code": "b", "do": "show"})
    )


def test_a_draft_is_made_of_the_values(client: FlaskClient, seen: Session) -> None:
    answer = send(client, "retail-big-purchase", **BIG, starts_at="2026-12-01T00:00")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/promotions/drafts/1")
    (draft,) = drafts(seen)
    assert (draft.code, draft.state, f"{draft.starts_at:%Y-%m-%d %H:%M}") == (
        "big",
        "draft",
        "2026-11-30 12:00",
    )
    assert draft.document["funding"] == [{"participant": "bank", "share": 100}]
    assert "Nothing is wrong with the terms" in plain(get(client, "/desk/promotions/big"))


@pytest.mark.parametrize(
    ("lang", "written", "amount_from"),
    [
        ("en", "1,000", "1000"),
        ("en", "1,000.50", "1000.50"),
        ("ru", "1 000,5", "1000.5"),
        ("ru", "1,50", "1.50"),
    ],
)
def test_numbers_are_read_as_the_readers_language_writes_them(
    client: FlaskClient, seen: Session, lang: str, written: str, amount_from: str
) -> None:
    assert send(client, "retail-big-purchase", lang, **BIG | {"amount_from": written}).status_code == 303
    bands = drafts(seen)[-1].document["mechanic"]["bands"]
    assert Decimal(bands[-1]["at_least"]) == Decimal(amount_from)


def test_a_comma_that_parts_nothing_is_no_number_in_english(client: FlaskClient, seen: Session) -> None:
    told = send(client, "retail-big-purchase", **BIG | {"amount_from": "1,5"})
    assert (told.status_code, "A number is expected" in plain(told)) == (422, True)
    assert drafts(seen) == []


def test_partners_are_ticked(client: FlaskClient, bank: Bank, seen: Session) -> None:
    codes = list(bank.world.partners)
    page = plain(get(client, "/desk/templates/every-second"))
    assert page.count('type="checkbox"') == len(bank.world.partners)
    send(client, "every-second", rate="10", partners=codes, payer="bank", code="second", do="begin")
    (draft,) = drafts(seen)
    assert draft.document["conditions"]["partners"] == codes
    shown = plain(send(client, "every-second", rate="10", partners=codes, payer="bank", code="b", do="show"))
    assert shown.count("checked>") == len(codes)
    [name] = [one.name["en"] for one in all_partners(seen) if one.code == codes[0]]
    assert f"partner {name}" in shown


def test_levels_are_those_of_the_programme(client: FlaskClient, bank: Bank, seen: Session) -> None:
    seen.get_one(Programme, (bank.tenant, bank.world.programme.id)).tiers = {
        "levels": [
            {"code": "gold", "ru": "Склон", "en": "Slope", "above": "0"},
            {"code": "top", "ru": "Вершина", "en": "Summit", "above": "1000"},
        ]
    }
    seen.commit()
    assert 'value="gold" checked><label for="levels-1">Склон' in plain(
        get(client, "/desk/templates/level-rate", "ru")
    )
    assert "Summit" in plain(get(client, "/desk/templates/level-rate"))


@pytest.mark.parametrize(
    ("lang", "wrong", "said"),
    [
        ("en", {"rate": "ten"}, 'id="rate-wrong">A number is expected'),
        ("ru", {"rate": "десять"}, 'id="rate-wrong">Ожидается число'),
        ("en", {"amount_from": ""}, 'id="amount_from-wrong">Fill this field in'),
        ("en", {"raised": "1001"}, 'id="raised-wrong">It is too large: 1,000 at most'),
        ("ru", {"amount_from": "9" * 30}, 'id="amount_from-wrong">Слишком большое число: не больше 1 000 000 000'),
        ("ru", {"rate": "0"}, 'id="rate-wrong">Должно быть 0,01 или больше'),
        ("en", {"rate": "0"}, 'id="rate-wrong">It must be 0.01 or more'),
        ("ru", {"starts_at": "2026-12-02T00:00", "ends_at": "2026-12-01T00:00"},
         'id="ends_at-wrong">Конец должен наступать позже начала'),
        ("en", {"payer": "nobody"}, 'id="payer-wrong">Nothing here has the code “nobody”. Choose one that there is'),
        ("en", {"code": "Big!"}, 'id="code-wrong">A code is small Latin letters'),
        ("en", {"code": "fuel"}, 'id="code-wrong">There is a promotion of this code already'),
        ("en", {"ends_at": "soon"}, 'id="ends_at-wrong">There is no such day and time'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("do", ["show", "begin"])
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_made(
    client: FlaskClient, seen: Session, lang: str, wrong: dict[str, str], said: str, do: str
) -> None:
    answer = send(client, "retail-big-purchase", lang, **{**BIG, "do": do} | wrong)
    assert answer.status_code == 422
    assert said in plain(answer)
    assert drafts(seen) == []


def test_all_that_is_wrong_is_told_at_once(client: FlaskClient, seen: Session) -> None:
    wrong = {"rate": "ten", "mcc": "55", "per_month": "10.5", "payer": "nobody", "code": "Big!"}
    answer = send(client, "mcc-percent", **wrong, ends_at="2020-01-01T00:00", do="begin")
    page = plain(answer)
    for said in (
        'id="rate-wrong">A number is expected',
        'id="mcc-wrong">“55” is no category code: an MCC is four digits',
        'id="per_month-wrong">The programme\'s points are whole. Write a whole number',
        'id="payer-wrong">Nothing here has the code “nobody”. Choose one that there is',
        'id="code-wrong">A code is small Latin letters',
        'id="ends_at-wrong">The end is over already. Choose a later one',
    ):
        assert said in page
    assert (answer.status_code, drafts(seen)) == (422, [])
    assert "Played with the template's own numbers" in page


def test_the_example_follows_the_forms_numbers(client: FlaskClient) -> None:
    shown = {"rate": "10", "mcc": "5541", "per_month": "", "payer": "bank", "code": "a", "do": "show"}
    page = plain(send(client, "mcc-percent", **shown))
    assert 'MCC 5541</td><td class="n gives">300 sparks' in page
    assert "Played with the form's numbers" in page
    assert 'MCC 5541</td><td class="n gives">150 sparks' in plain(get(client, "/desk/templates/mcc-percent"))


def test_a_title_that_is_left_empty_is_the_templates(client: FlaskClient) -> None:
    shown = {"rate": "10", "mcc": "5541", "payer": "bank", "code": "a", "title_ru": "Ужин", "do": "show"}
    page = plain(send(client, "mcc-percent", **shown))
    assert "Empty: members read “10% in chosen categories”" in page
    assert "The Russian title</dt><dd>Ужин" in page
    assert "The English title</dt><dd>10% in chosen categories" in page


@pytest.mark.parametrize(
    ("titles", "kept"),
    [
        ({"title_ru": "Ужин"}, "English"),
        ({"title_en": "Dinner"}, "Russian"),
        ({"title_ru": "Ужин", "title_en": "Dinner"}, None),
        ({}, None),
    ],
)
def test_a_title_that_is_left_the_templates_beside_one_that_was_changed_is_told(
    client: FlaskClient, titles: dict[str, str], kept: str | None
) -> None:
    shown = {"rate": "10", "mcc": "5541", "payer": "bank", "code": "a", "do": "show"}
    page = plain(send(client, "mcc-percent", **shown | titles))
    for lang in ("English", "Russian"):
        assert (f"The {lang} title is still the template's, and the" in page) == (lang == kept)


def test_segments_are_called_by_their_names(client: FlaskClient, bank: Bank, seen: Session) -> None:
    criteria = {"title": "Давно не заходили", "all_of": [{"kind": "last_purchase", "at_least_days_ago": 60}]}
    with db.transaction(bank.tenant) as session:
        save_segment(
            session, SYSTEM, programme_id=bank.world.programme.id, code="sleeping", document=criteria
        )
    page = plain(get(client, "/desk/templates/segment-rate", "ru"))
    assert 'value="sleeping"><label' in page
    assert ">Давно не заходили</label>" in page
    assert ">sleeping<" not in page


def test_a_second_draft_of_a_template_gets_a_code_of_its_own(client: FlaskClient) -> None:
    address = "/desk/templates/retail-big-purchase"
    assert 'value="retail-big-purchase"' in plain(get(client, address))
    send(client, "retail-big-purchase", **{**BIG, "code": "retail-big-purchase"})
    assert 'value="retail-big-purchase-2"' in plain(get(client, address))


def test_only_who_may_edit_sees_templates(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    signer = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_APPROVE], "signer")
    assert get(signer, "/desk/templates/").status_code == 403
    assert send(signer, "retail-big-purchase", **BIG).status_code == 403
    assert drafts(seen) == []
    assert get(client, "/desk/templates/nothing").status_code == 404
    assert post(client, "/desk/templates/nothing", do="begin").status_code == 404
