"""The wizard of the operators' place: nothing is lost on the way, refusals stand at fields, what it opens works."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.programmes.queries import the_programme
from coalition.reports.counting import count_figures
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.models import AuditEntry, OpeningDraft, Staff, Tenant
from tenants.operators import open_place
from tenants.permissions import EVERYTHING, OF_OPERATORS
from tenants.runtime import clock, db
from tenants.runtime.errors import NotFound
from tenants.staff import invite_staff, save_role
from tests.admin.test_documented_commands import parsed
from tests.admin.world import Bank, furnished, plain, signed_in
from tests.ledger.house import balance

HOST = "http://operator.localhost"
WHO = {
    "name_ru": "Зерно",
    "name_en": "Zerno",
    "slug": "zerno",
    "hosts": "zerno.localhost",
    "language": "ru",
    "zone": "Asia/Kamchatka",
    "currency": "RUB",
}


def operators(app: Flask, tenant: int, login: str = "olga") -> FlaskClient:
    """A browser in which an operator has signed in, with her second factor."""
    with db.transaction(tenant) as session:
        person = invite_staff(session, SYSTEM, login=login, name="Ольга Орлова", roles=["operator"])
        person.totp, person.totp_since = b"sealed", clock.real_now()
        secret = sign_in(session, kind="staff", subject_id=person.id)
    client = app.test_client()
    client.set_cookie("staff", secret, domain="operator.localhost", path="/desk")
    return client


@pytest.fixture
def bank(tenant: int) -> Bank:
    """The furnished bank, beside what else is open in the test's transaction."""
    return furnished(tenant)


@pytest.fixture
def place(house: None) -> int:
    with db.transaction(None) as session:
        return open_place(session, hosts=["operator.localhost"]).id


@pytest.fixture
def operator(desk: Flask, place: int) -> Iterator[FlaskClient]:
    return operators(desk, place)


def begun(client: FlaskClient, template: str = "coffee-shop") -> str:
    answer = client.post(f"{HOST}/desk/opening/", data={"template": template})
    assert answer.status_code == 303
    return str(answer.location).removesuffix("/who")


def form_of(client: FlaskClient, address: str) -> dict[str, str]:
    """What a form would send as it is."""
    page = client.get(HOST + address).text
    found = dict(re.findall(r'<input class="form-control"[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', page))
    found |= dict(re.findall(r'type="(?:checkbox|radio)"[^>]*? name="([^"]+)" value="([^"]*)" checked', page))
    for name, inside in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', page):
        found[name] = re.findall(r'value="([^"]*)" selected', inside)[0]
    return found


def walked(client: FlaskClient, draft: str) -> None:
    assert client.post(f"{HOST}{draft}/who", data=WHO).location == f"{draft}/brand"
    for step, after in (("brand", "programme"), ("programme", "promotions"), ("promotions", "person")):
        answer = client.post(f"{HOST}{draft}/{step}", data=form_of(client, f"{draft}/{step}"))
        assert answer.location == f"{draft}/{after}", step
    person = {"person_name": "Анна", "person_login": "anna"}
    assert client.post(f"{HOST}{draft}/person", data=person).location == f"{draft}/check"


@pytest.mark.parametrize("template", ["bank", "retailer", "coffee-shop", "horeca", "entertainment"])
def test_it_opens_a_tenant_of_every_template_and_shows_the_link_once(
    operator: FlaskClient, place: int, template: str
) -> None:
    draft = begun(operator, template)
    walked(operator, draft)
    done = operator.post(f"{HOST}{draft}/check")
    assert done.status_code == 200
    link = re.search(r"http://zerno\.localhost:\d+(/desk/link/[\w-]+)", done.text)
    assert link is not None
    assert "Анна" in operator.get(f"http://zerno.localhost{link[1]}").text
    with db.transaction(place) as session:
        assert session.scalars(select(OpeningDraft.fields)).all() == [{"opened": "zerno"}]
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
        assert (last.verb, last.subject, last.actor_name) == ("tenant.open", "tenant zerno", "Ольга Орлова")


def test_whoever_comes_back_to_an_opened_draft_is_led_to_its_tenant(operator: FlaskClient) -> None:
    draft = begun(operator)
    walked(operator, draft)
    done = operator.post(f"{HOST}{draft}/check", headers={"Accept-Language": "en"})
    assert "coalition members import --tenant zerno" in done.text
    shown = re.search(r"coalition (clients add --tenant zerno .*?)</code>", done.text)
    assert shown is not None
    assert "New members" in done.text
    assert parsed(f"coalition {unescape(shown[1])}").params["participant"] == "shop"
    for ask in (operator.get, operator.post):
        for step in ("check", "brand"):
            answer = ask(f"{HOST}{draft}/{step}")
            assert (answer.status_code, answer.location) == (303, "/desk/tenants/zerno")
    page = operator.get(f"{HOST}/desk/opening/")
    assert draft not in page.text


