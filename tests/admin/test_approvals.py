"""Signatures at the desk: what waits is listed and told in words, and four eyes cannot be passed from there."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from coalition.members.models import MemberFact
from coalition.programmes.models import Programme
from coalition.promotions.life import begin_draft, check
from coalition.promotions.own_categories import save_categories
from tenants.actor import SYSTEM
from tenants.approvals.models import Approval, ApprovalDecision
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING, READING, Permission
from tenants.runtime import db
from tests.admin.test_tiers import LEVELS
from tests.admin.world import CARD, HOST, Bank, get, plain, post, signed_by_another, signed_in, signer
from tests.transactions.bank import promotion

LIST = "/desk/approvals/"


def ask(client: FlaskClient, **changed: str) -> str:
    """Ask for levels; the address of what was asked."""
    answer = post(client, "/desk/tiers/", **LEVELS | changed, do="change")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def levels(bank: Bank, seen: Session) -> list[str]:
    seen.expire_all()
    tiers = seen.get_one(Programme, (bank.tenant, bank.world.programme.id)).tiers
    return [level["above"] for level in tiers["levels"]] if tiers else []


def outcomes(seen: Session) -> list[str]:
    seen.expire_all()
    return sorted(seen.scalars(select(ApprovalDecision.outcome)))


def test_what_waits_is_listed_for_who_signs_and_counted_in_the_menu(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    other = signer(client, bank)
    assert "Nothing of others waits for you to sign it" in plain(get(other, LIST))
    assert '<b class="waits">' not in plain(get(other, LIST))
    asked = ask(client)
    page = plain(get(other, LIST))
    assert f'<a href="{asked}">Levels</a><span class="sub">Asked by Dora Marsh</span>' in page
    assert '<b class="waits">1<span' in plain(get(other, "/desk/payouts/"))
    own = plain(get(client, LIST))
    assert ("Waits for a signature" in own, '<b class="waits">' in own) == (True, False)
    told = plain(get(other, asked))
    assert "New level “Gold” (gold): above ₽10,000.50" in told
    assert "Sign and change it" in told
    assert "Подписать" in plain(get(other, asked, "ru"))
    answer = post(other, f"{asked}/sign")
    assert (answer.status_code, levels(bank, seen)) == (303, ["0", "10000.50"])
    assert "Signed and made" in plain(get(client, LIST))
    assert '<b class="waits">' not in plain(get(other, LIST))
    again = post(other, f"{asked}/sign")
    assert again.status_code == 303
    assert "It was signed, refused or withdrawn meanwhile" in plain(get(other, asked))
    assert levels(bank, seen) == ["0", "10000.50"]
    verbs = select(AuditEntry.verb, AuditEntry.actor_name).order_by(AuditEntry.number)
    assert [tuple(row) for row in seen.execute(verbs) if row.verb.startswith(("approval", "levels"))] == [
        ("approval.ask", "Dora Marsh"),
        ("approval.sign", "Ivan Roe"),
        ("levels.change", "Ivan Roe"),
    ]


def test_promotions_wait_in_the_same_list(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        document = promotion({"kind": "fixed", "points": "1"}, title={"ru": "Акция", "en": "Ten sparks"})
        draft = begin_draft(
            session, SYSTEM, programme_id=bank.world.programme.id, code="ten", document=document
        )
        session.flush()
        check(session, SYSTEM, draft_id=draft.id, revision=1)
    page = plain(get(client, LIST))
    assert "Ten sparks" in page
    assert "New promotion, by The house" in page
    assert '<b class="waits">1<span' in page


def test_neither_the_author_nor_another_browser_of_hers_signs(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    asked = ask(client)
    other = client.application.test_client()
    other.set_cookie(
        "staff", str(client.get_cookie("staff", domain="test.localhost", path="/desk").value),
        domain="test.localhost", path="/desk",
    )  # fmt: skip
    for browser in (client, other):
        answer = post(browser, f"{asked}/sign")
        assert answer.status_code == 303
        assert "signed by another person" in plain(get(browser, asked))
        assert post(browser, f"{asked}/refuse", reason="no").status_code == 303
    assert (levels(bank, seen), outcomes(seen)) == ([], [])


def test_an_edit_makes_what_was_asked_void(client: FlaskClient, bank: Bank, seen: Session) -> None:
    first = ask(client)
    second = ask(client, **{"above-1": "7"})
    assert first != second
    other = signer(client, bank)
    answer = post(other, f"{first}/sign")
    assert (answer.status_code, levels(bank, seen)) == (303, [])
    assert "It was asked for anew" in plain(get(client, first))
    assert post(other, f"{second}/sign").status_code == 303
    assert levels(bank, seen) == ["0", "7"]


def test_what_was_changed_meanwhile_makes_it_void_too(client: FlaskClient, bank: Bank, seen: Session) -> None:
    meaning = {"name": {"ru": "Кафе", "en": "Cafés"}, "mcc": ["5814"]}
    form = {"code": "cafes", "name_ru": "Кафе", "name_en": "Cafés", "mcc": "5462"}
    asked = str(post(client, "/desk/categories/new", **form).headers["Location"])
    with db.transaction(bank.tenant) as session:
        save_categories(session, SYSTEM, written={"cafes": meaning})
    other = signer(client, bank)
    assert post(other, f"{asked}/sign").status_code == 303
    assert "What it would change is another meanwhile" in plain(get(other, asked))
    assert outcomes(seen) == []


def test_it_is_refused_and_withdrawn_with_a_reason_that_its_author_sees(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    asked, other = ask(client), signer(client, bank)
    answer = post(other, f"{asked}/refuse", reason=" ")
    assert (answer.status_code, "Write why, 300 characters at most" in plain(answer)) == (422, True)
    assert post(other, f"{asked}/refuse", reason="Too <b>high</b>").status_code == 303
    page = get(client, LIST).get_data(as_text=True)
    assert "Too &lt;b&gt;high&lt;/b&gt;" in page
    again = ask(client)
    assert post(other, f"{again}/withdraw", reason="not mine").status_code == 404
    assert post(client, f"{again}/withdraw", reason="A mistake").status_code == 303
    assert (levels(bank, seen), outcomes(seen)) == ([], ["refused", "withdrawn"])


def test_two_changes_of_the_same_do_not_wait_at_once(client: FlaskClient, bank: Bank) -> None:
    ask(client)
    answer = post(signer(client, bank), "/desk/tiers/", **LEVELS, do="change")
    assert answer.status_code == 422
    assert "Somebody else's change of the same waits" in plain(answer)


def bring(client: FlaskClient, path: str, data: bytes, **fields: str) -> TestResponse:
    boundary, body = encode_multipart({**fields, "file": FileStorage(io.BytesIO(data), "facts.csv")})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(path, base_url=HOST, data=body, content_type=kind, headers={"Accept-Language": "en"})


FACTS = f"handle,kind,name,value,until\n{CARD},attribute,city,Elizovo,\nnobody,attribute,city,x,\n".encode()


def test_facts_from_a_file_are_stated_when_another_person_signs(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    tried = plain(bring(client, "/desk/facts/", FACTS, do="try"))
    assert "Would be news</dt><dd>1</dd>" in tried
    assert seen.scalars(select(Approval)).all() == []
    page = plain(bring(client, "/desk/facts/", FACTS, do="state"))
    assert "The facts wait for a signature" in page
    assert "No member of the programme has this card" in page
    assert seen.scalars(select(MemberFact.value)).all() == []
    (payload,) = seen.scalars(select(Approval.payload))
    assert b"Elizovo" not in payload
    assert CARD.encode() not in payload
    assert signed_by_another(client, bank) == [303]
    assert seen.scalars(select(MemberFact.value)).all() == ["Elizovo"]
    assert "No fact of the file is news" in plain(bring(client, "/desk/facts/", FACTS, do="state"))


def test_a_list_is_what_its_file_was(client: FlaskClient, bank: Bank, seen: Session) -> None:
    data = f"handle\n{CARD}\n".encode()
    bring(client, "/desk/segments/lists/new", data, code="vip", title="VIP")
    page = plain(get(signer(client, bank), LIST))
    assert "List of the segment “VIP”" in page
    assert signed_by_another(client, bank) == [303]
    assert outcomes(seen) == ["signed"]


@pytest.mark.parametrize(
    "permissions",
    [
        EVERYTHING - {Permission.DESK_CHANGE_APPROVE},
        (EVERYTHING - {Permission.DESK_PROGRAMME_READ, Permission.DESK_PROGRAMME_EDIT}),
        READING,
    ],
    ids=["may not sign", "may not see what it changes", "an auditor"],
)
def test_who_may_not_neither_sees_nor_signs_it(
    client: FlaskClient, desk: Flask, bank: Bank, seen: Session, permissions: Any
) -> None:
    asked = ask(client)
    other = signed_in(desk, bank.tenant, permissions, "paul")
    assert get(other, asked).status_code == 404
    assert post(other, f"{asked}/sign").status_code in (403, 404)
    assert post(other, f"{asked}/refuse", reason="no").status_code in (403, 404)
    assert ">Levels</a>" not in plain(get(other, LIST)).split('id="main"')[1]
    assert (levels(bank, seen), outcomes(seen)) == ([], [])
