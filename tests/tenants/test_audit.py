"""The audit trail: what is written of an action, and that whatever is done to the trail afterwards is found."""

from collections.abc import Iterator
from threading import Barrier, Thread
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tenants.actions import open_tenant
from tenants.actor import SYSTEM, Actor, member
from tenants.audit import GENESIS, Chain, digest_of, head_of, key_of, prove, record
from tenants.models import AuditEntry, AuditHead
from tenants.runtime import db
from tenants.runtime.db import ADDRESS, tenant_of
from tenants.runtime.settings import Settings, libpq
from tests.people import hire


def entries(session: Session) -> list[AuditEntry]:
    return list(
        session.scalars(
            select(AuditEntry).where(AuditEntry.tenant_id == tenant_of(session)).order_by(AuditEntry.number)
        )
    )


def test_an_entry_says_who_did_what_and_from_where(session: Session) -> None:
    staff = hire(session, login="dora", name="Dora Marsh", password="x" * 12, permissions=[])
    session.flush()
    before = len(entries(session))
    session.info[ADDRESS] = "10.0.0.7"
    record(
        session, Actor("staff", id=staff.id), "thing.change", "thing 1",
        before={"count": 1}, after={"count": 2}, reason=" Because ",
    )  # fmt: skip
    last = entries(session)[-1]
    assert last.number == before + 1
    assert (last.actor_kind, last.actor_id, last.actor_name) == ("staff", staff.id, "Dora Marsh")
    assert (last.address, last.verb, last.subject, last.reason) == (
        "10.0.0.7",
        "thing.change",
        "thing 1",
        "Because",
    )
    assert (last.before, last.after) == ({"count": 1}, {"count": 2})


def test_members_and_programs_are_not_in_it(session: Session) -> None:
    record(session, member(uuid4()), "thing.change", "thing 1")
    record(session, Actor("client", client_id="till"), "thing.change", "thing 1")
    assert entries(session) == []
    assert session.get(AuditHead, tenant_of(session)) is None


@pytest.mark.parametrize("key", ["phone", "password", "password_hash", "new_secret", "email", "card_number"])
def test_a_key_that_tells_of_personal_data_or_a_secret_is_refused(session: Session, key: str) -> None:
    with pytest.raises(ValueError, match="no personal data"):
        record(session, SYSTEM, "thing.change", "thing 1", after={"inner": {key: "x"}})
    assert entries(session) == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("called from +7 914 555-21-47 today", "called from ••• today"),
        ("89145552147", "•••"),
        ("wrote from vera@example.test", "wrote from •••"),
        ("card 4111 1111 1111 1111", "card •••"),
        ("2026-12-01 00:00:00+00:00", "2026-12-01 00:00:00+00:00"),
        ("018f3c2a-7b1e-7c3d-9a4b-1234567890ab", "018f3c2a-7b1e-7c3d-9a4b-1234567890ab"),
        ("1000000 points", "1000000 points"),
    ],
)
def test_what_looks_like_a_phone_a_card_or_an_address_is_hidden(
    session: Session, said: str, kept: str
) -> None:
    record(session, SYSTEM, "thing.change", "thing 1", before={"note": said}, reason=said)
    (only,) = entries(session)
    assert (only.before, only.reason) == ({"note": kept}, kept)


def chained(session: Session, count: int = 4) -> None:
    for number in range(count):
        record(session, SYSTEM, "thing.change", f"thing {number}", after={"count": number, "title": "ё"})


def test_a_whole_trail_is_proved(session: Session) -> None:
    chained(session)
    assert prove(session) == Chain(4, 0)
    assert entries(session)[0].previous == GENESIS


@pytest.fixture
def laid(live_database: Settings) -> Iterator[psycopg.Connection]:
    """A trail of four, really committed, and the connection of somebody who can do with the table what he likes."""
    with db.transaction(None) as session:
        open_tenant(session, slug="test", hosts=["test.localhost"])
        chained(session)
    with psycopg.connect(libpq(live_database.database_owner_url), autocommit=True) as owner:
        owner.execute("alter table audit_entry no force row level security")
        yield owner


def proved() -> Chain:
    with db.transaction(1) as session:
        return prove(session)


def test_a_changed_row_is_found(laid: psycopg.Connection) -> None:
    laid.execute("""update audit_entry set after = '{"count": 9}' where number = 2""")
    assert proved() == Chain(4, 1, "entry 2 was changed")


def test_a_row_that_was_taken_from_the_middle_is_found(laid: psycopg.Connection) -> None:
    laid.execute("delete from audit_entry where number = 2")
    assert proved() == Chain(3, 1, "entry 3 follows 1: something between them is missing")


def test_a_tail_that_was_taken_is_found(laid: psycopg.Connection) -> None:
    laid.execute("delete from audit_entry where number >= 3")
    assert proved() == Chain(2, 1, "entry 3 is missing: the trail should end with 4")


