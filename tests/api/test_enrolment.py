"""A till enrols by the programme's questionnaire: once for a reference, every wrong answer at its field."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from coalition.members.actions import note_consent
from coalition.members.facts import newest_facts
from coalition.members.models import Consent, FactKind
from coalition.members.person import Person
from coalition.members.queries import consents_of, person_of
from coalition.members.questionnaire import set_questionnaire
from coalition.members.referring import code_of
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.api.conftest import PHONE, Till, furnished
from tests.ledger.house import new_member

OLGA = {
    "name": "Olga",
    "phone": "+79140000999",
    "email": "Olga@example.test",
    "born_on": "1990-05-31",
    "sex": "female",
}
ASKS: dict[str, Any] = {
    "fields": [
        {"code": "name", "mandatory": True},
        {"code": "phone"},
        {"code": "pet", "label": {"ru": "Питомец", "en": "Pet"}, "for_promotions": True,
         "choices": {"cat": {"ru": "кошка", "en": "cat"}, "dog": {"ru": "собака", "en": "dog"}}},
        {"code": "street", "label": {"ru": "Улица", "en": "Street"}},
    ],
    "plastic": [{"prefix": "7712", "digits": 13}],
}  # fmt: skip


def joining(reference: str = "1", **more: Any) -> dict[str, Any]:
    return {"reference": reference, "fields": OLGA} | more


def ask(till: Till, document: dict[str, Any] = ASKS) -> None:
    with db.transaction(till.house.tenant) as session:
        set_questionnaire(session, SYSTEM, programme_id=till.house.programme, document=document)


def test_who_is_enrolled_is_found_by_everything_that_is_hers(till: Till) -> None:
    consents = [{"topic": "terms"}, {"topic": "sms", "given": False, "text_version": "7"}]
    made: Any = till.post("/members", joining(consents=consents), key="a")
    assert made.status_code == 201, made.json
    assert (len(made.json["card"]), made.json["balance"]["available"]) == (16, 0)
    for handle in (made.json["card"], "+79140000999", "olga@example.test"):
        found: Any = till.post("/members/find", {"handle": handle}).json
        assert found["member_id"] == made.json["member_id"]
    with db.transaction(till.house.tenant) as session:
        member = UUID(made.json["member_id"])
        assert person_of(session, member) == Person(
            "Olga", "+79140000999", "olga@example.test", date(1990, 5, 31), "female"
        )
        assert consents_of(session, member) == {"terms": True, "sms": False}
        said = select(Consent.source, Consent.per_week).where(Consent.member_id == member)
        assert set(session.execute(said).all()) == {("till", None)}


def test_the_same_reference_is_the_same_member_for_ever(till: Till) -> None:
    first: Any = till.post("/members", joining(), key="a").json
    again: Any = till.post("/members", joining(), key="b")
    assert (again.status_code, again.json) == (201, first)
    other: Any = till.post("/members", joining(fields={"nonsense": 1}), key="c")
    assert (other.status_code, other.json) == (201, first)


def test_a_handle_that_is_taken_is_told_at_its_field_and_nobody_is_made(till: Till) -> None:
    taken: Any = till.post("/members", joining(fields=OLGA | {"phone": PHONE}), key="a")
    assert (taken.status_code, taken.json["code"]) == (409, "handle_taken")
    assert [one["pointer"] for one in taken.json["errors"]] == ["/fields/phone"]
    assert str(till.member) not in taken.text
    assert till.post("/members/find", {"handle": "olga@example.test"}).status_code == 404


def test_a_till_agrees_to_no_advertising_for_anybody(till: Till) -> None:
    no: Any = till.post("/members", joining(consents=[{"topic": "ads"}]), key="a")
    other: Any = till.post("/members", joining(consents=[{"topic": "post"}]), key="b")
    assert (no.status_code, other.status_code) == (422, 422)
    assert [one["code"] for one in no.json["errors"]] == [one["code"] for one in other.json["errors"]]
    with pytest.raises(IntegrityError, match="by_herself"), db.transaction(till.house.tenant) as session:
        note_consent(session, new_member(session, till.house), "ads", source="till")
        session.flush()


@pytest.mark.parametrize(("changed", "pointer", "code"), [
    ({"phone": "89140000999"}, "/fields/phone", "phone_invalid"),
    ({"phone": 7}, "/fields/phone", "string_type"),
    ({"email": "nobody"}, "/fields/email", "email_invalid"),
    ({"born_on": "2090-01-01"}, "/fields/born_on", "born_on_invalid"),
    ({"born_on": "31.05.1990"}, "/fields/born_on", "day_invalid"),
    ({"born_on": "1990-02-30"}, "/fields/born_on", "day_invalid"),
    ({"sex": "x"}, "/fields/sex", "literal_error"),
    ({"name": "4111 1111 1111 1111"}, "/fields/name", "card_number"),
    ({"name": "a\u0000b"}, "/fields/name", "text_invalid"),
    ({"name": " "}, "/fields/name", "string_too_short"),
    ({"pet": "cat"}, "/fields/pet", "extra_forbidden"),
])  # fmt: skip
def test_an_answer_that_cannot_be_is_named(
    till: Till, changed: dict[str, Any], pointer: str, code: str
) -> None:
    found: Any = till.post("/members", joining(fields=OLGA | changed), key="a")
    assert (found.status_code, found.json["code"]) == (422, "body_invalid")
    assert [(one["pointer"], one["code"]) for one in found.json["errors"]] == [(pointer, code)]


def test_a_questionnaire_says_what_is_asked(till: Till) -> None:
    ask(till)
    found: Any = till.post(
        "/members", joining(fields={"pet": "cow", "phone": "+79140000999", "email": "x"}), key="a"
    )
    assert found.status_code == 422
    assert sorted((one["pointer"], one["code"]) for one in found.json["errors"]) == [
        ("/fields/email", "extra_forbidden"), ("/fields/name", "missing"), ("/fields/pet", "literal_error"),
    ]  # fmt: skip
    fields = {"name": "Olga", "phone": "+79140000999", "pet": "cat", "street": "Lenina 1"}
    made: Any = till.post("/members", joining(fields=fields), key="a").json
    with db.transaction(till.house.tenant) as session:
        member, key = UUID(made["member_id"]), (FactKind.ATTRIBUTE, "pet")
        assert person_of(session, member).answers == {"pet": "cat", "street": "Lenina 1"}
        stated = newest_facts(session, [member], [key, (FactKind.ATTRIBUTE, "street")])
        assert {name: row.value for (_, _, name), row in stated.items()} == {"pet": "cat"}


def test_a_till_reads_what_to_ask(till: Till) -> None:
    ask(till)
    form: Any = till.get("/questionnaire").json
    assert form["own_cards"] is True
    assert form["fields"][0] == {
        "code": "name",
        "label": "Name",
        "type": "text",
        "mandatory": True,
        "choices": [],
    }
    assert form["fields"][2]["choices"] == [{"code": "cat", "label": "cat"}, {"code": "dog", "label": "dog"}]


def test_something_has_to_find_her(till: Till) -> None:
    found: Any = till.post("/members", joining(fields={"name": "Olga"}), key="a")
    assert (found.status_code, found.json["code"]) == (422, "handle_missing")


def test_a_card_of_the_retailers_own_is_taken_where_the_programme_says_so(till: Till) -> None:
    body = joining(fields={"name": "Olga"}, card="7712000000017")
    found: Any = till.post("/members", body, key="a")
    assert (found.status_code, found.json["code"]) == (422, "card_number_foreign")
    ask(till)
    made: Any = till.post("/members", body, key="a").json
    assert made["card"] == "7712000000017"
    taken: Any = till.post("/members", body | {"reference": "2"}, key="b")
    assert (taken.status_code, taken.json["errors"][0]["pointer"]) == (409, "/card")
    for foreign in ("7713000000017", "77120000000171", "2900000000000009"):
        found = till.post("/members", joining("3", fields={"name": "X"}, card=foreign), key="c")
        assert (found.status_code, found.json["code"]) == (422, "card_number_foreign")


def test_a_friend_is_brought_by_a_code(till: Till) -> None:
    with db.transaction(till.house.tenant) as session:
        code = code_of(session, till.member)
    found: Any = till.post("/members", joining(referral_code="NOBODYS2"), key="a")
    assert (found.status_code, found.json["code"]) == (422, "referral_unknown")
    assert till.post("/members", joining(referral_code=code), key="b").status_code == 201


def test_who_asks_for_taken_phones_is_stopped_after_sixty(live_database: None) -> None:
    till = furnished("probed")
    till.sign_in()
    said = [
        till.post("/members", joining(str(n), fields=OLGA | {"phone": PHONE}), key=str(n)).status_code
        for n in range(61)
    ]
    assert said == [409] * 60 + [429]
    assert till.post("/members/find", {"handle": PHONE}).status_code == 200


def test_another_tenants_client_enrols_at_home(till: Till) -> None:
    other = furnished("other")
    other.sign_in()
    made: Any = other.post("/members", joining(), key="a").json
    mine: Any = till.post("/members", joining(), key="a").json
    assert made["member_id"] != mine["member_id"]
    assert till.get(f"/members/{made['member_id']}/cards").status_code == 404
