"""How a legal entity joins: what is wrong with an application, what an admission makes, and that each happens once."""

from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from coalition.partners.models import Participant, Partner
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from coalition.settlement import joining
from coalition.settlement.closing import close
from coalition.settlement.joining import Admitted
from coalition.settlement.models import Application, PartyTerms
from coalition.settlement.terms import set_operator
from partner_portal.cabinet.join import TRIES
from tenants.actor import SYSTEM, Actor
from tenants.models import AuditEntry, Staff
from tenants.permissions import OF_STAFF, Permission
from tenants.roles import roles_of
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.admin.world import HOST, Bank
from tests.ledger.house import House
from tests.portal.company import FORM, OFFER, TRADER, admitted, said
from tests.walls.desk_pages import held

WRONG = [
    ("legal_name", "", "application_text"),
    ("legal_name", "  ", "application_text"),
    ("legal_name", "Я" * 201, "application_text"),
    ("legal_name", "ООО\u202eКофе", "hidden_sign"),
    ("address", "", "application_text"),
    ("brand", "", "application_text"),
    ("brand", "Я" * 121, "application_text"),
    ("brand", "Кофейня\n", None),  # spaces at the ends go
    ("brand", "Кофе\nйня", "hidden_sign"),
    ("about", "", None),
    ("about", "Я" * 301, "application_text"),
    ("contact_name", "", "application_text"),
    ("contact_name", "А" * 101, "application_text"),
    ("inn", "7707083894", "application_inn"),
    ("inn", "770708389", "application_inn"),
    ("inn", "٧٧٠٧٠٨٣٨٩٣", "application_inn"),
    ("inn", "", "application_inn"),
    ("kpp", "", "application_kpp"),
    ("kpp", "77360100", "application_kpp"),
    ("kpp", "7736ab001", None),  # letters of either size
    ("ogrn", "1027700132196", "application_ogrn"),
    ("ogrn", "304500116000157", "application_ogrn"),  # a sole trader's, beside an organisation's INN
    ("ogrn", "", "application_ogrn"),
    ("email", "", "application_email"),
    ("email", "anna", "application_email"),
    ("email", "anna@kofe", "application_email"),
    ("email", "анна@кофе.рф", "application_email"),
    ("email", "a" * 40 + "@" + "k" * 20 + ".example", "application_email"),
    ("email", "Anna@Kofe.example", None),
    ("phone", "", "application_phone"),
    ("phone", "12", "application_phone"),
]


@pytest.mark.parametrize(("field", "text", "code"), WRONG)
def test_each_field_is_refused_for_its_own_reason(field: str, text: str, code: str | None) -> None:
    found = [(no.facts["field"], no.code) for no in joining.wrong_with(FORM | {field: text})]
    assert found == ([(field, code)] if code else [])


def test_a_sole_trader_has_twelve_digits_an_ogrnip_and_no_kpp() -> None:
    assert joining.wrong_with(FORM | TRADER) == []
    for field, text in (("inn", "500100732258"), ("kpp", "773601001"), ("ogrn", "1027700132195")):
        assert [no.facts["field"] for no in joining.wrong_with(FORM | TRADER | {field: text})] == [field]


def test_everything_that_is_wrong_is_said_at_once_even_of_an_empty_form() -> None:
    fields = {str(no.facts["field"]) for no in joining.wrong_with({})}
    assert fields == {
        "legal_name",
        "address",
        "brand",
        "contact_name",
        "inn",
        "kpp",
        "ogrn",
        "email",
        "phone",
    } - {"kpp"}  # fmt: skip  -- without an INN nobody knows whether there is one


