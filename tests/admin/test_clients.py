"""Programs of the API at the desk: asked for by one, signed by another, the secret shown once to who asked."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from coalition.partners.actions import add_partner, admit_participant, open_outlet
from coalition.partners.clients import add_client, all_clients, has_secret
from coalition.partners.models import ApiClient, ApiSecret
from coalition.reports.audit import audit
from tenants.actor import SYSTEM
from tenants.approvals.models import Approval
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tests.admin.world import HOST, Bank, get, plain, post, signed_by_another, signed_in, signer

PAGE = "/desk/clients"
SCOPES = ["purchases:write", "members:read"]


def add(client: FlaskClient, scopes: list[str] = SCOPES, **form: str) -> TestResponse:
    wanted = {"name": "Till of the north", "participant": "1", "outlet": "", "scope": scopes} | form
    return client.post(f"{PAGE}/new", base_url=HOST, data=wanted, headers={"Accept-Language": "en"})


def drawn(client: FlaskClient, bank: Bank) -> tuple[TestResponse, str]:
    """Draw the secret of the latest signature."""
    with db.transaction(bank.tenant) as session:
        newest = session.scalars(select(Approval.id).order_by(Approval.id.desc())).first()
    answer = post(client, f"{PAGE}/draw/{newest}")
    found = re.search(r'id="secret"[^>]*value="([\w-]+)"', answer.get_data(as_text=True))
    return answer, found[1] if found else ""


def secrets_count(bank: Bank) -> int:
    with db.transaction(bank.tenant) as session:
        return session.scalar(select(func.count()).select_from(ApiSecret)) or 0


def test_a_program_is_asked_for_signed_and_its_secret_shown_once_to_who_asked(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    assert add(client).status_code == 303
    assert (list(all_clients(seen)), drawn(client, bank)[0].status_code) == ([], 404)
    assert signed_by_another(client, bank) == [303]
    (made,) = all_clients(seen)
    assert (made.name, made.scopes, secrets_count(bank)) == ("Till of the north", sorted(SCOPES), 0)
    assert drawn(signer(client, bank), bank)[0].status_code == 404
    assert "Show the secret of Till of the north" in plain(get(client, f"{PAGE}/"))
    assert "A secret waits for you" in plain(get(client, "/desk/"))
    assert "A secret waits for you" not in plain(get(signer(client, bank), "/desk/"))
    answer, secret = drawn(client, bank)
    assert (answer.status_code, has_secret(seen, made.id, secret), made.id in plain(answer)) == (
        200,
        True,
        True,
    )
    assert "The one before holds" not in plain(answer)
    assert "A secret waits for you" not in plain(get(client, "/desk/"))
    again, none = drawn(client, bank)
    assert (again.status_code, none, secrets_count(bank)) == (303, "", 1)
    assert "Show the secret" not in plain(get(client, f"{PAGE}/"))
    verbs = list(seen.scalars(select(AuditEntry.verb).where(AuditEntry.verb.like("client.%"))))
    assert sorted(verbs) == ["client.add", "client.secret"]
    told = "".join(str((one.before, one.after)) for one in seen.scalars(select(AuditEntry)))
    assert secret not in told + "".join(map(str, seen.scalars(select(Approval.payload))))


def test_a_signature_that_sql_wrote_draws_no_secret_and_is_found_out(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    assert add(client).status_code == 303
    assert signed_by_another(client, bank) == [303]
    assert drawn(client, bank)[0].status_code == 200
    seen.execute(
        text(
            "insert into approval (tenant_id, id, kind, subject, payload, digest, author_id)"
            " select tenant_id, 'ffffffff-ffff-7fff-bfff-ffffffffffff', kind, subject, payload, digest, author_id"
            " from approval"
        )
    )
    seen.execute(
        text(
            "insert into approval_decision"
            " (tenant_id, approval_id, author_id, digest, expires_at, outcome, decided_by, reason)"
            " select d.tenant_id, a.id, a.author_id, a.digest, a.expires_at, 'signed', d.decided_by, ''"
            " from approval a, approval_decision d where a.id <> d.approval_id"
        )
    )
    assert drawn(client, bank)[1] == ""
    assert "The audit trail does not hold that exactly this was signed" in plain(get(client, f"{PAGE}/"))
    assert secrets_count(bank) == 1
    assert {one.rule: one.broken for one in audit(seen) if one.broken} == {
        "what was asked of four eyes is in the trail": 1,
        "what four eyes decided is in the trail": 1,
    }


def test_scopes_change_with_a_signature_alone(client: FlaskClient, bank: Bank, seen: Session) -> None:
    add(client)
    signed_by_another(client, bank)
    (made,) = all_clients(seen)
    page = f"{PAGE}/{made.id}"
    ask = {"base_url": HOST, "headers": {"Accept-Language": "en"}}
    same = client.post(f"{page}/scopes", data={"scope": SCOPES}, **ask)
    assert same.headers["Location"] == page
    none = client.post(f"{page}/scopes", data={"scope": ["everything"]}, **ask)
    assert (none.status_code, "Tick at least one thing" in plain(none)) == (422, True)
    assert client.post(f"{page}/scopes", data={"scope": ["points:spend"]}, **ask).status_code == 303
    seen.expire_all()
    assert made.scopes == sorted(SCOPES)
    assert signed_by_another(client, bank) == [303]
    seen.expire_all()
    assert made.scopes == ["points:spend"]


def test_a_new_secret_leaves_the_old_one_seven_days(client: FlaskClient, bank: Bank, seen: Session) -> None:
    add(client)
    signed_by_another(client, bank)
    (made,) = all_clients(seen)
    _answer, old = drawn(client, bank)
    assert post(client, f"{PAGE}/{made.id}/secret").status_code == 303
    signed_by_another(client, bank)
    _answer, new = drawn(client, bank)
    assert (has_secret(seen, made.id, old), has_secret(seen, made.id, new), old == new) == (True, True, False)
    untils = list(seen.scalars(select(ApiSecret.until).order_by(ApiSecret.made_at)))
    assert (untils[0] is None, untils[1] is None) == (False, True)


def test_a_program_ends_at_once(client: FlaskClient, bank: Bank, seen: Session) -> None:
    add(client)
    signed_by_another(client, bank)
    (made,) = all_clients(seen)
    assert post(client, f"{PAGE}/{made.id}/end", sure="1").status_code == 303
    seen.expire_all()
    assert (made.ended_at is None, get(client, f"{PAGE}/{made.id}").status_code) == (False, 404)
    assert post(client, f"{PAGE}/{made.id}/secret").status_code == 404
    assert "Ended" in plain(get(client, f"{PAGE}/"))
    assert drawn(client, bank)[0].status_code == 404


def test_what_cannot_be_is_told(client: FlaskClient, seen: Session) -> None:
    for form, said in (
        ({"name": " "}, "Write the name, 120 characters at most"),
        ({"participant": "77"}, "Choose whose program it is"),
        ({"outlet": "77"}, "There is no such outlet"),
    ):
        answer = add(client, **form)
        assert (answer.status_code, said in plain(answer)) == (422, True), said
    nothing = add(client, [])
    assert (nothing.status_code, "Tick at least one thing" in plain(nothing)) == (422, True)
    clock = plain(get(client, f"{PAGE}/new"))
    assert ("purchases:write" in clock, "sandbox:clock" in clock) == (True, False)
    assert seen.scalar(select(func.count()).select_from(Approval)) == 0


def test_who_may_only_look_asks_for_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_CLIENT_READ])
    assert get(client, f"{PAGE}/").status_code == 200
    answers = [
        add(client),
        get(client, f"{PAGE}/new"),
        post(client, f"{PAGE}/x/secret"),
        post(client, f"{PAGE}/x/end", sure="1"),
    ]
    assert ([one.status_code for one in answers], list(seen.scalars(select(ApiClient)))) == ([403] * 4, [])
    nobody = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ], login="nobody")
    assert get(nobody, f"{PAGE}/").status_code == 403


def test_a_new_program_may_nothing_until_it_is_ticked(client: FlaskClient) -> None:
    page = plain(get(client, f"{PAGE}/new"))
    assert ('name="scope"' in page, " checked" in page) == (True, False)


def test_a_program_speaks_for_no_outlet_of_another_participant(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        theirs = admit_participant(session, SYSTEM, code="theirs", name={"ru": "Чужие", "en": "Theirs"})
        shop = add_partner(
            session, SYSTEM, participant_id=theirs.id, code="their-shop", name={"ru": "Лавка", "en": "Shop"},
            about={"ru": "", "en": ""}, category="cafes",
        )  # fmt: skip
        outlet = open_outlet(
            session,
            SYSTEM,
            partner_id=shop.id,
            code="corner",
            name={"ru": "Угол", "en": "Corner"},
            zone="UTC",
        )
        with pytest.raises(Refusal, match="client_outlet_other"):
            add_client(
                session, SYSTEM, name="x", programme_id=bank.world.programme.id, scopes=SCOPES, participant_id=1,
                outlet_id=outlet.id,
            )  # fmt: skip
        number, owner = str(outlet.id), str(theirs.id)
    assert "Corner" not in plain(get(client, f"{PAGE}/new"))
    assert "Corner" in plain(get(client, f"{PAGE}/new?participant={owner}"))
    refused = add(client, outlet=number)
    assert (refused.status_code, "another legal entity" in plain(refused)) == (422, True)
    assert add(client, outlet=number, participant=owner).status_code == 303
