"""A forecast for a partner at the desk: from a backtest that is done, told on a page and on the tenant's paper."""

import io
import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin.console.forecast_told import sent
from coalition.backtests import jobs
from coalition.backtests.actions import start_backtest
from coalition.backtests.models import Backtest
from coalition.benefits.actions import add_benefit
from coalition.programmes.actions import open_programme
from coalition.transactions.models import Purchase
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.test_backtests import PAGE, WORDS, replayed
from tests.admin.test_promotions import TERMS, begun, form
from tests.admin.world import Bank, furnished, get, plain, post, signed_in
from tests.ledger.house import drain

JOBS = (jobs,)
ASKED = {"low": "10", "expected": "53,81", "high": "60 %", "margin": "20"}


def forecast_of(backtest: str, ending: str = "", **asked: str) -> str:
    """The address of a backtest's forecast."""
    return f"{backtest.replace('backtests', 'forecasts')}{ending}?{urlencode(asked)}"


def test_what_history_says_stands_before_anything_is_assumed(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    assert "Forecast for the partner" in plain(get(client, PAGE))
    page = plain(get(client, forecast_of(backtest)))
    # 7 % of 3,700.00 of fuel net of its return, of 17,490.00, of 950.00 and of 4,600.50
    for said in ("Mechanical effect", "₽26,740.50", "1,871 sparks", "₽1,871.00", "By month", "In all"):
        assert said in page
    assert 'aria-label="Cost of points by month: ₽1,871 in all"' in page
    for unsaid in ("Pays for itself", "forecast.pdf", 'role="alert"', "The budget of the terms"):
        assert unsaid not in page
    assert page.count("<span>Promotions</span>") == 1  # a forecast has no place in the menu


def test_months_before_the_first_sale_are_left_out_and_told(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    html = get(client, forecast_of(backtest)).get_data(as_text=True)
    first, last = (
        clock.business_day(bank.world.programme.zone, seen.scalars(select(found(Purchase.occurred_at))).one())
        for found in (func.min, func.max)
    )
    rows = html.split("<tbody>")[1].split('<tr class="all">')[0].count("<tr>")
    assert rows == (last.year - first.year) * 12 + last.month - first.month + 1
    page = plain(get(client, forecast_of(backtest)))
    assert page.count(f"since {first.day} {first:%B} {first.year} only") == 2  # by the figures, and below
    paper = get(client, forecast_of(backtest, "/forecast.pdf", **ASKED)).get_data()
    words = " ".join(PdfReader(io.BytesIO(paper)).pages[0].extract_text().split())
    assert f"{first.day} {first:%B} {first.year} — {last.day} {last:%B} {last.year}" in words


def test_an_empty_form_asks_for_what_it_needs(client: FlaskClient, bank: Bank, seen: Session) -> None:
    _, backtest = replayed(client, bank, seen)
    answer = get(client, forecast_of(backtest, low="", expected="", high="", margin=""))
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count('aria-invalid="true"') == 4
    assert "Low uplift, in percent: write a percentage from 0 on, like 5 or 2.5" in plain(answer)
    assert "The partner's margin, in percent: write a percentage" in plain(answer)


def test_what_is_assumed_is_told_apart_and_the_break_even_is_the_least_that_pays(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    page = plain(get(client, forecast_of(backtest, **ASKED)))
    turnover, cost = Decimal("26740.50"), Decimal(1871)
    margin = turnover / 5
    least = next(u for u in range(100_000) if margin * u / 10_000 >= cost * (10_000 + u) / 10_000)
    assert least == 5381
    assert "Pays for itself from an uplift of 53.81% on, at a margin of 20%" in page
    for said in ("₽2,674.05", "₽534.81", "187", "₽187.00"):  # at 10 %
        assert said in page
    covers = page.split("The margin covers all points")[1].split("</tr>")[0]
    assert [word in covers.split("<td")[place] for place, word in enumerate(("no", "yes", "yes"), 1)] == [
        True
    ] * 3
    assert 'aria-label="Points given anyway cost ₽1,871; at 10% points on added turnover cost ₽187' in page
    assert "₽69.96" in page  # 1,871.00 for 2,674.05: of points given anyway, for each 100 that are added
    assert 'fill="url(#more-bounds)"' in page
    assert "style=" not in page.split("<main")[1]
    assert seen.scalars(select(Backtest)).all()[1:] == []  # nothing was replayed twice


def test_the_forecast_is_in_russian(client: FlaskClient, bank: Bank, seen: Session) -> None:
    _, backtest = replayed(client, bank, seen)
    page = plain(get(client, forecast_of(backtest, **ASKED), "ru"))
    for said in ("Прогноз для партнёра", "Окупается при приросте от 53,81 %, если маржа 20 %", "26 740,50 ₽"):
        assert said in page


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"margin": "0"}, "margin", "The margin is above 0 and 100 percent at most"),
        ({"margin": "100.01"}, "margin", "The margin is above 0 and 100 percent at most"),
        ({"margin": ""}, "margin", "Write a percentage from 0 on"),
        ({"low": "ten"}, "low", "Write a percentage from 0 on"),
        ({"low": "-1"}, "low", "Write a percentage from 0 on"),
        ({"expected": "5.125"}, "expected", "Write a percentage from 0 on"),
        ({"high": "1000.01"}, "high", "The uplift is 1,000% at most"),
        ({"high": "50"}, "high", "The high uplift is below the expected one"),
        ({"low": "54"}, "expected", "The expected uplift is below the low one"),
        ({"low": "70", "expected": "x"}, "high", "The high uplift is below the low one"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    desk: Flask, wrong: dict[str, str], field: str, said: str
) -> None:
    with desk.test_request_context(), force_locale("en"):
        found = sent(MultiDict(ASKED | wrong), WORDS)
    assert said in found.errors[field]
    assert found.assumed is None
    assert found.values[field] == (ASKED | wrong)[field]


def test_a_wrong_form_keeps_what_was_typed_and_speaks_the_readers_language(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    answer = get(client, forecast_of(backtest, **ASKED | {"margin": "0", "low": "две"}), "ru")
    page = plain(answer)
    assert answer.status_code == 422
    for said in (
        "Маржа больше 0",
        "например 5 или 2,5",
        'value="две"',
        'id="margin-hint"',
        'aria-invalid="true"',
    ):
        assert said in page
    assert "Окупается" not in page
    assert get(client, forecast_of(backtest, "/forecast.pdf", **ASKED | {"margin": "0"})).status_code == 404


def test_the_paper_carries_the_pages_figures_in_the_tenants_brand(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    answer = get(client, forecast_of(backtest, "/forecast.pdf", **ASKED), "ru")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == "attachment; filename=forecast-petrol-1.pdf"
    reader = PdfReader(io.BytesIO(answer.get_data()))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.trailer["/Root"]["/Lang"]) == ("Прогноз эффективности акции", "ru")
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in (
        "Авача Банк", "Бензин", "Механический эффект", "Предполагаемый эффект", "26 740,50 ₽", "1 871 искра",
        "1 871,00 ₽", "2 674,05 ₽", "534,81 ₽", "53,81 %", "Окупается при приросте от", "69,96 ₽",
        "ничего из них не сгорает",
    ):  # fmt: skip
        assert said in words
    english = PdfReader(io.BytesIO(get(client, forecast_of(backtest, "/forecast.pdf", **ASKED)).get_data()))
    assert "Forecast of the promotion" in english.pages[0].extract_text()


def test_points_that_cost_as_much_as_the_margin_never_pay(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    page = plain(get(client, forecast_of(backtest, **ASKED | {"margin": "6.9"})))
    assert "at a margin of 6.9% no uplift pays for them" in page
    assert "Pays for itself" not in page


def test_who_sees_the_backtest_sees_the_forecast_and_nobody_else(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    signer = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_APPROVE], "signer")
    assert get(signer, forecast_of(backtest, **ASKED)).status_code == 200
    payer = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_SETTLE], "payer")
    assert get(payer, forecast_of(backtest, **ASKED)).status_code == 403
    assert get(payer, forecast_of(backtest, "/forecast.pdf", **ASKED)).status_code == 403
    assert get(client, forecast_of(backtest.removesuffix("1") + "99")).status_code == 404


