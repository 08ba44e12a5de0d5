"""Points without a purchase: golden F2 and H2, once each, whatever is done twice and whoever comes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from admin.console.promotion_told import wrong_of
from admin.promotion_words import Wrong
from coalition.backtests.actions import start_backtest
from coalition.members.actions import edit_profile, enrol, link_card
from coalition.members.models import MemberPerson
from coalition.members.person import PLACE, Person
from coalition.promotions.actions import publish
from coalition.promotions.document import Document
from coalition.promotions.life import begin_draft
from coalition.promotions.models import Holiday
from coalition.reports.history import history
from coalition.transactions import anniversaries
from coalition.transactions.events import note_event
from coalition.transactions.recording import Told, record
from tenants import actor
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, jobs
from tenants.runtime.errors import Conflict, Forbidden, Refusal
from tenants.runtime.settings import Settings
from tenants.vault import vault_of
from tests.ledger.house import House, drain, forget_promotions, new_member
from tests.transactions.bank import balances, open_bank, promotion, query

JOBS = (anniversaries,)  # imported for the jobs it declares
NOON = datetime(2026, 11, 20, 0, tzinfo=UTC)  # noon in Kamchatka
THREADS = 16
WELCOME = {"kind": "enrolment"}


def fixed(points: int, trigger: dict[str, Any], **more: Any) -> dict[str, Any]:
    return promotion({"kind": "fixed", "points": str(points)}, trigger=trigger, **more)


def opened(*promotions: dict[str, Any], **terms: Any) -> House:
    with clock.stopped(NOON - timedelta(days=400)):
        return open_bank(promotions, **terms)


def join(bank: House, at: datetime = NOON, **facts: Any) -> UUID:
    with clock.stopped(at):
        with db.transaction(bank.tenant) as session:
            member = new_member(session, bank, **facts)
        drain(bank.tenant)
    return member


def look(bank: House, day: date, hour: int = 12) -> None:
    """The calendar's job at an hour of a day in Kamchatka, and all that it asks for."""
    with clock.stopped(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 12)):
        with db.transaction(bank.tenant) as session:
            jobs.ask(session, "occasions.calendar")
        drain(bank.tenant)


def days_paid(bank: House) -> list[str]:
    """Business days on which occasions were booked."""
    rows = query(
        bank, "select (occurred_at at time zone 'Asia/Kamchatka')::date from occasion order by occurred_at"
    )
    return [row[0].isoformat() for row in rows]


def days(first: str, last: str) -> list[date]:
    since, until = date.fromisoformat(first), date.fromisoformat(last)
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def available(bank: House, member: UUID) -> int:
    return balances(bank)[member][0]


def born(on: str) -> Person:
    return Person(name="Vera Test", born_on=date.fromisoformat(on))


def move_birthday(bank: House, member: UUID, on: str) -> None:
    with db.transaction(bank.tenant) as session:
        row = session.get_one(MemberPerson, (bank.tenant, member))
        row.sealed = vault_of(session).seal(born(on).packed(), PLACE, member)


def note(bank: House, member: UUID, key: str = "k", name: str = "survey", **fields: Any) -> UUID:
    with db.transaction(bank.tenant) as session:
        return note_event(
            session, SYSTEM, member_id=member, name=name, key=key, occurred_at=NOON, fields=fields
        ).id  # fmt: skip


@pytest.mark.usefixtures("house")
def test_h2_who_joins_gets_the_welcome_once() -> None:
    bank = opened(fixed(250, WELCOME))
    vera = join(bank)
    assert available(bank, vera) == 250
    with db.transaction(bank.tenant) as session:
        jobs.ask(session, "occasions.enrolment", items=[str(vera), str(vera), str(UUID(int=7))])
    drain(bank.tenant)
    assert available(bank, vera) == 250
    assert query(bank, "select kind, data, reason[3:4] from occasion") == [("enrolment", {}, [250, 0])]


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("known", ["phone", "card"])
def test_h2_the_same_person_joins_once_by_phone_and_by_card(known: str) -> None:
    bank = opened(fixed(250, WELCOME))
    vera = Person(name="Vera Test", phone="+79140000147")
    with clock.stopped(NOON), db.transaction(bank.tenant) as session:
        enrol(session, SYSTEM, programme_id=bank.programme, person=vera, cards=["token-vera"])
    drain(bank.tenant)
    again = {"person": vera} if known == "phone" else {"person": Person(name="V"), "cards": ["token-vera"]}
    with (
        clock.stopped(NOON),
        pytest.raises(Conflict, match="handle_taken"),
        db.transaction(bank.tenant) as session,
    ):
        enrol(session, SYSTEM, programme_id=bank.programme, **again)
    drain(bank.tenant)
    assert [row[0] for row in balances(bank).values()] == [250]


