"""Enrolment at a till, by the programme's questionnaire."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from coalition.cards.enrolling import Agreed, enrol_at_till
from coalition.cards.queries import card_of, number_of
from coalition.members.questionnaire import Asked, plain, questionnaire_of
from coalition.programmes.queries import programme_by_id
from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.cards import CardNumber
from partner_portal.api.v1.cheques import Code
from partner_portal.api.v1.members import Balance, balance, guessing
from tenants.runtime.errors import Conflict
from tenants.runtime.language import translate
from tenants.translations import N_

_POINTERS = {"phone": "/fields/phone", "email": "/fields/email", "card_number": "/card"}
_LABELS = {
    "name": N_("Name"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "born_on": N_("Birthday"),
    "sex": N_("Sex"),
}
_SEXES = {"female": N_("female"), "male": N_("male")}


class Consent(Body):
    """What she agrees to, and under which text. To advertising of partners she agrees in her own place alone."""

    topic: Literal["terms", "email", "sms"]
    given: bool = True
    text_version: Annotated[str, Field(min_length=1, max_length=16), AfterValidator(plain)] = "1"


class Joining(Body):
    """Who joins: `fields` by the questionnaire, `card` in her hand, or none to have one issued."""

    reference: Code
    card: CardNumber | None = None
    fields: Annotated[dict[str, Any], Field(max_length=100)] = {}
    referral_code: Annotated[str, Field(max_length=64), AfterValidator(plain)] = ""
    consents: Annotated[list[Consent], Field(max_length=10)] = []


class Enrolled(Answer):
    """A member. `card` is the number of her newest card that is not blocked."""

    member_id: UUID
    card: str | None
    balance: Balance


class Choice(Answer):
    """One of the answers that a field takes."""

    code: str
    label: str


class AskedField(Answer):
    """A field of the questionnaire: `type` is text, phone (E.164), email, day (YYYY-MM-DD) or choice."""

    code: str
    label: str
    type: str
    mandatory: bool
    choices: list[Choice]


class Form(Answer):
    """The questionnaire, in the caller's language. `own_cards`: whether cards that were made elsewhere are taken."""

    fields: list[AskedField]
    own_cards: bool


@operation(
    "GET",
    "/questionnaire",
    scope="members:write",
    about=N_("What the programme asks of who joins, for a till to show"),
    gives=Form,
)
def read_questionnaire(call: Call) -> Form:
    """The programme's questionnaire."""
    asked = questionnaire_of(programme_by_id(call.session, call.caller.programme_id))
    return Form(fields=[_field(one, call.lang) for one in asked.fields], own_cards=bool(asked.plastic))


@operation(
    "POST",
    "/members",
    scope="members:write",
    about=N_(
        "Enrol a person with the card in her hand or a new one. The same `reference` of the same client is the same "
        "member, for ever. What is given for joining comes a moment later"
    ),
    takes=Joining,
    gives=Enrolled,
    status=201,
    problems=(
        "handle_missing",
        "handle_taken",
        "card_number_foreign",
        "referral_unknown",
        "referral_self",
        "referral_newer",
        "too_many_tries",
    ),
    writes=True,
)
def enrol_member(call: Call, body: Joining) -> Enrolled:
    """Enrol somebody, or find who was enrolled under the reference. Handles that are taken are counted, and codes."""
    session = call.session
    try:
        with guessing(session, call.caller, "handle_taken", "referral_unknown"):
            member = enrol_at_till(
                session,
                call.caller.actor,
                programme_id=call.caller.programme_id,
                source=call.caller.client_id,
                reference=body.reference,
                fields=body.fields,
                number=body.card,
                referral_code=body.referral_code,
                consents=[Agreed(one.topic, one.given, one.text_version) for one in body.consents],
            )
    except Conflict as taken:
        kind = taken.facts.get("kind", "")
        raise Conflict(taken.code, pointer=_POINTERS.get(str(kind))) from None
    card = card_of(session, member.id)
    return Enrolled(
        member_id=member.id,
        card=number_of(session, card) if card else None,
        balance=balance(session, member),
    )


def _field(asked: Asked, lang: str) -> AskedField:
    label = asked.label.model_dump()[lang] if asked.label else translate(lang, _LABELS[asked.code])
    choices = {code: said.model_dump()[lang] for code, said in asked.choices.items()}
    if asked.code == "sex":
        choices = {code: translate(lang, said) for code, said in _SEXES.items()}
    usual = {"phone": "phone", "email": "email", "born_on": "day"}.get(asked.code, "text")
    return AskedField(
        code=asked.code,
        label=label,
        type="choice" if choices else usual,
        mandatory=asked.mandatory,
        choices=[Choice(code=code, label=label) for code, label in choices.items()],
    )
