"""Making the tenant of a document: one transaction, so that it is whole or not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from admin.opening.checking import flaws, placed, values_of
from admin.opening.document import Opening, PromotionTerms
from charity.actions import admit_fund
from coalition import money
from coalition.benefits.actions import add_benefit
from coalition.members.actions import segment_mask
from coalition.partners.actions import add_partner, admit_participant
from coalition.programmes.actions import open_programme
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.checking import Flaw
from coalition.promotions.levels import set_tiers
from coalition.promotions.queries import codes_of, setting_of
from coalition.promotions.templates import template
from coalition.promotions.templates.fill import attempt
from coalition.redemption.actions import add_reward
from coalition.redemption.paying import set_pay_terms
from coalition.transactions.profile_versions import add_profile
from tenants.actions import open_tenant, rebrand
from tenants.actor import SYSTEM
from tenants.audit import record
from tenants.branding.derive import derive
from tenants.branding.shapes import drawn
from tenants.own_password import make_link
from tenants.runtime.errors import Problem, Refusal
from tenants.staff import invite_staff

_NOBODY = {"ru": "", "en": ""}


@dataclass(frozen=True)
class Opened:
    """The tenant that was opened: its number, and the secret of the link by which its first person comes in."""

    tenant_id: int
    slug: str
    hosts: Sequence[str]
    link: str


class Flawed(Refusal):
    """A document by which nothing can be opened, with everything that is wrong with it."""

    def __init__(self, found: Sequence[Flaw]) -> None:
        super().__init__("opening_invalid", field=found[0].field, why=found[0].why)
        self.flaws = found


def open_by(session: Session, document: Any, *, by: Mapping[str, str] | None = None) -> Opened:
    """Open the tenant of a document; the session, which is nobody's so far, acts as it from here on.

    `by` tells its audit trail who opened it. Raises Flawed, Conflict("tenant_exists") or Conflict("host_taken");
    then roll back.
    """
    if found := flaws(document):
        raise Flawed(found)
    read = Opening.model_validate(document)
    tenant = open_tenant(session, slug=read.slug, hosts=read.hosts)
    told = {"slug": read.slug, "hosts": list(read.hosts), **(by or {})}
    record(session, SYSTEM, "tenant.open", f"tenant {read.slug}", after=told)
    _dress(session, read)
    payers = {
        one.code: admit_participant(
            session, SYSTEM, code=one.code, name=_titles(one.name or read.brand.name)
        ).id
        for one in read.participants
    }
    programme = _programme(session, read)
    _partners(session, read, payers)
    _terms(session, read, programme)
    for number, promotion in enumerate(read.promotions):
        _promotion(session, read, programme, number, promotion)
    _rewards(session, read, payers)
    person = invite_staff(
        session, SYSTEM, login=read.administrator.login, name=read.administrator.name, roles=["administrator"]
    )
    return Opened(tenant.id, read.slug, read.hosts, make_link(session, SYSTEM, staff_id=person.id))


def _dress(session: Session, read: Opening) -> None:
    brand = read.brand
    logo, logo_dark = brand.logo, brand.logo_dark
    if logo is None or logo_dark is None:
        logo, logo_dark = drawn(brand.mark, derive(brand.brand, brand.accent, brand.corner))
    rebrand(
        session,
        SYSTEM,
        name=_titles(brand.name),
        language=brand.language,
        brand=brand.brand,
        accent=brand.accent,
        corner=brand.corner,
        logo=logo,
        logo_dark=logo_dark,
    )


def _programme(session: Session, read: Opening) -> Programme:
    terms = read.programme
    return open_programme(
        session,
        SYSTEM,
        code=terms.code,
        name=_titles(terms.name),
        unit={"ru": list(terms.unit.ru), "en": list(terms.unit.en)},
        scale=terms.scale,
        currency=terms.currency,
        value_minor=int(terms.value.money.scaleb(money.exponent(terms.currency))),
        value_points=terms.value.points * 10**terms.scale,
        zone=terms.zone,
        activation_delay_days=terms.activation_delay_days,
        expiry=terms.expiry.kind,
        expiry_count=terms.expiry.count,
        return_policy=terms.return_policy,
    )


def _partners(session: Session, read: Opening, payers: Mapping[str, int]) -> None:
    for one in read.partners:
        add_partner(
            session,
            SYSTEM,
            participant_id=payers[one.participant or read.participants[0].code],
            code=one.code,
            name=_titles(one.name or read.brand.name),
            about=_titles(one.about) if one.about else _NOBODY,
            category=one.category,
            icon=one.icon,
            terminals=[(till.mid, till.tid) for till in one.terminals],
        )


def _terms(session: Session, read: Opening, programme: Programme) -> None:
    """What promotions name, and what stands beside them."""
    segment_mask(session, read.segments)
    if read.levels is not None:
        document = read.levels.model_dump(mode="json")
        _at("levels", lambda: set_tiers(session, SYSTEM, programme_id=programme.id, document=document))
    if read.paying is not None:
        terms = read.paying.model_dump(mode="json", exclude_unset=True)
        _at("paying", lambda: set_pay_terms(session, SYSTEM, programme_id=programme.id, terms=terms))
    for number, one in enumerate(read.benefits):
        _at(
            f"benefits.{number}",
            lambda one=one: add_benefit(
                session,
                SYSTEM,
                programme_id=programme.id,
                code=one.code,
                kind=one.kind,
                name=_titles(one.name),
                terms=one.terms,
            ),
        )
    for profile in read.profiles:
        add_profile(session, SYSTEM, document=profile.model_dump(mode="json"))


def _promotion(
    session: Session, read: Opening, programme: Programme, number: int, promotion: PromotionTerms
) -> None:
    here, document = f"promotions.{number}", promotion.document
    if document is None:
        assert promotion.template is not None, "flaws() has asked"
        filled = attempt(
            template(promotion.template),
            values_of(read, promotion.fields),
            codes_of(session),
            setting_of(session, programme),
        )
        if filled.flaws:
            raise Flawed(placed(f"{here}.fields", filled.flaws))
        document = filled.document
    _at(
        f"{here}.document",
        lambda: publish(
            session,
            SYSTEM,
            programme_id=programme.id,
            code=promotion.code,
            document=document,
            starts_at=promotion.starts_at,
        ),
    )


def _rewards(session: Session, read: Opening, payers: Mapping[str, int]) -> None:
    first = read.participants[0].code
    for number, one in enumerate(read.rewards):
        _at(
            f"rewards.{number}.terms",
            lambda one=one, number=number: add_reward(
                session,
                SYSTEM,
                code=one.code,
                kind=one.kind,
                name=_titles(one.name),
                about=_titles(one.about),
                terms=one.terms,
                participant_id=payers[one.participant or first],
                place=number,
            ),
        )
    for number, fund in enumerate(read.funds):
        admit_fund(
            session,
            SYSTEM,
            code=fund.code,
            name=_titles(fund.name),
            about=_titles(fund.about),
            participant_id=payers[first],
            points_min=fund.points_min,
            points_max=fund.points_max,
            place=number,
        )


def _at(place: str, act: Any) -> None:
    """Do one part; what is refused of it is a flaw at its place."""
    try:
        act()
    except Problem as no:
        field = f"{place}.{no.facts.get('field', '')}".rstrip(".")
        kind, facts = str(no.facts.get("kind", no.code)), dict(no.facts.get("bounds", {}))
        raise Flawed([Flaw(field, kind, str(no.facts.get("why", no.code)), facts)]) from no


def _titles(titles: Any) -> dict[str, str]:
    return {"ru": titles.ru, "en": titles.en}
