"""The editor of a draft: its document in fields, of which none is lost, each reason at its field."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin.console.promotion_reading import read
from admin.console.promotion_sections import tree
from admin.console.promotion_tree import Look
from coalition.promotions.models import PromotionDraft
from coalition.promotions.own_categories import save_categories
from coalition.promotions.templates import templates
from coalition.promotions.templates.play import example_document
from tenants.actor import SYSTEM
from tenants.branding.words import Words
from tests.admin.forms import Form, pressed, sent
from tests.admin.test_promotions import TERMS, begun, drafts, form, published
from tests.admin.test_promotions import paul as paul
from tests.admin.test_stored_drafts import stored
from tests.admin.world import HOST, Bank, get, plain, post

FOOD = {"name": {"ru": "Еда", "en": "Food"}}
DOCS = Path(__file__).parents[2] / "docs"


def documented() -> dict[str, Any]:
    """Documents of the templates' examples, of the files and the page that people learn from."""
    found: dict[str, Any] = {}
    for code, one in templates().items():
        document = example_document(one)
        found[code] = document.model_dump(mode="json")
        found[f"{code}-short"] = document.model_dump(mode="json", exclude_unset=True)
    for path in (DOCS / "examples").glob("*.yaml"):
        found[path.stem] = (yaml.load(path.read_text("utf-8"), yaml.BaseLoader) or {}).get("document")
    page = (DOCS / "promotions.md").read_text("utf-8")
    for number, text in enumerate(re.findall(r"```json\n(.+?)```", page, re.DOTALL)):
        found[f"page-{number}"] = json.loads(text)
    return {name: one for name, one in found.items() if one and "mechanic" in one}


DOCUMENTS = documented()


def kept(seen: Session) -> dict[str, Any]:
    """The document of the newest draft."""
    seen.expire_all()
    return seen.scalars(select(PromotionDraft).order_by(PromotionDraft.id.desc()).limit(1)).one().document


@pytest.mark.parametrize("code", DOCUMENTS)
@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_form_that_nobody_touches_gives_the_same_document(code: str, lang: str) -> None:
    app, document = Flask("tests.editor"), DOCUMENTS[code]
    Babel(app)
    words = Words(lang, ("p", "p", "p"), 0, "RUB", "UTC", date(2026, 1, 1))
    with app.test_request_context():
        nodes = [node for top in tree(document, {}, words) for node in top.walk()]
        fields: MultiDict[str, str] = MultiDict()
        for node in nodes:
            texts = node.shown if node.shown or node.look in (Look.FLAG, Look.MANY) else [""]
            fields.setlist(node.name, texts)
        assert [node.path for node in nodes if node.look is Look.OPAQUE] == []
        assert json.dumps(read(tree(document, {}, words), fields, document, lang)) == json.dumps(document)


@pytest.mark.parametrize("code", ["happy-hours", "goods-set", "retail-big-purchase"])
def test_a_page_that_is_saved_as_it_is_keeps_the_document(
    client: FlaskClient, bank: Bank, seen: Session, code: str
) -> None:
    address = begun(client, seen)
    stored(bank, DOCUMENTS[code])
    assert sent(client, address).status_code == 303
    assert json.dumps(kept(seen), sort_keys=True) == json.dumps(DOCUMENTS[code], sort_keys=True)


def test_what_no_field_can_show_stays_as_it_is(client: FlaskClient, bank: Bank, seen: Session) -> None:
    address = begun(client, seen)
    odd = TERMS | {"wings": [1, {"a": None}], "limits": {"per_day": ["x"], "extra": 1}, "lane": "fast"}
    stored(bank, odd)
    page = plain(get(client, address))
    assert "What stands here cannot be shown in fields" in page
    assert "<code>wings</code>: There is no such field" in page
    sent(client, address, mechanic__rate="8")
    assert kept(seen) == odd | {"mechanic": {"kind": "percent", "rate": "8"}}