@pytest.mark.usefixtures("house")
def test_r7_the_welcome_is_not_given_again_when_a_card_is_linked() -> None:
    bank = opened(fixed(250, WELCOME))
    vera = join(bank)
    with clock.stopped(NOON + timedelta(days=1)), db.transaction(bank.tenant) as session:
        link_card(session, SYSTEM, member_id=vera, token="token-vera")
    drain(bank.tenant)
    assert available(bank, vera) == 250


@pytest.mark.usefixtures("house")
def test_who_has_joined_elsewhere_gets_no_welcome_and_her_years_count() -> None:
    bank = opened(fixed(250, WELCOME), fixed(5, {"kind": "anniversary", "of": "enrolment"}))
    vera = join(bank, joined_on=date(2025, 11, 21))
    assert available(bank, vera) == 0
    look(bank, date(2026, 11, 21))
    assert available(bank, vera) == 5


@pytest.mark.usefixtures("house")
def test_who_joined_before_the_promotion_gets_no_welcome() -> None:
    bank = opened()
    vera = join(bank)
    with clock.stopped(NOON + timedelta(days=1)), db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code="w", document=fixed(250, WELCOME))
        jobs.ask(session, "occasions.enrolment", items=[str(vera)])
    drain(bank.tenant)
    assert available(bank, vera) == 0


@pytest.mark.usefixtures("house")
def test_each_linked_card_pays_once_and_with_once_only_the_first() -> None:
    bank = opened(fixed(10, {"kind": "card_activation"}), fixed(100, {"kind": "card_activation"}, once=True))
    vera = join(bank, cards=["one"])
    assert available(bank, vera) == 110
    for token in ("one", "two", "two"):
        with db.transaction(bank.tenant) as session:
            link_card(session, SYSTEM, member_id=vera, token=token)
        drain(bank.tenant)
    assert available(bank, vera) == 120


@pytest.mark.usefixtures("house")
def test_a_profile_is_completed_once() -> None:
    bank = opened(fixed(30, {"kind": "profile_completed"}))
    vera = join(bank, person=Person("Vera", phone="+79140000001", born_on=date(1990, 5, 5)))
    given = []
    for address in ("vera@example.test", None, "v@example.test"):
        with db.transaction(bank.tenant) as session:
            edit_profile(session, actor.member(vera), member_id=vera, email=address)
        drain(bank.tenant)
        given.append(available(bank, vera))
    assert given == [30, 30, 30]


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("born_on", "first", "last", "paid"),
    [
        ("1990-03-10", "2027-03-01", "2027-03-20", ["2027-03-07"]),  # three days before
        ("1990-01-02", "2026-12-25", "2027-01-10", ["2026-12-30"]),  # over the end of a year
        ("1992-02-29", "2027-02-20", "2027-03-05", ["2027-02-25"]),  # kept on 28 February
        ("1992-02-29", "2028-02-20", "2028-03-05", ["2028-02-26"]),  # and in leap years on its own day
        ("1990-03-10", "2027-03-13", "2027-03-20", ["2027-03-13"]),  # the window's last day
        ("1990-03-10", "2027-03-14", "2027-03-20", []),
    ],
)
def test_f2_a_birthday_is_kept_within_three_days(
    born_on: str, first: str, last: str, paid: list[str]
) -> None:
    bank = opened(fixed(200, {"kind": "birthday", "days_before": 3, "days_after": 3}))
    vera = join(bank, person=born(born_on))
    for day in days(first, last):
        look(bank, day)
    assert days_paid(bank) == paid
    assert available(bank, vera) == 200 * len(paid)


@pytest.mark.usefixtures("house")
def test_f2_a_leap_birthday_without_a_window_comes_every_year() -> None:
    bank = opened(fixed(200, {"kind": "birthday"}))
    join(bank, person=born("1992-02-29"))
    for year in (2027, 2028, 2029):
        for day in days(f"{year}-02-27", f"{year}-03-02"):
            look(bank, day)
    assert days_paid(bank) == ["2027-02-28", "2028-02-29", "2029-02-28"]


