"""The addresses of an open tenant: one more, one less, never none, and never another tenant's."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tenants.actions import open_tenant
from tenants.actor import SYSTEM, Actor
from tenants.audit import AuditEntry
from tenants.hosts import add_host, drop_host, hosts_of
from tenants.permissions import EVERYTHING
from tenants.runtime import db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.admin.test_wizard import HOST, operators
from tests.admin.test_wizard import place as place
from tests.admin.world import Bank, furnished, plain, signed_in


@pytest.fixture
def bank(tenant: int) -> Bank:
    """The furnished bank, beside what else is open in the test's transaction."""
    return furnished(tenant)


@pytest.fixture
def operator(desk: Flask, place: int, bank: Bank) -> FlaskClient:
    """An operator's browser, beside a bank that is open."""
    return operators(desk, place)


def hosts(bank: Bank) -> list[str]:
    with db.transaction(bank.tenant) as session:
        return hosts_of(session)


def test_a_tenant_is_served_under_one_more_name_and_then_under_one_less(
    operator: FlaskClient, bank: Bank, place: int
) -> None:
    added = operator.post(f"{HOST}/desk/tenants/test/hosts", data={"host": " Bonus.Bank.example "})
    assert (added.status_code, hosts(bank)) == (303, ["bonus.bank.example", "test.localhost"])
    assert operator.get("http://bonus.bank.example/desk/sign-in").status_code == 200
    asked = operator.get(
        f"{HOST}/desk/tenants/test/hosts/bonus.bank.example/drop", headers={"Accept-Language": "en"}
    )
    assert "Nothing is served there any more" in plain(asked)
    assert hosts(bank) == ["bonus.bank.example", "test.localhost"]
    dropped = operator.post(f"{HOST}/desk/tenants/test/hosts/bonus.bank.example/drop")
    assert (dropped.status_code, hosts(bank)) == (303, ["test.localhost"])
    assert operator.get("http://bonus.bank.example/desk/sign-in").status_code == 404
    told = [
        {"hosts": ["bonus.bank.example", "test.localhost"], "operator": "Ольга Орлова"},
        {"hosts": ["test.localhost"], "operator": "Ольга Орлова"},
    ]
    for tenant, wanted in ((bank.tenant, told), (place, [{"hosts": one["hosts"]} for one in told])):
        with db.transaction(tenant) as session:
            rows = session.scalars(
                select(AuditEntry.after)
                .where(AuditEntry.tenant_id == tenant, AuditEntry.verb == "tenant.hosts")
                .order_by(AuditEntry.id)
            )
            assert rows.all() == wanted


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("https://bank.example", "This is no host name"),
        ("bank.example:8000", "This is no host name"),
        ("", "This is no host name"),
        ("-bank.example", "This is no host name"),
        ("a" * 64 + ".example", "This is no host name"),
        ("x." * 130 + "example", "This is no host name"),
        ("<script>alert(1)</script>", "This is no host name"),
        ("operator.localhost", "Another tenant is served under operator.localhost"),
    ],
)
def test_a_name_that_cannot_be_is_refused_where_it_was_written(
    operator: FlaskClient, bank: Bank, name: str, says: str
) -> None:
    answer = operator.post(
        f"{HOST}/desk/tenants/test/hosts", data={"host": name}, headers={"Accept-Language": "en"}
    )
    assert (answer.status_code, says in plain(answer), hosts(bank)) == (422, True, ["test.localhost"])
    assert "<script>alert" not in answer.text


def test_the_last_name_stays(operator: FlaskClient, bank: Bank) -> None:
    answer = operator.post(f"{HOST}/desk/tenants/test/hosts/test.localhost/drop")
    assert (answer.status_code, hosts(bank)) == (303, ["test.localhost"])
    with pytest.raises(Refusal, match="host_last"), db.transaction(bank.tenant) as session:
        drop_host(session, SYSTEM, name="test.localhost")
    with pytest.raises(NotFound, match="host_not_here"), db.transaction(bank.tenant) as session:
        drop_host(session, SYSTEM, name="operator.localhost")


def test_the_same_again_changes_nothing(bank: Bank) -> None:
    for _ in range(2):
        with db.transaction(bank.tenant) as session:
            add_host(session, SYSTEM, name="bonus.bank.example")
    with db.transaction(bank.tenant) as session:
        rows = session.scalars(
            select(AuditEntry.id).where(
                AuditEntry.tenant_id == bank.tenant, AuditEntry.verb == "tenant.hosts"
            )
        )
        assert len(rows.all()) == 1


def test_another_tenants_name_is_neither_taken_nor_dropped(bank: Bank) -> None:
    with db.transaction(None) as session:
        other = open_tenant(session, slug="other", hosts=["other.localhost", "second.localhost"]).id
    with pytest.raises(Conflict, match="host_taken"), db.transaction(bank.tenant) as session:
        add_host(session, SYSTEM, name="other.localhost")
    with pytest.raises(NotFound, match="host_not_here"), db.transaction(bank.tenant) as session:
        drop_host(session, SYSTEM, name="other.localhost")
    with db.transaction(other) as session:
        assert hosts_of(session) == ["other.localhost", "second.localhost"]


def test_nobody_of_a_tenant_changes_its_names(desk: Flask, bank: Bank) -> None:
    client = signed_in(desk, bank.tenant, EVERYTHING)
    assert (
        client.post("http://test.localhost/desk/tenants/test/hosts", data={"host": "b.example"}).status_code
        == 403
    )
    with pytest.raises(Forbidden), db.transaction(bank.tenant) as session:
        add_host(session, Actor("staff", None, frozenset()), name="b.example")
    assert hosts(bank) == ["test.localhost"]
