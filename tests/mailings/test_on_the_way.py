"""What becomes of a mailing whose slice fails, whose company leaves, whose promotion ends, whose member is broken."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from coalition.mailings import sending
from coalition.mailings.actions import approve_mailing, offer_mailing
from coalition.mailings.queries import notices_of
from coalition.members.actions import note_consent
from coalition.members.models import MemberPerson
from coalition.messages import sending as texts
from coalition.messages.models import TextMessage
from coalition.partners.models import Participant
from coalition.promotions.actions import publish
from coalition.promotions.life import end
from tenants.actor import SYSTEM
from tenants.models import AuditEntry
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tenants.runtime.models import OutboxJob
from tests.ledger.house import drain
from tests.mailings.town import EVENING, NIGHT, NOON, Town, figures, gateway, one, sent_out, went_to

pytestmark = pytest.mark.usefixtures("house")
CUP = {
    "title": {"ru": "Чашка", "en": "Cup"},
    "mechanic": {"kind": "fixed", "points": "5"},
    "conditions": {"partners": ["cafe"]},
    "funding": [{"participant": "bank", "share": 100}],
}


def given_up(town: Town, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[object]]:
    """A mailing whose second slice has failed for good."""
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 2)
    with db.transaction(town.tenant) as session:
        members = [town.member(session, number) for number in range(5)]
        number = town.approved(session)
    drain(town.tenant)
    with clock.stopped(NOON), db.transaction(town.tenant) as session:
        sending.move(session, number)
        sending.send_slice(session, number)
        session.flush()
        waiting = select(OutboxJob).where(OutboxJob.tenant_id == town.tenant, OutboxJob.state == "asked")
        for job in session.scalars(waiting):
            job.state, job.finished_at = "failed", clock.now()
    return number, sorted(members)


def test_a_mailing_whose_slice_has_failed_is_gone_on_with(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, members = given_up(town, monkeypatch)
    with clock.stopped(NOON + timedelta(minutes=5)):
        with db.transaction(town.tenant) as session:
            for _twice in range(2):
                sending.move(session, number)
                session.flush()
            slices = select(OutboxJob.id).where(
                OutboxJob.tenant_id == town.tenant,
                OutboxJob.name == "mailings.slice",
                OutboxJob.state == "asked",
            )
            assert len(session.scalars(slices).all()) == 1
            sending.go_on(session)
        drain(town.tenant)
        with db.transaction(town.tenant) as session:
            assert went_to(session, number) == set(members)
            assert (one(session, number).state, one(session, number).sent) == ("done", 5)


def test_a_mailing_whose_slice_has_failed_ends_with_its_day(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, members = given_up(town, monkeypatch)
    with clock.stopped(NIGHT):
        with db.transaction(town.tenant) as session:
            sending.go_on(session)
        drain(town.tenant)
        with db.transaction(town.tenant) as session:
            assert went_to(session, number) == set(members[:2])
            assert (one(session, number).state, one(session, number).sent) == ("done", 2)


def test_a_member_whose_person_does_not_open_keeps_nobody_waiting(town: Town) -> None:
    with db.transaction(town.tenant) as session, gateway():
        broken, whole = sorted(town.member(session, number) for number in range(2))
        number = town.approved(session, channel="text")
        row = session.get_one(MemberPerson, (town.tenant, broken))
        row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    with clock.stopped(NOON), gateway() as phone:
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            message = session.scalars(select(TextMessage).where(TextMessage.tenant_id == town.tenant)).one()
            assert message.member_id == whole
            texts.send(session, message_id=str(message.id))
            sending.move(session, number)
            assert (len(phone.told), notices_of(session, broken)) == (1, [])
            assert (one(session, number).state, figures(one(session, number))) == (
                "done", (2, 0, 0, 0, 1, 1),
            )  # fmt: skip


@pytest.mark.parametrize("step", ["slice", "move"])
def test_nothing_more_goes_out_of_a_company_that_leaves_meanwhile(
    town: Town, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 1)
    with db.transaction(town.tenant) as session, gateway():
        members = sorted(town.member(session, number) for number in range(2))
        number = town.approved(session, channel="text")
    with clock.stopped(NOON), gateway() as phone, db.transaction(town.tenant) as session:
        sending.move(session, number)
        sending.send_slice(session, number)
        session.get_one(Participant, (town.tenant, town.cafe)).left_at = clock.now()
        (sending.send_slice if step == "slice" else sending.move)(session, number)
        message = session.scalars(select(TextMessage).where(TextMessage.tenant_id == town.tenant)).one()
        texts.send(session, message_id=str(message.id))
        assert (went_to(session, number), phone.told) == ({members[0]}, [])
        assert (message.state, message.sealed) == ("failed", None)
        kept = one(session, number)
        assert (kept.state, kept.ended_at, kept.sent, kept.failed) == ("withdrawn", NOON, 0, 1)
        assert notices_of(session, members[0]) == []
        last = select(AuditEntry.verb).where(AuditEntry.subject == f"mailing {number}")
        assert session.scalars(last.order_by(AuditEntry.number.desc())).first() == "mailing.stop"


def test_what_is_for_a_promotion_that_is_over_is_neither_approved_nor_begun(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        town.member(session, 1)
        publish(
            session, SYSTEM, programme_id=town.programme, code="cup", document=CUP,
            starts_at=clock.now() + timedelta(seconds=1),
        )  # fmt: skip
        approved = town.approved(session, promotion="cup")
        waits = town.planned(session, promotion="cup").id
        offer_mailing(session, town.anna, mailing_id=waits, revision=1)
    with clock.stopped(EVENING + timedelta(hours=1)), db.transaction(town.tenant) as session:
        end(session, SYSTEM, code="cup")
    with (
        clock.stopped(EVENING + timedelta(hours=2)),
        pytest.raises(Refusal, match="mailing_promotion_over"),
        db.transaction(town.tenant) as session,
    ):
        approve_mailing(session, town.dora, mailing_id=waits, revision=1)
    with clock.stopped(NOON):
        sent_out(town.tenant, approved)
        with db.transaction(town.tenant) as session:
            assert (one(session, approved).state, went_to(session, approved)) == ("missed", set())


def test_who_refused_sees_no_advertising_that_was_not_delivered_before(town: Town) -> None:
    with db.transaction(town.tenant) as session, gateway():
        got, refused, waits = sorted(town.member(session, number) for number in range(3))
        number = town.approved(session, channel="text")
    with clock.stopped(NOON), gateway():
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            rows = select(TextMessage).where(TextMessage.tenant_id == town.tenant)
            message = {row.member_id: str(row.id) for row in session.scalars(rows)}
            texts.send(session, message_id=message[got])
            note_consent(session, refused, "ads", given=False)
            assert [len(notices_of(session, who)) for who in (got, refused, waits)] == [1, 0, 1]
            texts.send(session, message_id=message[refused])
    with clock.stopped(NOON + timedelta(minutes=5)), db.transaction(town.tenant) as session:
        for who in (got, refused):
            note_consent(session, who, "ads", given=who is refused)
        assert [len(notices_of(session, who)) for who in (got, refused)] == [1, 0]
    with clock.stopped(NIGHT), db.transaction(town.tenant) as session:
        sending.move(session, number)
    for days, seen in ((89, 1), (91, 0)):
        with clock.stopped(NOON + timedelta(days=days)), db.transaction(town.tenant) as session:
            texts.tidy(session)
            assert [len(notices_of(session, who)) for who in (got, refused, waits)] == [seen, 0, 0]
