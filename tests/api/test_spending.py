"""Points pay at the till: in one step or two, by card or by a code on the phone, and come back with the goods."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from coalition.ledger.audit import audit_ledger
from coalition.redemption.actions import add_reward, release_overdue
from coalition.redemption.paying import set_pay_terms
from coalition.reports.audit import audit
from coalition.transactions.recording import Told, record
from coalition.transactions.sales import sale_of
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.runtime import clock, db, settings
from tests.api.conftest import CARD, PHONE, Till, api, furnished
from tests.api.test_way import AT, back, sale
from tests.cabinet.world import dress
from tests.ledger.house import balance
from tests.redemption.shop import give
from wsgi import create_app

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TERMS: dict[str, Any] = {"percent": "30"}


@pytest.fixture
def rich(till: Till) -> Till:
    """The till, where points pay 30 % of a cheque and Vera has a thousand."""
    with_points(till)
    return till


def with_points(till: Till, points: int = 1000, **terms: Any) -> None:
    with db.transaction(till.house.tenant) as session:
        set_pay_terms(session, SYSTEM, programme_id=till.house.programme, terms=TERMS | terms)
        if points:
            give(session, till.house, till.member, points)


def has(till: Till) -> tuple[int, int, int, int]:
    with db.transaction(till.house.tenant) as session:
        return balance(session, till.member)


def sound(till: Till) -> bool:
    with db.transaction(till.house.tenant) as session:
        return not any(rule.broken for rule in [*audit_ledger(session), *audit(session)])


def test_points_pay_a_part_and_the_rest_earns(rich: Till) -> None:
    sold: Any = rich.post("/purchases", sale(points=300), key="a").json
    assert (sold["amount"], sold["points"], sold["balance"]["available"]) == (70_000, 35, 735)
    assert sold["paid"] == {"points": 300, "amount": 30_000, "points_by_line": [180, 120]}
    assert rich.post("/purchases", sale(points=300), key="b").json == sold
    assert (has(rich), sound(rich)) == ((735, 0, 0, 0), True)


def test_more_than_the_terms_allow_or_than_she_has_is_refused_and_changes_nothing(rich: Till) -> None:
    found = rich.post("/purchases", sale(points=301), key="a", **{"Accept-Language": "ru"})
    assert (found.status_code, found.json["code"]) == (422, "points_over_limit")  # type: ignore[index]
    assert found.json["detail"] == "По этому чеку можно списать не больше 300 баллов"  # type: ignore[index]
    assert rich.post("/purchases", sale(points=300), key="a").status_code == 201
    big = sale("2", amount=400_000, lines=[], points=1_000)
    found = rich.post("/purchases", big, key="b")
    assert (found.status_code, found.json["code"]) == (422, "not_enough_points")  # type: ignore[index]
    assert has(rich) == (735, 0, 0, 0)


def test_points_pay_nothing_without_terms(till: Till) -> None:
    found = till.post("/purchases", sale(points=1), key="a")
    assert (found.status_code, found.json["code"]) == (422, "points_not_taken")  # type: ignore[index]
    assert has(till) == (0, 0, 0, 0)


def test_what_is_held_is_taken_by_the_sale(rich: Till) -> None:
    held: Any = rich.post("/purchases/hold", sale(points=300), key="h").json
    assert (held["to_pay"], held["as_discount"]) == (70_000, True)
    assert has(rich) == (700, 0, 300, 0)
    assert rich.post("/purchases/hold", sale(points=300), key="h2").json == held
    assert rich.post("/purchases", sale(points=300), key="a").status_code == 201
    assert (has(rich), sound(rich)) == ((735, 0, 0, 0), True)
    late = rich.post("/purchases/hold", sale(points=300), key="h3")
    assert (late.status_code, late.json["code"]) == (409, "sale_is_booked")  # type: ignore[index]


def test_what_is_held_is_let_go_when_the_buyer_thinks_better_of_it(rich: Till) -> None:
    rich.post("/purchases/hold", sale(points=300), key="h")
    rich.post("/purchases/hold", sale(points=200), key="h2")
    assert has(rich) == (800, 0, 200, 0)
    for key in ("v", "w"):
        gone: Any = rich.post("/purchases/void", {"member": {"handle": CARD}, "reference": "1"}, key=key)
        assert (gone.status_code, gone.json["balance"]["available"]) == (200, 1000)
    rich.post("/purchases/hold", sale(points=200), key="h3")
    assert rich.post("/purchases", sale(), key="a").json["paid"] is None  # type: ignore[index]
    assert (has(rich), sound(rich)) == ((1050, 0, 0, 0), True)


def test_a_hold_ends_by_itself_and_the_sale_that_comes_later_takes_the_points_anew(rich: Till) -> None:
    rich.post("/purchases/hold", sale(points=300), key="h")
    with clock.stopped(clock.now() + timedelta(minutes=15)), db.transaction(rich.house.tenant) as session:
        release_overdue(session)
    assert has(rich) == (1000, 0, 0, 0)
    assert rich.post("/purchases", sale(points=300), key="a").status_code == 201
    assert (has(rich), sound(rich)) == ((735, 0, 0, 0), True)


def test_who_has_no_card_shows_her_phone(rich: Till) -> None:
    by_phone = sale(points=300, member={"handle": PHONE})
    assert rich.post("/purchases", by_phone, key="a").json["code"] == "code_needed"  # type: ignore[index]
    settings.use(replace(settings.current(), demo=True))
    path = f"/members/{rich.member}/codes"
    sent: Any = rich.post(path, {"reference": "1", "points": 300}, key="c").json
    right = {"code_id": sent["code_id"], "code": sent["demo_code"]}
    wrong = right | {"code": f"{(int(sent['demo_code']) + 1) % 10**6:06}"}
    assert rich.post("/purchases", by_phone | {"code": wrong}, key="a").json["code"] == "code_wrong"  # type: ignore[index]
    for other in ({"points": 299}, {"reference": "2"}):
        found: Any = rich.post("/purchases", by_phone | other | {"code": right}, key="x").json
        assert found["code"] == "code_wrong"
    assert has(rich) == (1000, 0, 0, 0)
    assert rich.post("/purchases", by_phone | {"code": right}, key="a").status_code == 201
    assert has(rich) == (735, 0, 0, 0)


def test_a_code_is_tried_five_times_however_the_requests_end(live_database: settings.Settings) -> None:
    settings.use(replace(live_database, demo=True))
    till = furnished("tried")
    with_points(till)
    till.sign_in()
    sent: Any = till.post(f"/members/{till.member}/codes", {"reference": "1", "points": 300}, key="c").json
    right = {"code_id": sent["code_id"], "code": sent["demo_code"]}
    wrong = right | {"code": f"{(int(sent['demo_code']) + 1) % 10**6:06}"}
    by_phone = sale(points=300, member={"handle": PHONE})
    said = [till.post("/purchases", by_phone | {"code": wrong}, key=str(n)).json["code"] for n in range(6)]  # type: ignore[index]
    assert said == ["code_wrong"] * 4 + ["code_over"] * 2
    assert till.post("/purchases", by_phone | {"code": right}, key="a").json["code"] == "code_over"  # type: ignore[index]


@pytest.mark.parametrize(("who", "terms", "status"), [
    (PHONE, "never", 201), (CARD, "phone", 201), (CARD, "always", 422), (PHONE, "phone", 422),
])  # fmt: skip
def test_the_terms_say_who_needs_a_code(rich: Till, who: str, terms: str, status: int) -> None:
    with_points(rich, points=0, code=terms)
    assert rich.post("/purchases", sale(points=300, member={"handle": who}), key="a").status_code == status


def test_goods_bring_back_the_points_that_paid_for_them(rich: Till) -> None:
    rich.post("/purchases", sale(points=300), key="a")
    cup = {"sku": "cup", "quantity": 1, "amount": 14_000}
    found: Any = rich.post("/returns", back(amount=14_000, lines=[cup]), key="b").json
    assert (found["points_back"], found["points"], found["balance"]["available"]) == (60, -7, 788)
    again: Any = rich.post("/returns", back(amount=14_000, lines=[cup]), key="c").json
    assert again == found
    rest = [cup, {"sku": "beans", "quantity": "1.5", "amount": 42_000}]
    found = rich.post("/returns", back("r2", amount=56_000, lines=rest), key="d").json
    assert (found["points_back"], found["balance"]["available"]) == (240, 1000)
    assert (has(rich), sound(rich)) == ((1000, 0, 0, 0), True)


def test_a_sale_paid_with_points_altogether_gives_nothing_and_comes_back_whole(rich: Till) -> None:
    with_points(rich, points=0, percent="100")
    sold: Any = rich.post("/purchases", sale(points=1000), key="a").json
    assert (sold["amount"], sold["points"], has(rich)) == (0, 0, (0, 0, 0, 0))
    all_of_it = [{"sku": "beans", "quantity": "1.5", "amount": 0}, {"sku": "cup", "quantity": 2, "amount": 0}]
    found: Any = rich.post("/returns", back(amount=0, lines=all_of_it), key="b").json
    assert (found["points_back"], has(rich), sound(rich)) == (1000, (1000, 0, 0, 0), True)


def lots(till: Till) -> list[tuple[date, int]]:
    with db.transaction(till.house.tenant) as session:
        rows = session.execute(
            text("select expires_on, remaining from lot where remaining > 0 order by expires_on")
        )
        return [(day, left) for day, left in rows]


@pytest.mark.parametrize(("terms", "left"), [
    ({"last_day": "original"}, []),
    ({"last_day": "grace", "days": 10}, [(date(2027, 1, 11), 300)]),
    ({"last_day": "fresh"}, [(date(9999, 12, 31), 300)]),
])  # fmt: skip
def test_points_that_have_burnt_meanwhile_come_back_by_the_terms(
    till: Till, terms: dict[str, Any], left: list[tuple[date, int]]
) -> None:
    with_points(till, points=0, back=terms)
    with db.transaction(till.house.tenant) as session:
        give(session, till.house, till.member, 300, last_day=date(2026, 12, 31))
    at = datetime(2027, 1, 1, 9, tzinfo=UTC)
    till.post("/purchases", sale(points=300), key="a")
    with clock.stopped(at):
        till.sign_in()
        goods = [
            {"sku": "beans", "quantity": "1.5", "amount": 42_000},
            {"sku": "cup", "quantity": 2, "amount": 28_000},
        ]
        found: Any = till.post("/returns", back(amount=70_000, lines=goods), key="b").json
    assert (found["points_back"], lots(till), sound(till)) == (300, left, True)


@pytest.mark.slow
def test_of_fifty_who_want_all_her_points_at_tills_and_in_the_cabinet_one_has_them(
    live_database: settings.Settings,
) -> None:
    settings.use(live_database)
    till = furnished("atonce")
    with_points(till, percent="100")
    till.sign_in()
    cabinet, secret = cabinet_of(till)

    def at_a_till(number: int) -> bool:
        http = replace(till, http=api().test_client())
        path = "/purchases" if number % 3 else "/purchases/hold"
        answer = http.post(path, sale(str(number), points=1000), key=f"k{number}")
        assert answer.status_code in (201, 422), answer.text
        return answer.status_code == 201

    def in_the_cabinet(number: int) -> bool:
        browser = cabinet.test_client()
        browser.set_cookie("member", secret, domain="atonce.localhost")
        form = {"points": "1000", "request_id": f"r{number}"}
        answer = browser.post("/spend/cashback", base_url=till.site, data=form)
        assert answer.status_code in (303, 422), answer.text
        return "/spent/" in answer.headers.get("Location", "")

    with ThreadPoolExecutor(8) as pool:
        had = list(pool.map(lambda n: (at_a_till if n % 2 else in_the_cabinet)(n), range(50)))
    assert had.count(True) == 1
    available, _, held, debt = has(till)
    assert (available, held + spent(till.house.tenant, till.member), debt, sound(till)) == (0, 1000, 0, True)


def cabinet_of(till: Till) -> tuple[Flask, str]:
    """The pages with a reward that takes up to a thousand points, and the secret of the member's browser."""
    with db.transaction(till.house.tenant) as session:
        dress(session, "wexley")
        add_reward(
            session, SYSTEM, code="cashback", kind="cashback", name={"ru": "К", "en": "C"},
            about={"ru": "О", "en": "A"}, participant_id=till.house.funders[0],
            terms={"points_min": 100, "points_max": 1000, "days": 5},
        )  # fmt: skip
        secret = sign_in(session, kind="member", subject_id=till.member)
    app = create_app()
    app.config["WTF_CSRF_ENABLED"] = False
    return app, secret


