"""An application is taken in once and decided once, however many try at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from coalition.partners.models import Partner
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.settlement import joining
from tenants.actor import SYSTEM
from tenants.models import Staff
from tenants.runtime import db
from tenants.runtime.errors import Conflict
from tenants.runtime.settings import Settings
from tests.ledger.house import open_another
from tests.portal.company import FORM, OFFER, TRADER


def test_four_who_admit_at_once_make_one_partner(live_database: Settings) -> None:
    house, together = open_another(), Barrier(4)
    with db.transaction(house.tenant) as session:
        number = joining.apply(session, form=FORM, language="ru").id

    def one(attempt: int) -> str:
        together.wait(timeout=30)
        try:
            with db.transaction(house.tenant) as session:
                joining.admit(
                    session, SYSTEM, number=number, code=f"kofe-{attempt}", offer=OFFER,
                    programme=the_programme(session),
                )  # fmt: skip
        except Conflict as no:
            return no.code
        return "admitted"

    def another(_attempt: int) -> str:
        together.wait(timeout=30)
        try:
            with db.transaction(house.tenant) as session:
                joining.apply(session, form=FORM | TRADER, language="ru")
        except Conflict as no:
            return no.code
        return "waiting"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == ["admitted"] + ["application_decided"] * 3
        assert sorted(pool.map(another, range(4))) == ["application_waits"] * 3 + ["waiting"]
    with db.transaction(house.tenant) as session:
        codes = session.scalars(select(Partner.code).where(Partner.tenant_id == house.tenant)).all()
        assert len(codes) == 1
        assert session.scalar(select(func.count()).where(Staff.tenant_id == house.tenant)) == 1
        assert sorted(participants_by_code(session)) == sorted(["bank", "shop", *codes])