@pytest.mark.usefixtures("house")
def test_f2_a_changed_birthday_does_not_pay_again_within_365_days() -> None:
    bank = opened(fixed(200, {"kind": "birthday"}))
    vera = join(bank, person=born("1990-03-10"))
    look(bank, date(2027, 3, 10))
    move_birthday(bank, vera, "1990-06-01")
    look(bank, date(2027, 6, 1))
    assert days_paid(bank) == ["2027-03-10"]
    move_birthday(bank, vera, "1990-03-08")
    look(bank, date(2028, 3, 8))  # 364 days, 29 February among them
    assert days_paid(bank) == ["2027-03-10"]
    move_birthday(bank, vera, "1990-03-09")
    look(bank, date(2028, 3, 9))
    assert days_paid(bank) == ["2027-03-10", "2028-03-09"]


@pytest.mark.usefixtures("house")
def test_no_table_keeps_a_birthday() -> None:
    bank = opened(fixed(200, {"kind": "birthday", "days_before": 3, "days_after": 3}))
    join(bank, person=born("1990-03-10"))
    look(bank, date(2027, 3, 8))
    assert query(bank, "select kind, data from occasion") == [("birthday", {})]
    assert query(bank, "select counts from counter_sheet") == [([date(2027, 3, 8).toordinal()],)]


@pytest.mark.usefixtures("house")
def test_the_calendar_twice_a_day_is_once_and_days_missed_are_made_up_for() -> None:
    bank = opened(fixed(200, {"kind": "birthday"}))
    vera, olga = join(bank, person=born("1990-03-10")), join(bank, person=born("1990-03-12"))
    look(bank, date(2027, 3, 9))
    for hour in (0, 3, 3):  # the house was shut for two days
        look(bank, date(2027, 3, 12), hour)
    assert (days_paid(bank), available(bank, vera), available(bank, olga)) == (
        ["2027-03-10", "2027-03-12"], 200, 200,
    )  # fmt: skip
    with db.transaction(bank.tenant) as session:
        jobs.ask(
            session, "occasions.of_day", programme_id=bank.programme, day="2027-03-12", members=[str(olga)]
        )
    drain(bank.tenant)
    assert available(bank, olga) == 200


@pytest.mark.usefixtures("house")
def test_f2_holidays_are_everybodys() -> None:
    gift = {"kind": "holiday", "days": ["02-23", "03-08"]}
    bank = opened(fixed(20, gift), fixed(7, {"kind": "holiday"}))
    with db.transaction(bank.tenant) as session:
        session.add(Holiday(tenant_id=bank.tenant, day=date(2027, 5, 9)))
    vera, olga = join(bank), join(bank)
    for day in ("2027-02-22", "2027-02-23", "2027-03-08", "2027-05-09"):
        look(bank, date.fromisoformat(day))
    assert (available(bank, vera), available(bank, olga)) == (20 + 20 + 7, 20 + 20 + 7)


@pytest.mark.usefixtures("house")
def test_years_in_the_programme_and_with_the_bank_are_kept_apart() -> None:
    bank = opened(
        fixed(5, {"kind": "anniversary", "of": "enrolment"}),
        fixed(90, {"kind": "anniversary", "of": "account", "years": [3]}),
    )
    vera = join(bank, account_opened_on=date(2024, 2, 29))
    for day in ("2026-11-20", "2027-02-28", "2027-11-20", "2028-02-28", "2028-02-29"):
        look(bank, date.fromisoformat(day))
    assert available(bank, vera) == 90 + 5
    assert query(bank, "select data from occasion order by occurred_at") == [
        ({"of": "account", "years": 3},), ({"of": "enrolment", "years": 1},),
    ]  # fmt: skip


SURVEY = {"kind": "event", "name": "survey", "fields": {"stars": "whole", "text": "text"}}