def test_whom_to_ask_is_sealed_for_the_one_application(bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        one = joining.apply(session, form=FORM, language="ru")
        other = joining.apply(session, form=FORM | TRADER, language="en")
        assert not any(
            word.encode() in one.contact for word in ("Анна", "anna@", "9215550102", "kofe.example")
        )
        assert joining.contact_of(session, one) == ("Анна Ветрова", "anna@kofe.example", "+79215550102")
        other.contact = one.contact
        with pytest.raises(Refusal, match="sealed_value_broken"):
            joining.contact_of(session, other)


def test_one_company_waits_once_and_may_come_again_after_a_no(bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        first = joining.apply(session, form=FORM, language="ru").id
        joining.apply(session, form=FORM | TRADER, language="ru")  # another company
        with pytest.raises(Conflict, match="application_waits"):
            joining.apply(session, form=FORM | {"brand": "Другое имя"}, language="ru")
    with db.transaction(bank.tenant) as session:
        joining.decline(session, SYSTEM, number=first, words="Нет договора")
        assert joining.apply(session, form=FORM, language="ru").state == "waiting"
        assert joining.applications_waiting(session) == 2


def test_the_same_form_sent_again_says_that_it_waits(stranger: FlaskClient, bank: Bank) -> None:
    assert stranger.post(f"{HOST}/partner/join", data=FORM).status_code == 200
    again = stranger.post(f"{HOST}/partner/join", data=FORM, headers={"Accept-Language": "en"})
    assert again.status_code == 409
    assert "An application with this INN waits for an answer already" in said(again)
    assert count(bank, Application) == 1


def test_a_wrong_form_comes_back_with_what_was_written(stranger: FlaskClient, bank: Bank) -> None:
    wrong = FORM | {"inn": "7707083894", "category": "nowhere", "phone": "12", "brand": ""}
    answer = stranger.post(f"{HOST}/partner/join", data=wrong, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    for words in (
        "This is no INN",
        "Choose a category",
        "Write a phone",
        "Write this, 120 characters at most",
    ):
        assert words in said(answer)
    assert 'value="anna@kofe.example"' in answer.get_data(as_text=True)
    assert count(bank, Application) == 0


def test_the_form_is_read_so_often_of_an_address_and_no_more(stranger: FlaskClient, bank: Bank) -> None:
    with clock.stopped(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        for _ in range(TRIES):
            assert stranger.post(f"{HOST}/partner/join", data=FORM | {"inn": "1"}).status_code == 422
        refused = stranger.post(f"{HOST}/partner/join", data=FORM, headers={"Accept-Language": "en"})
        assert refused.status_code == 429
        assert "Too many applications for now" in said(refused)
        assert count(bank, Application) == 0
        elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
        assert (
            stranger.post(f"{HOST}/partner/join", data=FORM, environ_overrides=elsewhere).status_code == 200
        )
    with clock.stopped(datetime(2026, 11, 22, 13, tzinfo=UTC)):
        assert stranger.post(f"{HOST}/partner/join", data=FORM | TRADER).status_code == 200


def test_who_is_admitted_is_a_participant_with_a_partner_and_a_person(bank: Bank) -> None:
    made = admitted(bank)
    with db.transaction(bank.tenant) as session:
        owner = session.get_one(Participant, (bank.tenant, participants_by_code(session)["kofe"]))
        assert owner.name["ru"] == "ООО «Кофейня на Невском»"
        partner = session.scalars(
            select(Partner).where(Partner.tenant_id == bank.tenant, Partner.code == "kofe")
        ).one()
        assert (partner.participant_id, partner.name["ru"], partner.category) == (owner.id, "Кофейня", "cafe")
        person = session.scalars(
            select(Staff).where(Staff.tenant_id == bank.tenant, Staff.login == "anna@kofe.example")
        ).one()
        assert (person.name, person.participant_id, person.password_hash) == ("Анна Ветрова", owner.id, None)
        assert [role.code for role in roles_of(session, person.id)] == ["partner-manager"]
        assert made.login == "anna@kofe.example"
        told = session.scalars(
            select(AuditEntry).where(
                AuditEntry.tenant_id == bank.tenant, AuditEntry.verb == "application.admit"
            )
        ).one()
        assert told.after == {"participant": owner.id, "partner": "kofe", "contract": "12/2026"}
        assert session.scalars(select(PartyTerms).where(PartyTerms.tenant_id == bank.tenant)).all() == []


def test_where_the_programme_settles_the_terms_hold_from_the_month_that_is_open(bank: Bank) -> None:
    house = settling(bank)
    with clock.stopped(datetime(2026, 11, 20, 12, tzinfo=UTC)):
        joined(house, "kofe")
    assert terms_of(house, "kofe") == {
        date(2026, 11, 1): {
            "legal": {
                "name": "ООО «Кофейня на Невском»",
                "inn": "7707083893",
                "kpp": "773601001",
                "account": "",
                "bic": "",
                "address": "Санкт-Петербург, Невский пр., 1",
                "signer": "",
            },
            "contract": "12/2026",
            "pays": "spent",
            "expired": "kept",
            "turnover": "own",
            "fee": {"rate": "2.5", "of": "turnover"},
        }
    }
    with clock.stopped(datetime(2026, 12, 1, 0, tzinfo=UTC)):  # noon of the first in Kamchatka
        with db.transaction(house.tenant) as session:
            close(session, SYSTEM, programme_id=house.programme, month=date(2026, 11, 1))
        joined(house, "next", TRADER | {"email": "b@c.example"})
    with clock.stopped(
        datetime(2026, 11, 30, 11, tzinfo=UTC)
    ):  # a clock that goes behind: November is closed
        joined(house, "behind", {"inn": "7728168971", "email": "c@c.example"})
    assert list(terms_of(house, "next")) == [date(2026, 12, 1)]
    assert list(terms_of(house, "behind")) == [date(2026, 12, 1)]


@pytest.mark.parametrize(
    ("code", "form", "no"),
    [
        ("Кофе", {}, "partner_code"),
        ("", {}, "partner_code"),
        ("bank", {}, "participant_code_taken"),
        ("calder", {}, "partner_code_taken"),
        ("kofe", {"email": "known@kofe.example"}, "login_known"),
    ],
)
def test_a_refused_admission_leaves_nothing(bank: Bank, code: str, form: dict[str, str], no: str) -> None:
    admitted(bank, "first", **TRADER, email="known@kofe.example")
    with db.transaction(bank.tenant) as session:
        number = joining.apply(session, form=FORM | form, language="ru").id
    before = everything(bank)
    with pytest.raises(Refusal) as refused, db.transaction(bank.tenant) as session:
        joining.admit(
            session, SYSTEM, number=number, code=code, offer=OFFER, programme=the_programme(session)
        )
    assert refused.value.code == no
    assert everything(bank) == before


def test_the_desk_says_at_which_field_an_admission_stops(client: FlaskClient, bank: Bank) -> None:
    admitted(bank, "first", **TRADER, email=FORM["email"])
    with db.transaction(bank.tenant) as session:
        number = joining.apply(session, form=FORM, language="ru").id
    form, place = (
        {"code": "first", "contract": "", "pays": "issued", "fee": "2"},
        f"{HOST}/desk/applications/{number}/admit",
    )
    english = {"Accept-Language": "en"}
    taken = client.post(place, data=form, headers=english)
    assert taken.status_code == 422
    assert 'id="code-wrong"' in taken.get_data(as_text=True)
    login = client.post(place, data=form | {"code": "kofe"}, headers=english)
    assert "Somebody has this login already" in said(login)
    assert 'id="code-wrong"' not in login.get_data(as_text=True)
    for fee in ("-1", "100.01", "1.005", "NaN", "x", "", "1e-1000000000"):
        answer = client.post(place, data=form | {"code": "kofe", "fee": fee}, headers=english)
        assert answer.status_code == 422, fee
        assert 'id="fee-wrong"' in answer.get_data(as_text=True), fee


def test_who_may_not_decide_decides_nothing(bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        number = joining.apply(session, form=FORM, language="ru").id
    before = everything(bank)
    clerk = Actor("staff", permissions=frozenset(OF_STAFF) - {Permission.DESK_APPLICATION_DECIDE})
    with pytest.raises(Forbidden), db.transaction(bank.tenant) as session:
        joining.admit(
            session, clerk, number=number, code="kofe", offer=OFFER, programme=the_programme(session)
        )
    with pytest.raises(Forbidden), db.transaction(bank.tenant) as session:
        joining.decline(session, clerk, number=number, words="Нет")
    assert everything(bank) == before


def test_a_no_has_its_reason_and_is_the_last_word(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(bank.tenant) as session:
        number = joining.apply(session, form=FORM, language="ru").id
    place = f"{HOST}/desk/applications/{number}/decline"
    for words in ("", "   ", "Н" * 301):
        assert client.post(place, data={"words": words}).status_code == 422
    assert client.post(place, data={"words": " Нет договора "}).status_code == 303
    page = said(client.get(f"{HOST}/desk/applications/{number}"))
    assert "Нет договора" in page
    with db.transaction(bank.tenant) as session:
        application = joining.application_by_id(session, number)
        assert (application.state, application.words, application.participant_id) == (
            "declined", "Нет договора", None,
        )  # fmt: skip
        assert application.decided_by is not None
        with pytest.raises(Conflict, match="application_decided"):
            joining.decline(session, SYSTEM, number=number, words="Ещё раз")
        with pytest.raises(Conflict, match="application_decided"):
            joining.admit(
                session, SYSTEM, number=number, code="kofe", offer=OFFER, programme=the_programme(session)
            )
        with pytest.raises(NotFound):
            joining.decline(session, SYSTEM, number=99, words="Нет")


def count(bank: Bank, model: type[Application]) -> int:
    with db.transaction(bank.tenant) as session:
        return session.scalar(select(func.count()).where(model.tenant_id == bank.tenant)) or 0


def everything(bank: Bank) -> dict[str, str]:
    with db.transaction(bank.tenant) as session:
        return held(session)


def settling(bank: Bank) -> House:
    """The bank operates its programme."""
    with db.transaction(bank.tenant) as session:
        programme = bank.world.programme.id
        set_operator(session, SYSTEM, programme_id=programme, participant_id=1, terms={})
    return House(bank.tenant, programme, (1, 1))


def joined(house: House, code: str, changed: dict[str, str] | None = None) -> Admitted:
    with db.transaction(house.tenant) as session:
        number = joining.apply(session, form=FORM | (changed or {}), language="ru").id
        return joining.admit(
            session, SYSTEM, number=number, code=code, offer=OFFER, programme=the_programme(session)
        )


def terms_of(house: House, code: str) -> dict[date, dict[str, object]]:
    with db.transaction(house.tenant) as session:
        owner = participants_by_code(session)[code]
        rows = session.scalars(
            select(PartyTerms).where(PartyTerms.tenant_id == house.tenant, PartyTerms.participant_id == owner)
        )
        return {row.since: row.terms for row in rows}
