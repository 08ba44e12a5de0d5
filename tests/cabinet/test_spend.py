"""Spending: which card is told, and what a second press of the button does."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from charity.face import gift_sums
from coalition.members.models import Handle, HandleKind
from coalition.redemption.models import Reward
from coalition.redemption.payouts import make_register, mark_returned
from tenants.actor import SYSTEM
from tenants.parts import Part, switch
from tenants.runtime import db
from tests.cabinet.world import World

HOST = "http://test.localhost"


def page(client: FlaskClient, path: str) -> str:
    """A page's text in English, which must be found; every kind of space made plain."""
    answer = client.get(path, base_url=HOST, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return " ".join(answer.get_data(as_text=True).replace("\xa0", " ").split())


def press(client: FlaskClient, path: str, **form: str) -> TestResponse:
    """Press a button."""
    return client.post(path, base_url=HOST, data=form, headers={"Accept-Language": "en"})


def test_a_card_is_told_by_the_digits_its_token_ends_with(client: FlaskClient) -> None:
    assert "•• 4821" in page(client, "/spend")
    assert "<dt>Bank card</dt><dd>•• 4821</dd>" in page(client, "/profile")


@pytest.mark.parametrize("tail", ["a9f0", "", "12"])
def test_a_token_that_ends_with_no_four_digits_is_not_told_as_a_card(
    client: FlaskClient, seen: Session, world: World, tail: str
) -> None:
    tokens = Handle.member_id == world.member_id, Handle.kind == HandleKind.CARD_TOKEN
    seen.execute(update(Handle).where(*tokens).values(hint=tail))
    made = press(client, "/spend/cashback", points="100", request_id=str(uuid4()))
    pages = [page(client, path) for path in ("/spend", "/spent", made.headers["Location"])]
    assert not [shown for shown in pages if "••" in shown]
    assert "<dt>Where to</dt><dd>your account</dd>" in pages[0]
    assert "₽100 to your card" in pages[1]
    assert "<dt>Bank card</dt><dd>linked</dd>" in page(client, "/profile")


def test_a_second_press_is_the_same_redemption_after_the_reward_was_withdrawn(
    client: FlaskClient, seen: Session
) -> None:
    form = {"points": "100", "request_id": str(uuid4())}
    first = press(client, "/spend/cashback", **form)
    seen.execute(update(Reward).where(Reward.code == "cashback").values(offered=False))
    again = press(client, "/spend/cashback", **form)
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    anew = press(client, "/spend/cashback", points="100", request_id=str(uuid4()))
    assert anew.status_code == 404


def test_a_payout_that_came_back_is_told_as_cancelled(client: FlaskClient, seen: Session) -> None:
    made = press(client, "/spend/cashback", points="100", request_id=str(uuid4())).headers["Location"]
    assert "Cancel and take back 100 sparks" in page(client, made)
    register = make_register(seen, SYSTEM, payee="cashback")
    assert register is not None
    seen.flush()
    assert "Cancel and take back" not in page(client, made)
    mark_returned(seen, SYSTEM, register_id=register.id, payout_id=UUID(made.rsplit("/", 1)[1]))
    seen.flush()
    shown = page(client, made)
    assert "The cashback is cancelled" in shown
    assert "The points are back where they came from" in shown
    assert "Cancel and take back" not in shown


@pytest.mark.parametrize(
    ("most", "sums"), [(1_000_000, [100, 500, 1000]), (999, [100, 500]), (100, [100]), (99, [])]
)
def test_a_gift_is_proposed_by_what_the_fund_asks_for(most: int, sums: list[int]) -> None:
    assert gift_sums(10, most) == sums


@pytest.mark.parametrize("request_id", ["", "x" * 65])
def test_a_press_without_a_name_of_its_own_spends_nothing(client: FlaskClient, request_id: str) -> None:
    found = press(client, "/spend/cashback", points="100", request_id=request_id)
    assert found.status_code == 404


def test_what_is_switched_off_has_no_place_in_the_cabinet(client: FlaskClient, tenant: int) -> None:
    assert ("Good causes" in page(client, "/spend"), "My claims" in page(client, "/more")) == (True, True)
    with db.transaction(tenant) as session:
        for part in (Part.CHARITY, Part.CLAIMS):
            switch(session, SYSTEM, part=part, on=False)
    assert ("Good causes" in page(client, "/spend"), "My claims" in page(client, "/more")) == (False, False)
