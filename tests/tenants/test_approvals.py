"""Four eyes hold in the database: not by editing, not by oneself, not too late, not twice, not by SQL of the app."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from threading import Barrier
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from tenants.actions import open_tenant
from tenants.actor import SYSTEM, Actor
from tenants.approvals.actions import Change, ask, refuse, signed, withdraw
from tenants.approvals.models import Approval, ApprovalDecision
from tenants.approvals.papers import keep_paper, open_paper, tidy
from tenants.approvals.queries import approvals_to_sign, approvals_to_sign_count, own_approvals
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING, Permission
from tenants.runtime import clock, db, files
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.settings import Settings, libpq
from tests.people import hire

CHANGE = Change("levels", "programme 1", {"above": "10"}, {"above": "20"})
MOST = timedelta(hours=72)


def person(session: Session, login: str) -> Actor:
    staff = hire(session, login=login, name=login.title(), password="a long password", permissions=EVERYTHING)
    return Actor("staff", staff.id, EVERYTHING)


@pytest.fixture
def alla(session: Session) -> Actor:
    return person(session, "alla")


@pytest.fixture
def boris(session: Session) -> Actor:
    return person(session, "boris")


def outcomes(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(select(ApprovalDecision.outcome, ApprovalDecision.reason))
    return sorted((outcome, reason) for outcome, reason in rows)


def told(session: Session) -> list[str]:
    asked = select(AuditEntry.verb).where(AuditEntry.verb.like("approval.%")).order_by(AuditEntry.number)
    return list(session.scalars(asked))


def test_another_person_signs_exactly_what_was_asked(session: Session, alla: Actor, boris: Actor) -> None:
    approval = ask(session, alla, CHANGE)
    assert approval.payload.decode() == (
        '{"after":{"above":"20"},"before":{"above":"10"},"kind":"levels","subject":"programme 1"}'
    )
    assert approval.expires_at - approval.asked_at == MOST
    assert [one.id for one in approvals_to_sign(session, boris)] == [approval.id]
    assert (approvals_to_sign_count(session, boris), approvals_to_sign_count(session, alla)) == (1, 0)
    signed(session, boris, CHANGE, approval.id)
    assert (outcomes(session), approvals_to_sign_count(session, boris)) == ([("signed", "")], 0)
    assert alla.id is not None
    assert [(one.id, found is not None) for one, found in own_approvals(session, alla.id)] == [
        (approval.id, True)
    ]
    assert told(session) == ["approval.ask", "approval.sign"]


def test_without_a_signature_only_the_house_itself_changes_anything(session: Session, alla: Actor) -> None:
    signed(session, SYSTEM, CHANGE, None)
    with pytest.raises(Refusal, match="signature_missing"):
        signed(session, alla, CHANGE, None)


def test_nobody_signs_or_refuses_the_own_in_whatever_session(session: Session, alla: Actor) -> None:
    approval = ask(session, alla, CHANGE)
    again = Actor("staff", alla.id, EVERYTHING)  # another browser of hers
    with pytest.raises(Refusal, match="second_pair_of_eyes"):
        signed(session, again, CHANGE, approval.id)
    with pytest.raises(Refusal, match="second_pair_of_eyes"):
        refuse(session, again, approval_id=approval.id, reason="no")
    assert outcomes(session) == []


@pytest.mark.parametrize(
    "edited",
    [
        replace(CHANGE, after={"above": "21"}),
        replace(CHANGE, before={"above": "11"}),
        replace(CHANGE, subject="programme 2"),
        replace(CHANGE, kind="days_off"),
    ],
)
def test_a_signature_is_for_nothing_else(session: Session, alla: Actor, boris: Actor, edited: Change) -> None:
    approval = ask(session, alla, CHANGE)
    with pytest.raises(Conflict, match="approval_differs"):
        signed(session, boris, edited, approval.id)
    assert outcomes(session) == []


def test_asked_for_anew_the_earlier_one_is_void(session: Session, alla: Actor, boris: Actor) -> None:
    first = ask(session, alla, CHANGE)
    assert ask(session, alla, CHANGE).id == first.id
    second = ask(session, alla, replace(CHANGE, after={"above": "30"}))
    assert second.id != first.id
    with pytest.raises(Conflict, match="approval_decided"):
        signed(session, boris, CHANGE, first.id)
    assert [one.id for one in approvals_to_sign(session, boris)] == [second.id]
    assert outcomes(session) == [("withdrawn", "replaced")]
    with pytest.raises(Conflict, match="approval_waits"):
        ask(session, boris, CHANGE)


def test_it_is_signed_until_72_hours_are_over_and_not_then(
    session: Session, alla: Actor, boris: Actor
) -> None:
    approval = ask(session, alla, CHANGE)
    with clock.stopped(approval.asked_at + MOST):
        assert approvals_to_sign_count(session, boris) == 0
        with pytest.raises(Refusal, match="approval_expired"):
            signed(session, boris, CHANGE, approval.id)
        with pytest.raises(Refusal, match="approval_expired"):
            refuse(session, boris, approval_id=approval.id, reason="late")
    with clock.stopped(approval.asked_at + MOST - timedelta(microseconds=1)):
        assert approvals_to_sign_count(session, boris) == 1
        signed(session, boris, CHANGE, approval.id)
    assert outcomes(session) == [("signed", "")]


def test_what_is_over_keeps_nobody_from_asking_anew(session: Session, alla: Actor, boris: Actor) -> None:
    first = ask(session, alla, CHANGE)
    with clock.stopped(first.asked_at + MOST):
        assert ask(session, boris, CHANGE).id != first.id


def test_it_is_refused_by_another_person_and_withdrawn_by_its_author_with_a_reason(
    session: Session, alla: Actor, boris: Actor
) -> None:
    approval = ask(session, alla, CHANGE)
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(Refusal, match="approval_reason"):
            refuse(session, boris, approval_id=approval.id, reason=reason)
        with pytest.raises(Refusal, match="approval_reason"):
            withdraw(session, alla, approval_id=approval.id, reason=reason)
    with pytest.raises(NotFound):
        withdraw(session, boris, approval_id=approval.id, reason="not mine")
    refuse(session, boris, approval_id=approval.id, reason=" too high ")
    with pytest.raises(Conflict, match="approval_decided"):
        withdraw(session, alla, approval_id=approval.id, reason="late")
    other = ask(session, alla, CHANGE)
    withdraw(session, alla, approval_id=other.id, reason="a mistake")
    assert outcomes(session) == [("refused", "too high"), ("withdrawn", "a mistake")]
    assert told(session) == ["approval.ask", "approval.refuse", "approval.ask", "approval.withdraw"]


@pytest.mark.parametrize(
    "who",
    [
        Actor("client", None, EVERYTHING, client_id="client_1"),
        Actor("member", uuid4(), EVERYTHING),
        Actor("staff", None, EVERYTHING),
        Actor("staff", uuid4(), EVERYTHING, participant_id=1),
        Actor("staff", uuid4(), EVERYTHING - {Permission.DESK_CHANGE_APPROVE}),
        Actor("staff", uuid4(), EVERYTHING - {Permission.DESK_PROGRAMME_READ}),
    ],
    ids=["client", "member", "nobody", "a participant's", "may not sign", "may not see"],
)
def test_who_is_no_person_of_the_tenants_own_with_the_right_signs_nothing(
    session: Session, alla: Actor, who: Actor
) -> None:
    approval = ask(session, alla, CHANGE)
    with pytest.raises(Refusal):
        signed(session, who, CHANGE, approval.id)
    with pytest.raises(Refusal):
        refuse(session, who, approval_id=approval.id, reason="no")
    assert (outcomes(session), approvals_to_sign_count(session, who)) == ([], 0)


def test_a_program_of_the_api_asks_for_nothing(session: Session) -> None:
    with pytest.raises(Forbidden):
        ask(session, Actor("client", None, EVERYTHING, client_id="client_1"), CHANGE)
    assert session.scalars(select(Approval)).all() == []


def test_another_tenants_is_not_there(session: Session, alla: Actor, boris: Actor) -> None:
    approval = ask(session, alla, CHANGE)
    with db.transaction(None) as outside:
        other = open_tenant(outside, slug="other", hosts=[]).id
    with db.transaction(other) as theirs:
        eve = person(theirs, "eve")
        for act in (
            lambda: signed(theirs, eve, CHANGE, approval.id),
            lambda: refuse(theirs, eve, approval_id=approval.id, reason="no"),
            lambda: withdraw(theirs, alla, approval_id=approval.id, reason="no"),
        ):
            with pytest.raises(NotFound, match="approval_unknown"):
                act()
        assert approvals_to_sign_count(theirs, eve) == 0
        assert theirs.scalars(select(Approval)).all() == []
    assert outcomes(session) == []


def test_the_apps_role_changes_nothing_that_was_asked_or_decided(
    session: Session, alla: Actor, boris: Actor
) -> None:
    approval = ask(session, alla, CHANGE)
    signed(session, boris, CHANGE, approval.id)
    for statement in (
        "update approval set payload = '{}'",
        "update approval set expires_at = expires_at + interval '1 day'",
        "delete from approval",
        "update approval_decision set decided_by = author_id",
        "delete from approval_decision",
        (
            "insert into approval (tenant_id, id, kind, subject, payload, digest, author_id, asked_at)"
            " select tenant_id, gen_random_uuid(), kind, subject, payload, digest, author_id, now() + interval '1 y'"
            " from approval"
        ),
        (
            "insert into approval_decision (tenant_id, approval_id, author_id, digest, expires_at, outcome,"
            " decided_by, reason, decided_at) select tenant_id, approval_id, author_id, digest, expires_at, outcome,"
            " decided_by, reason, decided_at from approval_decision"
        ),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(text(statement))


DECIDE = (
    "insert into approval_decision"
    " (tenant_id, approval_id, author_id, digest, expires_at, outcome, decided_by, reason)"
    " select tenant_id, id, {author}, {digest}, {expires}, '{outcome}', {by}, '' from approval"
)
RIGHT = {
    "author": "author_id",
    "digest": "digest",
    "expires": "expires_at",
    "outcome": "signed",
    "by": ":other",
}


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        ({"by": "author_id"}, "approval_decision_two_people_check"),
        ({"by": "author_id", "author": ":other"}, "approval_decision_tenant_id_approval_id"),
        ({"digest": "sha256('other')"}, "approval_decision_tenant_id_approval_id"),
        ({"expires": "expires_at + interval '1 day'"}, "approval_decision_tenant_id_approval_id"),
        ({"outcome": "refused"}, "approval_decision_reason_check"),
        ({"outcome": "made"}, "approval_decision_outcome_check"),
        ({"by": "gen_random_uuid()"}, "approval_decision_tenant_id_decided_by_fkey"),
    ],
)
def test_sql_of_the_apps_role_decides_nothing_that_it_may_not(
    session: Session, alla: Actor, boris: Actor, wrong: dict[str, str], broken: str
) -> None:
    ask(session, alla, CHANGE)
    values = {"other": boris.id}
    with pytest.raises(IntegrityError, match=broken), session.begin_nested():
        session.execute(text(DECIDE.format(**RIGHT | wrong)), values)
    session.execute(text(DECIDE.format(**RIGHT)), values)
    with pytest.raises(IntegrityError, match="approval_decision_pkey"), session.begin_nested():
        session.execute(text(DECIDE.format(**RIGHT)), values)


def test_what_is_asked_has_the_digest_of_what_it_is(session: Session, alla: Actor) -> None:
    ask(session, alla, CHANGE)
    with pytest.raises(IntegrityError, match="approval_digest_check"), session.begin_nested():
        session.execute(
            text(
                "insert into approval (tenant_id, id, kind, subject, payload, digest, author_id)"
                " select tenant_id, gen_random_uuid(), kind, subject, 'other', digest, author_id from approval"
            )
        )


def test_a_file_that_waits_is_sealed_and_opened_only_as_it_was(session: Session, tenant: int) -> None:
    named = keep_paper(session, BytesIO(b"handle\n+79140000147\n"))
    assert open_paper(session, named).read() == b"handle\n+79140000147\n"
    kept = files.folder(tenant, "approvals") / named
    assert b"79140000147" not in kept.read_bytes()
    kept.write_bytes((kept.parent / keep_paper(session, BytesIO(b"other"))).read_bytes())
    with pytest.raises(Refusal, match="sealed_value_broken"):
        open_paper(session, named)
    with pytest.raises(Conflict, match="approval_differs"):
        open_paper(session, "0" * 64)


@pytest.mark.parametrize(
    "named", ["/" * 56 + "dev/zero", "../" * 21 + "x", "A" * 64, "0" * 63 + "\n", "0" * 65, ""]
)
def test_only_a_digest_names_a_file(session: Session, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    def opened(*_: object) -> bytes:
        raise AssertionError("a path was made of it")

    monkeypatch.setattr(files, "folder", opened)
    with pytest.raises(Conflict, match="approval_differs"):
        open_paper(session, named)


def test_files_are_removed_when_nothing_can_wait_for_them(session: Session, tenant: int) -> None:
    named = keep_paper(session, BytesIO(b"x"))
    folder = files.folder(tenant, "approvals")
    for hours, left in ((95, True), (97, False)):
        with clock.stopped(datetime.now(UTC) + timedelta(hours=hours)):
            tidy(session)
        assert (folder / named).exists() is left


@dataclass
class Live:
    """A really committed tenant with somebody who asks and two who sign, and what was asked."""

    tenant: int
    author: Actor
    signers: list[Actor]
    approval_id: UUID


@pytest.fixture
def live(live_database: Settings) -> Live:
    with db.transaction(None) as outside:
        tenant = open_tenant(outside, slug="four-eyes", hosts=[]).id
    with db.transaction(tenant) as session:
        author, *signers = (person(session, login) for login in ("alla", "boris", "vera"))
        return Live(tenant, author, signers, ask(session, author, CHANGE).id)


def test_of_two_who_sign_at_once_one_makes_the_change(live: Live) -> None:
    line = Barrier(2)

    def sign(who: Actor) -> str:
        with db.transaction(live.tenant) as session:
            approvals_to_sign(session, who)
            line.wait()
            try:
                signed(session, who, CHANGE, live.approval_id)
            except Conflict as no:
                return no.code
            session.execute(text("update staff set name = name || '+' where login = 'alla'"))  # the effect
        return "made"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(sign, live.signers)) == ["approval_decided", "made"]
    with db.transaction(live.tenant) as session:
        assert session.execute(text("select name from staff where login = 'alla'")).scalar_one() == "Alla+"
        assert outcomes(session) == [("signed", "")]


def test_the_database_itself_takes_no_signature_after_72_hours(live: Live, live_database: Settings) -> None:
    """Only who owns the tables can say that something was asked earlier: that stands in for waiting."""
    with psycopg.connect(libpq(live_database.database_owner_url), autocommit=True) as owner:
        owner.execute("alter table approval no force row level security")
        owner.execute(
            "insert into approval (tenant_id, id, kind, subject, payload, digest, author_id, asked_at, expires_at)"
            " select tenant_id, gen_random_uuid(), kind, subject, payload, digest, author_id,"
            " asked_at - interval '72 hours', expires_at - interval '72 hours' from approval"
        )
        owner.execute("alter table approval force row level security")
    with db.transaction(live.tenant) as session:
        late = text(DECIDE.format(**RIGHT) + " where expires_at < now()")
        with pytest.raises(IntegrityError, match="approval_decision_in_time_check"):
            session.execute(late, {"other": live.signers[0].id})
        session.rollback()