@pytest.mark.usefixtures("house")
def test_an_event_pays_once_per_key() -> None:
    bank = opened(fixed(15, SURVEY), fixed(5, SURVEY | {"having": {"stars": 5}}))
    vera = join(bank)
    first = note(bank, vera, stars=5, text="good")
    assert note(bank, vera, stars=5, text="again") == first
    note(bank, vera, "other", stars=4, text="")
    assert available(bank, vera) == 15 + 5 + 15
    assert query(bank, "select data from occasion order by data") == [
        ({"name": "survey", "stars": 4, "text": ""},), ({"name": "survey", "stars": 5, "text": "good"},),
    ]  # fmt: skip


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("name", "fields", "field", "why"),
    [
        ("poll", {}, "name", "no promotion is for an event 'poll'"),
        ("survey", {"stars": 5, "text": "", "mood": 1}, "fields.mood", "the event has no such field"),
        ("survey", {"stars": 5}, "fields.text", "it is missing"),
        ("survey", {"stars": "5", "text": ""}, "fields.stars", "it is no whole"),
        ("survey", {"stars": True, "text": ""}, "fields.stars", "it is no whole"),
        ("survey", {"stars": 5, "text": "a\0"}, "fields.text", "it is no text"),
        ("survey", {"stars": 5, "text": "\ud800"}, "fields.text", "it is no text"),
    ],
)
def test_an_undeclared_event_is_refused_with_its_field(
    name: str, fields: dict[str, Any], field: str, why: str
) -> None:
    bank = opened(fixed(15, SURVEY))
    vera = join(bank)
    with pytest.raises(Refusal, match="event_invalid") as refused:
        note(bank, vera, name=name, **fields)
    assert (refused.value.facts["field"], refused.value.facts["why"]) == (field, why)
    assert query(bank, "select from occasion") == []


@pytest.mark.usefixtures("house")
def test_everything_that_is_wrong_with_an_event_is_told() -> None:
    bank = opened(fixed(15, SURVEY))
    vera = join(bank)
    with pytest.raises(Refusal, match="event_invalid") as refused:
        note(bank, vera, key="a\n", mood=1, stars="5")
    assert [(one.field, one.kind) for one in refused.value.facts["flaws"]] == [
        ("key", "unprintable"),
        ("fields.mood", "extra_forbidden"),
        ("fields.stars", "event_whole"),
        ("fields.text", "missing"),
    ]


MOOD = {"kind": "event", "name": "survey", "fields": {"mood": "text"}}
DAY = timedelta(days=1)


def put(bank: House, code: str, document: dict[str, Any], at: datetime = NOON, **span: Any) -> None:
    with clock.stopped(at), db.transaction(bank.tenant) as session:
        publish(session, SYSTEM, programme_id=bank.programme, code=code, document=document, **span)


@pytest.mark.usefixtures("house")
def test_an_event_is_declared_as_the_version_in_force_at_its_moment_has_it() -> None:
    bank = opened(fixed(15, SURVEY))
    vera = join(bank, NOON - 2 * DAY)
    put(bank, "p0", fixed(7, MOOD), starts_at=NOON + DAY)  # the next version tells something else
    with clock.stopped(NOON):
        note(bank, vera, "today", stars=5, text="")
    with clock.stopped(NOON + 2 * DAY):
        note(bank, vera, "told late", stars=5, text="")
        with db.transaction(bank.tenant) as session:
            note_event(
                session, SYSTEM, member_id=vera, name="survey", key="then", occurred_at=NOON + DAY,
                fields={"mood": "good"},
            )  # fmt: skip
    assert available(bank, vera) == 15 + 15 + 7


@pytest.mark.usefixtures("house")
def test_an_event_before_or_after_every_version_is_unknown() -> None:
    bank = opened()
    vera = join(bank, NOON - 2 * DAY)
    put(bank, "later", fixed(15, SURVEY), starts_at=NOON + DAY)
    put(bank, "over", fixed(15, SURVEY), NOON - 2 * DAY, ends_at=NOON - DAY)
    with clock.stopped(NOON), pytest.raises(Refusal, match="event_invalid") as refused:
        note(bank, vera, stars=5, text="")
    assert refused.value.facts["field"] == "name"
    assert query(bank, "select from occasion") == []