def test_all_rows_taken_are_found(laid: psycopg.Connection) -> None:
    laid.execute("delete from audit_entry")
    assert proved() == Chain(0, 1, "entry 1 is missing: the trail should end with 4")


def forged(laid: psycopg.Connection, number: int, after: int, key: bytes | None = None) -> None:
    """Insert a row that is right in itself and stands on entry `after`; by the tenant's key, if no other is given."""
    with db.transaction(1) as session:
        key = key or key_of(session)
        model = next(one for one in entries(session) if one.number == after)
        row = {column.name: getattr(model, column.name) for column in AuditEntry.__table__.columns}
    row |= {
        "id": uuid4(),
        "number": number,
        "subject": "thing forged",
        "after": None,
        "previous": row["digest"],
    }
    row["digest"] = digest_of(row, key)
    names = [name for name in row if name != "before"]
    row["before"] = None
    laid.execute(
        f"insert into audit_entry ({', '.join(names)}) values ({', '.join(['%s'] * len(names))})",
        [row[name] for name in names],
    )


def test_a_row_put_behind_the_end_is_found(laid: psycopg.Connection) -> None:
    forged(laid, 5, 4)
    assert proved() == Chain(5, 1, "entry 5 stands after the end of the trail")


def test_a_row_put_between_is_found(laid: psycopg.Connection) -> None:
    laid.execute("update audit_entry set number = number + 10 where number > 2")
    laid.execute("update audit_entry set number = number - 9 where number > 10")
    forged(laid, 3, 2)
    assert proved().first == "entry 4 was changed"
    assert proved().broken > 0


def test_a_last_row_written_anew_is_found(laid: psycopg.Connection) -> None:
    laid.execute("delete from audit_entry where number = 4")
    forged(laid, 4, 3)
    assert proved() == Chain(4, 1, "entry 4 is not the one that the trail ended with")


def test_who_owns_the_database_alone_cannot_write_a_chain(laid: psycopg.Connection) -> None:
    laid.execute("delete from audit_entry where number = 4")
    forged(laid, 4, 3, key=bytes(32))
    laid.execute("alter table audit_head no force row level security")
    laid.execute("update audit_head set digest = (select digest from audit_entry where number = 4)")
    assert proved() == Chain(4, 1, "entry 4 was changed")


def test_a_head_that_was_put_back_is_seen_by_who_kept_it(laid: psycopg.Connection) -> None:
    with db.transaction(1) as session:
        kept, digests = head_of(session), [one.digest for one in entries(session)]
    assert kept == (4, digests[3])
    laid.execute("alter table audit_head no force row level security")
    laid.execute("delete from audit_entry where number = 4")
    laid.execute(
        "update audit_head set number = 3, digest = (select digest from audit_entry where number = 3)"
    )
    assert proved() == Chain(3, 0)
    with db.transaction(1) as session:
        assert head_of(session) == (3, digests[2])


def test_two_tenants_have_keys_of_their_own(session: Session) -> None:
    assert head_of(session) == (0, GENESIS)
    key = key_of(session)
    with db.transaction(None) as other:
        open_tenant(other, slug="other", hosts=["other.localhost"])
        assert (len(key), key_of(other) == key) == (32, False)


def test_writers_at_once_make_one_chain(live_database: Settings) -> None:
    with db.transaction(None) as session:
        tenant = open_tenant(session, slug="test", hosts=["test.localhost"]).id
    together, failed = Barrier(4), list[SQLAlchemyError]()

    def write() -> None:
        try:
            together.wait()
            for _ in range(5):
                with db.transaction(tenant) as session:
                    record(session, SYSTEM, "thing.change", "thing")
        except SQLAlchemyError as error:
            failed.append(error)

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with db.transaction(tenant) as session:
        assert [one.number for one in entries(session)] == list(range(1, 21))
        assert prove(session) == Chain(20, 0)


def test_what_is_given_up_leaves_no_entry_and_no_gap(live_database: Settings) -> None:
    with db.transaction(None) as session:
        tenant = open_tenant(session, slug="test", hosts=["test.localhost"]).id
        chained(session, 1)
    with pytest.raises(ZeroDivisionError), db.transaction(tenant) as session:
        record(session, SYSTEM, "thing.change", "thing")
        raise ZeroDivisionError
    with db.transaction(tenant) as session:
        chained(session, 1)
        assert [one.number for one in entries(session)] == [1, 2]
        assert prove(session) == Chain(2, 0)


def test_two_tenants_have_chains_of_their_own(session: Session) -> None:
    chained(session, 2)
    with db.transaction(None) as other:
        open_tenant(other, slug="other", hosts=["other.localhost"])
        chained(other, 1)
        assert [one.number for one in entries(other)] == [1]
        assert prove(other) == Chain(1, 0)
    with db.transaction(tenant_of(session)) as again:
        assert prove(again) == Chain(2, 0)
        assert again.execute(text("select count(*) from audit_head")).scalar_one() == 1
