"""A tenant's own categories: what a sale is of, and what a version keeps of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError
from sqlalchemy import select

from admin.cli.main import cli
from coalition.programmes.queries import programme_by_id
from coalition.promotions import life, wording
from coalition.promotions.actions import publish
from coalition.promotions.categories import Category
from coalition.promotions.checking import flaws
from coalition.promotions.diff import differences, particulars
from coalition.promotions.document import Document
from coalition.promotions.index import Codes
from coalition.promotions.models import PromotionVersion
from coalition.promotions.own_categories import save_categories
from coalition.promotions.queries import own_categories
from coalition.reports.control_group import compare
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM, Actor
from tenants.branding.words import Words
from tenants.runtime import clock, db
from tenants.runtime.errors import Forbidden, Refusal
from tenants.runtime.settings import Settings
from tests.ledger.house import House, new_member, open_another
from tests.promotions.offers import document, index_of, points
from tests.promotions.test_life import person
from tests.transactions.bank import LONG_AGO, open_bank, promotion, query

FIXED = {"kind": "fixed", "points": "5"}
NAME = {"ru": "Кафе и рестораны", "en": "Cafés"}
CAFES: dict[str, Any] = {"name": NAME, "mcc": ["5811-5814", "5462"]}
WRITTEN = {"code": "cafes", **CAFES, "partners": ["sopka"]}


def offer(*categories: object, **conditions: object) -> Document:
    return document(FIXED, conditions={"categories": list(categories), **conditions})


@pytest.mark.parametrize(
    ("partner", "mcc", "given"),
    [
        (0, 5811, 5),
        (0, 5814, 5),
        (0, 5462, 5),
        (0, 5815, 0),
        (0, 5810, 0),
        (0, -1, 0),
        (1, 5411, 0),
        (2, 5411, 5),
    ],
)
def test_a_sale_is_of_a_category_by_its_mcc_or_by_its_partner(partner: int, mcc: int, given: int) -> None:
    assert points(index_of(offer(WRITTEN)), 10_000, partner=partner, mcc=mcc) == given


def test_of_several_categories_one_is_enough_and_other_conditions_hold_too() -> None:
    other = {"code": "food", "name": NAME, "mcc": ["5411"]}
    either = index_of(offer(WRITTEN, other))
    assert [points(either, 10_000, mcc=mcc) for mcc in (5411, 5812, 5541)] == [5, 5, 0]
    at_nerpa = index_of(offer(other, partners=["nerpa"]))
    assert [points(at_nerpa, 10_000, partner=partner, mcc=5411) for partner in (0, 1)] == [0, 5]
    without = index_of(offer(WRITTEN, excluded_mcc=["5813"]))
    assert [points(without, 10_000, mcc=mcc) for mcc in (5812, 5813)] == [5, 0]


def test_a_category_that_says_nothing_yet_has_no_sales() -> None:
    assert points(index_of(offer("cafes")), 10_000, mcc=5811) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "cafes", "mcc": ["5811"]},
        {"code": "cafes", "name": NAME},
        {"code": "Cafes"},
        {"code": "cafes", "name": NAME, "mcc": ["5814-5811"]},
        {"code": "cafes", "name": NAME, "mcc": ["581"]},
        {"code": "cafes", "name": NAME, "mcc": ["5811-"]},
    ],
)
def test_a_category_that_says_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Category.model_validate(wrong)


def test_the_checker_tells_unknown_categories_and_partners_at_their_fields() -> None:
    codes = Codes({"nerpa": 1}, {}, {"bank": 1}, categories={"cafes": Category.model_validate(WRITTEN)})
    written = offer("cafes", "fuel", WRITTEN).model_dump(mode="json")
    assert [(one.field, one.kind, one.facts) for one in flaws(written, codes)] == [
        ("conditions.categories.1", "unknown_code", {"code": "fuel"}),
        ("conditions.categories.2.partners", "unknown_code", {"code": "sopka"}),
    ]


@pytest.mark.parametrize("dash", ["-", "–", "—", "−", " – "])
def test_a_range_is_one_whatever_dash_parts_it(dash: str) -> None:
    written = Category.model_validate(WRITTEN | {"mcc": [f"5811{dash}5814", "5462"]})
    assert written == Category.model_validate(WRITTEN)
    assert written.mcc == ("5811-5814", "5462")


FOOD = {"code": "food", "name": {"ru": "Продукты", "en": "Groceries"}, "mcc": ["5411"]}
FORMS = {"ru": ("балл", "балла", "баллов"), "en": ("point", "points")}
RU, EN = (Words(lang, FORMS[lang], 0, "RUB", "UTC", date(2026, 11, 22)) for lang in ("ru", "en"))


def test_words_say_the_categories_by_name() -> None:
    assert [wording.rule(offer(FOOD), words) for words in (RU, EN)] == [
        "5\u00a0баллов за каждую операцию; в категории «Продукты»",
        "5\u00a0points for each operation; in the category “Groceries”",
    ]
    assert [wording.rule(offer(FOOD, WRITTEN), words).split("; ")[1] for words in (RU, EN)] == [
        "в категориях: Продукты, Кафе и рестораны",
        "in the categories Groceries, Cafés",
    ]


def test_who_signs_reads_what_a_category_means_and_what_has_changed_of_it() -> None:
    assert ("Own categories", "Cafés (5811-5814, 5462, sopka)") in particulars(offer(WRITTEN), EN)
    names = {"conditions.partners": {"sopka": "The Hill"}}
    assert ("Own categories", "Cafés (5811-5814, 5462, The Hill)") in particulars(offer(WRITTEN), EN, names)
    wider = WRITTEN | {"mcc": ["5811-5814"]}
    (named,) = differences(offer(WRITTEN), offer(wider), EN, names)
    assert named == "Own categories: Cafés (5811-5814, The Hill) came, Cafés (5811-5814, 5462, The Hill) went"
    (told,) = differences(offer(WRITTEN), offer(wider), EN)
    assert told == "Own categories: Cafés (5811-5814, sopka) came, Cafés (5811-5814, 5462, sopka) went"
    assert differences(offer(WRITTEN), offer(WRITTEN), EN) == []


def save(house: House, **written: object) -> list[str]:
    with db.transaction(house.tenant) as session:
        return save_categories(session, SYSTEM, written=written)


def meanings(house: House) -> list[Sequence[str]]:
    """The MCCs of the categories of every version, in their order."""
    with db.transaction(house.tenant) as session:
        versions = session.scalars(select(PromotionVersion).order_by(PromotionVersion.id)).all()
        return [version.document["conditions"]["categories"][0]["mcc"] for version in versions]


def in_cafes() -> dict[str, Any]:
    return promotion(FIXED, conditions={"categories": ["cafes"]})


@pytest.mark.usefixtures("house")
def test_a_version_keeps_what_its_category_meant() -> None:
    bank = open_bank([])
    assert save(bank, cafes=CAFES) == ["cafes"]
    assert save(bank, cafes=CAFES) == []
    with db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code="lunch", document=in_cafes())
    assert save(bank, cafes=CAFES | {"mcc": ["5814"]}) == ["cafes"]
    assert meanings(bank) == [["5811-5814", "5462"]]
    with db.transaction(bank.tenant) as session:
        life.pause(session, SYSTEM, code="lunch")
    with db.transaction(bank.tenant) as session:
        life.resume(session, SYSTEM, code="lunch")
    assert meanings(bank) == [["5811-5814", "5462"]] * 2
    with db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code="lunch", document=in_cafes())
    assert meanings(bank)[2] == ["5814"]


@pytest.mark.usefixtures("house")
def test_members_get_points_in_the_category_and_nowhere_else() -> None:
    bank = open_bank([])
    save(bank, cafes=CAFES)
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with clock.stopped(at), db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code="lunch", document=in_cafes())
        vera = new_member(session, bank)
    later = at + timedelta(hours=1)
    told = [
        Told(f"s{mcc}", vera, at + timedelta(minutes=minutes), 10_000, "shop", mcc=mcc)
        for minutes, mcc in enumerate((5811, 5411, 5462), 1)
    ]
    with clock.stopped(later), db.transaction(bank.tenant) as session:
        found = record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)
    assert found.points.tolist() == [5, 0, 5]


@pytest.mark.usefixtures("house")
def test_a_control_group_is_compared_by_what_was_bought_in_the_category() -> None:
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        vera = new_member(session, bank)
        told = [
            Told(f"s{mcc}", vera, datetime(2026, 11, 20, 12, tzinfo=UTC), amount, "shop", mcc=mcc)
            for mcc, amount in ((5811, 1000), (5411, 200), (5462, 30))
        ]
    with clock.stopped(datetime(2026, 11, 21, tzinfo=UTC)), db.transaction(bank.tenant) as session:
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=told)
    test = {"name": "lunch", "control_percent": 50}
    categories = [{"code": "cafes", **CAFES}]
    asked = Document.model_validate(promotion(FIXED, test=test, conditions={"categories": categories}))
    with db.transaction(bank.tenant) as session:
        found = compare(session, programme_by_id(session, bank.programme), asked, LONG_AGO)
    assert found is not None
    assert (found.may_have.turnover + found.control.turnover, found.narrowed) == (1030, True)


@pytest.mark.usefixtures("house")
def test_what_is_signed_is_what_the_category_meant_at_the_check() -> None:
    bank = open_bank([])
    save(bank, cafes=CAFES)
    with db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        draft = life.begin_draft(
            session, dora, programme_id=bank.programme, code="lunch", document=in_cafes()
        )
        life.check(session, dora, draft_id=draft.id, revision=1)
        assert draft.document["conditions"]["categories"][0]["name"] == NAME
    save(bank, cafes=CAFES | {"mcc": ["5814"]})
    with db.transaction(bank.tenant) as session:
        life.approve(session, pavel, draft_id=draft.id, revision=2)
        life.publish_draft(session, pavel, draft_id=draft.id, revision=3)
    assert meanings(bank) == [["5811-5814", "5462"]]


@pytest.mark.usefixtures("house")
def test_an_unknown_category_is_not_published() -> None:
    bank = open_bank([])
    with pytest.raises(Refusal) as refused, db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code="lunch", document=in_cafes())
    assert (refused.value.code, refused.value.facts["field"]) == (
        "document_invalid",
        "conditions.categories.0",
    )
    assert query(bank, "select count(*) from promotion") == [(0,)]


@pytest.mark.usefixtures("house")
def test_who_may_not_changes_nothing_and_another_tenant_sees_nothing() -> None:
    ours, theirs = open_another(), open_another()
    with pytest.raises(Forbidden), db.transaction(ours.tenant) as session:
        save_categories(session, Actor("staff"), written={"cafes": CAFES})
    with pytest.raises(Refusal, match="category_invalid"), db.transaction(ours.tenant) as session:
        save_categories(session, SYSTEM, written={"cafes": CAFES, "empty": {}})
    assert query(ours, "select count(*) from own_category") == [(0,)]
    save(ours, cafes=CAFES)
    with db.transaction(theirs.tenant) as session:
        assert own_categories(session) == {}


def test_the_command_loads_what_it_lists(live_database: Settings, tmp_path: Path) -> None:
    house = open_another()
    slug = query(house, f"select slug from tenant where id = {house.tenant}")[0][0]

    def coalition(*words: str) -> tuple[int, str]:
        told = CliRunner().invoke(cli, ("categories", words[0], "--tenant", slug, *words[1:]))
        return told.exit_code, told.output

    assert coalition("list") == (0, "There is no category.\n")
    assert coalition("load", "docs/examples/categories.yaml") == (0, "2 categories: groceries, cafes\n")
    assert coalition("list")[1].splitlines()[0].split() == [
        "cafes",
        "Cafés",
        "and",
        "restaurants",
        "5811-5814",
    ]
    listed = tmp_path / "listed.json"
    listed.write_text(coalition("list", "--json")[1], "utf-8")
    assert coalition("load", str(listed)) == (0, "0 categories: no news\n")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("cafes: {name: {ru: Кафе, en: Cafes}, mcc: ['58']}\nfuel: {}\n", "utf-8")
    code, told = coalition("load", str(wrong))
    assert (code, [line.split(": ")[1] for line in told.splitlines()]) == (1, ["cafes.mcc.0", "fuel"])
