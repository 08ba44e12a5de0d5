"""How a legal entity joins: it applies, somebody of the back office admits it under terms or declines it."""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.members.phones import e164
from coalition.partners.actions import add_partner, admit_participant
from coalition.partners.keeping import ABOUT_MAX, CODE, LANGUAGES, NAME_MAX
from coalition.partners.models import Partner
from coalition.programmes.models import Programme
from coalition.settlement.legal import is_inn, is_kpp, is_ogrn
from coalition.settlement.models import Application, Settlement
from coalition.settlement.terms import Fee, Legal, Terms, set_terms
from tenants.actor import SYSTEM, Actor
from tenants.audit import record
from tenants.own_password import make_link
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import next_numbers
from tenants.staff import invite_staff
from tenants.vault import vault_of

MANAGER = "partner-manager"
"""The role of the first person of a new partner."""
TEXTS = {"legal_name": 200, "address": 200, "brand": NAME_MAX, "contact_name": 100}
"""What has to be written, with how many characters at most."""
WORDS_MAX = 300
REGION = "RU"
"""Whose phones are written without a country code."""
_OGRN_DIGITS = {10: 13, 12: 15}
"""How long the number in the state's register is, by the length of the INN: of an organisation, of a sole trader."""
_MAIL = re.compile(r"[a-z0-9][a-z0-9._+-]{0,40}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_PLACE = "application.contact"


class Contact(NamedTuple):
    """Whom to ask, and who signs in first: the e-mail is the login."""

    name: str
    email: str
    phone: str


class Admitted(NamedTuple):
    """What an application became, and the secret by which its first person sets a password, told this once."""

    partner: Partner
    login: str
    link: str


class Offer(NamedTuple):
    """The terms under which a legal entity is admitted: as `terms.Terms`, with the fee in percent of turnover."""

    contract: str
    pays: Literal["issued", "spent"]
    fee: Decimal


def wrong_with(form: Mapping[str, str]) -> list[Refusal]:
    """Everything that is wrong with an application, each Refusal("application_...", field=...).

    Numbers of legal entities have their check digits; an organisation (INN of 10 digits) has a KPP and an
    OGRN of 13, a sole trader has no KPP and an OGRNIP of 15.
    """
    texts = {field: form.get(field, "").strip() for field in (*TEXTS, "about")}
    found = [
        Refusal("application_text", field=field, most=most)
        for field, most in TEXTS.items()
        if not 0 < len(texts[field]) <= most
    ]
    if len(texts["about"]) > ABOUT_MAX:
        found.append(Refusal("application_text", field="about", most=ABOUT_MAX))
    found += [Refusal("hidden_sign", field=field) for field, text in texts.items() if not text.isprintable()]
    inn, kpp = form.get("inn", "").strip(), form.get("kpp", "").strip().upper()
    if not is_inn(inn):
        found.append(Refusal("application_inn", field="inn"))
    if (len(inn) == 10 and not is_kpp(kpp)) or (len(inn) == 12 and kpp):
        found.append(Refusal("application_kpp", field="kpp"))
    ogrn = form.get("ogrn", "").strip()
    if not is_ogrn(ogrn) or (is_inn(inn) and len(ogrn) != _OGRN_DIGITS[len(inn)]):
        found.append(Refusal("application_ogrn", field="ogrn"))
    if not _MAIL.fullmatch(form.get("email", "").strip().lower()) or len(form["email"].strip()) > 64:
        found.append(Refusal("application_email", field="email"))
    if e164(form.get("phone", ""), REGION) is None:
        found.append(Refusal("application_phone", field="phone"))
    return found


def apply(session: Session, *, form: Mapping[str, str], language: str) -> Application:
    """Take in an application from anybody. Raises what `wrong_with` finds, Conflict("application_waits")."""
    for no in wrong_with(form):
        raise no
    number = next_numbers(session, "application")  # from here on nobody else applies
    inn = form["inn"].strip()
    waits = select(Application.id).where(
        Application.tenant_id == tenant_of(session), Application.inn == inn, Application.state == "waiting"
    )
    if session.scalars(waits).first() is not None:
        raise Conflict("application_waits")
    legal = {"name": form["legal_name"].strip(), "inn": inn, "kpp": form.get("kpp", "").strip().upper(),
             "ogrn": form["ogrn"].strip(), "address": form["address"].strip()}  # fmt: skip
    phone = e164(form["phone"], REGION) or ""
    contact = Contact(form["contact_name"].strip(), form["email"].strip().lower(), phone)
    application = Application(
        tenant_id=tenant_of(session),
        id=number,
        state="waiting",
        legal=legal,
        inn=inn,
        brand=form["brand"].strip(),
        about=form.get("about", "").strip(),
        category=form["category"],
        contact=vault_of(session).seal(json.dumps(contact), _PLACE, number),
        language=language,
        sent_at=clock.now(),
        words="",
    )
    session.add(application)
    session.flush()
    return application


def admit(
    session: Session, actor: Actor, *, number: int, code: str, offer: Offer, programme: Programme
) -> Admitted:
    """Make it a participant with a partner and a first person.

    Where the programme settles, terms are set at once by who may set them; else they wait for the accountant.

    Raises NotFound("application_unknown"), Conflict("application_decided"), Refusal("partner_code"),
    Conflict("participant_code_taken" | "partner_code_taken" | "login_known") or Refusal("settlement_terms").
    """
    actor.must(Permission.DESK_APPLICATION_DECIDE)
    application = _waiting(session, number)
    if not CODE.fullmatch(code):
        raise Refusal("partner_code", field="code")
    names = dict.fromkeys(LANGUAGES, str(application.legal["name"])[:NAME_MAX])
    owner = admit_participant(session, SYSTEM, code=code, name=names).id
    partner = add_partner(
        session,
        SYSTEM,
        participant_id=owner,
        code=code,
        name=dict.fromkeys(LANGUAGES, application.brand),
        about=dict.fromkeys(LANGUAGES, application.about),
        category=application.category,
    )
    if Permission.DESK_SETTLEMENT_EDIT in actor.permissions:
        _settle_by(session, actor, programme, owner, application, offer)
    contact = contact_of(session, application)
    person = invite_staff(
        session,
        SYSTEM,
        login=contact.email,
        name=contact.name,
        roles=[MANAGER],
        participant_id=owner,
    )
    application.state, application.participant_id = "admitted", owner
    _decided(application, actor)
    told = {"participant": owner, "partner": code, "contract": offer.contract}
    record(session, actor, "application.admit", f"application {number}", after=told)
    return Admitted(partner, contact.email, make_link(session, SYSTEM, staff_id=person.id))


def decline(session: Session, actor: Actor, *, number: int, words: str) -> Application:
    """Say no, and why. NotFound("application_unknown"), Conflict("application_decided"), Refusal("application_why")."""
    actor.must(Permission.DESK_APPLICATION_DECIDE)
    application, said = _waiting(session, number), words.strip()
    if not 0 < len(said) <= WORDS_MAX:
        raise Refusal("application_why", field="words", most=WORDS_MAX)
    application.state, application.words = "declined", said
    _decided(application, actor)
    record(session, actor, "application.decline", f"application {number}", reason=said)
    return application


def contact_of(session: Session, application: Application) -> Contact:
    """Whom the applicant named."""
    return Contact(*json.loads(vault_of(session).open(application.contact, _PLACE, application.id)))


def application_by_id(session: Session, number: int) -> Application:
    """The tenant's; NotFound("application_unknown")."""
    found = session.get(Application, (tenant_of(session), number))
    if found is None:
        raise NotFound("application_unknown")
    return found


def applications_waiting(session: Session) -> int:
    """How many nobody has decided yet."""
    found = session.scalar(
        select(func.count()).where(
            Application.tenant_id == tenant_of(session), Application.state == "waiting"
        )
    )
    return int(found or 0)


def _settle_by(
    session: Session, actor: Actor, programme: Programme, owner: int, application: Application, offer: Offer
) -> None:
    settlement = session.get(Settlement, (tenant_of(session), programme.id))
    if settlement is None:
        return
    since = clock.business_day(programme.zone).replace(day=1)
    if settlement.closed_until is not None and since <= settlement.closed_until:
        since = date(since.year + since.month // 12, since.month % 12 + 1, 1)
    told = {key: application.legal[key] for key in ("name", "inn", "kpp", "address")}
    terms = Terms(
        legal=Legal.model_validate(told),
        contract=offer.contract,
        pays=offer.pays,
        fee=Fee(rate=offer.fee),
    )
    set_terms(
        session,
        actor,
        programme_id=programme.id,
        participant_id=owner,
        since=since,
        terms=terms.model_dump(mode="json"),
    )


def _waiting(session: Session, number: int) -> Application:
    found = session.get(
        Application, (tenant_of(session), number), with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotFound("application_unknown")
    if found.state != "waiting":
        raise Conflict("application_decided")
    return found


def _decided(application: Application, actor: Actor) -> None:
    application.decided_at, application.decided_by = clock.now(), actor.id
