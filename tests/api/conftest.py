"""A retailer with one promotion and one member, and a till that may call the API."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from coalition.members.person import Person
from coalition.partners.actions import add_partner
from coalition.partners.clients import add_client
from coalition.promotions.actions import publish
from partner_portal.api.callers import SCOPES
from partner_portal.api.web import create_api
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.ledger.house import House, new_member, open_house
from tests.transactions.bank import LONG_AGO, promotion

CARD, PHONE = "tok-0000001", "+79140000147"


@dataclass
class Till:
    """A client with its token, as a partner's program has them."""

    http: FlaskClient
    site: str
    client_id: str
    secret: str
    house: House
    member: UUID
    token: str = ""

    def sign_in(self, **form: str) -> TestResponse:
        """Ask for a token."""
        asked = {"grant_type": "client_credentials"} | form
        found = self.http.post(
            "/oauth/token", data=asked, auth=(self.client_id, self.secret), base_url=self.site
        )
        self.token = (found.json or {}).get("access_token", "")
        return found

    def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> TestResponse:
        """Send a body with the token, and with a key if there is one."""
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        if key:
            sent["Idempotency-Key"] = key
        return self.http.post(path, json=body, headers=sent, base_url=self.site)

    def get(self, path: str) -> TestResponse:
        """Read with the token."""
        return self.http.get(path, headers={"Authorization": f"Bearer {self.token}"}, base_url=self.site)


api = cache(create_api)
"""The application, made once."""


def furnished(slug: str = "shop", *hosts: str, card: str = CARD) -> Till:
    """A retailer served at <slug>.localhost: coffee gives 5 %, and Vera is a member. Nobody has signed in yet."""
    with db.transaction(None) as session:
        open_tenant(session, slug=slug, hosts=[f"{slug}.localhost", *hosts])
        house = open_house(session)
        member = new_member(session, house, person=Person(name="Vera", phone=PHONE), cards=[card])
        for funder, code in zip(house.funders, ("bakery", "coffee"), strict=True):
            add_partner(
                session, SYSTEM, participant_id=funder, code=code, name={"ru": code, "en": code},
                about={"ru": "", "en": ""}, category="food",
            )  # fmt: skip
        document = promotion({"kind": "percent", "rate": "5"}, conditions={"partners": ["coffee"]})
        publish(
            session, SYSTEM, programme_id=house.programme, code="five", document=document, starts_at=LONG_AGO
        )
        client, secret = add_client(
            session, SYSTEM, name="till 1", programme_id=house.programme,
            participant_id=house.funders[1], scopes=tuple(SCOPES),
        )  # fmt: skip
        return Till(api().test_client(), f"http://{slug}.localhost", client.id, secret, house, member)


@pytest.fixture
def till(house: None) -> Till:
    """The retailer's till, signed in."""
    found = furnished()
    signed = found.sign_in()
    assert signed.status_code == 200, signed.text
    return found
