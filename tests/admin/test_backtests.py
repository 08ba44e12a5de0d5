"""A draft's backtest at the desk: asked for, followed, told in figures, a chart and tables, and kept with the draft."""

import json
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.console.backtest_chart import Week, drawn, weeks_of
from coalition.backtests import jobs
from coalition.backtests.tally import Tally
from coalition.transactions.models import Purchase
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.branding.chart import Block
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.test_promotions import TERMS, begun, form
from tests.admin.world import Bank, get, plain, post, signed_in
from tests.ledger.house import drain

JOBS = (jobs,)
PAGE = "/desk/promotions/petrol"
WORDS = Words("en", ("point", "points"), 0, "RUB", "UTC", date(2026, 11, 25))


def replayed(client: FlaskClient, bank: Bank, seen: Session, **more: str) -> tuple[str, str]:
    """Begin a draft and replay it; the addresses of the draft and of its backtest."""
    draft = begun(client, seen, **more)
    address = draft.replace("promotions/drafts", "backtests")
    assert post(client, address).headers["Location"] == f"{PAGE}#backtest"
    drain(bank.tenant)
    return draft, f"{address}/1"


def test_a_draft_is_replayed_and_told(client: FlaskClient, bank: Bank, seen: Session) -> None:
    draft = begun(client, seen)
    assert "Replay the purchases" in plain(get(client, PAGE))
    address = draft.replace("promotions/drafts", "backtests")
    post(client, address)
    waiting = plain(get(client, PAGE))
    for said in ("Purchases are replayed: 0 of 1 parts", "load delay:2s", "Show how far it is now"):
        assert said in waiting
    assert "Replay again" not in waiting
    assert waiting.count("<span>Promotions</span>") == 1  # a backtest has no place in the menu
    drain(bank.tenant)
    panel = plain(get(client, f"{address}/1"))
    assert "<html" not in panel
    assert "hx-get" not in panel
    # 7% of 3,700.00 of fuel net of its return, of 17,490.00, of 950.00 and of 4,600.50
    for said in ("1,295 sparks", "3,166 sparks", "+1,871 sparks", "Avacha Bank +1,871"):
        assert said in panel
    for said in (
        "Would get more",
        "+1,871 sparks",
        "0 members",
        "Liability, due from payers",
        "₽1,871 more",
        "Sales from ",
    ):
        assert said in panel
    for said in ("4 purchases", "1 member", "Calder Electricals", "Outside the partners", "payroll"):
        assert said in panel
    assert 'role="img" aria-label="Points by week, 1 week: given then 1,295 sparks' in panel
    page = plain(get(client, PAGE, "ru"))
    for said in ("Если бы акция шла с", "на 1 871 ₽ больше", "+1 871 искра", "«Полюс Электроника»"):
        assert said in page


