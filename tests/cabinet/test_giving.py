"""Gifts again and again in the cabinet: begun, said in words, stopped; what is wrong is said at its form."""

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from charity.models import Fund, GivingRule
from tenants.actor import SYSTEM
from tenants.parts import Part, switch
from tenants.runtime import db
from tests.cabinet.test_spend import HOST, page, press
from tests.cabinet.world import World


def rules(seen: Session) -> list[tuple[str, int, int | None, bool]]:
    seen.expire_all()
    found = seen.scalars(select(GivingRule).order_by(GivingRule.id))
    return [(one.kind, one.points, one.day, one.stopped_at is not None) for one in found]


def test_a_monthly_gift_is_begun_and_stopped(client: FlaskClient, seen: Session, world: World) -> None:
    fund = str(seen.scalars(select(Fund.id)).first())
    assert 'href="/giving"' in page(client, "/spend")
    assert "Give every month" in page(client, "/giving")
    said = {"kind": "monthly", "fund": fund, "points": "100", "day": "5"}
    for wrong, told in (
        ({"day": "31"}, "Choose a day from 1 to 28"), ({"points": "1"}, ""), ({"points": "x"}, ""),
        ({"fund": "77"}, "This fund takes no gifts now"), ({"kind": "round", "to": "20"}, "Choose one of the amounts"),
    ):  # fmt: skip
        answer = press(client, "/giving", **said | wrong)
        assert answer.status_code == 422, wrong
        assert told in answer.get_data(as_text=True)
        assert 'role="alert"' in answer.get_data(as_text=True)
    assert rules(seen) == []
    assert press(client, "/giving", **said).headers["Location"] == "/giving?done=begun"
    text = page(client, "/giving?done=begun")
    assert "Begun. You can stop it at any time" in text
    assert "on day 5 of each month" in text
    assert press(client, "/giving", kind="round", fund=fund, to="50").status_code == 303
    assert "what is over a multiple of" in page(client, "/giving")
    assert rules(seen) == [("monthly", 100, 5, False), ("round", 50, None, False)]
    for one in seen.scalars(select(GivingRule.id)).all():
        assert press(client, f"/giving/{one}/stop").headers["Location"] == "/giving?done=stopped"
        assert press(client, f"/giving/{one}/stop").status_code == 404
    assert [stopped for *_, stopped in rules(seen)] == [True, True]


def test_where_charity_is_off_there_are_no_such_pages(client: FlaskClient, world: World, tenant: int) -> None:
    with db.transaction(tenant) as session:
        switch(session, SYSTEM, part=Part.CHARITY, on=False)
    for path in ("/giving", "/funds"):
        assert client.get(path, base_url=HOST).status_code == 404
