"""What a programme asks: which questionnaires can be, and what becomes of answers."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from coalition.members.person import Person
from coalition.members.questionnaire import Plastic, Questionnaire, questionnaire_of, set_questionnaire
from coalition.programmes.queries import programme_by_id
from tenants.actor import SYSTEM, Actor
from tenants.runtime.errors import Forbidden, Refusal
from tests.ledger.house import open_house

LABEL = {"ru": "Питомец", "en": "Pet"}
PET = {"code": "pet", "label": LABEL, "choices": {"cat": LABEL}}


def test_answers_are_a_person_and_what_promotions_may_ask_for() -> None:
    asked = Questionnaire.model_validate(
        {"fields": [{"code": "born_on"}, PET | {"for_promotions": True}, {"code": "copy", "label": LABEL}]}
    )
    read = asked.read({"born_on": "1990-05-31", "pet": "cat", "copy": " two "})
    person = Person("", born_on=date(1990, 5, 31), answers={"pet": "cat", "copy": "two"})
    assert read == (person, {"pet": "cat"})
    assert Person.unpacked(person.packed()) == person
    assert asked.read({}) == (Person(""), {})


def test_a_person_who_was_sealed_before_is_read() -> None:
    packed = '{"name": "Vera", "phone": null, "email": null, "born_on": "1990-05-31"}'
    assert Person.unpacked(packed) == Person("Vera", born_on=date(1990, 5, 31))


@pytest.mark.parametrize("fields", [
    [{"code": "pet"}],
    [{"code": "name", "label": LABEL}],
    [{"code": "sex", "choices": {"x": LABEL}}],
    [{"code": "Pet", "label": LABEL}],
    [PET, PET],
    [PET | {"choices": {"Cat!": LABEL}}],
    [{"code": "street", "label": LABEL, "for_promotions": True}],
    [PET | {"colour": "red"}],
])  # fmt: skip
def test_a_questionnaire_that_cannot_be_is_refused(fields: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Questionnaire.model_validate({"fields": fields})


@pytest.mark.parametrize(("prefix", "digits", "fits"), [
    ("7712", 13, True), ("4", 13, True), ("9", 16, True), ("20", 16, True),
    ("4", 16, False), ("2200", 16, False), ("2", 16, False), ("62", 19, False), ("771234567", 12, False),
])  # fmt: skip
def test_plastic_is_never_numbered_as_payment_cards_are(prefix: str, digits: int, fits: bool) -> None:
    try:
        Plastic(prefix=prefix, digits=digits)
    except ValidationError:
        assert not fits
    else:
        assert fits


def test_a_questionnaire_is_set_and_taken_back(session: Session) -> None:
    number = open_house(session).programme
    programme = programme_by_id(session, number)
    assert [one.code for one in questionnaire_of(programme).fields] == [
        "name",
        "phone",
        "email",
        "born_on",
        "sex",
    ]
    set_questionnaire(session, SYSTEM, programme_id=number, document={"fields": [PET]})
    assert [one.code for one in questionnaire_of(programme).fields] == ["pet"]
    with pytest.raises(Refusal, match="questionnaire"):
        set_questionnaire(session, SYSTEM, programme_id=number, document={"fields": [{"code": "pet"}]})
    with pytest.raises(Forbidden):
        set_questionnaire(session, Actor("staff"), programme_id=number, document=None)
    assert [one.code for one in questionnaire_of(programme).fields] == ["pet"]
    set_questionnaire(session, SYSTEM, programme_id=number, document=None)
    assert programme.questionnaire is None
