"""The member's claims: filled in from a purchase, followed, answered, and never seen by another member."""

import io
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from coalition.claims.actions import ask_member, take
from coalition.claims.deciding import Proposal, decide
from coalition.claims.models import Claim
from coalition.claims.queries import files_of
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.transactions.models import Purchase
from tenants.actor import SYSTEM, Actor
from tenants.auth.sign_ins import sign_in
from tenants.permissions import EVERYTHING
from tenants.runtime import db
from tests.cabinet.world import World
from tests.people import hire

HOST = "http://test.localhost"
PDF = b"%PDF-1.7\n%%EOF\n"


def get(client: FlaskClient, path: str) -> TestResponse:
    return client.get(path, base_url=HOST, headers={"Accept-Language": "en"})


def post(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    boundary, body = encode_multipart(form)  # a client that makes the body itself leaves a large one open
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(path, base_url=HOST, data=body, content_type=kind, headers={"Accept-Language": "en"})


def plain(answer: TestResponse) -> str:
    text = answer.get_data(as_text=True).replace("&#39;", "'").replace("\u202f", " ").replace("\xa0", " ")
    return " ".join(text.split())


def purchase_of(session: Session, world: World, amount: int) -> UUID:
    return session.scalars(
        select(Purchase.id).where(Purchase.member_id == world.member_id, Purchase.amount == amount)
    ).one()


def paper(content: bytes = PDF, name: str = "cheque.pdf") -> FileStorage:
    return FileStorage(io.BytesIO(content), name)


def officer(session: Session, world: World) -> Actor:
    password = "a long password of his"
    staff = hire(session, login="oleg", name="Oleg", password=password, permissions=EVERYTHING)
    return Actor("staff", id=staff.id, permissions=EVERYTHING)


def test_a_purchase_is_disputed_from_its_reason(client: FlaskClient, world: World, seen: Session) -> None:
    purchase = purchase_of(seen, world, 4_600_50)
    why = get(client, f"/why/{purchase}").get_data(as_text=True)
    assert f"/claims/new?purchase={purchase}" in why
    form = plain(get(client, f"/claims/new?purchase={purchase}"))
    assert "₽4,600.50 on" in form
    assert "it gave 184 sparks" in form
    assert 'name="shop"' not in form
    sent = post(
        client, "/claims/new", purchase=str(purchase), kind="wrong_amount", words="More", files=paper()
    )
    assert sent.status_code == 303
    (claim,) = seen.scalars(select(Claim))
    assert (claim.kind, claim.purchase_id, claim.state) == ("wrong_amount", purchase, "new")
    page = plain(get(client, f"/claims/{claim.id}"))
    assert "C-1" in page
    assert "Waits its turn" in page
    assert "cheque.pdf" in page
    assert "You dispute this: claim C-1 is open" in plain(get(client, f"/why/{purchase}"))
    assert "C-1" in plain(get(client, "/claims"))


def test_what_is_not_in_the_history_is_told_in_fields(
    client: FlaskClient, world: World, seen: Session
) -> None:
    told = {
        "kind": "not_credited",
        "shop": "Quayside",
        "day": "2026-11-15",
        "amount": "7,440",
        "words": "None",
    }
    refused = post(client, "/claims/new", **told | {"shop": ""})
    assert refused.status_code == 422
    page = plain(refused)
    assert "Write where you bought" in page
    assert 'value="7,440"' in page
    assert ">None</textarea>" in page
    assert seen.scalars(select(Claim)).all() == []
    assert post(client, "/claims/new", **told).status_code == 303
    (claim,) = seen.scalars(select(Claim))
    assert claim.facts == {"shop": "Quayside", "day": "2026-11-15", "amount": 7_440_00}
    again = post(client, "/claims/new", **told)
    assert again.status_code == 422
    assert "You have disputed this already: claim C-1 is open" in plain(again)


def test_a_file_of_another_kind_is_refused_with_the_whole_claim(
    client: FlaskClient, world: World, seen: Session
) -> None:
    purchase = purchase_of(seen, world, 4_600_50)
    wrong = paper(b"<html>", "cheque.pdf")
    refused = post(
        client, "/claims/new", purchase=str(purchase), kind="wrong_amount", words="More", files=wrong
    )
    assert refused.status_code == 422
    assert "cheque.pdf is no whole JPEG, PNG or PDF file" in plain(refused)
    assert seen.scalars(select(Claim)).all() == []
    large = paper(PDF + b"\0" * (5 << 20))
    refused = post(
        client, "/claims/new", purchase=str(purchase), kind="wrong_amount", words="More", files=large
    )
    assert "cheque.pdf is too large: a file may have 5 MB" in plain(refused)
    assert seen.scalars(select(Claim)).all() == []


def test_she_is_asked_answers_and_reads_what_was_decided(
    client: FlaskClient, world: World, seen: Session
) -> None:
    purchase = purchase_of(seen, world, 4_600_50)
    post(client, "/claims/new", purchase=str(purchase), kind="wrong_amount", words="More")
    tenant = world.programme.tenant_id
    with db.transaction(tenant) as session:
        oleg = officer(session, world)
        take(session, oleg, number=1)
        ask_member(session, oleg, number=1, words="Which till was it?")
        claim_id = session.scalars(select(Claim.id)).one()
    assert "Which till was it?" in plain(get(client, f"/claims/{claim_id}"))
    assert post(client, f"/claims/{claim_id}/answer", words="").status_code == 422
    till = {"words": "Till 3", "files": paper(name="чек «Парус».pdf")}
    assert post(client, f"/claims/{claim_id}/answer", **till).status_code == 303
    with db.transaction(tenant) as session:
        decide(
            session,
            oleg,
            number=1,
            proposal=Proposal("grant", "You are right: 12 more", "en", points=12, funder_id=1),
        )
        (file,) = files_of(session, session.scalars(select(Claim)).one())
    page = plain(get(client, f"/claims/{claim_id}"))
    assert "Decided in your favour" in page
    assert "You are right: 12 more" in page
    assert "+12" in page
    assert get(client, f"/claims/{claim_id}/answer-0.pdf").data.startswith(b"%PDF-")
    kept = get(client, f"/claims/{claim_id}/files/{file.id}")
    assert (kept.data, kept.headers["X-Content-Type-Options"]) == (PDF, "nosniff")
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert kept.headers["Content-Disposition"].isascii()  # headers have no other letters
    assert "Granted by claim C-1" in plain(get(client, "/history"))
    assert post(client, f"/claims/{claim_id}/reopen", words="Still too few").status_code == 303
    assert "Waits its turn" in plain(get(client, f"/claims/{claim_id}"))
    assert post(client, f"/claims/{claim_id}/withdraw").status_code == 303
    assert "Withdrawn" in plain(get(client, f"/claims/{claim_id}"))
    late = post(client, f"/claims/{claim_id}/withdraw")
    assert late.status_code == 422
    assert "The claim has gone another step meanwhile" in plain(late)


def test_another_member_sees_none_of_it(
    app: Flask, client: FlaskClient, world: World, tenant: int, seen: Session
) -> None:
    purchase = purchase_of(seen, world, 4_600_50)
    post(client, "/claims/new", purchase=str(purchase), kind="wrong_amount", words="More", files=paper())
    claim = seen.scalars(select(Claim)).one()
    (file,) = files_of(seen, claim)
    with db.transaction(tenant) as session:
        other = enrol(session, SYSTEM, programme_id=world.programme.id, person=Person("Olga"))
        secret = sign_in(session, kind="member", subject_id=other.id)
    stranger = app.test_client()
    stranger.set_cookie("member", secret, domain="test.localhost")
    for path in (
        f"/claims/{claim.id}",
        f"/claims/{claim.id}/files/{file.id}",
        f"/claims/{claim.id}/answer-0.pdf",
        f"/claims/new?purchase={purchase}",
    ):
        assert get(stranger, path).status_code == 404
    for step in ("answer", "reopen", "withdraw", "files"):
        assert post(stranger, f"/claims/{claim.id}/{step}", words="x", files=paper()).status_code == 404
    answer = post(stranger, "/claims/new", purchase=str(purchase), kind="wrong_amount", words="x")
    assert answer.status_code == 404
    assert "C-1" not in plain(get(stranger, "/claims"))


def test_odd_addresses_and_days_are_told(client: FlaskClient) -> None:
    assert get(client, "/claims/new?purchase=x").status_code == 404
    for day in ("yesterday", "0001-01-01", "2999-01-01"):
        told = {"kind": "not_credited", "shop": "X", "day": day, "amount": "1", "words": "x"}
        answer = post(client, "/claims/new", **told)
        assert answer.status_code == 422
        assert f'value="{day}"' in plain(answer)


def test_the_number_of_a_card_is_not_kept_and_said_so(
    client: FlaskClient, world: World, seen: Session
) -> None:
    told = {"kind": "not_credited", "shop": "Quayside", "day": "2026-11-15", "amount": "7,440"}
    for more in ({"words": "Card 4111 1111 1111 1111"}, {"words": "None", "shop": "4111111111111111"}):
        refused = post(client, "/claims/new", **told | more)
        assert refused.status_code == 422
        assert "Leave the number of the payment card out: it must not be kept here" in plain(refused)
    assert seen.scalars(select(Claim)).all() == []


def test_what_was_answered_is_disputed_in_its_claim(client: FlaskClient, world: World, seen: Session) -> None:
    purchase = str(purchase_of(seen, world, 4_600_50))
    post(client, "/claims/new", purchase=purchase, kind="wrong_amount", words="More")
    with db.transaction(world.programme.tenant_id) as session:
        by = officer(session, world)
        take(session, by, number=1)
        decide(session, by, number=1, proposal=Proposal("refuse", "No", "en", reason="terms_not_met"))
    again = post(client, "/claims/new", purchase=purchase, kind="wrong_amount", words="Still more")
    assert again.status_code == 422
    assert "It was answered already: claim C-1. The answer can be disputed there" in plain(again)