def test_it_stays_with_the_draft_and_tells_when_the_draft_has_changed(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    draft, _ = replayed(client, bank, seen)
    assert "other terms now" not in plain(get(client, PAGE))
    changed = TERMS | {"mechanic": {"kind": "percent", "rate": "8"}}
    post(client, draft, **form(1, document=json.dumps(changed)))
    assert "The draft has other terms now than those that were replayed" in plain(get(client, PAGE))


def test_limits_and_the_end_of_a_budget_are_told(client: FlaskClient, bank: Bank, seen: Session) -> None:
    terms = TERMS | {"limits": {"per_purchase": "300", "budget": "500"}}
    _, backtest = replayed(client, bank, seen, document=json.dumps(terms))
    panel = plain(get(client, backtest))
    assert "The budget would have been used up on" in panel
    assert "The sums here are of all days, as if it had gone on" in panel
    assert "The draft would have given nothing" not in panel
    assert '946 sparks<span class="sub">of 1 member' in panel  # of 1,224 and of 322, at most 300 each
    assert 'class="bar cut"' in panel


def test_a_draft_that_no_purchase_meets_says_so(client: FlaskClient, bank: Bank, seen: Session) -> None:
    _, backtest = replayed(client, bank, seen, document=json.dumps(TERMS | {"conditions": {"mcc": ["7994"]}}))
    assert "none of the 4 purchases of these days meets its conditions" in plain(get(client, backtest))
    assert "ни одна из 4 покупок этих дней не подходит под условия" in plain(get(client, backtest, "ru"))


def test_the_day_of_the_last_place_is_told(client: FlaskClient, bank: Bank, seen: Session) -> None:
    for places, told in ((1, True), (2, False)):
        terms = TERMS | {"limits": {"first_members": places}}
        draft = begun(client, seen, document=json.dumps(terms), code=f"first-{places}")
        address = draft.replace("promotions/drafts", "backtests")
        post(client, address)
        drain(bank.tenant)
        panel = plain(get(client, f"{address}/{places}"))
        assert ("The last place for a member would have been taken on" in panel) == told
        assert "3,166 sparks" in panel


def test_the_tables_are_kept_as_csv(client: FlaskClient, bank: Bank, seen: Session) -> None:
    _, backtest = replayed(client, bank, seen)
    answer = get(client, f"{backtest}/backtest.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="backtest-petrol-1.csv"'
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0] == "by,name,then,would_be,difference,difference_money,unit"
    days = [line.split(",") for line in lines if line.startswith("days,")]
    assert sum(int(day[4]) for day in days) == 1871
    assert "partners,Calder Electricals,1000,2224,1224,1224.00,points" in lines
    assert "funders,Avacha Bank,1295,3166,1871,1871.00,points" in lines


def test_only_who_writes_drafts_replays_and_who_signs_sees(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    signer = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_APPROVE], "signer")
    assert "1,871" in plain(get(signer, PAGE))
    assert "Replay again" not in plain(get(signer, PAGE))
    assert post(signer, backtest.removesuffix("/1")).status_code == 403
    payer = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_SETTLE], "payer")
    assert get(payer, backtest).status_code == 403
    assert get(client, f"{backtest.removesuffix('/1')}/99").status_code == 404
    assert get(client, f"{backtest.removesuffix('/1')}/99/backtest.csv").status_code == 404


def test_bars_stand_on_one_ground_and_a_change_for_less_is_drawn_as_taken() -> None:
    weeks = [Week(date(2026, 11, 1), 100, 300, 100), Week(date(2026, 11, 8), 100, 50, 0)]
    chart = drawn(weeks, WORDS.amount)
    assert [label for _, label in chart.lines] == ["0", "100", "200", "300", "400"]
    first, second = (bar.blocks for bar in chart.bars)
    assert first == [Block("then", 177, 53), Block("added", 70, 107), Block("cut", 16, 54)]
    assert [block.kind for block in second] == ["then", "taken"]
    assert drawn([], WORDS.amount).bars == []


def test_weeks_before_the_first_sale_are_left_out_and_told(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    _, backtest = replayed(client, bank, seen)
    first = seen.scalars(select(func.min(Purchase.occurred_at))).one()
    said = WORDS.written_day(clock.business_day(bank.world.programme.zone, first)).replace("\xa0", " ")
    panel = plain(get(client, backtest))
    assert f"There are stored sales since {said} only; what comes before is not in the figures" in panel
    assert f"If the promotion had run since {said.removesuffix(f' {first.year}')}" in panel
    assert panel.count('class="bar') == 4  # a week in two parts, with their keys
    with db.transaction(bank.tenant) as session:  # somebody bought long before
        told = Told("old", bank.world.member_id, first - timedelta(days=200), 100_00, "Shop")
        record(session, SYSTEM, programme_id=bank.world.programme.id, source="till", told=[told])
    panel = plain(get(client, backtest))
    assert ("There are stored sales since" in panel, "had run the last 12 weeks" in panel) == (False, True)


def test_days_are_summed_by_sevens() -> None:
    tally = Tally(days={"2026-11-01": [1, 2], "2026-11-07": [10, 20], "2026-11-08": [100, 200]})
    tally.tried("2026-11-08", 5, 3)
    found = weeks_of(tally, date(2026, 11, 1), date(2026, 11, 10))
    assert found == [Week(date(2026, 11, 1), 11, 22, 0), Week(date(2026, 11, 8), 100, 200, 3)]
    assert weeks_of(tally, date(2026, 11, 1), date(2026, 11, 10), since=date(2026, 10, 7)) == found
    assert weeks_of(tally, date(2026, 11, 1), date(2026, 11, 10), since=date(2026, 11, 7)) == [
        Week(date(2026, 11, 7), 110, 220, 3)
    ]
