"""Who may call: secrets and tokens begin, overlap and end; nobody is let in by another tenant's."""

from datetime import timedelta

import pytest

from coalition.partners.clients import end_client, rotate_secret
from tenants.actor import SYSTEM
from tenants.auth import tokens
from tenants.runtime import clock, db
from tests.api.conftest import CARD, Till, furnished


def code(till: Till) -> tuple[int, str]:
    """What a call with the till's token is answered."""
    found = till.post("/members/find", {"handle": CARD})
    return found.status_code, (found.json or {}).get("code", "")


def test_a_token_is_for_fifteen_minutes_and_the_scopes_of_its_client(till: Till) -> None:
    found = till.sign_in(scope="members:read").json
    assert found is not None
    assert (found["token_type"], found["expires_in"], found["scope"]) == ("Bearer", 900, "members:read")


def test_a_scope_that_nobody_has_is_refused(till: Till) -> None:
    found = till.sign_in(scope="members:read everything")
    assert (found.status_code, found.json["error"]) == (400, "invalid_scope")  # type: ignore[index]


def test_what_the_token_has_no_scope_for_is_refused(till: Till) -> None:
    till.sign_in(scope="purchases:write")
    assert code(till) == (403, "scope_missing")


def test_a_token_ends_with_its_time(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code(till) == (200, "")
    later = clock.now() + timedelta(seconds=tokens.LIVES_SECONDS + 1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert code(till) == (401, "token_invalid")


def test_a_revoked_token_is_no_token_any_more(till: Till) -> None:
    gone = till.http.post(
        "/oauth/revoke", data={"token": till.token}, auth=(till.client_id, till.secret), base_url=till.site
    )
    assert gone.status_code == 200
    assert code(till) == (401, "token_invalid")


def test_another_clients_token_cannot_be_revoked(till: Till) -> None:
    other = furnished("other")
    for at in (till.site, other.site):
        other.http.post(
            "/oauth/revoke", data={"token": till.token}, auth=(other.client_id, other.secret), base_url=at
        )
    assert code(till) == (200, "")


def test_an_ended_client_is_let_in_no_more(till: Till) -> None:
    with db.transaction(till.house.tenant) as session:
        end_client(session, SYSTEM, client_id=till.client_id)
    assert code(till) == (401, "token_invalid")
    assert till.sign_in().status_code == 401


def test_the_old_secret_holds_for_the_overlap(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    old = till.secret
    with db.transaction(till.house.tenant) as session:
        till.secret = rotate_secret(session, SYSTEM, client_id=till.client_id)
    assert till.sign_in().status_code == 200
    new, till.secret = till.secret, old
    assert till.sign_in().status_code == 200
    later = clock.now() + timedelta(days=7, seconds=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert till.sign_in().status_code == 401
    till.secret = new
    assert till.sign_in().status_code == 200


def test_an_unknown_client_and_a_wrong_secret_are_told_the_same(till: Till) -> None:
    till.secret = "wrong"
    wrong = till.sign_in()
    till.client_id = "client_unknown"
    unknown = till.sign_in()
    assert (wrong.status_code, wrong.text) == (401, unknown.text)
    assert unknown.status_code == 401


def test_wrong_secrets_are_counted(till: Till) -> None:
    right, till.secret = till.secret, "wrong"
    assert {till.sign_in().status_code for _ in range(30)} == {401}
    assert till.sign_in().status_code == 429
    till.secret = right
    assert till.sign_in().status_code == 429  # this address has had its tries


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "Bearer"])
def test_what_is_no_token_is_refused(till: Till, token: str) -> None:
    till.token = token
    assert code(till) == (401, "token_invalid" if token else "token_missing")


def test_another_tenants_token_means_nothing_here(till: Till) -> None:
    other = furnished("other")
    other.sign_in()
    till.token = other.token
    assert code(till) == (401, "token_invalid")
