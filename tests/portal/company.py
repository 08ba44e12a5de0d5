"""A local café that applies and is admitted, and its people's browsers."""

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from coalition.programmes.queries import the_programme
from coalition.settlement import joining
from coalition.settlement.joining import Admitted, Offer
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.runtime import db, jobs
from tenants.runtime.models import OutboxJob
from tenants.staff import invite_staff
from tests.admin.world import Bank

FORM = {
    "legal_name": "ООО «Кофейня на Невском»",
    "inn": "7707083893",
    "kpp": "773601001",
    "ogrn": "1027700132195",
    "address": "Санкт-Петербург, Невский пр., 1",
    "brand": "Кофейня",
    "about": "Кофе и булочки",
    "category": "cafe",
    "contact_name": "Анна Ветрова",
    "email": "anna@kofe.example",
    "phone": "8 (921) 555-01-02",
}
TRADER = {"inn": "500100732259", "kpp": "", "ogrn": "304500116000157"}
"""What a sole trader writes instead."""
OFFER = Offer("12/2026", "spent", Decimal("2.5"))


def admitted(bank: Bank, code: str = "kofe", **changed: str) -> Admitted:
    """A company that applied and was admitted."""
    with db.transaction(bank.tenant) as session:
        number = joining.apply(session, form=FORM | changed, language="ru").id
        return joining.admit(
            session, SYSTEM, number=number, code=code, offer=OFFER, programme=the_programme(session)
        )


def manager(
    desk: Flask,
    bank: Bank,
    participant: int,
    roles: Collection[str] = ("partner-manager",),
    login: str = "mira",
) -> FlaskClient:
    """The browser of one of its people, signed in."""
    with db.transaction(bank.tenant) as session:
        person = invite_staff(
            session, SYSTEM, login=login, name=login.title(), password="a long password of hers",
            roles=roles, participant_id=participant,
        )  # fmt: skip
        session.flush()
        secret = sign_in(session, kind="staff", subject_id=person.id)
    browser = desk.test_client()
    browser.set_cookie("staff", secret, domain="test.localhost", path="/desk")
    return browser


def said(answer: Any) -> str:
    """The text of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def tell_all(tenant: int) -> None:
    """Have people of companies told by mail what waits to be told."""
    for name in ("messages.tell_partner", "messages.tell_person"):
        with db.transaction(tenant) as session:
            waiting = session.scalars(select(OutboxJob.id).where(OutboxJob.name == name)).all()
        for one in waiting:
            jobs.perform(tenant, str(one))