@pytest.mark.slow
def test_returns_spends_and_sales_at_once_lose_no_point(live_database: settings.Settings) -> None:
    settings.use(live_database)
    till = furnished("against")
    with_points(till, percent="100")
    till.sign_in()
    assert till.post("/purchases", sale(points=500), key="1").json["balance"]["available"] == 525  # type: ignore[index]
    goods: dict[str, Any] = {"lines": [], "amount": 10_000}
    asked: list[tuple[str, dict[str, Any]]] = [
        *(("/returns", back(f"r{n}", **goods)) for n in range(5)),
        *(("/purchases", sale(f"paid{n}", points=100, **goods)) for n in range(12)),
        *(("/purchases", sale(f"plain{n}", **goods)) for n in range(8)),
    ]

    def ask(told: tuple[str, dict[str, Any]]) -> int:
        http = replace(till, http=api().test_client())
        return http.post(told[0], told[1], key=told[1]["reference"]).status_code

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(ask, random.Random(7).sample(asked, len(asked))))
    bought = (
        spent(till.house.tenant, till.member) // 100
    )  # the returns have given back all of the first five hundred
    assert (said.count(201), said.count(422)) == (13 + bought, 12 - bought)
    assert (has(till), sound(till)) == ((1000 + 8 * 5 - 100 * bought, 0, 0, 0), True)