@pytest.mark.usefixtures("house")
def test_promotions_of_one_time_declare_an_event_alike() -> None:
    bank = opened(fixed(15, SURVEY))
    put(bank, "over", fixed(1, SURVEY | {"name": "poll"}), NOON - 2 * DAY, ends_at=NOON - DAY)
    with pytest.raises(Refusal, match="document_invalid") as refused:
        put(bank, "other", fixed(5, MOOD))
    assert refused.value.facts == {
        "field": "trigger.fields",
        "why": "the promotion p0 declares other fields for this event",
        "kind": "event_declared",
        "bounds": {"promotion": "p0"},
    }
    assert query(bank, "select count(*) from promotion_version") == [(2,)]
    put(bank, "alike", fixed(5, SURVEY))
    put(bank, "poll", fixed(5, MOOD | {"name": "poll"}))  # the one that declared it otherwise is over
    put(bank, "scheduled", fixed(5, SURVEY | {"name": "visit"}), starts_at=NOON + DAY)
    put(bank, "until-then", fixed(5, MOOD | {"name": "visit"}), ends_at=NOON + DAY)
    with pytest.raises(Refusal, match="document_invalid"):
        put(bank, "longer", fixed(5, MOOD | {"name": "visit"}), ends_at=NOON + 2 * DAY)


@pytest.mark.usefixtures("house")
def test_a_draft_that_declares_an_event_otherwise_is_told_so_at_its_field() -> None:
    bank = opened(fixed(15, SURVEY))
    with clock.stopped(NOON), db.transaction(bank.tenant) as session:
        draft = begin_draft(
            session, SYSTEM, programme_id=bank.programme, code="other", document=fixed(5, MOOD)
        )
        assert wrong_of(session, draft, NOON, "en") == [
            Wrong(
                "",
                "trigger.fields",
                "The promotion p0 declares other fields for this event. Declare the same ones, or give the event "
                "another name",
            )
        ]
        draft.code = "p0"  # its own next version may
        assert wrong_of(session, draft, NOON, "en") == []


@pytest.mark.usefixtures("house")
def test_an_event_is_for_those_who_may_tell_it() -> None:
    bank = opened(fixed(15, SURVEY))
    vera = join(bank)
    with pytest.raises(Forbidden), db.transaction(bank.tenant) as session:
        note_event(
            session, actor.member(vera), member_id=vera, name="survey", key="k", occurred_at=NOON, fields={}
        )  # fmt: skip
    assert query(bank, "select from occasion") == []


@pytest.mark.usefixtures("house")
def test_a_budget_is_shared_with_what_occasions_give() -> None:
    bank = opened(fixed(250, WELCOME, limits={"budget": "600"}))
    assert [available(bank, join(bank)) for _ in range(4)] == [250, 250, 100, 0]
    assert query(bank, "select sum(room)::bigint from promotion_budget") == [(0,)]
    assert query(bank, "select reason[3:4] from occasion where reason[4] > 0 order by reason[4]") == [
        ([100, 150],), ([0, 250],),
    ]  # fmt: skip


@pytest.mark.usefixtures("house")
def test_funders_share_and_points_wait_as_those_of_purchases_do() -> None:
    funding = [{"participant": "shop", "share": 50}, {"participant": "bank", "share": 50}]
    bank = opened(fixed(5, WELCOME, funding=funding, activation_delay_days=14))
    vera = join(bank)
    assert balances(bank)[vera] == (0, 5, 0, 0)
    assert sorted(query(bank, "select points, purpose from transfer")) == [(2, 12), (3, 12)]


@pytest.mark.usefixtures("house")
def test_a_replay_of_purchases_leaves_what_occasions_counted() -> None:
    bank = opened(
        fixed(200, {"kind": "birthday"}, limits={"per_year": "300"}),
        promotion({"kind": "fixed", "points": "10"}, trigger={"kind": "nth", "n": 2}),
    )
    vera = join(bank, person=born("1990-11-20"))
    look(bank, date(2026, 11, 20))
    before = query(bank, "select period, slots, counts from counter_sheet order by period")

    def tell(reference: str, **more: Any) -> None:
        sold = Told(reference, vera, NOON, 1000, "shop", **more)
        with clock.stopped(NOON + timedelta(hours=1)), db.transaction(bank.tenant) as session:
            record(session, SYSTEM, programme_id=bank.programme, source="till", told=[sold])

    tell("a")
    tell("b")
    assert available(bank, vera) == 210
    tell("back", refund=True, original="a")
    tell("back again", refund=True, original="b")
    assert available(bank, vera) == 200
    after = query(bank, "select period, slots, counts from counter_sheet order by period")
    assert [row for row in after if row[1]] == before


