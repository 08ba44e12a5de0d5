"""Signing in by the tenant's own provider: roles follow groups, and nothing that does not hold lets anybody in."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin import oidc
from tenants.actor import SYSTEM
from tenants.models import AuditEntry, SignIn, Staff, StaffProvider
from tenants.permissions import Permission
from tenants.provider import set_provider
from tenants.roles import roles_of
from tenants.runtime import clock, db, settings
from tenants.staff import deactivate, require_second_factor
from tests.admin.conftest import bank as bank
from tests.admin.conftest import client as client
from tests.admin.conftest import desk as desk
from tests.admin.conftest import seen as seen
from tests.admin.conftest import staged as staged
from tests.admin.world import PASSWORD, Bank, get, plain, post, signed_in
from tests.oidc.small_provider import BY_OUR_SECRET, CLIENT, OTHER, SECRET, SmallProvider, served

GROUPS = {"marketing": "marketer", "audit": "auditor"}
BEGIN, BACK = "/desk/sign-in/provider", "/desk/sign-in/provider/back"


@pytest.fixture
def provider(base: settings.Settings, bank: Bank) -> Iterator[SmallProvider]:
    """A provider that this deployment may call, set for the bank."""
    oidc._known.clear()
    before = settings.current()
    settings.use(replace(before, provider_networks=(ip_network("127.0.0.0/8"),)))
    with served() as found:
        found.claims = {"groups": ["marketing"], "name": "Vera Hall", "preferred_username": "vera"}
        configure(bank, found)
        yield found
    settings.use(before)


def configure(bank: Bank, provider: SmallProvider, **more: Any) -> None:
    with db.transaction(bank.tenant) as session:
        told = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "groups": GROUPS}
        set_provider(session, SYSTEM, **told | more)


def begun(browser: FlaskClient, **form: str) -> str:
    """Where the browser is sent."""
    answer = post(browser, BEGIN, **form)
    assert answer.status_code == 200
    found = re.search(r'href="([^"]*/authorization\?[^"]*)"', answer.get_data(as_text=True))
    assert found is not None
    address = html.unescape(found[1])
    assert answer.headers["Refresh"] == f"0; url={address}"
    return address


def came_back(browser: FlaskClient, provider: SmallProvider, **form: str) -> TestResponse:
    """Begin, be let in by the provider, and come back."""
    code, state = provider.code_for(begun(browser, **form))
    return get(browser, f"{BACK}?code={code}&state={state}&iss={provider.issuer}")


def people(seen: Session) -> list[tuple[str, str, list[str]]]:
    seen.expire_all()
    rows = seen.scalars(select(Staff).where(Staff.subject.is_not(None)).order_by(Staff.login))
    return [(one.login, one.name, sorted(role.code for role in roles_of(seen, one.id))) for one in rows]


def is_in(browser: FlaskClient) -> bool:
    return get(browser, "/desk/").status_code == 200


def test_a_person_of_the_organisation_signs_in_with_the_roles_of_her_groups(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    browser = desk.test_client()
    page = plain(get(browser, "/desk/sign-in"))
    assert "Sign in by your organisation's account" in page
    answer = came_back(browser, provider)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/")
    assert (is_in(browser), people(seen)) == (True, [("vera", "Vera Hall", ["marketer"])])
    assert get(browser, "/desk/promotions/").status_code == 200
    assert get(browser, "/desk/audit/").status_code == 403
    entry = seen.scalars(select(AuditEntry).where(AuditEntry.verb == "staff.sign_in")).one()
    assert (entry.actor_name, entry.after) == ("Vera Hall", {"way": "provider"})
    assert seen.scalars(select(SignIn.way).where(SignIn.kind == "staff")).all() == ["provider"]


def test_roles_follow_the_groups_at_each_sign_in(desk: Flask, provider: SmallProvider, seen: Session) -> None:
    came_back(desk.test_client(), provider)
    provider.claims |= {
        "groups": ["audit", "something else"],
        "name": "Vera Moore",
        "preferred_username": "v",
    }
    assert came_back(desk.test_client(), provider).status_code == 303
    assert people(seen) == [("vera", "Vera Hall", ["auditor"])]


def test_who_is_in_no_group_with_a_role_is_told_so_and_is_out_everywhere(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    browser = desk.test_client()
    came_back(browser, provider)
    for groups in ([], ["other"], None, "x", 7, [["marketing"]]):
        provider.claims["groups"], provider.userinfo = groups, {"sub": "u-1"}
        answer = came_back(desk.test_client(), provider)
        assert (answer.status_code, "none of your groups there has a role here" in plain(answer)) == (
            422,
            True,
        )
    assert not is_in(browser)
    assert len(people(seen)) == 1


def test_a_stranger_without_a_group_leaves_nobody_behind(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    provider.claims["groups"] = []
    assert came_back(desk.test_client(), provider).status_code == 422
    assert people(seen) == []


def test_groups_are_asked_for_where_the_id_token_has_none(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    del provider.claims["groups"]
    provider.userinfo = {"sub": "u-1", "groups": "audit"}
    assert came_back(desk.test_client(), provider).status_code == 303
    assert people(seen)[0][2] == ["auditor"]
    provider.userinfo = {"sub": "somebody else", "groups": "marketing"}
    assert came_back(desk.test_client(), provider).status_code == 422
    assert people(seen)[0][2] == ["auditor"]


def test_a_person_is_who_issuer_and_subject_say_and_never_who_a_name_or_an_e_mail_says(
    desk: Flask, bank: Bank, provider: SmallProvider, client: FlaskClient, seen: Session
) -> None:
    """Dora works here by password; whoever calls herself so at the provider is somebody else."""
    provider.claims |= {"preferred_username": "dora", "email": "dora@bank.test", "name": "Dora Marsh"}
    assert came_back(desk.test_client(), provider).status_code == 303
    (somebody,) = people(seen)
    assert re.fullmatch("sso-[0-9a-f]{16}", somebody[0])
    assert len(seen.scalars(select(Staff)).all()) == 2
    provider.claims |= {"sub": "u-2", "preferred_username": "dora"}
    assert came_back(desk.test_client(), provider).status_code == 303
    assert len(people(seen)) == 2


def test_who_is_signed_in_binds_the_own_account_once(
    desk: Flask, bank: Bank, provider: SmallProvider, client: FlaskClient, seen: Session
) -> None:
    answer = came_back(client, provider, do="bind")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/profile/")
    assert [one[0] for one in people(seen)] == ["dora"]
    other = signed_in(desk, bank.tenant, [Permission.DESK_AUDIT_READ], "paul")
    answer = came_back(other, provider, do="bind")
    assert (answer.status_code, "belongs to somebody else" in plain(answer)) == (422, True)
    provider.claims["sub"] = "u-2"
    assert came_back(client, provider, do="bind").status_code == 422
    assert [one[0] for one in people(seen)] == ["dora"]


def test_who_was_deactivated_does_not_get_in(
    desk: Flask, bank: Bank, provider: SmallProvider, client: FlaskClient, seen: Session
) -> None:
    came_back(desk.test_client(), provider)
    with db.transaction(bank.tenant) as session:
        vera = session.scalars(
            select(Staff.id).where(Staff.login == "vera", Staff.tenant_id == bank.tenant)
        ).one()
        deactivate(session, SYSTEM, staff_id=vera)
    browser = desk.test_client()
    answer = came_back(browser, provider)
    assert (answer.status_code, is_in(browser)) == (422, False)


@pytest.mark.parametrize(
    "forged",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.test"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client", "a third"]},
        {"aud": [CLIENT, "another"]},  # without azp
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"nbf": 32503680000},
        {"iat": 32503680000},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
)
def test_an_id_token_that_does_not_hold_lets_nobody_in(
    desk: Flask, provider: SmallProvider, seen: Session, forged: dict[str, Any]
) -> None:
    provider.claims |= forged
    browser = desk.test_client()
    answer = came_back(browser, provider)
    assert (answer.status_code, is_in(browser), people(seen)) == (422, False, [])


@pytest.mark.parametrize(
    ("key", "alg"),
    [(OTHER, "RS256"), (BY_OUR_SECRET, "HS256")],
    ids=["a key that is not published", "our own secret"],
)
def test_a_token_by_another_key_lets_nobody_in(
    desk: Flask, provider: SmallProvider, seen: Session, key: Any, alg: str
) -> None:
    provider.key, provider.alg = key, alg
    browser = desk.test_client()
    assert came_back(browser, provider).status_code == 422
    assert (is_in(browser), people(seen)) == (False, [])


def test_an_id_token_is_good_until_its_end_and_a_minute_for_clocks(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    now = clock.real_now()
    provider.claims["exp"], provider.claims["iat"] = int(now.timestamp()), int(now.timestamp()) - 300
    with clock.stopped(now + timedelta(seconds=59)):
        assert came_back(desk.test_client(), provider).status_code == 303
    with clock.stopped(now + timedelta(seconds=62)):
        assert came_back(desk.test_client(), provider).status_code == 422


def test_keys_that_were_changed_are_asked_for_anew(
    desk: Flask, provider: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert came_back(desk.test_client(), provider).status_code == 303
    provider.key, provider.published = OTHER, [OTHER]
    assert came_back(desk.test_client(), provider).status_code == 422  # they were read a moment ago
    monkeypatch.setattr(oidc, "ANEW_SECONDS", 0)
    assert came_back(desk.test_client(), provider).status_code == 303
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/jwks") == 2


def test_a_sign_in_that_another_browser_began_is_not_finished_here(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    mine, theirs = desk.test_client(), desk.test_client()
    code, state = provider.code_for(begun(theirs))
    asked = len(provider.asked)
    for browser, query in (
        (mine, f"code={code}&state={state}"),
        (theirs, f"code={code}&state=x{state}"),
    ):
        answer = get(browser, f"{BACK}?{query}")
        assert (answer.status_code, "was not begun here" in plain(answer)) == (422, True)
    for query in ("", "code=c", "code=c&state=", f"state={state}&error=access_denied"):
        assert get(mine, f"{BACK}?{query}").status_code == 422
    assert (len(provider.asked), people(seen)) == (asked, [])


def test_a_state_is_good_once_for_ten_minutes_and_for_its_issuer(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    browser = desk.test_client()
    code, state = provider.code_for(begun(browser))
    assert get(browser, f"{BACK}?code={code}&state={state}&iss=https://elsewhere.test").status_code == 422
    assert get(browser, f"{BACK}?code={code}&state={state}").status_code == 422  # it was used up
    code, state = provider.code_for(begun(browser))
    with clock.stopped(clock.real_now() + timedelta(minutes=10, seconds=2)):
        assert get(browser, f"{BACK}?code={code}&state={state}").status_code == 422
    assert people(seen) == []


def test_a_code_that_is_not_of_this_browsers_proof_is_refused_by_the_provider(
    desk: Flask, provider: SmallProvider, seen: Session
) -> None:
    mine, theirs = desk.test_client(), desk.test_client()
    stolen, _theirs = provider.code_for(begun(theirs))
    _code, state = provider.code_for(begun(mine))
    assert get(mine, f"{BACK}?code={stolen}&state={state}").status_code == 422
    assert people(seen) == []


def test_where_passwords_are_not_taken_none_is(
    desk: Flask, bank: Bank, provider: SmallProvider, client: FlaskClient
) -> None:
    assert 'id="password"' in plain(get(desk.test_client(), "/desk/sign-in"))
    configure(bank, provider, passwords=False)
    browser = desk.test_client()
    assert 'id="password"' not in plain(get(browser, "/desk/sign-in"))
    answer = post(browser, "/desk/sign-in", login="dora", password=PASSWORD)
    assert (answer.status_code, "Passwords are not taken here" in plain(answer)) == (422, True)
    assert not is_in(browser)
    assert came_back(browser, provider).status_code == 303


@pytest.mark.parametrize(
    ("amr", "operates", "status"),
    [
        (["pwd", "mfa"], False, 303),
        (["pwd"], False, 422),
        (["pwd", "otp"], True, 303),
        (["otp"], False, 422),
        ([], False, 422),
        (None, False, 303),  # it says nothing of how it knows people
        (None, True, 422),
        (["mfa"], True, 303),
    ],
)
def test_a_role_with_a_second_factor_lets_nobody_in_of_whom_the_provider_asked_one(
    desk: Flask, bank: Bank, provider: SmallProvider, amr: object, operates: bool, status: int,
    monkeypatch: pytest.MonkeyPatch, seen: Session,
) -> None:  # fmt: skip
    with db.transaction(bank.tenant) as session:
        require_second_factor(session, SYSTEM, code="marketer")
    monkeypatch.setattr("tenants.provider.operates", lambda _session: operates)
    if amr is not None:
        provider.claims["amr"] = amr
    browser = desk.test_client()
    answer = came_back(browser, provider)
    assert (answer.status_code, is_in(browser)) == (status, status == 303)
    assert ("Your role asks for a second factor" in plain(answer)) == (status == 422)
    assert people(seen) == ([("vera", "Vera Hall", ["marketer"])] if status == 303 else [])


def test_a_role_without_a_second_factor_asks_the_provider_for_none(
    desk: Flask, provider: SmallProvider
) -> None:
    provider.claims["amr"] = ["pwd"]
    assert came_back(desk.test_client(), provider).status_code == 303


def test_on_to_the_page_that_was_asked_for(desk: Flask, provider: SmallProvider) -> None:
    browser = desk.test_client()
    lost = post(browser, "/desk/holidays/", first="2026-12-30", do="add")
    found = re.search(r'name="kept" value="([^"]*)"', lost.get_data(as_text=True))
    assert found is not None
    provider.claims["groups"] = ["marketing"]
    answer = came_back(browser, provider, kept=html.unescape(found[1]))
    assert (answer.status_code, 'value="2026-12-30"' in plain(answer)) == (200, True)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://elsewhere.test"},
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"jwks_uri": "http://10.0.0.1/keys"},
        {"userinfo_endpoint": "http://169.254.169.254/latest/meta-data"},
        {"authorization_endpoint": "https://elsewhere.test/authorize"},
        {"jwks_uri": 7},
    ],
)
def test_a_provider_leads_nowhere_but_to_itself(
    bank: Bank, provider: SmallProvider, client: FlaskClient, said: dict[str, Any]
) -> None:
    provider.metadata = said
    asked = len(provider.asked)
    answer = post(client, BEGIN)
    assert answer.status_code == 422
    assert provider.asked[asked:] == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    "issuer",
    [
        "http://127.0.0.2:1",
        "http://10.0.0.1",
        "https://10.0.0.1",
        "https://169.254.169.254/latest",
        "https://[::1]",
        "file:///etc/passwd",
        "gopher://127.0.0.1",
        "https://user:password@127.0.0.1",
        "not an address",
        "https://127.0.0.1?x=y",
    ],
)
def test_only_what_the_deployment_allows_can_be_set(
    bank: Bank, client: FlaskClient, seen: Session, issuer: str
) -> None:
    """Without networks of its own a deployment calls public hosts alone, by https."""
    oidc._known.clear()
    form = {"issuer": issuer, "client_id": "x", "client_secret": "y", "scope": "openid", "claim": "g",
            "groups": "a = marketer"}  # fmt: skip
    answer = post(client, "/desk/provider/", **form)
    assert (answer.status_code, "This is no address of a provider" in plain(answer)) == (422, True)
    assert seen.scalars(select(StaffProvider)).all() == []


def test_it_is_set_at_the_desk_and_its_secret_is_never_shown(
    desk: Flask, bank: Bank, provider: SmallProvider, client: FlaskClient, seen: Session
) -> None:
    form = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": "", "scope": "openid groups",
            "claim": "groups", "groups": "cn=admins,dc=bank = administrator\n\nmarketing=marketer"}  # fmt: skip
    assert post(client, "/desk/provider/", **form).status_code == 303
    row = seen.scalars(select(StaffProvider)).one()
    assert (row.groups, row.passwords) == (
        {"cn=admins,dc=bank": "administrator", "marketing": "marketer"},
        False,
    )
    assert SECRET.encode() not in row.client_secret
    page = plain(get(client, "/desk/provider/"))
    assert (SECRET in page, "http://test.localhost/desk/sign-in/provider/back" in page) == (False, True)
    assert came_back(desk.test_client(), provider).status_code == 303  # the secret that was kept stays
    for wrong, field in (
        ({"groups": "marketing"}, "groups"),
        ({"groups": "marketing = nobody"}, "groups"),
        ({"scope": "profile"}, "scope"),
        ({"claim": ""}, "claim"),
        ({"issuer": provider.issuer + "/x"}, "client_secret"),
        ({"issuer": provider.issuer + "/x", "client_secret": SECRET}, "issuer"),
    ):
        answer = post(client, "/desk/provider/", **form | wrong)
        found = re.findall(r'id="([\w-]+)"[^>]*aria-invalid="true"', answer.get_data(as_text=True))
        assert (answer.status_code, found) == (422, [field])
    assert post(client, "/desk/provider/remove").status_code == 303
    assert post(desk.test_client(), BEGIN).status_code == 404


def test_who_may_not_sets_nothing(desk: Flask, bank: Bank, provider: SmallProvider, seen: Session) -> None:
    other = signed_in(desk, bank.tenant, [Permission.DESK_STAFF_EDIT], "paul")
    assert get(other, "/desk/provider/").status_code == 200
    assert post(other, "/desk/provider/", issuer="x").status_code == 403
    assert post(other, "/desk/provider/remove").status_code == 403
    assert seen.scalars(select(StaffProvider.issuer)).all() == [provider.issuer]


def test_the_kept_secret_is_for_its_issuer_alone(desk: Flask, bank: Bank, provider: SmallProvider) -> None:
    keeper = signed_in(
        desk, bank.tenant, [Permission.DESK_ROLE_EDIT, Permission.DESK_STAFF_READ], login="kim"
    )
    told = {"client_id": CLIENT, "client_secret": "", "scope": "openid profile", "claim": "groups"}
    told |= {"groups": "x = marketer", "passwords": "yes"}
    assert post(keeper, "/desk/provider/", issuer=provider.issuer, **told).status_code == 303
    with served() as another:
        refused = post(keeper, "/desk/provider/", issuer=another.issuer, **told)
        assert refused.status_code == 422
        assert another.asked == []


def test_failed_returns_from_the_provider_are_counted(desk: Flask, provider: SmallProvider) -> None:
    browser, refused = desk.test_client(), []
    for _ in range(52):
        _code, state = provider.code_for(begun(browser))
        told = plain(get(browser, f"{BACK}?code=wrong&state={state}&iss={provider.issuer}"))
        refused.append("Too many tries" in told)
    assert refused == [False] * 50 + [True] * 2


def test_a_passkey_of_nested_nonsense_is_refused(desk: Flask, bank: Bank) -> None:
    browser = desk.test_client()
    assert post(browser, "/desk/sign-in/passkey/begin").status_code == 200
    assert post(browser, "/desk/sign-in/passkey", credential="[" * 20_000).status_code == 422