def spent(tenant: int, member: UUID) -> int:
    with db.transaction(tenant) as session:
        rows = session.execute(
            text(
                "select coalesce(sum(points), 0) from redemption where member_id = :member and state = 'done'"
            ),
            {"member": member},
        )
        return int(rows.scalar_one())


def test_a_sale_without_lines_can_be_paid_with_points_altogether(rich: Till) -> None:
    with_points(rich, points=0, percent="100")
    sold: Any = rich.post("/purchases", sale(points=1000, lines=[]), key="a").json
    assert (sold["amount"], sold["paid"]["points"], has(rich)) == (0, 1000, (0, 0, 0, 0))


def test_goods_and_then_the_rest_of_the_money_bring_back_all_points(rich: Till) -> None:
    rich.post("/purchases", sale(points=300), key="a")
    cups = {"sku": "cup", "quantity": 2, "amount": 28_000}
    first: Any = rich.post("/returns", back(amount=28_000, lines=[cups]), key="b").json
    rest: Any = rich.post("/returns", back("r2", amount=42_000, lines=[]), key="c").json
    assert (first["points_back"], rest["points_back"], has(rich), sound(rich)) == (
        120,
        180,
        (1000, 0, 0, 0),
        True,
    )


def test_a_hold_that_was_shown_needs_no_code_again(rich: Till) -> None:
    settings.use(replace(settings.current(), demo=True))
    sent: Any = rich.post(f"/members/{rich.member}/codes", {"reference": "1", "points": 300}, key="c").json
    by_phone = sale(points=300, member={"handle": PHONE}) | {
        "code": {"code_id": sent["code_id"], "code": sent["demo_code"]}
    }
    assert rich.post("/purchases/hold", by_phone, key="h").status_code == 201
    with clock.stopped(clock.now() + timedelta(minutes=12)):
        assert rich.post("/purchases", by_phone, key="a").status_code == 201


