"""The desk of a sandbox says what it is."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tenants.models import Sandbox
from tenants.runtime import db
from tests.admin.world import Bank, get, signed_in

RIBBON = {
    "ru": "Песочница: здесь пробуют программы, настоящих баллов тут нет",
    "en": "A sandbox: programs are tried here, and nobody's points are real",
}


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("path", ["/desk/", "/desk/files/", "/desk/promotions/", "/desk/sign-in"])
def test_a_page_of_a_sandboxs_desk_has_its_ribbon(desk: Flask, bank: Bank, path: str, lang: str) -> None:
    with db.transaction(bank.tenant) as session:
        session.add(Sandbox(tenant_id=bank.tenant, terms_of="bank"))
    db._on_time.clear()  # as in a process that has not met it yet
    browser = desk.test_client() if path == "/desk/sign-in" else signed_in(desk, bank.tenant)
    answer = get(browser, path, lang)
    assert (answer.status_code, answer.get_data(as_text=True).count(RIBBON[lang])) == (200, 1)


def test_the_desk_of_a_bank_has_none(client: FlaskClient) -> None:
    assert 'class="ribbon"' not in get(client, "/desk/").get_data(as_text=True)