@pytest.mark.usefixtures("house")
def test_purchases_never_meet_what_is_for_occasions_nor_do_levels_count_them() -> None:
    bank = opened(fixed(250, WELCOME), fixed(7, {"kind": "purchase"}))
    vera = join(bank)
    sold = Told("a", vera, NOON, 1000, "shop")
    with clock.stopped(NOON + timedelta(hours=1)), db.transaction(bank.tenant) as session:
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=[sold])
    assert available(bank, vera) == 257
    assert query(bank, "select reason from purchase")[0][0][2] == 7


@pytest.mark.usefixtures("house")
def test_a_promotion_does_not_change_sides() -> None:
    bank = opened(fixed(250, WELCOME))
    with pytest.raises(Refusal, match="document_invalid") as refused, db.transaction(bank.tenant) as session:
        publish(
            session, SYSTEM, programme_id=bank.programme, code="p0", document=fixed(7, {"kind": "purchase"})
        )  # fmt: skip
    assert refused.value.facts["field"] == "trigger"


@pytest.mark.usefixtures("house")
def test_what_is_for_occasions_cannot_be_tried_on_purchases() -> None:
    bank = opened()
    with pytest.raises(Refusal, match="document_invalid") as refused, db.transaction(bank.tenant) as session:
        start_backtest(
            session, SYSTEM, programme_id=bank.programme, code="w", document=fixed(250, WELCOME),
            first_day=NOON.date(), last_day=NOON.date(),
        )  # fmt: skip
    assert refused.value.facts == {"field": "trigger", "why": "only purchases can be replayed"}


@pytest.mark.usefixtures("house")
def test_the_history_names_the_occasion_and_its_promotion() -> None:
    bank = opened(fixed(250, WELCOME))
    vera = join(bank)
    with db.transaction(bank.tenant) as session:
        ((entry,), cursor) = history(session, vera)
    assert (entry.kind, entry.points, entry.at, cursor) == ("occasion", 250, NOON, None)
    assert [(document.title.en, *rest) for document, *rest in entry.documents] == [("Offer", 0, 250, 0, 0)]


@pytest.mark.usefixtures("house")
def test_an_occasion_of_one_tenant_is_not_seen_by_another() -> None:
    bank, other = opened(fixed(250, WELCOME)), opened(fixed(250, WELCOME))
    join(bank)
    assert query(other, "select from occasion") == []


def test_the_same_event_told_by_many_at_once_pays_once(live_database: Settings) -> None:
    db.configure(live_database.database_url, pool_size=THREADS)
    forget_promotions()
    bank = opened(fixed(15, SURVEY, limits={"budget": "100"}))
    vera, barrier = join(bank), Barrier(THREADS)

    def tell(_: int) -> UUID:
        barrier.wait()
        return note(bank, vera, stars=5, text="")

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(tell, range(THREADS)))) == 1
    assert available(bank, vera) == 15
    assert query(bank, "select count(*), sum(points)::bigint from transfer") == [(1, 15)]
    assert query(bank, "select sum(room)::bigint from promotion_budget") == [(85,)]


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(ValueError, match="\n") as found:
        Document.model_validate(document)
    return str(found.value)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (promotion({"kind": "percent", "rate": "5"}, trigger=WELCOME), "points are fixed or go by tenure"),
        (fixed(5, WELCOME, conditions={"mcc": ["5411"]}), "no operation, partner, category or amount"),
        (
            fixed(5, WELCOME, where=[{"kind": "without_spending"}]),
            "a purchase is asked for by the condition 'without_spending'",
        ),
        (fixed(5, WELCOME, base={"payments": {"cash": "50"}}), "points are fixed or go by tenure"),
        (fixed(5, WELCOME, lane={"name": "a", "percent": "5"}), "a lane's percentage is of a purchase"),
        (fixed(5, {"kind": "holiday", "days": ["02-30"]}), "is written as 03-08"),
        (fixed(5, {"kind": "holiday", "days": ["02-29"]}), "29 February does not come every year"),
        (fixed(5, SURVEY | {"having": {"mood": 1}}), "the event has no field 'mood'"),
        (fixed(5, SURVEY | {"having": {"stars": "x"}}), "the field 'stars' holds no such value"),
    ],
)
def test_what_cannot_be_met_without_a_purchase_is_refused(document: dict[str, Any], why: str) -> None:
    assert why in refused(document)
