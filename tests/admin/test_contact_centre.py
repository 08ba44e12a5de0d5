"""The contact centre: found by every handle, masked until revealed with a reason, points within limits."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from coalition.cards.actions import issue_card
from coalition.cards.models import Card
from coalition.cards.queries import number_of
from coalition.care.models import Goodwill
from coalition.claims.models import Claim
from coalition.ledger.queries import balance_of
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.members.phones import e164
from coalition.messages import sending
from coalition.messages.actions import send_text
from coalition.messages.models import TextMessage, What
from coalition.reports.timeline import timeline
from coalition.transactions.recording import Told, record
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import Bank, furnished, get, plain, post, signed_in
from tests.cabinet.world import PHONE, buy

AGENT = {
    Permission.DESK_MEMBER_READ,
    Permission.DESK_MEMBER_REVEAL,
    Permission.DESK_MEMBER_NOTE,
    Permission.DESK_POINTS_GRANT,
    Permission.DESK_CARD_BLOCK,
}


def page_of(bank: Bank) -> str:
    return f"/desk/members/{bank.world.member_id}"


def look(client: FlaskClient, text: str) -> TestResponse:
    return post(client, "/desk/members/", q=text)


def where(answer: TestResponse) -> str:
    return answer.headers.get("Location", "")


def anna(bank: Bank) -> UUID:
    """Another member, with everything that finds one."""
    with db.transaction(bank.tenant) as session:
        person = Person("Семёнова Анна Петровна", "+79140000222", "anna@mail.example")
        member = enrol(
            session, SYSTEM, programme_id=bank.world.programme.id, person=person, cards=["tok-anna-7731"]
        )
        issue_card(session, SYSTEM, member_id=member.id, active=True)
        return member.id


def trail(session: Session, verb: str) -> list[AuditEntry]:
    return list(
        session.scalars(select(AuditEntry).where(AuditEntry.verb == verb).order_by(AuditEntry.number))
    )


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("8 (914) 000-02-22", "phone"),
        ("ANNA@mail.example", "email"),
        ("tok-anna-7731", "token"),
        ("7731", "last_four"),
        ("семенова анна", "name"),
        ("Семёнова", "name"),
    ],
)
def test_each_handle_finds_the_member_and_is_named(
    bank: Bank, client: FlaskClient, text: str, by: str
) -> None:
    member = anna(bank)
    assert where(look(client, text)) == f"/desk/members/{member}?by={by}"


def test_a_card_is_found_by_its_number_however_it_is_written_and_by_its_end(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    member = anna(bank)
    number = number_of(seen, seen.scalars(select(Card).where(Card.member_id == member)).one())
    spaced = " ".join(number[i : i + 4] for i in range(0, 16, 4))
    assert where(look(client, spaced)) == f"/desk/members/{member}?by=card"
    assert where(look(client, number[-4:])) == f"/desk/members/{member}?by=last_four"


def test_the_number_of_a_purchase_finds_it_with_its_explanation(bank: Bank, client: FlaskClient) -> None:
    from_file = f"{bank.world.programme.id}|cards"
    with db.transaction(bank.tenant) as session:
        told = Told("004417", bank.world.member_id, clock.now(), 500_00, "Cove Coffee")
        outcome = record(session, SYSTEM, programme_id=bank.world.programme.id, source=from_file, told=[told])
        assert len(outcome.posted) == 1
    found = where(look(client, "004417"))
    assert re.fullmatch(rf"{page_of(bank)}\?by=purchase&row=purchase\.[0-9a-f-]{{36}}", found)
    assert get(client, found).status_code == 200


def test_another_tenants_member_is_not_found(bank: Bank, client: FlaskClient) -> None:
    with db.transaction(None) as session:
        other = open_tenant(session, slug="other", hosts=["other.localhost"]).id
    theirs = furnished(other, "wexley")
    with db.transaction(other) as session:
        enrol(
            session,
            SYSTEM,
            programme_id=theirs.world.programme.id,
            person=Person("Zora Quill", "+447700900555", "zora@mail.example"),
            cards=["tok-zora-9182"],
        )
    for text in ("+447700900555", "zora@mail.example", "tok-zora-9182", "9182", "Quill"):
        answer = look(client, text)
        assert (answer.status_code, "Nobody was found" in plain(answer)) == (200, True), text
    assert get(client, f"/desk/members/{theirs.world.member_id}").status_code == 404


def test_several_are_listed_masked(bank: Bank, client: FlaskClient) -> None:
    anna(bank)
    with db.transaction(bank.tenant) as session:
        enrol(
            session,
            SYSTEM,
            programme_id=bank.world.programme.id,
            person=Person("Анна Титова", "+79140000333"),
        )
    page = look(client, "анна").get_data(as_text=True)
    assert page.count('href="/desk/members/') >= 2
    for hidden in ("Анна", "Титова", "79140000333", "anna@mail"):
        assert hidden not in page, hidden


def test_nobody_says_what_was_looked_for_and_what_to_try(client: FlaskClient) -> None:
    told = plain(look(client, "+7 900 000 00 00"))
    assert "Looked for it as: a card's token, a phone, the number of a purchase or return<" in told
    assert "the last four digits of a card" in told


def test_searches_are_counted(bank: Bank, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coalition.reports.finding.SEARCHES", 2)
    answers = [look(client, "nobody").status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_who_may_not_see_members_finds_none(desk: Flask, bank: Bank) -> None:
    other = signed_in(desk, bank.tenant, {Permission.DESK_FILE_RECEIVE}, login="clerk")
    assert look(other, PHONE).status_code == 403
    assert get(other, page_of(bank)).status_code == 403


phones = st.tuples(
    st.sampled_from(["+7", "8", "7", "+7-", "8-", ""]),
    st.sampled_from(["", " ", "-", " ("]),
    st.lists(st.sampled_from(["", " ", "-", ".", "\u00a0"]), min_size=8, max_size=8),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=phones)
def test_any_way_of_writing_a_phone_is_the_same_phone(
    written: tuple[str, str, list[str]],
) -> None:
    prefix, gap, between = written
    digits = "9140000147"
    if not prefix:
        gap = gap.replace("(", "")
    close = ")" if "(" in gap else ""
    text = f"{prefix}{gap}{digits[:3]}{close}" + "".join(
        f"{space}{digit}" for space, digit in zip(between, digits[3:], strict=False)
    )
    assert e164(text, "RU") == PHONE, text


def test_the_page_holds_nothing_unmasked(bank: Bank, client: FlaskClient) -> None:
    page = get(client, page_of(bank)).get_data(as_text=True)
    for hidden in ("Ирина", "Ковал", "79140000147", "9140000147", "1990", "token-4821"):
        assert hidden not in page, hidden
    assert "+7\u00a0914\u00a0•••\u00a001\u00a047" in page
    assert "И••• К•••" in page


def test_a_reveal_needs_a_reason_shows_one_value_and_is_written_down(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    address = f"{page_of(bank)}/reveal"
    refused = post(client, address, what="phone", reason="", words=" ")
    assert (refused.status_code, PHONE in refused.get_data(as_text=True)) == (422, False)
    assert trail(seen, "member.reveal") == []
    shown = post(client, address, what="phone", reason="The member asks to check it")
    page = shown.get_data(as_text=True)
    assert PHONE in page
    assert "Ирина" not in page
    assert shown.headers["Refresh"] == f"60; url={page_of(bank)}"
    (entry,) = trail(seen, "member.reveal")
    assert (entry.subject, entry.after, entry.reason) == (
        f"member {bank.world.member_id}",
        {"field": "phone"},
        "The member asks to check it",
    )


def test_a_reveal_needs_its_permission(desk: Flask, bank: Bank, seen: Session) -> None:
    reader = signed_in(desk, bank.tenant, {Permission.DESK_MEMBER_READ}, login="reader")
    answer = post(reader, f"{page_of(bank)}/reveal", what="phone", reason="x")
    assert answer.status_code == 403
    assert trail(seen, "member.reveal") == []
    assert "reveal" not in get(reader, page_of(bank)).get_data(as_text=True)


def test_opening_is_written_down_once_a_day(bank: Bank, client: FlaskClient, seen: Session) -> None:
    for _ in range(3):
        get(client, page_of(bank))
    assert [entry.subject for entry in trail(seen, "member.open")] == [f"member {bank.world.member_id}"]


def test_the_page_tells_balances_rows_and_what_to_say(bank: Bank, client: FlaskClient) -> None:
    told = plain(get(client, page_of(bank)))
    with db.transaction(bank.tenant) as session:
        balance = balance_of(session, bank.world.member_id)
        assert (balance.pending, balance.held, balance.debt) == (1000, 0, 0)
        available = balance.available
    assert f'Available</dt><dd class="">{available}' in told
    assert "Cove Coffee" in told  # a purchase without points
    assert "What to say to the member" in told
    assert '<blockquote lang="ru">' in told
    assert '<blockquote lang="en">' in told


def test_a_limit_that_cut_is_said_in_words(bank: Bank, client: FlaskClient, seen: Session) -> None:
    calder = re.search(
        r'row=(purchase\.[0-9a-f-]{36})#explanation"[^>]*>(?:(?!</a>).)*Calder',
        get(client, page_of(bank)).get_data(as_text=True),
        re.DOTALL,
    )
    assert calder is not None
    told = plain(get(client, f"{page_of(bank)}?row={calder[1]}"))
    assert (
        "For the purchase of ₽17,490 you got 1,000 sparks. “Electronics week” gives 12% of ₽17,490, but no more "
        "than 1,000 sparks a purchase: 2,098 sparks. But it gives no more than 1,000 sparks for one purchase."
        in told
    )


def test_rows_are_narrowed_by_kind_and_day_and_paged_by_key(bank: Bank, client: FlaskClient) -> None:
    rows = re.compile(r'class="event"')
    assert len(rows.findall(get(client, page_of(bank)).get_data(as_text=True))) == 5
    without = get(client, f"{page_of(bank)}?kind=without").get_data(as_text=True)
    assert (len(rows.findall(without)), "Cove Coffee" in without) == (1, True)
    day = clock.business_day("Asia/Kamchatka", clock.now() - timedelta(days=2))
    narrowed = get(client, f"{page_of(bank)}?day={day}").get_data(as_text=True)
    assert len(rows.findall(narrowed)) == 1
    with db.transaction(bank.tenant) as session:
        found, before = list[UUID](), None
        while True:
            page = timeline(session, bank.world.member_id, zone="UTC", before=before, size=2)
            found += [row.id for row in page.rows]
            before = page.older
            if before is None:
                break
        whole = timeline(session, bank.world.member_id, zone="UTC").rows
        assert (found, len(found)) == ([row.id for row in whole], 5)


def test_points_are_given_after_a_question_once_for_a_form(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    member, address = bank.world.member_id, f"{page_of(bank)}/points"
    before = balance_of(seen, member).available
    form = {"points": "50", "reason": "service", "words": "", "request": str(uuid4())}
    asked = plain(post(client, address, **form))
    assert f"Available now</dt><dd>{before} sparks" in asked
    assert f"Available then</dt><dd>{before + 50} sparks" in asked
    seen.expire_all()
    assert balance_of(seen, member).available == before
    for _ in range(2):
        assert post(client, address, **form, do="give").status_code == 303
    seen.expire_all()
    assert balance_of(seen, member).available == before + 50
    (row,) = seen.scalars(select(Goodwill).where(Goodwill.member_id == member))
    assert (row.points, row.reason) == (50, "service")
    assert "Goodwill: A long wait, or our mistake" in plain(get(client, page_of(bank)))
    undo = f"{address}/{row.id}/undo"
    assert "Take back 50 sparks of goodwill?" in plain(get(client, undo))
    for _ in range(2):
        assert post(client, undo).status_code == 303
    seen.expire_all()
    assert balance_of(seen, member).available == before
    assert [
        entry.verb for entry in seen.scalars(select(AuditEntry).where(AuditEntry.verb.like("points.%")))
    ] == [
        "points.grant",
        "points.take_back",
    ]


def test_the_same_form_with_another_sum_gives_nothing_and_says_so(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    address = f"{page_of(bank)}/points"
    form = {"points": "50", "reason": "service", "words": "", "request": str(uuid4())}
    assert post(client, address, **form, do="give").status_code == 303
    answer = post(client, address, **form | {"points": "80"}, do="give")
    assert (answer.status_code, "has given something else already" in plain(answer)) == (422, True)
    assert form["request"] not in answer.get_data(as_text=True)  # sent again it is another grant
    assert seen.scalars(select(Goodwill.points)).all() == [50]


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ("301", "At most 300 sparks at once. More is given by a decision on a claim"),
        ("x", "Write a number, as 100"),
    ],
)
def test_what_passes_a_limit_is_told_with_who_can(
    bank: Bank, client: FlaskClient, seen: Session, points: str, told: str
) -> None:
    form = {"points": points, "reason": "service", "words": "kept", "request": str(uuid4())}
    answer = post(client, f"{page_of(bank)}/points", **form, do="give")
    assert answer.status_code == 422
    assert told in plain(answer)
    assert 'value="kept"' in answer.get_data(as_text=True)
    assert seen.scalars(select(Goodwill)).all() == []


def test_a_card_is_blocked_and_replaced_by_who_may(desk: Flask, bank: Bank, seen: Session) -> None:
    member = anna(bank)
    card = seen.scalars(select(Card).where(Card.member_id == member)).one()
    agent = signed_in(desk, bank.tenant, AGENT, login="agent")
    base = f"/desk/members/{member}/cards/{card.id}"
    assert get(agent, f"{base}/replace").status_code == 403
    assert "Tills refuse it" in plain(get(agent, f"{base}/block"))
    assert post(agent, f"{base}/block", reason="lost").status_code == 303
    seen.expire_all()
    assert seen.get_one(Card, (card.tenant_id, member, card.id)).state == "blocked"
    assert "was blocked" in plain(get(agent, f"/desk/members/{member}"))
    senior = signed_in(desk, bank.tenant, {*AGENT, Permission.DESK_CARD_EDIT}, login="senior")
    assert post(senior, f"{base}/replace", reason="lost").status_code == 303
    assert len(seen.scalars(select(Card).where(Card.member_id == member)).all()) == 2


def test_a_note_is_sealed_and_stands_in_the_timeline(bank: Bank, client: FlaskClient, seen: Session) -> None:
    assert post(client, f"{page_of(bank)}/note", text=" ").status_code == 422
    assert post(client, f"{page_of(bank)}/note", text="Asks for a call").status_code == 303
    assert "Asks for a call" in plain(get(client, f"{page_of(bank)}?kind=service"))
    stored = bytes(seen.connection().exec_driver_sql("select sealed from member_note").scalar_one())
    assert b"Asks" not in stored


def test_texts_stand_in_the_timeline_without_their_words(bank: Bank, client: FlaskClient) -> None:
    with db.transaction(bank.tenant) as session:
        programme, until = bank.world.programme, clock.now() + timedelta(minutes=10)
        told = {"member_id": bank.world.member_id, "phone": PHONE, "message": "%(code)s", "code": "735105"}
        waits = send_text(session, programme, what=What.TILL_CODE, until=until, **told)
        late = send_text(session, programme, what=What.SIGN_IN, until=clock.now(), **told)
        send_text(session, programme, what=What.SIGN_IN, until=until, **told | {"member_id": None})
        sending.send(session, message_id=str(late))
        assert session.get_one(TextMessage, (bank.tenant, waits)).state == "waiting"
    page = get(client, f"{page_of(bank)}?kind=messages")
    rows = re.findall(r"SMS: ([\w ]+)(?:<[^>]*>|\s)+([\w ]+)<", plain(page))
    assert rows == [("Code to sign in", "Was not sent"), ("Code for the till", "Waits its turn")]
    assert "735105" not in page.get_data(as_text=True)
    assert get(client, f"{page_of(bank)}?row=text.{late}").status_code == 200


def test_a_purchase_that_is_not_there_is_looked_for_and_tried(bank: Bank, client: FlaskClient) -> None:
    today = clock.business_day("Asia/Kamchatka")
    told = plain(get(client, f"{page_of(bank)}/missing?day={today}&amount=25000&partner=calder"))
    assert "These purchases are booked" in told
    assert (
        "Such a purchase would give 1,500 sparks" in told
    )  # 1,000 of Electronics week, and 500 for a large one
    assert "No file has come yet" in told


def test_the_page_takes_as_many_statements_whatever_has_happened(bank: Bank, client: FlaskClient) -> None:
    get(client, page_of(bank))  # compiles the promotions, notes the opening
    few = counted(client, page_of(bank))
    with db.transaction(bank.tenant) as session:
        for hours in range(3, 103):
            buy(session, bank.world, clock.now() - timedelta(hours=hours), 4_600_00, "Torr Fuels", mcc=5541)
    get(client, page_of(bank))
    many = counted(client, page_of(bank))
    assert many == few
    assert few <= 81


def counted(client: FlaskClient, path: str) -> int:
    """Statements that one page takes, those that begin transactions left out."""
    heard: list[str] = []
    execute = psycopg.Cursor.execute

    def noting(self: psycopg.Cursor, query: object, *args: object, **more: object) -> object:
        said = query.as_string(self) if hasattr(query, "as_string") else str(query)
        if not said.lower().startswith(("savepoint", "release", "rollback", "set local")):
            heard.append(said)
        return execute(self, query, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noting)
        assert get(client, path).status_code == 200
    return len(heard)


def test_a_claim_is_opened_and_found_by_its_number(bank: Bank, client: FlaskClient) -> None:
    address = f"{page_of(bank)}/claim"
    form = {"kind": "not_credited", "words": "Nothing came", "shop": "Cove Coffee"}
    refused = post(client, address, **form)
    assert (refused.status_code, "Without it nothing can be looked for" in plain(refused)) == (422, True)
    today = clock.business_day("Asia/Kamchatka")
    assert post(client, address, **form, day=f"{today}", amount="950").status_code == 303
    assert "Claim 1: Points were not credited" in plain(get(client, f"{page_of(bank)}?kind=claims"))
    found = where(look(client, "№ 1"))
    assert {where(look(client, said)) for said in ("C-1", "п-1", "П – 1", "#1")} == {found}
    assert re.fullmatch(rf"{page_of(bank)}\?by=claim&row=claim\.[0-9a-f-]{{36}}", found)
    assert "To the claim" in plain(get(client, found))


def test_a_claim_about_a_purchase_names_it(bank: Bank, client: FlaskClient, seen: Session) -> None:
    page = get(client, page_of(bank)).get_data(as_text=True)
    address = re.search(r'href="(/desk/members/[0-9a-f-]+/claim\?purchase=([0-9a-f-]+))"', page)
    assert address is not None
    assert "Not as many points as promised" in plain(get(client, address[1]))
    form = {"kind": "wrong_amount", "words": "Too few", "purchase": address[2]}
    assert post(client, f"{page_of(bank)}/claim", **form).status_code == 303
    assert str(seen.scalars(select(Claim)).one().purchase_id) == address[2]


def test_who_may_not_open_claims_has_no_button(desk: Flask, bank: Bank) -> None:
    agent = signed_in(desk, bank.tenant, AGENT, login="agent")
    assert f"{page_of(bank)}/claim" not in get(agent, page_of(bank)).get_data(as_text=True)
    assert get(agent, f"{page_of(bank)}/claim").status_code == 403
