"""Every page of a sandbox says that it is one, and no page of a bank does."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tenants.models import Sandbox
from tenants.runtime import clock, db
from tests.cabinet.test_pages import HOST, PAGES, page

RIBBON = {
    "ru": "Песочница: здесь пробуют программы, настоящих баллов тут нет",
    "en": "A sandbox: programs are tried here, and nobody's points are real",
}


@pytest.fixture
def sandbox(tenant: int, client: FlaskClient) -> FlaskClient:
    """The member's browser; her bank is a sandbox, whose clock is half a year ahead."""
    with db.transaction(tenant) as session:
        session.add(Sandbox(tenant_id=tenant, terms_of="bank", ahead=timedelta(days=180)))
    db._on_time.clear()  # as in a process that has not met it yet
    return client


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_a_sandbox_has_its_ribbon(sandbox: FlaskClient, path: str, lang: str) -> None:
    assert page(sandbox, path, lang).count(RIBBON[lang]) == 1


def test_before_signing_in_the_ribbon_is_there_too(sandbox: FlaskClient, stranger: FlaskClient) -> None:
    answer = stranger.get("/sign-in", base_url=HOST, headers={"Accept-Language": "ru"})
    assert answer.get_data(as_text=True).count(RIBBON["ru"]) == 1


def test_no_page_of_a_bank_has_it(client: FlaskClient) -> None:
    assert 'class="ribbon"' not in page(client, "/")


def test_a_request_leaves_everybodys_clock_where_it_was(sandbox: FlaskClient) -> None:
    page(sandbox, "/")
    assert clock.now() - clock.real_now() < timedelta(seconds=1)
