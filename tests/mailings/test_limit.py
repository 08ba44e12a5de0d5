"""Nobody gets more advertising in seven days than the terms let her have, whatever is planned and whoever sends it."""

from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from coalition.mailings import sending
from coalition.mailings.models import Mailing, MailingMember
from coalition.mailings.terms import MailingTerms, mailing_terms, set_mailing_terms
from coalition.members.actions import note_consent
from coalition.programmes.queries import programme_by_id
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.errors import Refusal
from tenants.runtime.settings import Settings
from tests.mailings.town import DAY, EVENING, NOON, Town, sent_out, went_to

MEMBERS, WEEK = 4, timedelta(days=7)


def opened(per_week: int) -> Town:
    """A town of its own whose members get so much."""
    slug = f"t{uuid4().hex[:12]}"
    with db.transaction(None) as session:
        tenant = open_tenant(session, slug=slug, hosts=[f"{slug}.localhost"]).id
    with db.transaction(tenant) as session:
        made = Town(session)
        set_mailing_terms(session, SYSTEM, programme_id=made.programme, terms={"per_week": per_week})
    return made


def expected(plans: Sequence[tuple[datetime, frozenset[int]]], per_week: int) -> list[set[int]]:
    """Whom each plan reaches, by a loop over members: those who agree and had fewer than that in seven days."""
    had: dict[int, list[datetime]] = {one: [] for one in range(MEMBERS)}
    found = []
    for moment, wanting in plans:
        reached = {one for one in wanting if sum(moment - WEEK < at for at in had[one]) < per_week}
        for one in reached:
            had[one].append(moment)
        found.append(reached)
    return found


def most_in_a_week(moments: Sequence[datetime]) -> int:
    """The most that lie in any seven days."""
    ordered = sorted(moments)
    return max((bisect_left(ordered, one + WEEK) - at for at, one in enumerate(ordered)), default=0)


@pytest.mark.usefixtures("house")
@settings(max_examples=10, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(
    drawn=st.lists(
        st.tuples(
            st.integers(0, 20), st.integers(9, 20), st.booleans(),
            st.frozensets(st.integers(0, MEMBERS - 1), min_size=1),
        ),
        min_size=4, max_size=9, unique_by=lambda one: one[:2],  # of two words of one moment either may be the newer
    ),
    per_week=st.integers(1, 3),
)  # fmt: skip
def test_whom_a_plan_reaches_is_what_a_loop_over_members_says(
    drawn: list[tuple[int, int, bool, frozenset[int]]], per_week: int
) -> None:
    with clock.stopped(EVENING):
        town = opened(per_week)
        with db.transaction(town.tenant) as session:
            members = [town.member(session, number) for number in range(MEMBERS)]
            plans = []
            for ahead, hour, cafe, wanting in drawn:
                by = town.anna if cafe else town.ivan
                number = town.approved(session, by, day=DAY + timedelta(days=ahead), hour=hour)
                plans.append((session.get_one(Mailing, (town.tenant, number)).starts_at, number, wanting))
    plans.sort(key=lambda one: one[:2])
    for moment, number, wanting in plans:
        with clock.stopped(moment - timedelta(minutes=1)), db.transaction(town.tenant) as session:
            for one, member in enumerate(members):
                note_consent(session, member, "ads", given=one in wanting)
        with clock.stopped(moment):
            sent_out(town.tenant, number)
    by_number = dict(enumerate(members))
    with db.transaction(town.tenant) as session:
        wanted = expected([(moment, wanting) for moment, _, wanting in plans], per_week)
        for (_, number, _wanting), reached in zip(plans, wanted, strict=True):
            assert went_to(session, number) == {by_number[one] for one in reached}
        for member in members:
            moments = select(MailingMember.at).where(MailingMember.member_id == member)
            assert most_in_a_week(session.scalars(moments).all()) <= per_week


def test_two_mailings_at_once_leave_nobody_with_more(
    live_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 4)
    together = Barrier(2)
    with clock.stopped(EVENING):
        town = opened(1)
        with db.transaction(town.tenant) as session:
            members = [town.member(session, number) for number in range(20)]
            numbers = [town.approved(session, by) for by in (town.anna, town.ivan)]

    def send(number: int) -> None:
        together.wait(timeout=30)
        for _ in range(6):
            with db.transaction(town.tenant) as session:
                sending.send_slice(session, number)

    with clock.stopped(NOON):
        for number in numbers:
            with db.transaction(town.tenant) as session:
                sending.move(session, number)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(send, numbers))
        with db.transaction(town.tenant) as session:
            counts = session.execute(
                select(MailingMember.member_id, func.count()).group_by(MailingMember.member_id)
            )
            assert dict(counts.all()) == dict.fromkeys(members, 1)
            left = [session.get_one(Mailing, (town.tenant, number)) for number in numbers]
            assert sum(one.over_limit for one in left) == 20
            assert [one.state for one in left] == ["done", "done"]


def test_one_mailing_taken_by_two_workers_goes_to_each_once(
    live_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MEMBERS_PER_SLICE", 3)
    together = Barrier(2)
    with clock.stopped(EVENING):
        town = opened(2)
        with db.transaction(town.tenant) as session:
            members = [town.member(session, number) for number in range(10)]
            number = town.approved(session)

    def send(_worker: int) -> None:
        together.wait(timeout=30)
        for _ in range(5):
            with db.transaction(town.tenant) as session:
                sending.send_slice(session, number)

    with clock.stopped(NOON):
        with db.transaction(town.tenant) as session:
            sending.move(session, number)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(send, range(2)))
        with db.transaction(town.tenant) as session:
            assert went_to(session, number) == set(members)
            one = session.get_one(Mailing, (town.tenant, number))
            assert (one.state, one.looked_at, one.sent) == ("done", 10, 10)


@pytest.mark.usefixtures("house")
def test_nobody_gets_more_than_she_agreed_to_whatever_the_terms_are_since() -> None:
    with clock.stopped(EVENING):
        town = opened(3)
        with db.transaction(town.tenant) as session:
            members = [town.member(session, number, agrees=False) for number in range(3)]
            for member, told in zip(members, (1, 5, None), strict=True):
                note_consent(session, member, "ads", per_week=told)
            numbers = [town.approved(session, hour=9 + hour) for hour in range(4)]
    with clock.stopped(NOON + timedelta(hours=2)):
        sent_out(town.tenant, *numbers)
        with db.transaction(town.tenant) as session:
            for member, most in zip(members, (1, 3, 3), strict=True):
                got = select(func.count()).where(MailingMember.member_id == member)
                assert session.scalar(got) == most


@pytest.mark.usefixtures("house")
def test_the_terms_are_the_programmes(tenant: int) -> None:
    with db.transaction(tenant) as session:
        town = Town(session)
        programme = programme_by_id(session, town.programme)
        assert mailing_terms(programme) == MailingTerms(per_week=2)
        set_mailing_terms(session, SYSTEM, programme_id=town.programme, terms={"per_week": 5})
        assert mailing_terms(programme).per_week == 5
        for wrong in ({"per_week": 0}, {"per_week": 51}, {"per_day": 1}):
            with pytest.raises(Refusal, match="mailing_terms"):
                set_mailing_terms(session, SYSTEM, programme_id=town.programme, terms=wrong)
        set_mailing_terms(session, SYSTEM, programme_id=town.programme, terms=None)
        assert programme.mailings is None