def checked(client: FlaskClient, draft: str) -> dict[str, dict[str, str]]:
    """The last step, as its headings with their facts."""
    page = plain(client.get(f"{HOST}{draft}/check", headers={"Accept-Language": "en"}))
    return {
        unescape(title): {
            unescape(name): unescape(value)
            for name, value in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", facts)
        }
        for title, facts in re.findall(r"<h2>(.*?)</h2><dl class=\"terms\">(.*?)</dl>", page)
    }


def test_the_last_step_shows_every_number_that_was_filled_in(operator: FlaskClient) -> None:
    draft = begun(operator)
    walked(operator, draft)
    programme = form_of(operator, f"{draft}/programme") | {
        "worth": "2.50",
        "expiry": "days",
        "expiry_count": "90",
    }
    operator.post(f"{HOST}{draft}/programme", data=programme)
    promotions = form_of(operator, f"{draft}/promotions") | {
        "p.base.rate": "7.5",
        "p.sixth-coffee.points": "175",
    }
    promotions.pop("p.morning")
    operator.post(f"{HOST}{draft}/promotions", data=promotions)
    told = checked(operator, draft)
    assert told["Programme"] == {
        "Name": "Зёрна / Beans",
        "What a point is called": "зерно, зерна, зёрен / bean, beans",
        "What it is worth": "1 bean — ₽2.50",
        "How long points live": "Days: 90",
        "Of a sale points pay at most": "50%",
    }
    numbers = {value for facts in told.values() for value in facts.values()}
    for field, written in promotions.items():
        if field.count(".") == 2 and not field.startswith("p.morning."):
            assert written in numbers, field
    assert "175" in numbers
    assert not any("morning" in title.casefold() for title in told)


@pytest.mark.parametrize(
    ("worth", "gives"),
    [("1", "5 beans, worth ₽5"), ("2", "5 beans, worth ₽10"), ("0.10", "5 beans, worth ₽0.50")],
)
def test_five_percent_says_what_a_hundred_roubles_give_by_the_worth_of_a_point(
    operator: FlaskClient, worth: str, gives: str
) -> None:
    draft = begun(operator)
    walked(operator, draft)
    programme = form_of(operator, f"{draft}/programme") | {"worth": worth}
    operator.post(f"{HOST}{draft}/programme", data=programme)
    facts = [one for one in checked(operator, draft).values() if "A purchase of ₽100 gives" in one]
    assert [one["A purchase of ₽100 gives"] for one in facts] == [gives]
    page = plain(operator.get(f"{HOST}{draft}/promotions", headers={"Accept-Language": "en"}))
    for points, money in re.findall(r"([\d,]+) beans?, worth ₽([\d,.]+)", page):
        assert float(money.replace(",", "")) == int(points.replace(",", "")) * float(worth)


def test_what_is_missing_is_told_by_step_and_field(operator: FlaskClient) -> None:
    draft = begun(operator)
    refused = plain(operator.post(f"{HOST}{draft}/check", headers={"Accept-Language": "en"}))
    for place in (
        "Name and address · Short name",
        "Name and address · Addresses",
        "Administrator · Full name",
    ):
        assert f">{place}</a>: " in refused


def test_what_it_opened_lets_a_member_earn_and_is_counted(operator: FlaskClient) -> None:
    draft = begun(operator)
    walked(operator, draft)
    assert operator.post(f"{HOST}{draft}/check").status_code == 200
    with db.transaction(None) as session:
        tenant = session.scalars(select(Tenant.id).where(Tenant.slug == "zerno")).one()
    with db.transaction(tenant) as session:
        programme = the_programme(session)
        person = Person("Вера", phone="+79140000147")
        member = enrol(session, SYSTEM, programme_id=programme.id, person=person, joined_on=date(2026, 1, 1))
        told = Told("1", member.id, clock.now(), 40_000, "Shop")
        record(session, SYSTEM, programme_id=programme.id, source="till", told=[told])
        assert balance(session, member.id) == (20, 0, 0, 0)
        first = session.scalars(select(AuditEntry).where(AuditEntry.number == 1)).one()
        assert first.after == {"slug": "zerno", "hosts": ["zerno.localhost"], "operator": "Ольга Орлова"}
    assert (
        "It was not counted yet"
        in operator.get(f"{HOST}/desk/tenants/zerno", headers={"Accept-Language": "en"}).text
    )
    with db.transaction(tenant) as session:
        count_figures(session)
    page = operator.get(f"{HOST}/desk/tenants/", headers={"Accept-Language": "en"}).text
    row = re.search(r"<tbody><tr>(.*?)</tr>", page, re.S)
    assert row is not None
    assert re.sub(r"<[^>]+>", " ", row[1]).split() == [
        "Zerno",
        "zerno.localhost",
        "1",
        "1",
        "20",
        "beans",
    ]


