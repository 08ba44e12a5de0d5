"""A furnished bank with a profile, its staff, and browsers in which they have signed in."""

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from coalition.redemption.actions import redeem
from coalition.transactions.profile_versions import add_profile
from tenants.actor import SYSTEM
from tenants.actor import member as acting
from tenants.approvals.models import Approval, ApprovalDecision
from tenants.auth.sign_ins import sign_in
from tenants.models import Staff
from tenants.permissions import EVERYTHING, READING, Permission
from tenants.runtime import clock, db
from tests.cabinet.world import World, furnish
from tests.people import hire
from tests.transactions.bank import COLUMNS, PROFILE, line

HOST = "http://test.localhost"
PASSWORD = "a long password of the staff"
CARD = "token-4821"
SEEN_WITH = {"ledger": ("return",), "member": ("code",), "promotion": ("promotion", "draw")}
"""What sections somebody sees who may do something with such things, where these are called otherwise."""


@dataclass
class Bank:
    """What the tests speak of."""

    tenant: int
    world: World


def furnished(tenant: int, slug: str = "avacha") -> Bank:
    """The tenant with members, rewards, a fund, and the profile of the file tests."""
    with db.transaction(tenant) as session:
        world = furnish(session, slug, clock.now())
        currency = world.programme.currency
        add_profile(session, SYSTEM, document=PROFILE | {"title": "Card operations", "currency": currency})
    return Bank(tenant, world)


def signed_in(
    app: Flask,
    tenant: int,
    permissions: Collection[Permission] = EVERYTHING,
    login: str = "dora",
    name: str = "Dora Marsh",
) -> FlaskClient:
    """A browser in which a person with these permissions has signed in.

    Who may do something with a kind of things sees their section, too; of members only their codes.
    """
    kinds = [str(one).split(":")[1] for one in permissions]
    sections = {f"desk:{seen}:read" for kind in kinds for seen in SEEN_WITH.get(kind, (kind,))}
    permissions = {*permissions, *(one for one in READING if one in sections)}
    with db.transaction(tenant) as session:
        staff = hire(session, login=login, name=name, password=PASSWORD, permissions=permissions)
        session.flush()
        secret = sign_in(session, kind="staff", subject_id=staff.id)
    client = app.test_client()
    client.set_cookie("staff", secret, domain="test.localhost", path="/desk")
    return client


def content(*lines: str) -> bytes:
    """A file of the profile."""
    return "\n".join([",".join(COLUMNS), *lines, ""]).encode()


def one_line(reference: str = "a", amount: object = 1000) -> bytes:
    """A file of one purchase of groceries by the bank's member."""
    return content(line(CARD, "2026-11-20", amount, reference=reference))


def upload(
    client: FlaskClient,
    data: bytes,
    name: str = "f.csv",
    profile: str = "cards",
    lang: str = "en",
    to: str = "/desk/files/new",
) -> TestResponse:
    """Send a file by the form."""
    form: Mapping[str, Any] = {"profile": profile, "file": FileStorage(io.BytesIO(data), name)}
    boundary, body = encode_multipart(form)
    return client.post(
        to,
        base_url=HOST,
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Accept-Language": lang},
    )


def get(client: FlaskClient, path: str, lang: str = "en") -> TestResponse:
    """Ask for a page."""
    return client.get(path, base_url=HOST, headers={"Accept-Language": lang})


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    """Press a button."""
    return client.post(path, base_url=HOST, data=form, headers={"Accept-Language": "en"})


def plain(answer: TestResponse) -> str:
    """A page's text with every kind of space made plain."""
    text = answer.get_data(as_text=True).replace("&#39;", "'").replace("&quot;", '"')
    return " ".join(text.replace("\u202f", " ").replace("\xa0", " ").split())


def spend(bank: Bank, reward: str, **choice: int) -> UUID:
    """The member redeems; returns the redemption."""
    member = bank.world.member_id
    with db.transaction(bank.tenant) as session:
        made = redeem(
            session,
            acting(member),
            member_id=member,
            reward_code=reward,
            choice=choice,
            request_id=str(uuid4()),
        )
        return made.id


def signer(client: FlaskClient, bank: Bank) -> FlaskClient:
    """The browser of another person of the staff with every permission."""
    with db.transaction(bank.tenant) as session:
        known = session.scalars(
            select(Staff).where(Staff.tenant_id == bank.tenant, Staff.login == "signer")
        ).first()
    if known is None:
        return signed_in(client.application, bank.tenant, login="signer", name="Ivan Roe")
    with db.transaction(bank.tenant) as session:
        secret = sign_in(session, kind="staff", subject_id=known.id)
    browser = client.application.test_client()
    browser.set_cookie("staff", secret, domain="test.localhost", path="/desk")
    return browser


def signed_by_another(client: FlaskClient, bank: Bank) -> list[int]:
    """Another person signs everything that waits, at the desk; how each was answered."""
    with db.transaction(bank.tenant) as session:
        asked = session.scalars(
            select(Approval.id)
            .where(
                Approval.tenant_id == bank.tenant,
                Approval.id.not_in(
                    select(ApprovalDecision.approval_id).where(ApprovalDecision.tenant_id == bank.tenant)
                ),
            )
            .order_by(Approval.id)
        ).all()
    browser = signer(client, bank)
    return [post(browser, f"/desk/approvals/{one}/sign").status_code for one in asked]