def test_another_promotions_backtest_has_no_forecast_here(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    assert get(client, forecast_of(backtest, **ASKED)).status_code == 200
    other = begun(client, seen, code="diesel").replace("promotions/drafts", "backtests")
    for ending in ("", "/forecast.pdf"):
        assert get(client, forecast_of(f"{other}/1", ending, **ASKED)).status_code == 404


def test_another_tenants_backtest_has_no_forecast_here(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    ours = seen.scalars(select(Backtest)).one()
    asked: dict[str, Any] = {
        "document": ours.document,
        "first_day": ours.first_day,
        "last_day": ours.last_day,
    }
    with db.transaction(None) as session:
        other = furnished(open_tenant(session, slug="other", hosts=["other.localhost"]).id)
    with db.transaction(other.tenant) as session:
        programme = other.world.programme.id
        theirs = [
            start_backtest(session, SYSTEM, programme_id=programme, code="petrol", **asked).id
            for _ in range(2)
        ]
    drain(other.tenant)
    assert theirs == [1, 2]  # ours has a number 1, too
    for ending in ("", "/forecast.pdf"):
        assert get(client, forecast_of(backtest.removesuffix("1") + "2", ending, **ASKED)).status_code == 404


def test_a_backtest_of_another_programme_is_not_the_drafts(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    with db.transaction(bank.tenant) as session:
        second = open_programme(
            session, SYSTEM, code="second", name={"ru": "Вторая", "en": "Second"},
            unit={"ru": ["балл"], "en": ["point"]}, scale=0, currency="RUB",
            value_minor=100, value_points=1, zone="UTC",
        )  # fmt: skip
        session.flush()
        session.get_one(Backtest, (bank.tenant, 1)).programme_id = second.id
    assert get(client, backtest).status_code == 404
    assert get(client, forecast_of(backtest, **ASKED)).status_code == 404
    assert "Replay the purchases" in plain(get(client, PAGE))


def test_a_backtest_that_is_not_done_has_no_forecast_yet(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    address = begun(client, seen).replace("promotions/drafts", "backtests")
    post(client, address)
    answer = get(client, forecast_of(f"{address}/1"))
    assert (answer.status_code, "The replay is not done yet" in plain(answer)) == (422, True)


def test_a_budget_that_is_not_regarded_is_told(client: FlaskClient, bank: Bank, seen: Session) -> None:
    said = "The budget of the terms is not regarded: all sums are as if it had no end"
    _, backtest = replayed(client, bank, seen, document=json.dumps(TERMS | {"limits": {"budget": "5000"}}))
    assert said in plain(get(client, forecast_of(backtest)))


def test_a_draft_that_has_changed_since_is_told(client: FlaskClient, bank: Bank, seen: Session) -> None:
    draft, backtest = replayed(client, bank, seen)
    changed = TERMS | {"mechanic": {"kind": "percent", "rate": "8"}}
    post(client, draft, **form(1, document=json.dumps(changed)))
    assert "other terms now" in plain(get(client, forecast_of(backtest, **ASKED)))


def test_a_discount_is_told_in_money_beside_the_points_it_changes(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen, document=json.dumps(TERMS | {"gives": {"kind": "discount"}}))
    panel = plain(get(client, backtest))
    # to the kopeck: 259.00, 1,224.30, 66.50 and 322.03
    for said in (
        "Would be taken off, in all",
        "the draft gives ₽1,871.83 to 1 member",
    ):
        assert said in panel
    for said in ("Points of all promotions", "1,295 sparks", "Money and points are never added up"):
        assert said in panel
    assert "Taken off then" not in panel  # it is the first of its kind
    assert "for 4 purchases that came without a receipt" in panel
    assert 'aria-label="Taken off by week, 1 week: then ₽0, would be ₽1,871.83' in panel
    assert "Forecast for the partner" not in panel
    answer = get(client, forecast_of(backtest, **ASKED), "ru")
    assert (answer.status_code, "Прогноз считается для акций, которые дают баллы" in plain(answer)) == (
        422,
        True,
    )
    lines = get(client, f"{backtest}/backtest.csv").get_data(as_text=True).splitlines()
    assert "partners,Calder Electricals,0.00,1224.30,1224.30,1224.30,RUB" in lines
    assert any(line.startswith("partners,") and line.endswith(",points") for line in lines)


def test_lines_that_are_not_stored_are_said_and_not_guessed(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    base = {"base": {"goods": {"categories": ["coffee"]}}}
    terms = json.dumps(TERMS | {"gives": {"kind": "discount"}} | base)
    _, backtest = replayed(client, bank, seen, document=terms)
    panel = plain(get(client, backtest))
    assert "Of 4 purchases, for ₽26,740.50, something is not stored that the draft asks for" in panel
    assert "the draft gives ₽0 to 0 members" in panel


def test_a_benefit_is_told_in_pieces(client: FlaskClient, bank: Bank, seen: Session) -> None:
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.world.programme.id, code="wash", kind="coupon",
            name={"ru": "Мойка", "en": "Car wash"}, terms={},
        )  # fmt: skip
    gives = {"kind": "benefit", "code": "wash", "name": {"ru": "Мойка", "en": "Car wash"}}
    terms = TERMS | {"gives": gives, "mechanic": {"kind": "fixed", "points": "1"}, "limits": {"budget": "2"}}
    _, backtest = replayed(client, bank, seen, document=json.dumps(terms))
    panel = plain(get(client, backtest))
    for said in (
        "the draft gives 4 pieces to 1 member",
        "By partner, pieces of “Car wash”",
        "The budget would have",
    ):
        assert said in panel
    assert "They would stay as they were for everybody: 1,295 sparks" in panel
    lines = get(client, f"{backtest}/backtest.csv").get_data(as_text=True).splitlines()
    assert "partners,Calder Electricals,0,1,1,,wash" in lines
