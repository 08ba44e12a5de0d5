"""Certificates that run low are told by mail: once for each fall, to whoever asked, by a real server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from coalition.redemption.actions import load_certificates
from coalition.redemption.keeping import change_reward, version_of
from coalition.redemption.models import Certificate
from coalition.redemption.queries import reward_of_any_state
from coalition.redemption.watching import watch_stock
from tenants.actor import SYSTEM
from tenants.runtime import clock, db, jobs, settings
from tenants.runtime.errors import Refusal
from tenants.runtime.models import OutboxJob
from tests.messages.post_office import PostOffice, open_office
from tests.redemption.shop import open_shop

TO = ["anna@bank.example", "stock@bank.example"]
DAY = date(2099, 12, 31)


@pytest.fixture
def shop(tenant: int) -> int:
    """A shop with two codes of its gift, told when fewer than three are left."""
    with db.transaction(tenant) as session:
        open_shop(session)
        for code in session.scalars(select(Certificate)).all():
            session.delete(code)
        session.flush()
        load(session, "AAAA-1", "AAAA-2")
        ask_for_mail(session, TO, below=3)
    return tenant


@pytest.fixture
def office() -> Iterator[PostOffice]:
    before = settings.current()
    with open_office() as found:
        settings.use(replace(before, smtp_url=found.url, mail_from="points@bank.example"))
        yield found
    settings.use(before)


def load(session: db.Session, *codes: str) -> None:
    load_certificates(session, SYSTEM, reward_code="gift", codes=codes, valid_to=DAY)


def ask_for_mail(session: db.Session, to: list[str], below: int | None) -> None:
    reward = reward_of_any_state(session, "gift")
    change_reward(
        session, SYSTEM, reward_code="gift", name={"ru": "Подарок", "en": "Gift"}, about={}, offered=True,
        alert_below=below, alert_to=to, seen=version_of(reward),
    )  # fmt: skip


def looked(tenant: int) -> list[OutboxJob]:
    """Look at the stock, send what there is to send; the letters' jobs so far."""
    with db.transaction(tenant) as session:
        watch_stock(session)
    told = select(OutboxJob).where(OutboxJob.name == "redemption.tell_stock").order_by(OutboxJob.id)
    with db.transaction(tenant) as session:
        ids = [one.id for one in session.scalars(told) if one.state == "asked"]
    for one in ids:
        jobs.perform(tenant, str(one))
    with db.transaction(tenant) as session:
        return list(session.scalars(told))


def test_a_fall_is_told_once_and_the_next_one_again(shop: int, office: PostOffice) -> None:
    for _look in range(3):
        assert [one.state for one in looked(shop)] == ["done"]
    [(to, letter)] = office.letters
    assert to == TO
    assert (letter["From"], letter["To"]) == ("points@bank.example", ", ".join(TO))
    assert letter["Subject"] == "Сертификаты заканчиваются: Подарок"
    text = letter.get_content()
    assert "Осталось сертификатов «Подарок»: 2. Вы просили сообщить, когда их станет меньше 3." in text
    assert "AAAA" not in text
    with db.transaction(shop) as session:
        load(session, "AAAA-3")
    assert len(looked(shop)) == 1
    with db.transaction(shop) as session:
        session.delete(session.scalars(select(Certificate)).first())
    assert len(looked(shop)) == 2
    assert len(looked(shop)) == 2
    assert len(office.letters) == 2
    assert office.letters[0][1]["Message-ID"] != office.letters[1][1]["Message-ID"]


def test_a_server_that_is_away_is_asked_again_with_the_same_letter(shop: int, office: PostOffice) -> None:
    office.status = 450
    assert [(one.state, one.error) for one in looked(shop)] == [("asked", "mail_away (why=recipients)")]
    assert office.letters == []
    office.status = 250
    with clock.stopped(clock.now().replace(year=clock.now().year + 1)):
        assert [one.state for one in looked(shop)] == ["done"]
    assert len(office.letters) == 1


def test_a_server_that_takes_it_for_nobody_is_not_asked_again(shop: int, office: PostOffice) -> None:
    office.status = 550
    assert [one.state for one in looked(shop)] == ["failed"]
    assert office.letters == []


def test_nothing_is_told_where_nobody_asked_or_nothing_runs_low_or_no_mail_goes_out(
    shop: int, office: PostOffice
) -> None:
    with db.transaction(shop) as session:
        ask_for_mail(session, [], below=3)
    assert looked(shop) == []
    with db.transaction(shop) as session:
        ask_for_mail(session, TO, below=2)
    assert looked(shop) == []
    with db.transaction(shop) as session:
        ask_for_mail(session, TO, below=3)
    settings.use(replace(settings.current(), smtp_url=""))
    assert looked(shop) == []
    settings.use(replace(settings.current(), smtp_url=office.url))
    assert [one.state for one in looked(shop)] == ["done"]


@pytest.mark.parametrize("to", [["nobody"], ["a@b.example"] * 6, ["a b@c.example"]])
def test_what_is_no_address_is_refused_and_nothing_changed(shop: int, to: list[str]) -> None:
    with pytest.raises(Refusal, match="reward_alert_to"), db.transaction(shop) as session:
        ask_for_mail(session, to, below=3)
    with db.transaction(shop) as session:
        assert reward_of_any_state(session, "gift").alert_to == TO


def test_the_server_is_a_setting_and_needs_a_sender() -> None:
    told = settings.read(
        {"SMTP_URL": "smtps://me:p%40ss@mail.example:465", "MAIL_FROM": "points@bank.example"}
    )
    assert (told.smtp_url, told.mail_from) == ("smtps://me:p%40ss@mail.example:465", "points@bank.example")
    assert settings.read(told.environment()) == told
    for wrong in (
        {"SMTP_URL": "smtp://mail.example"},
        {"SMTP_URL": "mail.example", "MAIL_FROM": "a@b.example"},
    ):
        with pytest.raises(Refusal, match="setting_invalid"):
            settings.read(wrong)
