"""The catalogue of templates: every example gives its points, every wrong value is refused at its field."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from admin.cli.promotions import promotions
from coalition.promotions.case import Setting, Units
from coalition.promotions.checking import flaws
from coalition.promotions.templates import families, template, templates
from coalition.promotions.templates.fill import attempt, fill, titles_of
from coalition.promotions.templates.model import Shape, Template
from coalition.promotions.templates.play import example_document, play
from coalition.promotions.templates.search import found as searched
from tenants.branding import icons
from tenants.runtime.errors import NotFound, Refusal
from tests.promotions.offers import CODES

DOCS = Path(__file__).parents[2] / "docs/promotion-templates.md"
GOLDEN = {"W1", "W2", "W3", "B1", "B2", "B3", "R1", "R3", "R4", "R5", "C1", "C2", "T1", "T2", "H1", "P1",
          "N1", "N2", "N3", "N4", "N5", "C3", "T3", "F1", "F2", "H2", "P2"}  # fmt: skip
CATALOGUE = DOCS.parents[1] / "coalition/promotions/templates/catalogue"
WHOLE = Setting(Units(0, 2))  # points are whole
PAYER = {"payer": "bank"}
every_template = pytest.mark.parametrize("one", templates().values(), ids=templates().keys())


def test_there_are_more_than_seventy_templates() -> None:
    assert len(templates()) == 132
    assert {one.family for one in templates().values()} == set(families())
    assert {path.stem for path in CATALOGUE.glob("*.yaml")} == set(families())


@every_template
def test_the_example_gives_its_points(one: Template) -> None:
    scale = example_document(one).gives.setting(WHOLE).units.scale
    found = [
        (played.sale.amount, played.sale.at, Decimal(played.own).scaleb(-scale))
        for played in play(one, WHOLE)
    ]
    wanted = [(sale.amount, sale.at, sale.points) for sale in one.example.sales for _ in range(sale.times)]
    assert found == wanted


@every_template
def test_the_example_gives_its_points_with_the_others(one: Template) -> None:
    told = [played for played in play(one, WHOLE) if played.sale.total is not None]
    assert [played.total for played in told] == [played.sale.total for played in told]


@every_template
@pytest.mark.parametrize("zone", ["Asia/Kamchatka", "America/New_York"])
def test_the_example_holds_on_every_clock(one: Template, zone: str) -> None:
    assert list(play(one, WHOLE._replace(zone=zone))) == list(play(one, WHOLE))


def test_an_example_is_told_in_the_units_of_the_programme() -> None:
    (played,) = play(template("online-shop"), Setting(Units(2, 2)))
    assert played.own == 9375


@every_template
def test_the_example_shows_what_pays(one: Template) -> None:
    assert any(sale.points for sale in one.example.sales)


@every_template
def test_every_field_reaches_the_document(one: Template) -> None:
    written = str(one.document) + "{title_ru}{title_en}{payer}"
    assert [field.name for field in one.fields if f"{{{field.name}}}" not in written] == []


@every_template
def test_an_icon_of_the_document_is_drawn(one: Template) -> None:
    assert one.document["icon"] in icons.names()


@every_template
def test_what_must_be_filled_is_asked_for(one: Template) -> None:
    needed = {field.name for field in one.fields if not field.default and not field.optional}
    assert {flaw.field for flaw in attempt(one, {}).flaws} == needed


@every_template
def test_a_choice_of_a_field_can_be_made(one: Template) -> None:
    for field in one.fields:
        assert bool(field.options) == (field.kind is Shape.CHOICE)
        assert (field.kind in (Shape.CODE, Shape.CODES)) == bool(field.of)


def test_no_two_templates_fill_in_the_same_document() -> None:
    terms: dict[str, list[str]] = {}
    for code, one in templates().items():
        kept = {key: value for key, value in example_document(one).model_dump(mode="json").items()
                if key not in ("title", "icon", "category", "funding")}  # fmt: skip
        terms.setdefault(str(kept), []).append(code)
    assert [codes for codes in terms.values() if len(codes) > 1] == []


def test_titles_are_names() -> None:
    for lang in ("ru", "en"):
        titles = [getattr(one.title, lang) for one in templates().values()]
        assert len(set(titles)) == len(titles)


@every_template
def test_members_read_no_word_that_a_programme_has_of_its_own(one: Template) -> None:
    """Points are sparks here and miles there, and money is not roubles everywhere."""
    offer = one.offer or one.title
    read = re.sub(r"\{\w+\}", "", f"{offer.ru} {offer.en}")
    assert re.search(r"балл|point|₽|рубл|rouble", read, re.IGNORECASE) is None


def test_a_template_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFound, match="template_unknown"):
        template("nothing")


def test_a_filled_document_has_the_values_and_nothing_else() -> None:
    assert fill(
        template("every-nth"), PAYER | {"n": "7", "points": "250.5", "any_partners": "nerpa, sopka"}
    ) == {
        "title": {"ru": "Каждая 7-я покупка", "en": "Every purchase number 7"},
        "icon": "arrow-repeat",
        "trigger": {"kind": "nth", "n": 7, "every": True},
        "conditions": {"partners": ["nerpa", "sopka"]},
        "mechanic": {"kind": "fixed", "points": "250.5"},
        "funding": [{"participant": "bank", "share": 100}],
    }


def test_numbers_in_a_title_are_written_as_its_language_does() -> None:
    title = fill(template("retail-percent"), PAYER | {"rate": "7.5"})["title"]
    assert title == {"ru": "7,5 % с каждой покупки", "en": "7.5% of every purchase"}


def test_titles_that_are_written_stand() -> None:
    values = PAYER | {"title_ru": "Пять по сто", "title_en": "Five for a hundred"}
    assert fill(template("every-nth"), values)["title"] == {"ru": "Пять по сто", "en": "Five for a hundred"}


def test_hours_and_weekdays_are_read() -> None:
    values = PAYER | {"hours": "9:00 – 11:30, 22:00-00:00", "weekdays": "1-3, 7"}
    (hours,) = fill(template("happy-hours"), values)["where"]
    assert hours["days"] == [1, 2, 3, 7]
    assert [(span["start"], span["end"]) for span in hours["spans"]] == [
        ("09:00:00", "11:30:00"),
        ("22:00:00", "00:00:00"),
    ]


@pytest.mark.parametrize(
    ("code", "field", "value", "why"),
    [
        ("every-nth", "n", "", "this field is missing"),
        ("every-nth", "n", "six", "a number is expected"),
        ("every-nth", "n", "1e3", "a number is expected"),
        ("every-nth", "n", "NaN", "a number is expected"),
        ("every-nth", "n", "0", "it is 1 or more"),
        ("every-nth", "n", "-5", "it is 1 or more"),
        ("every-nth", "n", "1001", "it is 1000 or less"),
        ("every-nth", "n", "2.5", "a whole number is expected"),
        ("every-nth", "points", "0", "it is 0.01 or more"),
        ("every-nth", "points", "1.005", "no more than 2 digits stand after the point here"),
        ("every-nth", "payer", " ", "this field is missing"),
        ("every-nth", "title_ru", "й" * 121, "it has no more than 120 characters"),
        ("every-nth", "rate", "5", "there is no such field"),
        ("happy-hours", "hours", "10-13", "hours are written like 10:00-13:00, 15:00-17:00"),
        ("happy-hours", "hours", "13:00-10:00", "hours end after they start, and before midnight"),
        ("happy-hours", "weekdays", "0-5", "weekdays are written like 1-5, 7: 1 is Monday"),
        ("happy-hours", "weekdays", "5-1", "weekdays are written like 1-5, 7: 1 is Monday"),
        ("happy-hours", "rate", "1000.01", "it is 1000 or less"),
        ("retail-big-purchase", "amount_from", "0", "it is 0.01 or more"),
        ("cumulative-rate", "platinum_from", "9000", "bands start at 0 and rise"),
        ("mcc-percent", "mcc", "554", "an MCC is four digits, not '554'"),
        ("ladder", "then", "never", "it is one of these: none, last, again"),
        ("happy-hours-times", "times", "1", "it is 1.01 or more"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_at_its_field(code: str, field: str, value: str, why: str) -> None:
    one = template(code)
    with pytest.raises(Refusal, match="template_field") as caught:
        fill(one, PAYER | one.example.values | {field: value})
    assert caught.value.facts == {"field": field, "why": why}


@pytest.mark.parametrize(
    ("code", "values", "field", "why"),
    [
        ("first-purchase", {"partners": "nobody"}, "partners", "there is no nobody"),
        ("segment-rate", {"segments": "rich"}, "segments", "there is no rich"),
        ("every-nth", {"payer": "state"}, "payer", "there is no state"),
        ("level-rate", {"levels": "gold"}, "levels", "there is no gold"),
        ("retail-new-outlet", {"outlets": "lenina-5"}, "outlets", "there is no lenina-5"),
    ],
)
def test_a_code_that_the_tenant_does_not_have_is_refused_at_its_field(
    code: str, values: dict[str, str], field: str, why: str
) -> None:
    with pytest.raises(Refusal) as caught:
        fill(template(code), PAYER | values, CODES)
    assert caught.value.facts == {"field": field, "why": why}


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = attempt(template("happy-hours"), {"rate": "much", "hours": "noon", "payer": "bank"}).flaws
    assert [(flaw.field, flaw.kind) for flaw in found] == [
        ("rate", "decimal_parsing"),
        ("hours", "hours_format"),
    ]


def test_what_the_document_refuses_is_told_with_what_cannot_be_read() -> None:
    values = {"rate": "much", "mcc": "55412", "per_month": "10.5", "payer": "state"}
    found = attempt(template("mcc-percent"), values, CODES, WHOLE).flaws
    assert {flaw.field: flaw.kind for flaw in found} == {
        "rate": "decimal_parsing",
        "mcc": "mcc",
        "payer": "unknown_code",
        "per_month": "whole_points",
    }


def test_parts_of_a_point_are_told_at_the_field_that_has_them() -> None:
    one = template("welcome-by-tenure")
    for name in [field.name for field in one.fields if field.kind is Shape.POINTS]:
        (flaw,) = attempt(one, PAYER | {name: "75.5"}, CODES, WHOLE).flaws
        assert (flaw.field, flaw.kind) == (name, "whole_points")
        assert attempt(one, PAYER | {name: "75.5"}, CODES, Setting(Units(2, 2))).flaws == ()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("кофе", "coffee-every-sixth"),
        ("АЗС", "mcc-percent"),
        ("бензин", "category-boost-capped"),
        ("на заправках", "mcc-percent"),
        ("день рождения", "birthday"),
        ("подарки на день рождения", "birthday"),
        ("дни рожденья", "birthday"),
        ("ко дню рождения", "birthday"),
        ("salary", "welcome-by-tenure"),
        ("зарплатные", "welcome-by-tenure"),
        ("пенсии", "welcome-by-tenure"),
        ("подарков", "level-reached"),
        ("companies", "retail-franchise"),
        ("такси", "category-of-month"),
        ("подарок", "level-reached"),
        ("детские", "large-family"),
        ("coffee", "coffee-morning"),
        ("birthday", "birthday-coupon"),
        ("birthday gifts", "birthday"),
        ("fuel", "mcc-percent"),
        ("taxi", "mcc-percent"),
        ("hotels", "hotel-from-sum"),
        ("1+1", "goods-second-gift"),
        ("5% у партнёра", "retail-percent"),
        ("7,5 % в партнёрах", "retail-percent"),
        ("10 %", "retail-percent"),
        ("HAPPY HOURS", "happy-hours"),
        ("", "retail-percent"),
    ],
)
def test_a_template_is_found_by_what_people_ask_for(asked: str, expected: str) -> None:
    assert expected in [one.code for one in searched(asked)]


def test_what_no_template_has_is_not_found() -> None:
    assert searched("nothing like it") == []
    assert searched("кофе подлодка") == []
    assert len(searched("бензин")) < 5
    assert [one.code for one in searched("gas")] == [one.code for one in searched("petrol")]


def test_the_example_follows_numbers_and_not_names() -> None:
    one = template("mcc-percent")
    values = {"rate": "10", "mcc": "5411", "per_month": "", "title_en": "Mine", "payer": "shop"}
    assert [played.own for played in play(one, WHOLE, values)] == [300, 0]
    assert [played.own for played in play(one, WHOLE)] == [150, 0]


def test_members_read_the_templates_words_where_no_title_is_written() -> None:
    one = template("mcc-percent")
    assert titles_of(one, {"rate": "7.5"}) == {
        "ru": "7,5 % в выбранных категориях", "en": "7.5% in chosen categories",
    }  # fmt: skip
    assert titles_of(one, {"rate": "much"})["en"] == "5% in chosen categories"


def test_an_empty_bound_bounds_nothing() -> None:
    filled_: dict[str, Any] = fill(template("retail-percent"), PAYER | {"per_month": "", "rate": "7.50"})
    assert ("limits" in filled_, filled_["mechanic"]["rate"]) == (False, "7.5")
    assert flaws(filled_) == []


def test_points_of_a_gift_live_for_some_days_where_that_is_filled_in() -> None:
    month, programmes = (fill(template("birthday"), PAYER | {"life": life}) for life in ("30", ""))
    assert (month["valid"], "valid" in programmes) == ({"days": 30}, False)
    (flaw,) = attempt(template("birthday"), PAYER | {"life": "0"}).flaws
    assert (flaw.field, flaw.kind) == ("life", "greater_than_equal")


def test_the_golden_rows_of_promotions_have_a_template() -> None:
    assert GOLDEN - {one.golden for one in templates().values()} == set()


def test_numbers_of_a_field_keep_their_places() -> None:
    assert fill(template("goods-by-weight"), PAYER | {"per": "0.250"})["mechanic"]["per"] == "0.25"
    assert fill(template("retail-percent"), PAYER | {"rate": "100"})["mechanic"]["rate"] == "100"
    assert Decimal(
        fill(template("mission-turnover"), PAYER | {"turnover": "20000.50"})["trigger"]["at_least"]
    ) == (Decimal("20000.50"))


@every_template
def test_the_documentation_has_the_row_of_the_template(one: Template) -> None:
    row = (
        f"| {one.seed} | {one.says} | {one.golden or '—'} | `{one.code}` | {one.title.en} / {one.title.ru} |"
    )
    assert row in DOCS.read_text("utf-8").splitlines()


def test_the_documentation_names_no_template_that_is_not_there() -> None:
    rows = re.findall(r"^\| 00\d \|.*\| `([a-z0-9-]+)` \|", DOCS.read_text("utf-8"), re.MULTILINE)
    assert rows == list(templates())


def test_the_documentation_names_every_golden_row_of_promotions() -> None:
    named = set(re.findall(r"\b[A-Z]\d\b", DOCS.read_text("utf-8")))
    assert (GOLDEN | {"F1", "F2", "H2"}) - named == set()


def test_the_command_lists_every_template() -> None:
    listed = CliRunner().invoke(promotions, ["templates"])
    assert re.findall(r"^  ([a-z0-9-]+)", listed.output, re.MULTILINE) == list(templates())
    told = json.loads(CliRunner().invoke(promotions, ["templates", "--json"]).output)
    assert [Template.model_validate(one) for one in told] == list(templates().values())


@pytest.mark.parametrize(
    ("code", "wanted", "expected"),
    [
        ("coffee-second-visit", "grill", [("grill", 0), ("grill", 50), ("grill", 0)]),
        ("first-purchase", "grill", [("sopka", 0), ("grill", 100), ("grill", 0)]),
        ("first-purchase", "sopka", [("nerpa", 0), ("sopka", 100), ("sopka", 0)]),  # they change places
        ("first-purchase", "", [("sopka", 0), ("nerpa", 100), ("nerpa", 0)]),
    ],
)
def test_the_example_is_played_at_the_partners_that_are_wanted(
    code: str, wanted: str, expected: list[tuple[str, int]]
) -> None:
    played = list(play(template(code), WHOLE, {"partners": wanted}))
    assert [(one.sale.partner, one.own) for one in played] == expected


def test_an_example_of_any_shop_is_played_at_the_one_that_is_wanted() -> None:
    played = list(play(template("every-nth"), WHOLE, {"any_partners": "grill"}))
    own = list(play(template("every-nth"), WHOLE))
    assert {one.sale.partner for one in played} == {"grill"}
    assert [one.own for one in played] == [one.own for one in own]
