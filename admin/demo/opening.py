"""Opening the invented banks through the house's own actions, as any bank would be opened."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy.orm import Session

from admin.demo import avacha, avacha_gifts, avacha_terms, wexley, wexley_terms
from charity.actions import admit_fund, begin_campaign
from coalition.benefits.actions import add_benefit
from coalition.cards.actions import issue_card
from coalition.draws.actions import open_draw
from coalition.ledger.actions import load_opening_lot
from coalition.members.actions import enrol, give_consent, segment_mask
from coalition.members.handles import HANDLE
from coalition.members.importing import BaseRow
from coalition.partners.actions import add_partner, admit_participant
from coalition.programmes.actions import open_programme
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.redemption.actions import add_reward, load_certificates
from coalition.redemption.paying import set_pay_terms
from coalition.segments.actions import bring_list
from coalition.transactions.profile_versions import add_profile
from coalition.transactions.profiles import Profile
from tenants.actions import open_tenant, rebrand
from tenants.actor import SYSTEM
from tenants.roles import built_in
from tenants.runtime import clock
from tenants.staff import invite_staff

MARKS = Path(wexley.__file__).parents[2] / "tenants" / "branding" / "marks"
# Who signs in, printed beside the demo's addresses, for invented banks only: login, password, names.
STAFF = (
    ("operator", "demo-operator", {"ru": "Дарья Мартынова", "en": "Dora Marsh"}, tuple(built_in())),
    ("approver", "demo-approver", {"ru": "Павел Юрченко", "en": "Paul Yorke"}, tuple(built_in())),
    ("administrator", "demo-administrator", {"ru": "Алла Громова", "en": "Alice Grove"}, ("administrator",)),
    ("marketer", "demo-marketer", {"ru": "Марк Зорин", "en": "Mark Dawn"}, ("marketer",)),
    ("back-office", "demo-back-office", {"ru": "Белла Орлова", "en": "Bella Eagle"}, ("back-office",)),
    ("agent", "demo-agent-1", {"ru": "Галина Светлова", "en": "Gail Bright"}, ("agent",)),
    ("senior-agent", "demo-senior-agent", {"ru": "Семён Речной", "en": "Simon Brook"}, ("senior-agent",)),
    (
        "claims-officer",
        "demo-claims-officer",
        {"ru": "Клара Лугова", "en": "Clara Mead"},
        ("claims-officer",),
    ),
    ("accountant", "demo-accountant", {"ru": "Борис Счётов", "en": "Boris Sumner"}, ("accountant",)),
    ("auditor", "demo-auditor", {"ru": "Ада Вернова", "en": "Ada Truman"}, ("auditor",)),
)
"""Login, password, name and roles: two who may do everything, the second of whom signs, and one of each role."""
OPENING_MEMBERS = 60
OPERATOR = ("operator", "demo-operator", "Олег Дальний")
"""Login, password and name of the operator of the deployment, who has the operators' own place."""
OPERATOR_HOST = "operator.localhost"


def invite_operator(session: Session) -> None:
    """An operator of the deployment, in the session of the operators' own place."""
    login, password, name = OPERATOR
    invite_staff(session, SYSTEM, login=login, name=name, password=password, roles=("operator",))


def open_wexley(session: Session) -> Programme:
    """The English bank: brand, programme, kinds of shops, offers, rewards, funds, the files' profile."""
    programme = _bank(session, "wexley", wexley_terms, wexley.PROFILE)
    traders = admit_participant(
        session, SYSTEM, code="traders", name={"ru": "Гильдия торговцев", "en": "Wexley Traders’ Guild"}
    )
    for code, category, icon, _, _, name in wexley_terms.PARTNERS:
        add_partner(
            session,
            SYSTEM,
            participant_id=traders.id,
            code=code,
            name=name,
            about={},
            category=category,
            icon=icon,
        )
    _offers(session, programme, wexley_terms)
    for place, (code, points, pounds, pool, name, about) in enumerate(wexley_terms.CERTIFICATES):
        certificate(session, programme, traders.id, place, code, points, pounds * 100, pool, name, about)
    return programme


def open_avacha(session: Session) -> Programme:
    """The Kamchatka bank: the rules of seeds 000 and 004, six invented local partners with their terminals."""
    programme = _bank(session, "avacha", avacha_terms, avacha.PROFILE)
    payers = {}
    for code, category, icon, _, _, _, about in avacha_terms.PARTNERS:
        name = avacha_terms.TITLES[code]
        payers[code] = admit_participant(session, SYSTEM, code=code, name=name).id
        terminals = [(shop.mid, "") for shop in avacha.SHOPS if shop.partner == code]
        add_partner(
            session,
            SYSTEM,
            participant_id=payers[code],
            code=code,
            name=name,
            about=about,
            category=category,
            icon=icon,
            terminals=terminals,
        )
    _offers(session, programme, avacha_terms)
    _gifts(session, programme)
    for place, (code, payer, points, roubles, pool, name, about) in enumerate(avacha_terms.CERTIFICATES):
        certificate(session, programme, payers[payer], place, code, points, roubles * 100, pool, name, about)
    return programme


