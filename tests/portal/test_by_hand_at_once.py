"""What needs real commits: confirms of one form at once, one day of one person, guesses that count though refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from coalition.reports.audit import audit
from coalition.transactions.models import Purchase
from tenants.actions import open_tenant
from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.admin.conftest import assembled
from tests.admin.world import furnished
from tests.cabinet.world import PHONE
from tests.portal.test_by_hand import Case, sealed


def test_one_form_one_number_and_one_day_hold_at_once_and_guesses_are_counted(
    live_database: Settings,
) -> None:
    with db.transaction(None) as session:
        tenant = open_tenant(session, slug="test", hosts=["test.localhost"]).id
    case, together = Case(assembled(guarded=False), furnished(tenant)), Barrier(4)
    one, same = (
        sealed(case.quoted("1000", number="A-1")),
        [sealed(case.quoted("1000", number="A-2")) for _ in "ab"],
    )
    with db.transaction(tenant) as session:
        before = session.scalar(select(func.count()).select_from(Purchase))

    def confirm(form: str) -> int:
        together.wait(timeout=30)
        browser = case.desk.test_client()
        for cookie in case.anna._cookies.values():  # type: ignore[attr-defined]
            browser._cookies[cookie._storage_key] = cookie
        return int(case.send(browser, "sell", sealed=form).status_code)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(confirm, [one, one, *same]))
    assert answers[:2] == [303, 303]
    assert sorted(answers[2:]) == [303, 422]
    large = [sealed(case.quoted("4000", number=f"B-{n}")) for n in range(4)]  # 8 000 a day, 2 000 are entered
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(confirm, large)) == [303, 422, 422, 422]
    with db.transaction(tenant) as session:
        assert session.scalar(select(func.count()).select_from(Purchase)) == (before or 0) + 3
        assert [row.number for row in case.rows(session)][:2] in (["A-1", "A-2"], ["A-2", "A-1"])
        assert not any(rule.broken for rule in audit(session))
    guesses = [case.send(case.anna, "find", handle=f"+7921000{n:04}").status_code for n in range(21)]
    assert guesses == [404] * 20 + [422]
    assert case.send(case.anna, "find", handle=PHONE).status_code == 422
    assert case.send(case.ivan, "find", handle=PHONE).status_code == 200
