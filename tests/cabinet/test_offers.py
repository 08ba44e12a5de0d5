"""Offers that a member accepts first: hers from the moment she says so, and only those that are offered to her."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.actions import add_benefit
from coalition.draws.actions import open_draw
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.promotions.actions import publish
from coalition.redemption.models import Reward
from coalition.transactions.drawing import draw_lots
from coalition.transactions.models import Purchase
from coalition.transactions.occasions import Happened, note_occasions
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.parts import Part, switch
from tenants.runtime import clock
from tests.cabinet.test_pages import HOST, page
from tests.cabinet.world import LONG_AGO, World

FUNDING = [{"participant": "bank", "share": 100}]


@pytest.fixture
def offered(seen: Session, world: World) -> Session:
    publish(
        seen,
        SYSTEM,
        programme_id=world.programme.id,
        code="weekend",
        document={
            "title": {"ru": "Выходные", "en": "Weekend"},
            "where": [{"kind": "opt_in"}],
            "mechanic": {"kind": "fixed", "points": "40"},
            "funding": FUNDING,
        },
        starts_at=LONG_AGO,
    )
    return seen


def accept(client: FlaskClient, code: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, "/offers"))
    assert token is not None
    return client.post(f"/offers/{code}/accept", base_url=HOST, data={"csrf_token": token[1]}).status_code


def test_an_offer_is_taken_once_and_counts_from_then_on(client: FlaskClient, offered: Session) -> None:
    assert "Участвовать" in page(client, "/offers")
    assert accept(client, "weekend") == 303
    html = page(client, "/offers")
    assert ("Вы участвуете" in html, "Участвовать" in html) == (True, False)


@pytest.mark.parametrize("code", ["fuel", "nothing"])
def test_what_is_not_offered_so_is_not_found(client: FlaskClient, offered: Session, code: str) -> None:
    assert accept(client, code) == 404


FAVOURITE = {
    "title": {"ru": "Любимая категория", "en": "Favourite category"},
    "mechanic": {
        "kind": "category_of_month",
        "rate": "10",
        "categories": {"fuel": ["5541"], "groceries": ["5411"]},
    },
    "funding": FUNDING,
}


def choose(client: FlaskClient, category: str) -> int:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, "/profile"))
    assert token is not None
    form = {"csrf_token": token[1], "category": category}
    return client.post("/offers/category", base_url=HOST, data=form).status_code


def test_the_category_of_the_month_is_chosen_once_and_pays_from_then_on(
    client: FlaskClient, seen: Session, world: World
) -> None:
    publish(
        seen, SYSTEM, programme_id=world.programme.id, code="favourite", document=FAVOURITE,
        starts_at=LONG_AGO,
    )  # fmt: skip
    assert choose(client, "caviar") == 404
    assert "В этом месяце" not in page(client, "/offers")
    assert [choose(client, category) for category in ("fuel", "groceries", "fuel")] == [303, 303, 303]
    assert "В этом месяце: Топливо" in page(client, "/offers")
    told = [
        Told(code, world.member_id, clock.now() - timedelta(minutes=1), 100_00, "Shop", mcc=mcc)
        for code, mcc in (("a", 5411), ("b", 5541))
    ]
    outcome = record(seen, SYSTEM, programme_id=world.programme.id, source="till", told=told)
    given = dict(zip(outcome.posted.tolist(), outcome.points.tolist(), strict=True))
    assert given == {0: 4, 1: 3 + 10}


def give(seen: Session, world: World, code: str, *, n: int = 1, refund: str = "") -> None:
    """Purchases of the member's, or the return of one."""
    at = clock.now() - timedelta(minutes=10 if refund else 30)
    told = [
        Told(
            f"{code}{number}", world.member_id, at + timedelta(minutes=number), 100_00, "Shop",
            refund=bool(refund), original=refund or None,
        )
        for number in range(n)
    ]  # fmt: skip
    record(seen, SYSTEM, programme_id=world.programme.id, source="till", told=told)


def put_on(seen: Session, world: World, code: str, title: str, **document: Any) -> None:
    """A live promotion under a title of its own."""
    publish(
        seen, SYSTEM, programme_id=world.programme.id, code=code, starts_at=LONG_AGO,
        document={
            "title": {"ru": title, "en": title}, "mechanic": {"kind": "fixed", "points": "40"}, "funding": FUNDING,
        } | document,
    )  # fmt: skip