def enrol_all(
    session: Session, programme: Programme, rows: Sequence[BaseRow], told: Callable[[int], None]
) -> None:
    """Enrol a bank's clients and give each a loyalty card; the first ones are told by number as it goes."""
    for number, row in enumerate(rows, 1):
        member = enrol(
            session,
            SYSTEM,
            programme_id=programme.id,
            person=row.person,
            cards=row.cards,
            segments=row.segments,
            account_opened_on=row.account_opened_on,
            joined_on=row.joined_on,
        )
        issue_card(session, SYSTEM, member_id=member.id, active=True)
        give_consent(session, SYSTEM, member_id=member.id, topic="terms", given=True)
        if programme.code == avacha_terms.PROGRAMME["code"] and number <= OPENING_MEMBERS:
            _opening_lots(session, programme, member.id, number)
        told(number)


def bring_segments(
    session: Session, programme: Programme, rows: Sequence[BaseRow], titles: Mapping[str, str]
) -> None:
    """Bring the clients of each segment as a list, under the name that the tenant has for it."""
    for code, title in titles.items():
        phones = [row.person.phone for row in rows if code in row.segments and row.person.phone]
        stream = BytesIO("\n".join([HANDLE, *phones]).encode())
        bring_list(
            session,
            SYSTEM,
            programme_id=programme.id,
            code=code,
            title=title,
            stream=stream,
            replace=False,
        )


def _opening_lots(session: Session, programme: Programme, member_id: Any, number: int) -> None:
    """What the first clients bring from the bank's former programme: lots with their own last days."""
    today = clock.business_day(programme.zone)
    month_end = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    year_end = today.replace(month=12, day=31)
    for points, last_day in ((100 + 10 * (number % 40), month_end), (400 + 7 * number, year_end)):
        load_opening_lot(
            session,
            SYSTEM,
            member_id=member_id,
            zone=programme.zone,
            points=points,
            funder_id=1,
            expires_on=last_day,
            as_of=today.replace(day=1),
            source=f"former-programme/{last_day}",
        )


def dress(session: Session, brand: Mapping[str, Any]) -> None:
    """Give a tenant that was just opened its brand, and its staff in the brand's language."""
    said = dict(brand)
    logo, logo_dark = ((MARKS / name).read_text() for name in said.pop("marks"))
    rebrand(session, SYSTEM, **said, logo=logo, logo_dark=logo_dark)
    for login, password, name, roles in STAFF:
        invite_staff(
            session,
            SYSTEM,
            login=login,
            name=name[brand["language"]],
            password=password,
            roles=roles,
        )


def _bank(session: Session, slug: str, terms: ModuleType, profile: Path) -> Programme:
    open_tenant(session, slug=slug, hosts=[f"{slug}.localhost"])
    dress(session, terms.BRAND)
    programme = open_programme(session, SYSTEM, **terms.PROGRAMME)
    admit_participant(session, SYSTEM, code="bank", name=terms.BRAND["name"])
    document = Profile.model_validate_json(profile.read_bytes()).model_dump(mode="json")
    add_profile(session, SYSTEM, document=document)
    return programme


def _offers(session: Session, programme: Programme, terms: ModuleType) -> None:
    from_bank = 1
    segment_mask(session, ["payroll", "pension"])  # promotions name them before the first client comes
    for code, document in terms.promotions():
        publish(
            session, SYSTEM, programme_id=programme.id, code=code, document=document, starts_at=terms.STARTS
        )
    add_reward(session, SYSTEM, code="cashback", kind="cashback", participant_id=from_bank, **terms.CASHBACK)
    for place, (code, name, about, campaign, goal, last_day) in enumerate(terms.FUNDS):
        fund = admit_fund(
            session,
            SYSTEM,
            code=code,
            name=name,
            about=about,
            participant_id=from_bank,
            points_min=10,
            points_max=100_000,
            place=place,
        )
        begin_campaign(session, SYSTEM, fund_id=fund.id, name=campaign, goal=goal, ends_on=last_day)


def _gifts(session: Session, programme: Programme) -> None:
    """What is granted beside points, and the promotions that grant it."""
    for code, kind, name, terms in avacha_gifts.BENEFITS:
        add_benefit(session, SYSTEM, programme_id=programme.id, code=code, kind=kind, name=name, terms=terms)
    closes_at = clock.now() + timedelta(days=avacha_gifts.DRAW_DAYS)
    open_draw(session, SYSTEM, **avacha_gifts.DRAW, closes_at=closes_at)  # promotions name its prizes
    for code, document in avacha_gifts.promotions():
        publish(
            session,
            SYSTEM,
            programme_id=programme.id,
            code=code,
            document=document,
            starts_at=avacha_terms.STARTS,
        )
    set_pay_terms(session, SYSTEM, programme_id=programme.id, terms=avacha_gifts.PAYING)


def certificate(
    session: Session,
    programme: Programme,
    participant_id: int,
    place: int,
    code: str,
    points: int,
    minor: int,
    pool: int,
    name: dict[str, str],
    about: dict[str, str],
) -> None:
    """Offer a participant's certificate, with a pool of codes that are valid for a year."""
    add_reward(
        session,
        SYSTEM,
        code=code,
        kind="certificate",
        name=name,
        about=about,
        terms={"points": points, "minor": minor},
        participant_id=participant_id,
        place=place,
    )
    codes = ["-".join(secrets.token_hex(2).upper() for _ in range(4)) for _ in range(pool)]
    valid_to = clock.business_day(programme.zone) + timedelta(days=365)
    load_certificates(session, SYSTEM, reward_code=code, codes=codes, valid_to=valid_to)