def test_two_sales_that_come_back_in_one_file_give_their_points_back_both(rich: Till) -> None:
    for number in (1, 2):
        rich.post("/purchases", sale(str(number), points=200, lines=[]), key=f"{number}")
    assert has(rich) == (680, 0, 0, 0)
    seller = "coffee"
    with db.transaction(rich.house.tenant) as session:
        told = [
            Told(f"b{n}", rich.member, datetime.fromisoformat(AT) + timedelta(minutes=n), 80_000, seller, "coffee",
                 refund=True)
            for n in (1, 2)
        ]  # fmt: skip
        record(session, SYSTEM, programme_id=rich.house.programme, source="bank", told=told)
    assert (has(rich), sound(rich)) == ((1000, 0, 0, 0), True)


def test_a_return_that_gave_points_back_stays_with_its_sale(rich: Till) -> None:
    for number in (1, 2):
        rich.post("/purchases", sale(str(number), points=200, lines=[]), key=f"{number}")
    unnamed = back("r1", amount=80_000, lines=[], original=None, member={"handle": CARD})
    gone: Any = rich.post("/returns", unnamed, key="r").json
    assert (gone["state"], gone["points_back"], has(rich)) == ("applied", 200, (840, 0, 0, 0))
    owner = {row["purchase_id"] for row in [gone]}
    taken = "2" if str(sale_id(rich, "2")) in owner else "1"
    early = back("r0", original=taken, amount=40_000, lines=[], occurred_at="2026-11-20T10:00:00+12:00")
    late: Any = rich.post("/returns", early, key="e").json
    assert (late["state"], late["points_back"], has(rich)) == ("waiting", 0, (840, 0, 0, 0))


def sale_id(till: Till, reference: str) -> UUID:
    with db.transaction(till.house.tenant) as session:
        found = sale_of(session, source=till.client_id, reference=reference)
        assert found is not None
        return found.id
