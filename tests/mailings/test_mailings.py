"""A mailing is offered, decided by another, goes out by day, once to each, and to nobody who does not want it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from coalition.mailings import sending
from coalition.mailings.actions import (
    approve_mailing,
    change_mailing,
    decline_mailing,
    offer_mailing,
    plan_mailing,
    stop_mailing,
    withdraw_mailing,
)
from coalition.mailings.audience import audience_of, size_of
from coalition.mailings.queries import bought_after, notices_of
from coalition.members.actions import note_consent, segment_mask
from coalition.messages import sending as texts
from coalition.messages.models import TextMessage
from coalition.partners.models import Participant
from coalition.privacy.actions import register
from coalition.privacy.erasing import erase
from coalition.segments.actions import retire_segment
from tenants.actor import SYSTEM, Actor
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.ledger.house import drain
from tests.mailings.town import (
    DAY,
    EVENING,
    NIGHT,
    NOON,
    PLAN,
    Town,
    figures,
    gateway,
    one,
    sent_out,
    went_to,
)

pytestmark = pytest.mark.usefixtures("house")


def test_it_goes_to_those_who_agreed_and_once(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        wants = [town.member(session, number) for number in range(3)]
        town.member(session, 7, agrees=False)
        refused = town.member(session, 8)
        number = town.approved(session)
    with clock.stopped(NOON):
        with db.transaction(town.tenant) as session:
            note_consent(session, refused, "ads", given=False)
        sent_out(town.tenant, number)
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            sending.send_slice(session, number)  # as if the job were repeated
            assert went_to(session, number) == set(wants)
            assert (one(session, number).state, figures(one(session, number))) == ("done", (5, 2, 0, 0, 3, 0))
            (notice,) = notices_of(session, wants[0])
            assert notice.text == (
                "Реклама. bank. Второй кофе в подарок до конца недели. Отказаться: https://test.localhost/notices"
            )
            assert notices_of(session, refused) == []


def test_jobs_do_all_of_it_by_themselves(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 2)
    with db.transaction(town.tenant) as session:
        members = [town.member(session, number) for number in range(3)]
        number = town.approved(session)
    drain(town.tenant)
    for moment, goes in ((NOON - timedelta(minutes=5), 0), (NOON, 3), (NOON + timedelta(hours=1), 3)):
        with clock.stopped(moment):
            with db.transaction(town.tenant) as session:
                sending.go_on(session)
            drain(town.tenant)
            with db.transaction(town.tenant) as session:
                assert went_to(session, number) == set(members[:goes])
    with db.transaction(town.tenant) as session:
        assert one(session, number).state == "done"


def test_nothing_begins_before_its_hour(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        town.member(session, 1)
        number = town.approved(session)
    with clock.stopped(NOON - timedelta(minutes=2)):
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            assert (one(session, number).state, went_to(session, number)) == ("scheduled", set())


def test_what_could_not_begin_by_day_is_missed(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        town.member(session, 1)
        number = town.approved(session)
    with clock.stopped(NIGHT):
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            assert (one(session, number).state, went_to(session, number)) == ("missed", set())


def test_a_participant_that_has_left_sends_nothing(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        town.member(session, 1)
        number = town.approved(session)
        session.get_one(Participant, (town.tenant, town.cafe)).left_at = clock.now()
    with clock.stopped(NOON):
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            assert (one(session, number).state, went_to(session, number)) == ("missed", set())


def test_what_is_for_a_segment_that_was_retired_meanwhile_does_not_begin(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        segment_mask(session, ["gold"])
        town.member(session, 1, segments=["gold"])
        number = town.approved(session, audience="segment", segment="gold")
        retire_segment(session, SYSTEM, code="gold")
    with clock.stopped(NOON):
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            assert (one(session, number).state, went_to(session, number)) == ("missed", set())


def test_slices_end_with_the_day(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 2)
    with db.transaction(town.tenant) as session:
        members = [town.member(session, number) for number in range(5)]
        number = town.approved(session)
    with clock.stopped(NOON), db.transaction(town.tenant) as session:
        sending.move(session, number)
        sending.send_slice(session, number)
    with clock.stopped(NIGHT), db.transaction(town.tenant) as session:
        sending.send_slice(session, number)
        assert went_to(session, number) == set(sorted(members)[:2])
        assert (one(session, number).state, figures(one(session, number))) == ("done", (2, 0, 0, 0, 2, 0))


def test_a_slice_that_is_given_up_has_sent_nothing_and_is_taken_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 2)
    with db.transaction(town.tenant) as session:
        members = [town.member(session, number) for number in range(5)]
        number = town.approved(session)
    with clock.stopped(NOON):
        with db.transaction(town.tenant) as session:
            sending.move(session, number)
        for _ in range(4):  # each slice is killed once at its end, and done twice afterwards
            with pytest.raises(KeyboardInterrupt), db.transaction(town.tenant) as session:
                sending.send_slice(session, number)
                raise KeyboardInterrupt
            with db.transaction(town.tenant) as session:
                sending.send_slice(session, number)
        with db.transaction(town.tenant) as session:
            assert went_to(session, number) == set(members)
            assert figures(one(session, number)) == (5, 0, 0, 0, 5, 0)


def test_those_who_bought_and_a_segment(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        segment_mask(session, ["gold"])
        met, other, gold = (
            town.member(session, number, segments=["gold"] if number == 3 else []) for number in (1, 2, 3)
        )
        town.buys(session, met, "cafe", EVENING - timedelta(days=40))
        town.buys(session, other, "stand", EVENING - timedelta(days=40))
        numbers = [
            town.approved(session, audience=audience, segment=segment)
            for audience, segment in (("met", ""), ("segment", "gold"))
        ]
    with clock.stopped(NOON):
        with db.transaction(town.tenant) as session:
            sizes = [size_of(session, audience_of(one(session, number))) for number in numbers]
            assert sizes == [1, 1]
        sent_out(town.tenant, *numbers)
        with db.transaction(town.tenant) as session:
            assert [went_to(session, number) for number in numbers] == [{met}, {gold}]


def test_texts_leave_by_the_gateway_and_a_refusal_holds_at_once(town: Town) -> None:
    with db.transaction(town.tenant) as session, gateway():
        first, second = town.member(session, 1), town.member(session, 2)
        town.member(session, 3, phone=False)
        number = town.approved(session, channel="text")
    with clock.stopped(NOON), gateway() as phone:
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            assert went_to(session, number) == {first, second}
            assert one(session, number).state == "sent"
            note_consent(session, second, "ads", given=False)
        with db.transaction(town.tenant) as session:
            for message in session.scalars(select(TextMessage).where(TextMessage.tenant_id == town.tenant)):
                texts.send(session, message_id=str(message.id))
        assert [(told["to"], told["text"]) for told in phone.told] == [
            (
                "+79140000001",
                "Реклама. bank. Второй кофе в подарок до конца недели. Отказаться: https://test.localhost/notices",
            )
        ]
        with db.transaction(town.tenant) as session:
            sending.move(session, number)
            assert (one(session, number).state, figures(one(session, number))) == ("done", (3, 0, 0, 1, 1, 1))


def test_what_waits_at_the_end_of_the_day_does_not_leave(town: Town) -> None:
    with db.transaction(town.tenant) as session, gateway():
        town.member(session, 1)
        number = town.approved(session, channel="text")
    with clock.stopped(NOON):
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            sending.move(session, number)
            assert one(session, number).state == "sent"  # its text waits for the gateway still
    with clock.stopped(NIGHT), gateway() as phone, db.transaction(town.tenant) as session:
        sending.move(session, number)
        message = session.scalars(select(TextMessage).where(TextMessage.tenant_id == town.tenant)).one()
        assert (message.state, message.sealed, message.phone) == ("failed", None, None)
        texts.send(session, message_id=str(message.id))
        assert phone.told == []
        assert (one(session, number).state, figures(one(session, number))) == ("done", (1, 0, 0, 0, 0, 1))


def test_what_is_stopped_does_not_leave_and_is_not_shown(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 1)
    with db.transaction(town.tenant) as session, gateway():
        members = sorted(town.member(session, number) for number in range(3))
        number = town.approved(session, channel="text")
    with clock.stopped(NOON), gateway() as phone, db.transaction(town.tenant) as session:
        sending.move(session, number)
        sending.send_slice(session, number)
        assert len(notices_of(session, members[0])) == 1
        stop_mailing(session, town.dora, mailing_id=number, reason="Wrong price")
        sending.send_slice(session, number)
        message = session.scalars(select(TextMessage).where(TextMessage.tenant_id == town.tenant)).one()
        texts.send(session, message_id=str(message.id))
        sending.move(session, number)
        assert (phone.told, notices_of(session, members[0])) == ([], [])
        assert (one(session, number).state, figures(one(session, number))) == (
            "withdrawn", (1, 0, 0, 0, 0, 1),
        )  # fmt: skip


def test_an_erasure_takes_what_waits(town: Town) -> None:
    with db.transaction(town.tenant) as session, gateway():
        leaves, stays = sorted(town.member(session, number) for number in range(2))
        number = town.approved(session, channel="text")
        second = town.approved(session)
    with clock.stopped(NOON), gateway() as phone, db.transaction(town.tenant) as session:
        sending.move(session, number)
        sending.send_slice(session, number)
        request = register(session, SYSTEM, member_id=leaves, kind="erasure")
        erase(session, SYSTEM, request_id=request.id)
        for message in session.scalars(select(TextMessage).where(TextMessage.tenant_id == town.tenant)).all():
            texts.send(session, message_id=str(message.id))
        assert len(phone.told) == 1
        sending.move(session, second)
        sending.send_slice(session, second)
        assert went_to(session, second) == {stays}


def test_how_many_bought_within_two_weeks(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        members = [town.member(session, number) for number in range(5)]
        town.buys(session, members[0], "cafe", NOON - timedelta(days=1))  # before it
        number = town.approved(session)
    with clock.stopped(NOON):
        sent_out(town.tenant, number)
    later = NOON + timedelta(days=30)
    with clock.stopped(later), db.transaction(town.tenant) as session:
        town.buys(session, members[1], "cafe", NOON + timedelta(days=13))
        town.buys(session, members[1], "cafe", NOON + timedelta(days=3), 2)
        town.buys(session, members[2], "stand", NOON + timedelta(days=1))  # elsewhere
        town.buys(session, members[3], "cafe", NOON + timedelta(days=14))  # too late
        assert bought_after(session, one(session, number)) == 1


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "without a title": ("mailing_title", {"title": " "}),
    "of a long title": ("mailing_title", {"title": "т" * 121}),
    "without words": ("mailing_words", {"words": "\n"}),
    "too long": ("mailing_long", {"words": "кофе " * 60}),
    "with a place for a name": ("mailing_placeholder", {"words": "Привет, {name}"}),
    "with another place for one": ("mailing_placeholder", {"words": "Привет, %(name)s"}),
    "with a card's number": ("card_number", {"words": "Карта 4111 1111 1111 1111"}),
    "with a link elsewhere": ("mailing_link", {"words": "Смотрите https://kofe.example/a"}),
    "with a link without its scheme": ("mailing_link", {"words": "Смотрите kofe.example"}),
    "with a link that is not encrypted": ("mailing_link", {"words": "На http://test.localhost/offers"}),
    "with a link that only begins so": ("mailing_link", {"words": "На https://test.localhost.evil.example"}),
    "with somebody else behind the host": ("mailing_link", {"words": "https://test.localhost@evil.example"}),
    "by post": ("mailing_channel", {"channel": "post"}),
    "to nobody in particular": ("mailing_audience", {"audience": "some"}),
    "to a segment that is not there": ("mailing_segment", {"audience": "segment", "segment": "gold"}),
    "for another's promotion": ("mailing_promotion", {"promotion": "groceries"}),
    "on no day": ("mailing_day", {"day": None}),
    "at eight in the morning": ("mailing_hour", {"hour": 8}),
    "at nine in the evening": ("mailing_hour", {"hour": 21}),
    "in the past": ("mailing_past", {"day": DAY - timedelta(days=2)}),
}


@pytest.mark.parametrize("which", WRONG)
def test_a_mailing_is_not_planned(town: Town, which: str) -> None:
    code, changed = WRONG[which]
    with pytest.raises(Refusal) as no, db.transaction(town.tenant) as session:
        town.planned(session, **changed)
    assert no.value.code == code
    with db.transaction(town.tenant) as session:
        mailing = town.planned(session)
    with pytest.raises(Refusal) as no, db.transaction(town.tenant) as session:
        change_mailing(session, town.anna, mailing_id=mailing.id, revision=1, plan=replace(PLAN, **changed))
    assert no.value.code == code
    with db.transaction(town.tenant) as session:
        kept = one(session, mailing.id)
        assert (kept.revision, kept.title, kept.words) == (1, PLAN.title, PLAN.words)


def test_a_link_to_the_tenants_own_place_may_be_there(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        words = "Скидка 10% с 1.12, см. https://test.localhost/offers."
        assert town.planned(session, words=words).words == words


def test_the_author_never_approves_and_a_partner_decides_nothing(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        number = town.planned(session).id
        offer_mailing(session, town.anna, mailing_id=number, revision=1)
    seen = {"mailing_id": number, "revision": 1}
    moved = Actor("staff", town.anna.id, EVERYTHING)  # she works for the programme now
    inside = Actor("staff", town.anna.id, EVERYTHING, participant_id=town.cafe)
    for who, refusal in (
        (moved, Refusal),
        (inside, Forbidden),
        (town.anna, Forbidden),
        (town.ivan, Forbidden),
    ):
        with pytest.raises(refusal) as no, db.transaction(town.tenant) as session:
            approve_mailing(session, who, **seen)
        assert no.value.code == ("second_pair_of_eyes" if who is moved else "not_permitted")
        with pytest.raises(refusal), db.transaction(town.tenant) as session:
            decline_mailing(session, who, reason="No", **seen)
    with db.transaction(town.tenant) as session:
        assert one(session, number).state == "offered"
        assert approve_mailing(session, town.dora, **seen).decided_by == town.dora.id


def test_the_way_and_its_trail(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        number = town.planned(session).id
        offer_mailing(session, town.anna, mailing_id=number, revision=1)
        decline_mailing(session, town.dora, mailing_id=number, revision=1, reason="Say until when")
        assert (one(session, number).state, one(session, number).reason) == ("declined", "Say until when")
        change_mailing(session, town.anna, mailing_id=number, revision=1, plan=PLAN)
        assert (one(session, number).state, one(session, number).reason) == ("draft", "")
        offer_mailing(session, town.anna, mailing_id=number, revision=2)
        for revision in (1, 3):
            with pytest.raises(Conflict, match="mailing_changed"):
                approve_mailing(session, town.dora, mailing_id=number, revision=revision)
        approve_mailing(session, town.dora, mailing_id=number, revision=2)
        for act in (
            lambda: change_mailing(session, town.anna, mailing_id=number, revision=2, plan=PLAN),
            lambda: offer_mailing(session, town.anna, mailing_id=number, revision=2),
            lambda: approve_mailing(session, town.dora, mailing_id=number, revision=2),
        ):
            with pytest.raises(Conflict, match="mailing_state"):
                act()
        withdraw_mailing(session, town.anna, mailing_id=number)
        with pytest.raises(Conflict, match="mailing_state"):
            stop_mailing(session, town.dora, mailing_id=number, reason="Late")
        trail = select(AuditEntry.verb).where(
            AuditEntry.tenant_id == town.tenant, AuditEntry.subject == f"mailing {number}"
        )
        assert session.scalars(trail.order_by(AuditEntry.number)).all() == [
            "mailing.save", "mailing.offer", "mailing.decline", "mailing.save", "mailing.offer",
            "mailing.approve", "mailing.withdraw",
        ]  # fmt: skip
    with clock.stopped(NOON):
        sent_out(town.tenant, number)
        with db.transaction(town.tenant) as session:
            assert (one(session, number).state, went_to(session, number)) == ("withdrawn", set())


def test_another_companys_mailing_is_not_found(town: Town) -> None:
    with db.transaction(town.tenant) as session:
        number = town.planned(session).id
    for act in (
        lambda s: change_mailing(s, town.ivan, mailing_id=number, revision=1, plan=PLAN),
        lambda s: offer_mailing(s, town.ivan, mailing_id=number, revision=1),
        lambda s: withdraw_mailing(s, town.ivan, mailing_id=number),
    ):
        with pytest.raises(NotFound, match="mailing_unknown"), db.transaction(town.tenant) as session:
            act(session)


def test_nobody_of_the_programme_plans_and_no_text_is_approved_that_would_not_leave(town: Town) -> None:
    with pytest.raises(Forbidden), db.transaction(town.tenant) as session:
        plan_mailing(session, town.dora, programme_id=town.programme, plan=PLAN)
    with pytest.raises(Refusal, match="texts_not_sent"), db.transaction(town.tenant) as session:
        town.approved(session, channel="text")
