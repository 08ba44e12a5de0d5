"""A document's numbers in a programme's units: smaller parts than there are, are told as written, and refused."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.promotions import wording
from coalition.promotions.case import Setting, Units
from coalition.promotions.checking import flaws
from coalition.promotions.diff import differences, particulars
from coalition.promotions.document import Document
from coalition.promotions.templates import templates
from coalition.promotions.templates.play import example_document
from coalition.promotions.wording_gives import words_for
from tenants.branding.words import Words

TODAY = date(2026, 11, 20)
WHOLE, YEN = Setting(Units(0, 2)), Setting(Units(0, 0))
RU = Words("ru", ("искра", "искры", "искр"), 0, "RUB", "UTC", TODAY)
EN = Words("en", ("point", "points"), 0, "JPY", "UTC", TODAY)
FIXED = {"kind": "fixed", "points": "7"}
PERCENT = {"kind": "percent", "rate": "7"}
DOCUMENTS = [example_document(one) for one in templates().values()]


def written(mechanic: dict[str, Any], **more: Any) -> dict[str, Any]:
    funding = [{"participant": "bank", "share": 100}]
    return {"title": {"ru": "А", "en": "O"}, "mechanic": mechanic, "funding": funding} | more


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (written({"kind": "fixed", "points": "0.5"}), "mechanic.points"),
        (written({"kind": "per_step", "points": "1.5", "step": "100"}), "mechanic.points"),
        (written({"kind": "per_unit", "points": "1.5"}), "mechanic.points"),
        (written({"kind": "tenure", "bands": [{"years": 0, "points": "1"}, {"years": 1, "points": "1.5"}]}),
         "mechanic.bands.1.points"),
        (written({"kind": "both_sides", "friend": "100", "referrer": "150.5"}, trigger={"kind": "referral"}),
         "mechanic.referrer"),
        (written(PERCENT, limits={"per_month": "10.5"}), "limits.per_month"),
        (written(PERCENT, limits={"ever": "0.01"}), "limits.ever"),
    ],
)  # fmt: skip
def test_parts_of_a_point_are_told_where_points_are_whole(terms: dict[str, Any], field: str) -> None:
    assert [(one.field, one.kind) for one in flaws(terms, None, WHOLE)] == [(field, "whole_points")]
    assert flaws(terms, None, Setting(Units(2, 2))) == []
    assert flaws(terms) == []


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (written(PERCENT, conditions={"amount_from": "0.5"}), "conditions.amount_from"),
        (written(PERCENT, limits={"budget_money": "10.5"}), "limits.budget_money"),
        (written(PERCENT, where=[{"kind": "opt_in"}, {"kind": "amount_below", "amount": "99.5"}]),
         "where.1.amount"),
        (written(PERCENT, where=[{"kind": "goods", "goods": {}, "amount_from": "0.5"}]), "where.0.amount_from"),
        (written({"kind": "per_step", "points": "1", "step": "0.5"}), "mechanic.step"),
        (written({"kind": "bands", "mode": "whole", "bands": [{"at_least": "0", "rate": "1"},
                                                              {"at_least": "1.5", "rate": "2"}]}),
         "mechanic.bands.1.at_least"),
        (written(FIXED, trigger={"kind": "mission", "measure": "turnover", "at_least": "0.5", "span": "month"}),
         "trigger.at_least"),
        (written({"kind": "both_sides", "friend": "1", "referrer": "1"},
                 trigger={"kind": "referral", "amount_from": "0.5"}), "trigger.amount_from"),
        (written(FIXED, activation={"condition": {"kind": "turnover", "amount": "0.5"}, "within_days": 9}),
         "activation.condition.amount"),
    ],
)  # fmt: skip
def test_parts_of_a_coin_are_told_where_money_is_whole(terms: dict[str, Any], field: str) -> None:
    assert [(one.field, one.kind) for one in flaws(terms, None, YEN)] == [(field, "whole_money")]
    assert flaws(terms, None, WHOLE) == []


def test_a_discounts_numbers_are_money() -> None:
    terms = written({"kind": "fixed", "points": "10.5"}, gives={"kind": "discount"})
    assert flaws(terms, None, WHOLE) == []
    assert [one.field for one in flaws(terms, None, YEN)] == ["mechanic.points"]
    read = Document.model_validate(terms)
    assert plain(wording.rule(read, words_for(read, RU))) == "10,50 ₽ за каждую операцию, скидкой с цены"
    assert wording.rule(read, EN) == "JP¥10.5 for each operation, off the price"


def test_numbers_are_told_as_they_are_written() -> None:
    limits = {"per_purchase": "0.5", "per_month": "10.55"}
    read = Document.model_validate(written({"kind": "fixed", "points": "1.5"}, limits=limits))
    assert plain(wording.rule(read, RU)) == (
        "1,5 искры за каждую операцию, но не больше 0,5 искры за покупку и 10,55 искры за месяц"
    )
    assert wording.rule(read, EN).startswith("1.5\u00a0points for each operation")


@pytest.mark.parametrize("value", ["0.001", "1.01", "999999999999.99", "1000000000000", "0.5", "250"])
def test_words_write_any_number(value: str) -> None:
    for words in (RU, EN):
        told = plain(words.points_written(Decimal(value)) + words.money_written(Decimal(value)))
        assert told.count(value.partition(".")[2]) >= (2 if "." in value else 0)


@given(st.sampled_from(DOCUMENTS), st.decimals("0.01", "1000000", places=2), st.data())
def test_whatever_number_stands_there_the_terms_are_told(
    terms: Document, number: Decimal, data: st.DataObject
) -> None:
    document = terms.model_dump(mode="json")
    paths = [field for field, _ in (*terms.written(), *terms.sums())]
    if not paths:
        return
    *steps, last = data.draw(st.sampled_from(paths)).split(".")
    node: Any = document
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node[step]
    node[last] = str(number)
    if flaws(document):
        return
    odd = Document.model_validate(document)
    for words in (RU, EN):
        assert wording.rule(odd, words)
        assert particulars(odd, words)
        assert odd == terms or differences(terms, odd, words)
