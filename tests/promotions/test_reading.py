"""What a process keeps of promotions is what is committed, and read once."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.index import Index
from coalition.promotions.queries import index_of
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import LONG_AGO, open_bank, promotion


def publish_fixed(session: Session, bank: House, points: str, code: str = "p") -> None:
    document = promotion({"kind": "fixed", "points": points})
    publish(session, SYSTEM, programme_id=bank.programme, code=code, document=document, starts_at=LONG_AGO)


def index(session: Session, bank: House) -> Index:
    programme = session.scalars(select(Programme).where(Programme.tenant_id == bank.tenant)).one()
    return index_of(session, programme)


def given(session: Session, bank: House) -> list[int]:
    return [rule.linear.flat for rule in index(session, bank).rules.values() if rule.linear]


def test_what_was_rolled_back_leaves_nothing_to_the_version_that_has_its_number(
    live_database: Settings,
) -> None:
    bank = open_bank([])
    with pytest.raises(ZeroDivisionError), db.transaction(bank.tenant) as session:
        publish_fixed(session, bank, "7")
        assert given(session, bank) == [7]
        raise ZeroDivisionError
    with db.transaction(bank.tenant) as session:
        publish_fixed(session, bank, "9")
    with db.transaction(bank.tenant) as session:
        assert given(session, bank) == [9]


@pytest.mark.usefixtures("house")
def test_a_publication_reads_its_own_document_alone() -> None:
    bank = open_bank([promotion({"kind": "fixed", "points": "1"})])
    read: list[int] = []
    with db.transaction(bank.tenant) as session:
        assert given(session, bank) == [1]
    with db.transaction(bank.tenant) as session:
        publish_fixed(session, bank, "7")
    with db.transaction(bank.tenant) as session:

        def noting(
            _connection: object, _cursor: object, said: str, told: dict[str, object], *_: object
        ) -> None:
            if "promotion_version.document" in said:
                read.append(len(told["any_1"]))  # type: ignore[arg-type]

        event.listen(session.connection(), "before_cursor_execute", noting)
        assert given(session, bank) == [1, 7]
        event.remove(session.connection(), "before_cursor_execute", noting)
    assert read == [1]
