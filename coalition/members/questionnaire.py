"""What a programme asks of who joins at a till, and which cards of a retailer's own she may bring.

The questionnaire is a document on the programme. It makes the model that answers are read by (`Questionnaire.model`),
so whatever is wrong with them is told at its field. Answers become the sealed person; those of a choice that is
`for_promotions` are stated as the member's attributes, too, which conditions of promotions ask for.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, Self

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from coalition.members.importing import EARLIEST, EMAIL, NAME_CHARS_MAX
from coalition.members.person import Person
from coalition.programmes.kept import kept_as
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.tables import has_card_number

KNOWN = ("name", "phone", "email", "born_on", "sex")
"""Fields that every programme may ask; all others are its own."""
ANSWER_CHARS_MAX = 200
_PAYMENT_LEAST = 14  # digits of the shortest number of a payment card
_NO_PAYMENT = ("0", "1", "7", "8", "9", "20", "21", "28", "29")  # no payment card begins so
_SHAPE = ConfigDict(frozen=True, extra="forbid")


class Said(BaseModel):
    """A text that people read, in both languages."""

    model_config = _SHAPE

    ru: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=120)


class Asked(BaseModel):
    """A field: one of the `KNOWN`, or an own one with its `label`, a text or a choice of `choices`."""

    model_config = _SHAPE

    code: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    mandatory: bool = False
    label: Said | None = None
    choices: dict[str, Said] = Field(default={}, max_length=100)
    for_promotions: bool = False

    @field_validator("choices")
    @classmethod
    def _codes(cls, choices: dict[str, Said]) -> dict[str, Said]:
        if not all(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", code) for code in choices):
            raise ValueError("a choice is small Latin letters, digits, hyphens and underscores, 64 at most")
        return choices

    @model_validator(mode="after")
    def _own(self) -> Self:
        if (self.label is None) != (self.code in KNOWN):
            raise ValueError("an own field needs its label, and the others have theirs")
        if self.choices and self.code in KNOWN:
            raise ValueError("only an own field has choices")
        if self.for_promotions and not self.choices:
            raise ValueError("promotions ask for choices only: a text stays sealed")
        return self


class Plastic(BaseModel):
    """Numbers of cards that were made elsewhere: so many digits that begin with the prefix."""

    model_config = _SHAPE

    prefix: str = Field(pattern=r"^[0-9]{1,12}$")
    digits: int = Field(ge=8, le=19)

    @model_validator(mode="after")
    def _nobodys(self) -> Self:
        if len(self.prefix) + 4 > self.digits:
            raise ValueError("a number has at least four digits after its prefix")
        if self.digits >= _PAYMENT_LEAST and not self.prefix.startswith(_NO_PAYMENT):
            raise ValueError("numbers of payment cards begin so, and they never enter the house")
        return self

    def has(self, number: str) -> bool:
        """Whether it is one of these."""
        return len(number) == self.digits and number.startswith(self.prefix)


class Questionnaire(BaseModel):
    """The fields that are asked, in their order, and the numbers of a retailer's `plastic` that are taken."""

    model_config = _SHAPE

    fields: tuple[Asked, ...] = Field(default=tuple(Asked(code=code) for code in KNOWN), max_length=50)
    plastic: tuple[Plastic, ...] = Field(default=(), max_length=20)

    @field_validator("fields")
    @classmethod
    def _different(cls, fields: tuple[Asked, ...]) -> tuple[Asked, ...]:
        if len({one.code for one in fields}) < len(fields):
            raise ValueError("every field has a code of its own")
        return fields

    def model(self) -> type[BaseModel]:
        """What reads the answers: `{"fields": {...}}`, strictly."""
        shape = ConfigDict(extra="forbid", strict=True)
        asked: dict[str, Any] = {f"field_{at}": _typed(one) for at, one in enumerate(self.fields)}
        fields = create_model("Fields", __config__=shape, **asked)
        return create_model("Answers", __config__=shape, fields=(fields, ...))

    def read(self, fields: Mapping[str, Any]) -> "Answers":
        """The answers; pydantic's ValidationError names whatever is wrong, under `fields`."""
        read = self.model().model_validate({"fields": dict(fields)}).fields  # type: ignore[attr-defined]
        answers = zip(self.fields, (value for _, value in read), strict=True)
        told = {one.code: value for one, value in answers if value is not None}
        known = {code: told.pop(code) for code in KNOWN if code in told}
        person = Person(**{"name": "", **known, "answers": told})
        attributes = {
            one.code: told[one.code] for one in self.fields if one.for_promotions and one.code in told
        }
        return Answers(person, attributes)


