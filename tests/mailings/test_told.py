"""What a company is told of an audience: as it was when the day began, of few a day, and never of fewer than twenty."""

from datetime import timedelta

import pytest

from coalition.mailings import audience, sending
from coalition.mailings.actions import offer_mailing
from coalition.mailings.audience import Audience, size_for_company, size_of
from coalition.members.actions import note_consent
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tests.ledger.house import drain
from tests.mailings.town import EVENING, NOON, Town, one, sent_out, went_to

pytestmark = pytest.mark.usefixtures("house")
DAY = timedelta(days=1)


def met(town: Town) -> Audience:
    return Audience(town.programme, town.cafe, "met", None)


def test_a_sale_of_today_moves_nothing_a_company_is_told(town: Town) -> None:
    with clock.stopped(EVENING - 3 * DAY), db.transaction(town.tenant) as session:
        known, added, quiet = (town.member(session, number) for number in range(3))
        town.buys(session, known, "cafe", EVENING - 4 * DAY)
    with db.transaction(town.tenant) as session:
        town.buys(session, added, "cafe", EVENING - 2 * DAY)  # told today, of a day before
        assert size_of(session, met(town)) == 1
        town.buys(session, quiet, "cafe", EVENING)
        note_consent(session, known, "ads", given=False)
        assert size_of(session, met(town)) == 1
    with clock.stopped(EVENING + DAY), db.transaction(town.tenant) as session:
        assert size_of(session, met(town)) == 2


def test_a_size_is_counted_once_a_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction(town.tenant) as session:
        assert size_of(session, met(town)) == 0
    counted: list[object] = []
    monkeypatch.setattr(audience, "_count", lambda *_: counted.append(_) or 77)
    with db.transaction(town.tenant) as session:
        assert (size_of(session, met(town)), counted) == (0, [])
    with clock.stopped(EVENING + DAY), db.transaction(town.tenant) as session:
        assert size_of(session, met(town)) == 77


def test_a_company_is_told_the_sizes_of_so_many_audiences_a_day(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "LOOKS_MOST", 2)
    everybody, gold = met(town)._replace(kind="all"), met(town)._replace(kind="segment", segment_bit=0)
    with db.transaction(town.tenant) as session:
        for _again in range(3):
            assert [size_for_company(session, found) for found in (met(town), everybody)] == [0, 0]
        with pytest.raises(Refusal, match="mailing_looks"):
            size_for_company(session, gold)
        assert size_for_company(session, gold._replace(participant_id=town.shop)) == 0
    with clock.stopped(EVENING + DAY), db.transaction(town.tenant) as session:
        assert size_for_company(session, gold) == 0


def test_what_would_go_to_fewer_than_twenty_is_not_approved(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "LEAST", 20)
    with db.transaction(town.tenant) as session:
        for number in range(19):
            town.member(session, number)
        town.member(session, 30, agrees=False)
    with pytest.raises(Refusal, match="mailing_few"), db.transaction(town.tenant) as session:
        town.approved(session)
    with db.transaction(town.tenant) as session:
        last = town.member(session, 19)
        number = town.approved(session)
    with clock.stopped(NOON):
        with db.transaction(town.tenant) as session:
            note_consent(session, last, "ads", given=False)
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            assert (one(session, number).state, went_to(session, number)) == ("missed", set())


def test_how_many_bought_is_counted_once_when_the_days_are_over(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        members = [town.member(session, number) for number in range(3)]
        number = town.approved(session)
        offer_mailing(session, town.anna, mailing_id=town.planned(session).id, revision=1)
    with clock.stopped(NOON):
        sent_out(town.tenant, number)
    known = NOON + timedelta(days=14, hours=9)  # two weeks after the end of its day
    for moment, bought in ((known - timedelta(hours=1), None), (known, 1), (known + DAY, 1)):
        with clock.stopped(moment):
            with db.transaction(town.tenant) as session:
                sending.go_on(session)
            drain(town.tenant)
            with db.transaction(town.tenant) as session:
                assert one(session, number).bought == bought
                # whatever is told afterwards changes nothing
                town.buys(session, members[1 if bought else 0], "cafe", NOON + DAY, moment.day)