def test_fields_are_changed_as_people_write_them(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    answer = sent(
        client, address, lang="ru", mechanic__rate="7,5", limits__budget="1 000 000", conditions__mcc="5411, 5499",
        conditions__amount_from="", once="on", ends_at="2036-01-01T00:00",
    )  # fmt: skip
    assert answer.headers["Location"] == "/desk/promotions/petrol"
    assert kept(seen) == TERMS | {
        "title": {"ru": "Бензин", "en": "Petrol"},
        "conditions": {"mcc": ["5411", "5499"]},
        "mechanic": {"kind": "percent", "rate": "7.5"},
        "limits": {"budget": "1000000"},
        "once": True,
    }
    assert 'value="7,5"' in plain(get(client, address, "ru"))
    assert 'value="7.5"' in plain(get(client, address))


def test_a_rate_may_be_written_with_its_sign_and_nothing_else_may(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    sent(client, address, lang="ru", mechanic__rate="7,5 %", funding__0__share="100%", limits__budget="9%")
    written = kept(seen)
    assert written["mechanic"] == {"kind": "percent", "rate": "7.5"}
    assert written["funding"] == [{"participant": "bank", "share": 100}]
    assert written["limits"]["budget"] == "9%"


def test_shares_that_do_not_make_a_hundred_are_told_where_they_stand(
    client: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen)
    answer = sent(client, address, funding__0__share="60")
    assert answer.headers["Location"] == address
    page = plain(get(client, address))
    assert 'id="d-funding-wrong">The payers\' shares must make 100 %; they make 60 %<' in page
    assert '<a href="#d-funding">Who pays</a>: The payers\' shares must make 100 %; they make 60 %' in page
    added = sent(client, address, "add:d.funding")
    assert drafts(seen) == [("draft", 2)]
    pressed(client, address, added, "save", funding__1__participant="bank", funding__1__share="40")
    assert kept(seen)["funding"] == [
        {"participant": "bank", "share": 60},
        {"participant": "bank", "share": 40},
    ]


@pytest.mark.parametrize(
    ("changed", "place", "said"),
    [
        ({"mechanic__rate": "seven"}, "d-mechanic-rate", "A number is expected"),
        ({"mechanic__rate": ""}, "d-mechanic-rate", "Fill this field in"),
        ({"conditions__mcc": "5411, 12"}, "d-conditions-mcc", "“12” is no category code: an MCC is four digits"),
        ({"limits__budget": "5", "limits__budget_money": "5"}, "d-limits-budget_money", "A budget is in points"),
        ({"title__ru": ""}, "d-title-ru", "Fill this field in"),
        ({"funding__0__participant": ""}, "d-funding-0-participant", "Fill this field in"),
    ],
)  # fmt: skip
def test_each_reason_stands_at_its_field_and_what_was_written_stays(
    client: FlaskClient, seen: Session, changed: dict[str, str], place: str, said: str
) -> None:
    address = begun(client, seen)
    page = plain(sent(client, address, "show", **changed))
    assert f'id="{place}-wrong">{said}' in page
    assert all(f'value="{text}"' in page for text in changed.values() if text)
    assert drafts(seen) == [("draft", 1)]


def test_a_trigger_and_a_mechanic_of_another_kind_keep_what_both_have(
    client: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen)
    turned = sent(client, address, "kind:d.mechanic.kind", mechanic__kind="bands", trigger__kind="nth")
    fields = Form(turned.get_data(as_text=True)).fields
    assert {"d.mechanic.bands.1.rate", "d.mechanic.mode", "d.trigger.n"} <= set(fields)
    pressed(
        client, address, turned, "save", trigger__n="5", trigger__every="on", mechanic__mode="whole",
        mechanic__bands__0__at_least="0", mechanic__bands__0__rate="1", mechanic__bands__1__at_least="1,000",
        mechanic__bands__1__rate="2",
    )  # fmt: skip
    assert kept(seen)["trigger"] == {"kind": "nth", "n": 5, "every": True}
    assert kept(seen)["mechanic"] == {
        "kind": "bands", "mode": "whole", "bands": [{"at_least": "0", "rate": "1"}, {"at_least": "1000", "rate": "2"}],
    }  # fmt: skip
    fixed = sent(client, address, "kind:", mechanic__kind="fixed")
    step = pressed(client, address, fixed, "kind:", mechanic__kind="per_step", mechanic__points="3")
    assert Form(step.get_data(as_text=True)).fields["d.mechanic.points"] == "3"


def test_conditions_and_their_rows_are_added_and_removed(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    page = pressed(client, address, get(client, address), "add:d.where", **{"new:add:d.where": "hours"})
    assert "Fill this field in" not in plain(page)
    page = pressed(client, address, page, "add:d.where.0.spans")
    page = pressed(client, address, page, "add:d.where.0.spans", where__0__spans__0__start="10:00")
    page = pressed(client, address, page, "add:d.where", **{"new:add:d.where": "brand"})
    page = pressed(client, address, page, "remove:d.where.1")
    pressed(
        client, address, page, "save", where__0__days=["6", "7"], where__0__spans__0__end="13:00",
        where__0__spans__1__start="15:00", where__0__spans__1__end="17:00",
    )  # fmt: skip
    assert kept(seen)["where"] == [
        {"kind": "hours", "days": [6, 7],
         "spans": [{"start": "10:00", "end": "13:00"}, {"start": "15:00", "end": "17:00"}]}
    ]  # fmt: skip
    sent(client, address, "remove:d.where.0")
    assert len(kept(seen)["where"]) == 1


def test_weekdays_need_no_hours(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    page = pressed(client, address, get(client, address), "add:d.where", **{"new:add:d.where": "hours"})
    pressed(client, address, page, "save", where__0__days=["6", "7"])
    assert kept(seen)["where"] == [{"kind": "hours", "days": [6, 7]}]
    assert "at weekends" in plain(get(client, "/desk/promotions/petrol"))


def test_a_new_version_keeps_the_end_and_its_change_is_told(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen, ends_at="2099-01-01T00:00")
    page = get(client, "/desk/promotions/drafts/new?of=petrol")
    assert Form(page.get_data(as_text=True)).fields["ends_at"] == "2099-01-01T00:00"
    sent(client, "/desk/promotions/drafts/new?of=petrol", ends_at="")
    assert "The end was: 1 January 2099, 00:00; it is: no end" in plain(
        get(client, "/desk/promotions/petrol")
    )


def test_goods_are_named_to_whoever_signs(client: FlaskClient, seen: Session) -> None:
    goods = {"categories": ["fuel"], "except_tags": ["promo"]}
    begun(client, seen, document=json.dumps(TERMS | {"where": [{"kind": "goods", "goods": goods}]}))
    page = plain(get(client, "/desk/promotions/petrol"))
    assert "Categories of goods: fuel; But not these tags: promo" in page


def test_both_sides_of_a_mapping_are_written(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    page = sent(client, address, "kind:", mechanic__kind="by_payment")
    page = pressed(
        client,
        address,
        page,
        "add:d.mechanic.rates",
        mechanic__rates__0__key="card",
        mechanic__rates__0__value="2",
    )
    page = pressed(
        client, address, page, "show", mechanic__rates__1__key="sbp", mechanic__rates__1__value="x"
    )
    assert 'id="d-mechanic-rates-1-value-wrong">A number is expected' in plain(page)
    pressed(client, address, page, "save", mechanic__rates__1__value="3")
    assert kept(seen)["mechanic"] == {"kind": "by_payment", "rates": {"card": "2", "sbp": "3"}}
    sent(client, address, mechanic__rates__0__key="card", mechanic__rates__1__key="sbp")  # stored by length
    assert kept(seen)["mechanic"]["rates"] == {"card": "3", "sbp": "2"}
    sent(client, address, mechanic__rates__0__key="card")  # that is the other's, so both stay
    assert kept(seen)["mechanic"]["rates"] == {"card": "3", "sbp": "2"}


@pytest.mark.parametrize(("lang", "other"), [("en", "ru"), ("ru", "en")])
def test_a_form_is_read_in_the_language_it_was_drawn_in(
    client: FlaskClient, seen: Session, lang: str, other: str
) -> None:
    terms = TERMS | {"limits": {"budget": "250000"}, "mechanic": {"kind": "percent", "rate": "2.125"}}
    address = begun(client, seen, document=json.dumps(terms))
    before = kept(seen)
    assert pressed(client, address, get(client, address, lang), "save", other).status_code == 303
    assert kept(seen) == before


def test_a_draft_means_by_a_category_what_the_tenant_means_when_it_is_checked(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    save_categories(seen, SYSTEM, written={"food": FOOD | {"mcc": ["5411"]}})
    address = begun(client, seen, document=json.dumps(TERMS | {"conditions": {"categories": ["food"]}}))
    post(client, f"{address}/check", revision="1")
    assert kept(seen)["conditions"]["categories"][0]["mcc"] == ["5411"]
    save_categories(seen, SYSTEM, written={"food": FOOD | {"mcc": ["5812"]}})
    sent(client, address, mechanic__rate="3")
    assert kept(seen)["conditions"]["categories"] == ["food"]
    post(client, f"{address}/check", revision=str(drafts(seen)[-1][1]))
    assert kept(seen)["conditions"]["categories"][0]["mcc"] == ["5812"]


def test_a_part_that_is_not_there_is_added_and_removed(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    page = sent(client, address, "add:d.valid")
    pressed(client, address, page, "save", valid__days="30")
    assert kept(seen)["valid"] == {"days": 30}
    page = sent(client, address, "remove:d.valid")
    pressed(client, address, page, "save")
    assert "valid" not in kept(seen)


def test_fields_and_document_are_two_views_of_one_draft(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    page = plain(sent(client, address, "document", mechanic__rate="9"))
    assert "Terms (JSON)" in page
    assert "&#34;rate&#34;: &#34;9&#34;" in page
    assert drafts(seen) == [("draft", 1)]


def test_a_document_that_cannot_be_read_is_not_left_for_its_fields(
    client: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen)
    answer = post(client, address, **form(1, document='{"a": }', do="fields"))
    assert answer.status_code == 422
    assert "The terms are no JSON: it breaks off at line 1" in plain(answer)
    assert "{&#34;a&#34;: }" in plain(answer)


def test_days_that_are_wrong_stop_no_button(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    page = sent(client, address, "add:d.funding", starts_at="2036-02-01T00:00", ends_at="2036-01-01T00:00")
    assert page.status_code == 200
    assert 'id="ends_at-wrong">The end must come after the start' in plain(page)
    assert "d.funding.1.share" in Form(page.get_data(as_text=True)).fields


def test_the_terms_are_told_beside_the_form(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    assert "7% of the amount" in plain(get(client, address))
    assert "9% of the amount" in plain(sent(client, address, "show", mechanic__rate="9"))
    assert "They can be read here when nothing is missing" in plain(
        sent(client, address, "show", mechanic__rate="")
    )


def test_a_new_promotion_and_a_new_version_are_written_in_fields(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    new = "/desk/promotions/drafts/new"
    titles = {"title__ru": "Ужин", "title__en": "Supper"}
    answer = sent(client, new, code="supper", mechanic__rate="3", **titles)
    assert answer.headers["Location"] == "/desk/promotions/supper"
    assert kept(seen)["mechanic"] == {"kind": "percent", "rate": "3"}
    refused = sent(client, new, code="Supper!", **titles)
    assert (refused.status_code, "A code is small Latin letters" in plain(refused)) == (422, True)
    published(client, paul, seen)
    assert sent(client, f"{new}?of=petrol", mechanic__rate="2").status_code == 303
    assert kept(seen)["mechanic"] == {"kind": "percent", "rate": "2"}
    assert kept(seen)["conditions"]["amount_from"] == "500"


def test_a_form_of_an_older_revision_overwrites_nothing_and_loses_nothing(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen)
    mine = get(client, address)
    sent(paul, address, mechanic__rate="8")
    late = pressed(client, address, mine, "save", mechanic__rate="9")
    assert late.status_code == 409
    assert "Somebody has changed the draft meanwhile" in plain(late)
    assert 'value="9"' in plain(late)
    assert kept(seen)["mechanic"]["rate"] == "8"
    pressed(client, address, late, "save")
    assert kept(seen)["mechanic"]["rate"] == "9"


def test_a_saved_form_takes_the_signature_away(client: FlaskClient, paul: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    client.post(f"{address}/check", base_url=HOST, data={"revision": "1"})
    paul.post(f"{address}/approve", base_url=HOST, data={"revision": "2"})
    assert drafts(seen) == [("approved", 3)]
    sent(client, address, "show", mechanic__rate="9")
    assert drafts(seen) == [("approved", 3)]
    sent(client, address, mechanic__rate="9")
    assert drafts(seen) == [("draft", 4)]


@pytest.mark.parametrize("drawn", ["", "{", "[]", '{"a": 1, "a": 2}'])
def test_a_form_whose_document_cannot_be_read_saves_nothing(
    client: FlaskClient, seen: Session, drawn: str
) -> None:
    address = begun(client, seen)
    data = {"drawn": drawn, "revision": "1", "do": "save"}
    assert client.post(address, base_url=HOST, data=data).status_code == 422
    assert drafts(seen) == [("draft", 1)]


def test_the_section_and_the_icon_are_chosen_by_their_names_and_pictures(
    client: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen)
    page = plain(get(client, address, "ru"))
    assert '<option value="cafe">Кафе и рестораны</option>' in page
    assert '<option value="" selected>По условиям акции</option>' in page
    assert re.search(r'value="cup-hot"><label for="[\w-]+"><svg .*?</svg> Кофе</label>', page)
    assert re.search(r'value="percent" checked><label for="[\w-]+"><svg .*?</svg> Процент</label>', page)
    assert sent(client, address, category="cafe", icon="cup-hot").status_code == 303
    assert (kept(seen)["category"], kept(seen)["icon"]) == ("cafe", "cup-hot")


def test_a_section_of_an_own_name_stays_as_it_is_written(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen, document=json.dumps(TERMS | {"category": "spring", "icon": "nowhere"}))
    assert '<option value="spring" selected>spring</option>' in plain(get(client, address))
    assert sent(client, address, mechanic__rate="3").status_code == 303
    assert (kept(seen)["category"], kept(seen)["icon"]) == ("spring", "nowhere")
