"""The offers that hold for a member now, in words."""

from uuid import UUID

from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.reports.offers import live_offers
from partner_portal.api.operations import Answer, Call, operation
from partner_portal.api.v1.members import member_of
from tenants.translations import N_


class OfferAnswer(Answer):
    """An offer: what it is for, how much it gives, and on what terms. `promotion` is its code.

    One that is `by_consent` is for members who have `accepted` it. `choices` are the categories of which she chooses
    one for the month, `chosen` the one that she chose.
    """

    promotion: str
    title: str
    category: str
    rate: str
    terms: str
    by_consent: bool
    accepted: bool
    choices: list[str]
    chosen: str | None


class Offers(Answer):
    """The offers that she can use now."""

    offers: list[OfferAnswer]


@operation(
    "GET",
    "/members/{member_id}/offers",
    scope="members:read",
    about=N_(
        "The offers that hold for a member now, in the caller's language; what she has had for good is left out"
    ),
    gives=Offers,
    problems=("member_unknown",),
)
def read_offers(call: Call, member_id: UUID) -> Offers:
    """As her cabinet shows them."""
    member = member_of(call.session, call.caller, member_id)
    programme = programme_by_id(call.session, member.programme_id)
    found = live_offers(call.session, programme, member, words_in(call.lang, programme))
    return Offers(
        offers=[
            OfferAnswer(
                promotion=one.code,
                title=one.title,
                category=one.category,
                rate=one.rate,
                terms=one.terms,
                by_consent=one.by_consent,
                accepted=one.accepted,
                choices=[name for _, name in one.choices],
                chosen=one.chosen or None,
            )
            for one in found
            if not one.had
        ]
    )
