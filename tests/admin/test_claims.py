"""The claims desk: the queue, one claim, consequences before the button, two people, and what is refused in words."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.care.seeing import masked_name
from coalition.claims import actions
from coalition.claims.attaching import attach
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim
from coalition.claims.queries import claim_by_number, decisions_of
from coalition.claims.texts import reply_of
from coalition.ledger.queries import balance_of
from coalition.members.queries import person_of
from coalition.papers import Brought
from tenants.actions import open_tenant
from tenants.actor import member as acting
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import Bank, furnished, get, plain, post, signed_in

TAGS = re.compile("<[^>]+>")
PDF = b"%PDF-1.7\n%%EOF\n"
READS = [Permission.DESK_CLAIM_READ]
DECIDES = [*READS, Permission.DESK_CLAIM_DECIDE, Permission.DESK_PURCHASE_RECORD]
SIGNS = [*READS, Permission.DESK_CLAIM_APPROVE]


@dataclass(frozen=True)
class Asked:
    """A claim by its number, and a file of it."""

    number: int
    file_id: UUID


@pytest.fixture
def asked(bank: Bank) -> Asked:
    """A purchase that nobody told, with a photo of the cheque."""
    return told(bank)


def told(bank: Bank, **facts: Any) -> Asked:
    """The member tells of a purchase of 7 440 roubles a week ago."""
    with db.transaction(bank.tenant) as session:
        day = clock.now().date() - timedelta(days=7)
        known = {"shop": "Calder Electricals", "day": day, "amount": 7_440_00} | facts
        her, member_id = acting(bank.world.member_id), bank.world.member_id
        claim = actions.open_claim(
            session,
            her,
            member_id=member_id,
            kind=Kind.NOT_CREDITED,
            words="Nothing came for <b>the dresser</b>",
            facts=ClaimFacts.model_validate(known),
        )
        (file,) = attach(
            session, her, member_id=member_id, claim_id=claim.id, brought=[Brought("cheque.pdf", PDF)]
        )
        return Asked(claim.number, file.id)


def kept(bank: Bank, number: int) -> Claim:
    """The claim as it is in the database."""
    with db.transaction(bank.tenant) as session:
        return claim_by_number(session, number)


def available(bank: Bank) -> int:
    """What the member can spend."""
    with db.transaction(bank.tenant) as session:
        return balance_of(session, bank.world.member_id).available


def test_the_queue_tells_time_left_what_it_is_about_and_whose_it_is(
    client: FlaskClient, asked: Asked
) -> None:
    page = plain(get(client, "/desk/claims/"))
    assert "C-1" in page
    assert "Points were not credited" in page
    assert "3 days" in page
    assert "nobody" in page


def test_a_claim_shows_her_words_as_text_and_what_was_found(client: FlaskClient, asked: Asked) -> None:
    answer = get(client, "/desk/claims/1")
    page = plain(answer)
    assert "Nothing came for &lt;b&gt;the dresser&lt;/b&gt;" in page
    assert "No purchase of ₽7,440 is known of these days" in page
    assert "If it is recorded, it gives 892 sparks" in page
    assert "The member's first claim" in page
    assert "Where Calder Electricals" in " ".join(TAGS.sub(" ", page).split())


def test_the_way_of_a_claim_to_its_answer(client: FlaskClient, bank: Bank, asked: Asked) -> None:
    before = available(bank)
    assert post(client, "/desk/claims/1/take").status_code == 303
    weighed = plain(get(client, "/desk/claims/1/weigh?way=grant&points=372&funder=1"))
    assert "Grant 372 sparks?" in weighed
    assert f"{before} + 372 = {before + 372} sparks" in weighed
    assert "Авача Банк" in weighed or "Avacha Bank" in weighed
    assert "вы правы. Начислено 372 искры" in weighed  # the tenant writes to its members in Russian
    assert available(bank) == before
    answer = post(client, "/desk/claims/1/decide", way="grant", points="372", funder="1", reply="Вы правы")
    assert answer.status_code == 303
    assert available(bank) == before + 372
    page = plain(get(client, "/desk/claims/1"))
    assert "In the member's favour" in page
    assert "Decided by Dora Marsh" in page
    letter = get(client, "/desk/claims/1/answer-0.pdf")
    assert letter.data.startswith(b"%PDF-")
    assert letter.headers["Content-Disposition"] == "attachment; filename=claim-1.pdf"
    again = post(client, "/desk/claims/1/decide", way="grant", points="372", funder="1", reply="x")
    assert again.status_code == 303
    assert "Dora Marsh has decided this claim already" in plain(get(client, "/desk/claims/1"))
    assert available(bank) == before + 372


def test_the_member_is_masked_everywhere_but_in_what_she_is_told(
    client: FlaskClient, bank: Bank, asked: Asked, seen: Session
) -> None:
    name = person_of(seen, bank.world.member_id).name
    mask = masked_name(name)
    post(client, "/desk/claims/1/take")
    form = {"way": "grant", "points": "372", "funder": "1"}
    weighed = plain(get(client, "/desk/claims/1/weigh?" + "&".join(f"{a}={b}" for a, b in form.items())))
    assert (name in weighed, f"{mask}, вы правы" in weighed) == (False, True)
    post(client, "/desk/claims/1/decide", **form, reply=f"{mask}, вы правы")
    for page in ("/desk/claims/?show=all", "/desk/claims/1"):
        assert (name in plain(get(client, page)), mask in plain(get(client, page))) == (
            False,
            page[-1] == "1",
        )
    (decision,) = decisions_of(seen, claim_by_number(seen, 1))
    assert reply_of(seen, decision) == f"{name}, вы правы"


def test_looking_at_a_claim_is_written_down_once_a_day_and_its_letter_each_time(
    client: FlaskClient, bank: Bank, asked: Asked, seen: Session
) -> None:
    post(client, "/desk/claims/1/take")
    post(client, "/desk/claims/1/decide", way="grant", points="372", funder="1", reply="Вы правы")
    for _ in range(2):
        get(client, "/desk/claims/1")
        assert get(client, "/desk/claims/1/answer-0.pdf").status_code == 200
    asked_for = select(AuditEntry).where(AuditEntry.verb.in_(("claim.look", "member.reveal")))
    told = [
        (one.verb, one.subject, one.after, one.actor_name)
        for one in seen.scalars(asked_for.order_by(AuditEntry.number))
    ]
    member = str(bank.world.member_id)
    letter = ("member.reveal", f"member {member}", {"field": "name", "claim": 1}, "Dora Marsh")
    assert told == [("claim.look", "claim 1", {"member": member}, "Dora Marsh"), letter, letter]


def test_a_missing_purchase_is_recorded_from_the_desk(client: FlaskClient, bank: Bank, asked: Asked) -> None:
    post(client, "/desk/claims/1/take")
    day = (clock.now().date() - timedelta(days=20)).isoformat()
    form = {"way": "record", "shop": "Torr Fuels", "day": day, "amount": "1000", "partner": "", "mcc": "5541"}
    query = "&".join(f"{name}={value}" for name, value in form.items())
    assert "Record the purchase, which gives 30 sparks?" in plain(
        get(client, f"/desk/claims/1/weigh?{query}")
    )
    post(client, "/desk/claims/1/decide", **form, reply="Записали")
    with db.transaction(bank.tenant) as session:
        (decision,) = decisions_of(session, claim_by_number(session, 1))
        assert (decision.way, decision.given, decision.state) == ("record", 30, "done")


def test_two_people_decide_what_is_above_the_limit(desk: Flask, bank: Bank, asked: Asked) -> None:
    decides = signed_in(desk, bank.tenant, DECIDES, login="oleg")
    signs = signed_in(desk, bank.tenant, SIGNS, login="paul")
    before = available(bank)
    post(decides, "/desk/claims/1/take")
    weighed = plain(get(decides, "/desk/claims/1/weigh?way=grant&points=501&funder=1"))
    assert "More than 500 sparks for one claim need a second signature" in weighed
    assert "Send to be signed" in weighed
    post(decides, "/desk/claims/1/decide", way="grant", points="501", funder="1", reply="Вы правы")
    assert (available(bank), kept(bank, 1).state) == (before, "signing")
    said = "Decision of a claim, by"
    assert (said in plain(get(signs, "/desk/")), said in plain(get(decides, "/desk/"))) == (True, False)
    with db.transaction(bank.tenant) as session:
        (proposal,) = decisions_of(session, claim_by_number(session, 1))
    digest = proposal.digest.hex()
    assert post(decides, "/desk/claims/1/sign", digest=digest).status_code == 403
    for other in ("", "00", "zz"):
        post(signs, "/desk/claims/1/sign", digest=other)
        assert "Something else is proposed by now" in plain(get(signs, "/desk/claims/1"))
    assert available(bank) == before
    assert digest in get(signs, "/desk/claims/1").get_data(as_text=True)
    post(signs, "/desk/claims/1/sign", digest=digest)
    assert (available(bank), kept(bank, 1).state) == (before + 501, "in_favour")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("way=grant&points=&funder=1", "Write how many points: a number above zero"),
        ("way=grant&points=0&funder=1", "Write how many points: a number above zero"),
        ("way=grant&points=1.5&funder=1", "Write how many points: a number above zero"),
        ("way=refuse&reason=", "Choose a reason"),
        ("way=record&shop=X&day=tomorrow&amount=5", "Write the day, like 2026-11-15"),
        ("way=record&shop=&day=2026-11-01&amount=5", "Write where the purchase was"),
        ("way=record&shop=X&day=2026-11-01&amount=much", "Write the sum of the purchase, like 1500"),
        ("way=record&shop=X&day=2099-11-01&amount=5", "The day of the purchase lies ahead"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_typed_is_lost(
    client: FlaskClient, bank: Bank, asked: Asked, query: str, said: str
) -> None:
    post(client, "/desk/claims/1/take")
    answer = get(client, f"/desk/claims/1/weigh?{query}")
    assert answer.status_code == 422
    assert said in plain(answer)
    for pair in query.split("&")[1:]:
        name, value = pair.split("=")
        if name not in ("funder", "reason"):
            assert f'name="{name}"' in answer.text
            assert f'value="{value}"' in answer.text


def test_an_empty_reply_is_told_and_changes_nothing(client: FlaskClient, bank: Bank, asked: Asked) -> None:
    post(client, "/desk/claims/1/take")
    before = available(bank)
    answer = post(client, "/desk/claims/1/decide", way="grant", points="5", funder="1", reply=" ")
    assert answer.status_code == 422
    assert (available(bank), kept(bank, 1).state) == (before, "taken")


def test_who_was_faster_is_told_by_name(desk: Flask, bank: Bank, asked: Asked) -> None:
    oleg = signed_in(desk, bank.tenant, DECIDES, login="oleg")
    dora = signed_in(desk, bank.tenant, DECIDES, login="dora2")
    post(oleg, "/desk/claims/1/take")
    post(dora, "/desk/claims/1/take")
    assert "Dora Marsh has taken this claim already" in plain(get(dora, "/desk/claims/1"))


def test_questions_go_to_the_cabinet_and_stop_the_clock(
    client: FlaskClient, bank: Bank, asked: Asked
) -> None:
    post(client, "/desk/claims/1/take")
    assert post(client, "/desk/claims/1/ask-member", words="").status_code == 422
    post(client, "/desk/claims/1/ask-member", words="Which till?")
    assert kept(bank, 1).state == "asked_member"
    assert "Stands: " in plain(get(client, "/desk/claims/1"))
    post(client, "/desk/claims/1/go-on")
    post(client, "/desk/claims/1/ask-partner", words="Is it yours?")
    post(client, "/desk/claims/1/hear-partner", words="It is ours")
    page = plain(get(client, "/desk/claims/1"))
    assert "It is ours" in page
    post(client, "/desk/claims/1/give-back")
    assert kept(bank, 1).owner_id is None


def test_a_file_is_given_to_be_kept_and_never_shown(client: FlaskClient, asked: Asked) -> None:
    answer = get(client, f"/desk/claims/1/files/{asked.file_id}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"] == "attachment; filename=cheque.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/pdf"


def test_who_only_reads_is_offered_nothing_to_press(desk: Flask, bank: Bank, asked: Asked) -> None:
    reads = signed_in(desk, bank.tenant, READS, login="reader")
    page = get(reads, "/desk/claims/1").get_data(as_text=True)
    assert "<button" not in page.split('class="the-claim"')[1]
    assert bank.world.member_id.hex[-8:] in page  # no name without the permission to read members
    assert "Ковалёва" not in page
    assert post(reads, "/desk/claims/1/take").status_code == 403
    assert kept(bank, 1).state == "new"


def test_who_may_not_read_claims_has_no_such_section(desk: Flask, bank: Bank, asked: Asked) -> None:
    other = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ], login="other")
    assert "/desk/claims/" not in get(other, "/desk/").get_data(as_text=True)
    for path in (
        "/desk/claims/",
        "/desk/claims/1",
        "/desk/claims/figures/",
        f"/desk/claims/1/files/{asked.file_id}",
    ):
        assert get(other, path).status_code == 403


def test_a_claim_of_another_bank_is_not_there(desk: Flask, client: FlaskClient, bank: Bank) -> None:
    with db.transaction(None) as session:
        other = furnished(open_tenant(session, slug="other", hosts=[]).id, "wexley")
    there = told(other)
    for path in ("", "/weigh?way=grant&points=5&funder=1", f"/files/{there.file_id}", "/answer-0.pdf"):
        assert get(client, f"/desk/claims/{there.number}{path}").status_code == 404
    for step in ("take", "sign", "decide", "ask-member"):
        answer = post(client, f"/desk/claims/{there.number}/{step}", way="grant", points="5", funder="1")
        assert answer.status_code == 404
    assert kept(other, there.number).state == "new"


def test_figures_stand_in_tables(client: FlaskClient, asked: Asked) -> None:
    page = plain(get(client, "/desk/claims/figures/?days=30"))
    assert "Points were not credited" in page
    assert "Calder Electricals" in page


def test_who_signs_a_recorded_purchase_sees_all_of_it(desk: Flask, bank: Bank, asked: Asked) -> None:
    decides = signed_in(desk, bank.tenant, DECIDES, login="oleg")
    signs = signed_in(desk, bank.tenant, SIGNS, login="paul")
    post(decides, "/desk/claims/1/take")
    day = (clock.now().date() - timedelta(days=20)).isoformat()
    form = {
        "way": "record",
        "shop": "Torr Fuels",
        "day": day,
        "amount": "60000",
        "partner": "",
        "mcc": "5541",
    }
    query = "&".join(f"{name}={value}" for name, value in form.items())
    asks = " ".join(plain(get(decides, f"/desk/claims/1/weigh?{query}")).split())
    assert "need a second signature" in asks
    post(decides, "/desk/claims/1/decide", **form, reply="Записали")
    page = " ".join(TAGS.sub(" ", plain(get(signs, "/desk/claims/1"))).split())
    shown = page[page.index("Waits for a second signature Proposed by") :]
    assert "Where Torr Fuels (the member told: Calder Electricals)" in shown
    assert "Sum ₽60,000 (the member told: ₽7,440)" in shown
    assert "Partner none MCC 5541" in shown
    assert re.search(r"When .+ \(the member told: .+\) Sum", shown)