class Answers(NamedTuple):
    """Who somebody said she is, and which of it promotions may ask for."""

    person: Person
    attributes: Mapping[str, str]


def questionnaire_of(programme: Programme) -> Questionnaire:
    """The programme's questionnaire; where it has none, everything is asked and nothing is mandatory."""
    return Questionnaire.model_validate(programme.questionnaire or {})


def set_questionnaire(
    session: Session, actor: Actor, *, programme_id: int, document: dict[str, Any] | None
) -> None:
    """Ask by this document from now on, or by the usual one; Refusal("questionnaire", field=..., why=...)."""
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    programme = programme_by_id(session, programme_id)
    before = _told(programme)
    programme.questionnaire = kept_as(Questionnaire, document, refusal="questionnaire")
    session.flush()
    record(
        session,
        actor,
        "questionnaire.change",
        f"programme {programme.code}",
        before=before,
        after=_told(programme),
    )


def _told(programme: Programme) -> dict[str, Any]:
    """For the trail: what is asked, in its order, and whose plastic is taken."""
    known = questionnaire_of(programme)
    return {
        "asked": [one.code for one in known.fields],
        "mandatory": [one.code for one in known.fields if one.mandatory],
        "for_promotions": [one.code for one in known.fields if one.for_promotions],
        "plastic": [f"{one.prefix}, {one.digits}" for one in known.plastic],
    }


def plain(text: str) -> str:
    """The text, where it holds nothing but letters, signs and blanks."""
    if not text.isprintable():
        raise PydanticCustomError("text_invalid", "holds a character that is no text")
    return text


def _text(text: str) -> str:
    if has_card_number(text):
        raise PydanticCustomError("card_number", "the number of a payment card must not be told here")
    return plain(text)


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    written = number and phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number is None or written != text or not phonenumbers.is_possible_number(number):
        raise PydanticCustomError("phone_invalid", "must be a phone in E.164, as +79140000147")
    return text


def _email(text: str) -> str:
    if not EMAIL.fullmatch(text) or not text.isprintable():
        raise PydanticCustomError("email_invalid", "must be an e-mail address")
    return text.lower()


def _born_on(day: date) -> date:
    if not EARLIEST <= day <= clock.now().date():
        raise PydanticCustomError("born_on_invalid", "must be a day since 1900 that has come")
    return day


def _iso(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise PydanticCustomError("day_invalid", "must be a day, as 1990-05-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day_invalid", "must be a day, as 1990-05-31") from None


def _written(longest: int) -> Any:
    return Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=longest)]


_TYPES: dict[str, Any] = {
    "name": Annotated[_written(NAME_CHARS_MAX), AfterValidator(_text)],
    "phone": Annotated[_written(20), AfterValidator(_phone)],
    "email": Annotated[_written(254), AfterValidator(_email)],
    "born_on": Annotated[_written(10), AfterValidator(_iso), AfterValidator(_born_on)],
    "sex": Literal["female", "male"],
}


def _typed(asked: Asked) -> Any:
    """The type of a field's answer, and whether it has to be there."""
    if asked.choices:
        kind: Any = Literal[tuple(asked.choices)]
    else:
        kind = _TYPES.get(asked.code, Annotated[_written(ANSWER_CHARS_MAX), AfterValidator(_text)])
    if asked.mandatory:
        return kind, Field(alias=asked.code)
    return kind | None, Field(default=None, alias=asked.code)