def card(client: FlaskClient, title: str) -> str:
    """The offer's card, nothing when there is none."""
    cards = re.findall(r"<article.*?</article>", page(client, "/offers"), re.DOTALL)
    return next((one for one in cards if f">{title}<" in one), "")


def stands(client: FlaskClient, title: str) -> str:
    """How the offer is told: open, had, or not at all."""
    found = card(client, title)
    return ("had" if "Уже получено" in found else "open") if found else "none"


@pytest.mark.parametrize(
    ("terms", "purchases"),
    [
        ({"once": True}, 1),
        ({"trigger": {"kind": "first_n_purchases", "n": 2}}, 2),
        ({"trigger": {"kind": "nth", "n": 3}}, 3),
        ({"limits": {"times_ever": 2}}, 2),
        ({"limits": {"ever": "60"}}, 2),
    ],
)
def test_what_was_given_for_good_is_told_as_received_and_open_again_after_a_return(
    client: FlaskClient, seen: Session, world: World, terms: dict[str, Any], purchases: int
) -> None:
    put_on(seen, world, "hello", "Приветствие", **terms)
    give(seen, world, "a", n=purchases - 1)
    assert stands(client, "Приветствие") == "open"
    assert "Приветствие" in page(client, "/")
    give(seen, world, "b")
    assert stands(client, "Приветствие") == "had"
    assert "Приветствие" not in page(client, "/").split('class="offers"')[-1]
    give(seen, world, "c", refund="b0")
    assert stands(client, "Приветствие") == "open"


def test_what_goes_on_giving_stays_open(client: FlaskClient, seen: Session, world: World) -> None:
    put_on(seen, world, "each", "Каждая вторая", trigger={"kind": "nth", "n": 2, "every": True})
    put_on(seen, world, "month", "Раз в месяц", limits={"per_month": "40"})
    give(seen, world, "a", n=4)
    assert (stands(client, "Каждая вторая"), stands(client, "Раз в месяц")) == ("open", "open")


def test_a_welcome_for_joining_is_shown_to_who_got_it_alone(
    client: FlaskClient, seen: Session, world: World
) -> None:
    put_on(seen, world, "joined", "За вступление", trigger={"kind": "enrolment"})
    assert stands(client, "За вступление") == "none"
    joined = Happened(world.member_id, "enrolment", "", clock.now() + timedelta(seconds=1))
    note_occasions(seen, world.programme, [joined])
    seen.flush()  # requests read by a session of their own
    assert stands(client, "За вступление") == "had"


def test_a_prize_is_offered_to_who_has_a_ticket_until_it_is_drawn(
    client: FlaskClient, seen: Session, world: World
) -> None:
    name = {"ru": "Билет", "en": "A ticket"}
    add_benefit(
        seen, SYSTEM, programme_id=world.programme.id, code="ticket", kind="ticket", name=name, terms={}
    )
    closes = clock.now() + timedelta(days=1)
    open_draw(
        seen, SYSTEM, code="winter", ticket="ticket", name=name, closes_at=closes,
        prizes=[{"code": "sparks", "name": name, "count": 1}],
    )  # fmt: skip
    put_on(seen, world, "won", "За выигрыш", trigger={"kind": "prize", "draw": "winter", "prize": "sparks"})
    put_on(seen, world, "tickets", "Билеты", gives={"kind": "benefit", "code": "ticket", "name": name})
    assert stands(client, "За выигрыш") == "none"
    give(seen, world, "a")
    assert stands(client, "За выигрыш") == "open"
    with clock.stopped(closes):
        draw_lots(seen, SYSTEM, code="winter")
        assert stands(client, "За выигрыш") == "none"


def test_with_draws_off_neither_tickets_nor_prizes_are_offered_or_missed(
    client: FlaskClient, seen: Session, world: World
) -> None:
    name = {"ru": "Билет", "en": "A ticket"}
    add_benefit(
        seen, SYSTEM, programme_id=world.programme.id, code="ticket", kind="ticket", name=name, terms={}
    )
    gives = {"kind": "benefit", "code": "ticket", "name": name}
    put_on(seen, world, "tickets", "Билеты", gives=gives, conditions={"amount_from": "100000"})
    give(seen, world, "a")
    purchase = seen.scalars(select(Purchase.id).order_by(Purchase.booked_at.desc())).first()
    why = f"/why/{purchase}"
    assert stands(client, "Билеты") == "open"
    assert "Билеты" in page(client, why)
    switch(seen, SYSTEM, part=Part.DRAWS, on=False)
    assert stands(client, "Билеты") == "none"
    assert "Билеты" not in page(client, why)


