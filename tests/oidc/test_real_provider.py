"""Signing in by npm's oidc-provider on loopback: the code flow with PKCE, as a provider that is not ours does it.

It needs node, and once `npm ci` in tests/oidc/node; without them these tests are skipped, and say so.
"""

import html
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin import oidc
from tenants.actor import SYSTEM
from tenants.models import Staff
from tenants.provider import set_provider
from tenants.roles import roles_of
from tenants.runtime import db, settings
from tests.admin.conftest import bank as bank
from tests.admin.conftest import desk as desk
from tests.admin.conftest import seen as seen
from tests.admin.conftest import staged as staged
from tests.admin.world import Bank, get, plain, post

HERE = Path(__file__).parent / "node"
BACK = "http://test.localhost/desk/sign-in/provider/back"
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (HERE / "node_modules" / "oidc-provider").exists(),
    reason="needs node (apt-get install nodejs npm) and `npm ci` in tests/oidc/node",
)


@pytest.fixture
def issuer(base: settings.Settings, bank: Bank) -> Iterator[str]:
    """The provider, listening, and set for the bank."""
    oidc._known.clear()
    before = settings.current()
    settings.use(replace(before, provider_networks=(ip_network("127.0.0.0/8"),)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"ISSUER_PORT": str(port), "CLIENT_SECRET": "a secret: of %20 the+desk", "REDIRECT_URI": BACK}
    running = subprocess.Popen(
        ["node", "provider.js"], cwd=HERE, env=os.environ | told, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        assert any("listening" in line for line in running.stdout)
        found = f"http://127.0.0.1:{port}"
        with db.transaction(bank.tenant) as session:
            set_provider(
                session, SYSTEM, issuer=found, client_id="coalition", client_secret=told["CLIENT_SECRET"],
                groups={"marketing": "marketer", "audit": "auditor"}, scope="openid profile groups",
            )  # fmt: skip
        yield found
    finally:
        running.terminate()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()
        settings.use(before)


def signs_in(desk: Flask, login: str) -> tuple[TestResponse, object]:
    """All of it: from our button to the provider's two forms and back to us."""
    browser = desk.test_client()
    page = post(browser, "/desk/sign-in/provider").get_data(as_text=True)
    found = re.search(r'href="([^"]*code_challenge[^"]*)"', page)
    assert found is not None
    with httpx.Client() as outside:
        answer = outside.get(html.unescape(found[1]))
        for _step in range(12):
            if answer.status_code in (302, 303):
                onward = urljoin(str(answer.request.url), answer.headers["Location"])
                if onward.startswith(BACK):
                    return get(browser, f"{urlsplit(onward).path}?{urlsplit(onward).query}"), browser
                answer = outside.get(onward)
                continue
            form = re.search(r'<form[^>]*action="([^"]*)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert form is not None and prompt is not None, answer.text[:500]  # noqa: PT018
            sent = {"prompt": prompt[1], "login": login, "password": "any"}
            answer = outside.post(urljoin(str(answer.request.url), html.unescape(form[1])), data=sent)
    raise AssertionError("the provider led nowhere")


def test_a_person_signs_in_by_oidc_provider_with_the_roles_of_her_groups(
    desk: Flask, issuer: str, seen: Session
) -> None:
    for login, roles in (("vera", ["marketer"]), ("olga", ["auditor", "marketer"])):
        answer, browser = signs_in(desk, login)
        assert (answer.status_code, answer.headers.get("Location")) == (303, "/desk/")
        assert get(browser, "/desk/").status_code == 200  # type: ignore[arg-type]
        found = seen.scalars(select(Staff).where(Staff.subject == login)).one()
        assert (found.issuer, found.name, found.login) == (issuer, f"The {login}", login)
        assert sorted(role.code for role in roles_of(seen, found.id)) == roles


def test_who_is_in_no_group_there_does_not_get_in(desk: Flask, issuer: str, seen: Session) -> None:
    answer, browser = signs_in(desk, "nobody")
    assert answer.status_code == 422
    assert "none of your groups there has a role here" in plain(answer)
    assert get(browser, "/desk/").status_code == 303  # type: ignore[arg-type]
    assert seen.scalars(select(Staff).where(Staff.subject.is_not(None))).all() == []