def test_what_was_filled_in_stays_on_the_way_back_and_when_it_is_wrong(operator: FlaskClient) -> None:
    draft = begun(operator)
    wrong = WHO | {"slug": "Зерно!", "zone": "Mars/Olympus", "do": "on"}
    refused = operator.post(f"{HOST}{draft}/who", data=wrong, headers={"Accept-Language": "en"})
    assert refused.status_code == 422
    assert form_of(operator, f"{draft}/who") == WHO | {"slug": "Зерно!", "zone": "Mars/Olympus"}
    assert refused.text.count('aria-invalid="true"') == 2  # both at once
    refused = operator.post(
        f"{HOST}{draft}/who", data=WHO | {"zone": "Mars/Olympus"}, headers={"Accept-Language": "en"}
    )
    assert "There is no such time zone: write it like Europe/Moscow" in refused.text
    assert operator.post(f"{HOST}{draft}/who", data=WHO).status_code == 303
    brand = form_of(operator, f"{draft}/brand")
    back = operator.post(f"{HOST}{draft}/brand", data=brand | {"brand": "#0b5f66", "do": "back"})
    assert back.location == f"{draft}/who"
    assert form_of(operator, f"{draft}/who") == WHO
    assert form_of(operator, f"{draft}/brand") == brand | {"brand": "#0b5f66"}


def test_a_colour_that_nobody_could_read_is_refused_with_the_nearest_one(operator: FlaskClient) -> None:
    draft = begun(operator)
    brand = form_of(operator, f"{draft}/brand") | {"brand": "#ffffff"}
    said = "Nobody could read this colour on white. The nearest one that can be read is #f5f5f5"
    refused = operator.post(f"{HOST}{draft}/brand", data=brand, headers={"Accept-Language": "en"})
    assert (refused.status_code, refused.text.count(said)) == (
        422,
        2,
    )  # at the field, and where the preview was
    tried = f"{HOST}/desk/opening/tried"
    assert (
        said
        in operator.get(f"{tried}?brand=%23ffffff&accent=%23c4622d", headers={"Accept-Language": "en"}).text
    )
    assert operator.get(f"{tried}.css?brand=%23ffffff&accent=%23c4622d").status_code == 404
    css = operator.get(f"{tried}.css?brand=%230b5f66&accent=%23d9532c&corner=soft")
    assert (css.status_code, css.mimetype) == (200, "text/css")
    assert "--brand-fill: #0b5f66;" in css.text


def test_a_name_or_an_address_that_is_taken_is_told_at_its_field_and_opens_nothing(
    operator: FlaskClient,
) -> None:
    draft, second = begun(operator), begun(operator)
    walked(operator, draft)
    walked(operator, second)
    assert operator.post(f"{HOST}{draft}/check").status_code == 200
    late = operator.post(f"{HOST}{second}/check", headers={"Accept-Language": "en"})
    assert late.status_code == 422
    assert "There is a tenant “zerno” already. Take another short name; nothing was opened" in late.text
    taken = operator.post(
        f"{HOST}{second}/who", data=WHO | {"slug": "other"}, headers={"Accept-Language": "en"}
    )
    assert "Another tenant is served under zerno.localhost. Take another address" in taken.text
    assert operator.post(f"{HOST}{draft}/check").status_code == 303  # that draft is opened
    with db.transaction(None) as session:
        assert session.scalar(select(func.count()).select_from(Tenant).where(Tenant.slug == "zerno")) == 1


def test_a_draft_is_its_operators_own(desk: Flask, place: int, operator: FlaskClient) -> None:
    draft = begun(operator)
    other = operators(desk, place, "pavel")
    assert other.get(f"{HOST}{draft}/who").status_code == 404
    assert other.post(f"{HOST}{draft}/discard").status_code == 404
    assert operator.post(f"{HOST}{draft}/discard").status_code == 303
    assert operator.get(f"{HOST}{draft}/who").status_code == 404


def test_nobody_of_a_tenant_gets_there_whatever_the_roles(desk: Flask, bank: Bank, place: int) -> None:
    tenant = bank.tenant
    with db.transaction(tenant) as session, pytest.raises(NotFound, match="role_unknown"):
        invite_staff(session, SYSTEM, login="olga", name="Olga", roles=["operator"])
    with db.transaction(tenant) as session:
        own = {
            "code": "own",
            "names": {"ru": "Своя", "en": "Own"},
            "permissions": [*OF_OPERATORS, "desk:audit:read"],
        }
        made = save_role(session, SYSTEM, second_factor=False, new=True, **own)
        assert made.permissions == {"desk:audit:read"}
    client = signed_in(desk, tenant, EVERYTHING)
    for path in ("/desk/tenants/", "/desk/tenants/test", "/desk/opening/", "/desk/opening/tried"):
        assert client.get(f"http://test.localhost{path}").status_code == 403, path


def test_operators_cannot_work_without_a_second_factor(
    desk: Flask, place: int, operator: FlaskClient
) -> None:
    with db.transaction(place) as session:
        person = session.scalars(select(Staff).where(Staff.login == "olga")).one()
        person.totp_since = None
    answer = operator.get(f"{HOST}/desk/tenants/")
    assert (answer.status_code, answer.location) == (303, "/desk/profile/")


def test_the_operators_address_leads_to_the_desk_and_has_no_cabinet(
    desk: Flask, operator: FlaskClient
) -> None:
    assert operator.get(f"{HOST}/").location == "/desk/"
    assert operator.get(f"{HOST}/desk/").location == "/desk/tenants/"
    assert desk.test_client().get(f"{HOST}/sign-in").status_code == 404
