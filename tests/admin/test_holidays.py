"""Days off at the desk: added from one day to another, taken off by ticks; what cannot be a day is told."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from coalition.promotions.queries import newest_days
from tests.admin.world import Bank, get, plain, post, signed_by_another


def test_days_are_added_and_taken_off_at_the_desk(client: FlaskClient, bank: Bank, seen: Session) -> None:
    assert "No day off is known yet" in plain(get(client, "/desk/holidays/"))
    answer = post(client, "/desk/holidays/", do="add", first="2027-01-01", last="2027-01-03")
    asked = plain(get(client, answer.headers["Location"]))
    assert "2 January 2027: working day → day off" in asked
    assert "No day off is known yet" in plain(get(client, "/desk/holidays/"))
    assert signed_by_another(client, bank) == [303]
    assert "2 January 2027" in plain(get(client, "/desk/holidays/"))
    answer = post(client, "/desk/holidays/", do="remove", day="2027-01-02")
    assert "2 January 2027: day off → working day" in plain(get(client, answer.headers["Location"]))
    assert signed_by_another(client, bank) == [303]
    assert "2 January 2027" not in plain(get(client, "/desk/holidays/"))
    post(client, "/desk/holidays/", do="add", first="2027-01-01")
    assert "That was so already" in plain(get(client, "/desk/holidays/"))
    for first, last in (("", ""), ("2027-01-02", "2027-01-01"), ("2027-01-01", "2028-01-01"), ("x", "")):
        assert post(client, "/desk/holidays/", do="add", first=first, last=last).status_code == 422
    seen.expire_all()
    assert [row.day.day for row in newest_days(seen).values() if row.off] == [1, 3]