def test_without_cashback_the_home_page_promises_none(client: FlaskClient, seen: Session) -> None:
    hero = 'class="worth hero-sub"'
    assert "кешбэк" in page(client, "/").partition(hero)[2].partition("</p>")[0]
    for reward in seen.scalars(select(Reward).where(Reward.kind == "cashback")):
        reward.offered = False
    seen.flush()
    assert "кешбэк" not in page(client, "/").partition(hero)[2].partition("</p>")[0]


def test_an_offer_without_a_place_or_a_budget_left_is_not_shown(
    client: FlaskClient, seen: Session, world: World
) -> None:
    put_on(seen, world, "seats", "Первым", limits={"first_members": 1})
    put_on(seen, world, "budget", "Бюджет", limits={"budget": "40"})
    assert (stands(client, "Первым"), stands(client, "Бюджет")) == ("open", "open")
    give(seen, world, "a")
    assert (stands(client, "Первым"), stands(client, "Бюджет")) == ("open", "none")  # the place is hers
    put_on(seen, world, "taken", "Заняты", limits={"first_members": 1})
    other = enrol(seen, SYSTEM, programme_id=world.programme.id, person=Person("Ольга"))
    told = Told("o", other.id, clock.now(), 100_00, "Shop")
    record(seen, SYSTEM, programme_id=world.programme.id, source="till", told=[told])
    assert stands(client, "Заняты") == "none"


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "Без предела и без срока"),
        ({"limits": {"per_purchase": "30", "per_day": "40"}}, "До 30 за покупку. До 40 за день"),
        ({"limits": {"per_week": "50", "per_month": "60"}}, "До 50 за неделю. До 60 за месяц"),
        ({"limits": {"per_year": "70", "ever": "80"}}, "До 70 за год. До 80 за всё время"),
        ({"limits": {"budget": "1000"}}, "Пока не исчерпан бюджет акции"),
        ({"limits": {"budget_money": "1000"}}, "Пока не исчерпан бюджет акции"),
        ({"lane": {"name": "x", "percent": "12.5"}}, "Вместе с похожими предложениями до 12,5 % от покупки"),
        ({"lane": {"name": "x"}}, "Без предела и без срока"),
        (
            {"gives": {"kind": "discount"}, "limits": {"per_purchase": "30", "per_day": "40"}},
            "До 30 ₽ за покупку. До 40 ₽ за день",
        ),
        ({"valid": {"days": 30}}, "Потратить можно в течение 30 дней"),
    ],
)
def test_an_offer_tells_every_limit_and_none_only_where_there_is_none(
    client: FlaskClient, seen: Session, world: World, terms: dict[str, Any], said: str
) -> None:
    put_on(seen, world, "bounded", "С пределом", **terms)
    told = re.sub(r"<[^>]+>|[\s\u202f]", " ", card(client, "С пределом"))
    assert f" {said} " in f" {' '.join(told.split())} "


def test_new_offers_come_first_and_say_so_for_two_weeks(
    client: FlaskClient, seen: Session, world: World
) -> None:
    def offer(code: str, days_ago: float) -> None:
        document = {
            "title": {"ru": f"Акция {code}", "en": f"Offer {code}"},
            "mechanic": {"kind": "fixed", "points": "1"},
            "funding": FUNDING,
        }
        start = clock.now() - timedelta(days=days_ago)
        publish(seen, SYSTEM, programme_id=world.programme.id, code=code, document=document, starts_at=start)

    offer("fortnight", 14.01)
    offer("week", 7)
    offer("today", 0.001)
    publish(
        seen,
        SYSTEM,
        programme_id=world.programme.id,
        code="fuel",
        document=FAVOURITE
        | {"title": {"ru": "Акция fuel", "en": "Fuel"}, "mechanic": {"kind": "percent", "rate": "1"}},
    )  # other terms of what went on
    html = page(client, "/offers")
    titles = re.findall(r"Акция (\w+)", html)
    assert titles[:2] == ["today", "week"]
    assert sorted(titles[2:]) == ["fortnight", "fuel"]
    assert html.count("Новое</span>") == 2
