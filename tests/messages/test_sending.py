"""Texts: handed to a real gateway once, tried again while it is away, forgotten when they are done with."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from coalition.messages import sending
from coalition.messages.actions import send_text, texts_go_out
from coalition.messages.models import TextMessage, What
from coalition.programmes.queries import programme_by_id
from tenants.runtime import clock, db, jobs, settings
from tenants.runtime.errors import Refusal
from tenants.runtime.models import OutboxJob
from tests.ledger.house import House, open_house
from tests.webhooks.receiver import Receiver, receiving

PHONE = "+79140000147"


@pytest.fixture
def shop(tenant: int) -> House:
    with db.transaction(tenant) as session:
        return open_house(session)


@pytest.fixture
def gateway() -> Iterator[Receiver]:
    """A gateway that this deployment sends by, with a token."""
    before = settings.current()
    with receiving(status=202) as receiver:
        settings.use(replace(before, sms_url=receiver.url, sms_token="t0ken"))
        yield receiver
    settings.use(before)


def asked(shop: House, phone: str = PHONE, seconds: int = 600) -> UUID:
    with db.transaction(shop.tenant) as session:
        return send_text(
            session, programme_by_id(session, shop.programme), what=What.SIGN_IN, member_id=None,
            phone=phone, message="%(programme)s: %(code)s",
            until=clock.now() + timedelta(seconds=seconds), code="123456",
        )  # fmt: skip


def performed(shop: House) -> OutboxJob:
    """The text's job, after one try."""
    with db.transaction(shop.tenant) as session:
        query = select(OutboxJob.id).where(
            OutboxJob.tenant_id == shop.tenant, OutboxJob.name == "messages.send"
        )
        row_id = session.scalars(query).one()
    jobs.perform(shop.tenant, str(row_id))
    with db.transaction(shop.tenant) as session:
        return session.get_one(OutboxJob, (shop.tenant, row_id))


def state(shop: House, message: UUID) -> tuple[str, int | None, bool]:
    """What is known of it: its state, what the gateway said, and whether its words are still there."""
    with db.transaction(shop.tenant) as session:
        row = session.get_one(TextMessage, (shop.tenant, message))
        return row.state, row.status, row.sealed is not None


def test_a_text_is_handed_over_once_and_forgotten(shop: House, gateway: Receiver) -> None:
    message = asked(shop)
    assert state(shop, message) == ("waiting", None, True)
    assert performed(shop).state == "done"
    with db.transaction(shop.tenant) as session:
        sending.send(session, message_id=str(message))
    [(headers, _)] = gateway.got
    assert gateway.told == [{"id": str(message), "to": PHONE, "text": "П: 123456"}]
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer t0ken", str(message))
    assert state(shop, message) == ("sent", 202, False)


@pytest.mark.parametrize("status", [503, 429, 301, 304, 401, 402, 403, 404])
def test_a_gateway_that_is_away_is_asked_again(shop: House, gateway: Receiver, status: int) -> None:
    message, gateway.status = asked(shop), status
    tried = performed(shop)
    assert (tried.state, tried.attempts, tried.error) == ("asked", 1, f"gateway_away (status={status})")
    assert state(shop, message) == ("waiting", None, True)
    gateway.status = 200
    with clock.stopped(clock.now() + timedelta(seconds=5)):
        assert performed(shop).state == "done"
    assert (gateway.told[0], state(shop, message)) == (gateway.told[1], ("sent", 200, False))


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == sending.__name__]


def test_what_comes_too_late_is_not_sent(
    shop: House, gateway: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    message = asked(shop, seconds=0)
    assert performed(shop).state == "done"
    assert (gateway.got, state(shop, message)) == ([], ("failed", None, False))
    assert logged(caplog) == [f"The text {message} came too late"]


@pytest.mark.parametrize("status", [400, 410, 422])
def test_what_the_gateway_refuses_is_not_tried_again_and_told_by_its_id(
    shop: House, gateway: Receiver, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    message, gateway.status = asked(shop), status
    assert performed(shop).state == "done"
    assert (len(gateway.got), state(shop, message)) == (1, ("failed", status, False))
    assert logged(caplog) == [f"The gateway refused the text {message}: {status}"]


def test_a_success_whose_body_cannot_be_read_is_one(shop: House, gateway: Receiver) -> None:
    message = asked(shop)
    gateway.status, gateway.encoding, gateway.answer = 200, "gzip", b"not gzip at all"
    assert performed(shop).state == "done"
    assert (len(gateway.got), state(shop, message)) == (1, ("sent", 200, False))


def test_a_text_to_nobody_is_the_same_row_and_no_call(shop: House, gateway: Receiver) -> None:
    message = asked(shop, phone="")
    assert performed(shop).state == "done"
    assert (gateway.got, state(shop, message)) == ([], ("sent", None, False))


def test_without_a_gateway_nothing_goes_out(shop: House) -> None:
    assert not texts_go_out()
    message = asked(shop)
    assert performed(shop).error == "gateway_away (why=SMS_URL is not set)"
    assert state(shop, message) == ("waiting", None, True)


def test_a_month_later_nothing_is_known_of_it(shop: House, gateway: Receiver) -> None:
    message, waiting = asked(shop), asked(shop)
    with db.transaction(shop.tenant) as session:
        sending.send(session, message_id=str(message))
    with clock.stopped(clock.now() + timedelta(days=31)), db.transaction(shop.tenant) as session:
        sending.tidy(session)
        assert session.scalars(select(TextMessage.id)).all() == [waiting]


def test_what_nobody_sends_any_more_is_forgotten_once_it_is_of_no_use(
    shop: House, gateway: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    over, useful = asked(shop, seconds=599), asked(shop, seconds=601)
    with clock.stopped(clock.now() + timedelta(seconds=600)), db.transaction(shop.tenant) as session:
        sending.tidy(session)
    assert (state(shop, over), state(shop, useful)) == (("failed", None, False), ("waiting", None, True))
    assert logged(caplog) == [f"The text {over} came too late"]


def test_the_gateways_address_is_a_setting() -> None:
    told = settings.read({"SMS_URL": "https://sms.example/send", "SMS_TOKEN": "t"})
    assert (told.sms_url, told.sms_token) == ("https://sms.example/send", "t")
    with pytest.raises(Refusal, match="SMS_URL"):
        settings.read({"SMS_URL": "sms.example"})
