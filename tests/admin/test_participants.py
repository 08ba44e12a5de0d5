"""Participants at the desk: who pays for points and takes them, and leaving by two people."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.care.terms import set_goodwill_terms
from coalition.partners.actions import admit_participant
from coalition.partners.models import Participant
from coalition.redemption.models import Reward
from tenants.actor import SYSTEM
from tenants.permissions import READING
from tenants.runtime import db
from tests.admin.world import Bank, get, plain, post, signed_by_another, signed_in

PAGE = "/desk/participants/"
POLUS = "Calder gift certificate"


@pytest.fixture
def shop(bank: Bank, seen: Session) -> Participant:
    """Whoever offers the certificate."""
    mine = select(Reward.participant_id).where(Reward.tenant_id == bank.tenant, Reward.code == "polus")
    return seen.get_one(Participant, (bank.tenant, seen.scalars(mine).one()))


def test_participants_are_told_with_what_goes_on(client: FlaskClient, shop: Participant) -> None:
    assert f"{PAGE}{shop.id}" in plain(get(client, PAGE))
    assert "Участники коалиции" in plain(get(client, PAGE, "ru"))
    page = plain(get(client, f"{PAGE}{shop.id}"))
    assert "/desk/rewards/polus" in page
    assert "It pays for points of goodwill" in page
    assert "Let it leave" not in page
    assert get(client, f"{PAGE}99").status_code == 404


def test_it_leaves_once_it_was_asked_for_and_signed(
    client: FlaskClient, bank: Bank, shop: Participant, seen: Session
) -> None:
    asked = post(client, f"{PAGE}{shop.id}/leave")
    assert (asked.status_code, POLUS in plain(asked), "Let " in plain(asked)) == (200, True, True)
    pays = post(client, f"{PAGE}{shop.id}/leave", sure="1")
    assert (pays.status_code, "It pays for points of goodwill" in plain(pays)) == (422, True)
    with db.transaction(bank.tenant) as session:
        admit_participant(session, SYSTEM, code="payer", name={"ru": "П", "en": "P"})
        terms = {"funder": "payer"}
        set_goodwill_terms(session, SYSTEM, programme_id=bank.world.programme.id, terms=terms)
    assert "Let it leave" in plain(get(client, f"{PAGE}{shop.id}"))
    sent = post(client, f"{PAGE}{shop.id}/leave", sure="1")
    assert sent.status_code == 303
    assert "That it leaves waits for a signature" in plain(get(client, f"{PAGE}{shop.id}"))
    seen.refresh(shop)
    assert shop.left_at is None
    assert "leaves the coalition" in plain(get(client, "/desk/approvals/"))
    assert signed_by_another(client, bank) == [303]
    seen.refresh(shop)
    assert shop.left_at is not None
    page = plain(get(client, f"{PAGE}{shop.id}"))
    assert "Nothing of its own is active" in page
    again = post(client, f"{PAGE}{shop.id}/leave", sure="1")
    assert (again.status_code, "has left the coalition" in plain(again)) == (409, True)
    assert post(client, f"{PAGE}{shop.id}/return").status_code == 303
    seen.refresh(shop)
    assert shop.left_at is None


def test_who_reads_alone_lets_nobody_leave(desk: Flask, bank: Bank, shop: Participant) -> None:
    reader = signed_in(desk, bank.tenant, READING, login="reader")
    assert "Let it leave" not in plain(get(reader, f"{PAGE}{shop.id}"))
    assert post(reader, f"{PAGE}{shop.id}/leave", sure="1").status_code == 403
    assert post(reader, f"{PAGE}{shop.id}/return").status_code == 403
