"""Who is in a test's control group finds no trace of it: no offer, no reason, no line among what was missed."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.promotions.actions import publish
from coalition.promotions.control import ControlGroup
from coalition.transactions.models import Purchase
from tenants.actor import SYSTEM
from tenants.runtime import clock
from tests.cabinet.test_pages import page
from tests.cabinet.world import LONG_AGO, World, buy


def name_of_a_test(world: World, *, kept_out: bool) -> str:
    """One for which the member is in the control group, or is not."""
    names = (f"test-{number}" for number in range(100))
    return next(
        name
        for name in names
        if ControlGroup(name=name, control_percent=50).keeps_out(world.member_id) is kept_out
    )


@pytest.mark.parametrize("kept_out", [True, False])
def test_the_control_group_reads_nothing_of_the_test(
    client: FlaskClient, seen: Session, world: World, kept_out: bool
) -> None:
    document = {
        "title": {"ru": "Осенний опыт", "en": "Autumn trial"},
        "conditions": {"amount_from": "100000"},
        "mechanic": {"kind": "fixed", "points": "40"},
        "test": {"name": name_of_a_test(world, kept_out=kept_out), "control_percent": 50},
        "funding": [{"participant": "bank", "share": 100}],
    }
    publish(
        seen, SYSTEM, programme_id=world.programme.id, code="trial", document=document, starts_at=LONG_AGO
    )
    buy(seen, world, clock.now() - timedelta(seconds=1), 777_00, "Cove Coffee", mcc=5814)
    bought = seen.scalars(select(Purchase).where(Purchase.amount == 777_00)).one()
    for path in (f"/why/{bought.id}", "/offers", "/"):
        html = page(client, path)
        assert ("Осенний опыт" in html) is not kept_out, path
        assert "онтрольн" not in html
