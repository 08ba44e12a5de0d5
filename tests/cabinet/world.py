"""A small bank to look at: two languages of names, offers of every mechanic, rewards of every kind, one member."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

import coalition.transactions.joining
import coalition.transactions.unmatched  # noqa: F401  jobs and kinds that actions ask for
from charity.actions import admit_fund, begin_campaign
from coalition.members.actions import enrol
from coalition.members.person import Person
from coalition.partners.actions import add_partner, admit_participant
from coalition.partners.queries import merchants_by_name
from coalition.programmes.actions import open_programme
from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.kinds import OperationKind
from coalition.redemption.actions import add_reward, load_certificates
from coalition.transactions.lines import NOBODY, Lines
from coalition.transactions.posting import post_lines
from tenants.actions import rebrand
from tenants.actor import SYSTEM
from tenants.runtime.ids import digest

MARKS = Path(__file__).parents[2] / "tenants/branding/marks"
PHONE = "+79140000147"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
BRANDS: dict[str, dict[str, Any]] = {
    "avacha": {
        "name": {"ru": "Авача Банк", "en": "Avacha Bank"},
        "language": "ru",
        "brand": "#0b5f66",
        "accent": "#d9532c",
        "corner": "round",
        "mark": "mountain",
        "zone": "Asia/Kamchatka",
        "currency": "RUB",
        "value": (100, 1),
        "programme": {"ru": "Искры", "en": "Sparks"},
        "unit": {"ru": ["искра", "искры", "искр"], "en": ["spark", "sparks"]},
    },
    "wexley": {
        "name": {"ru": "Банк Уэксли", "en": "Wexley Municipal Bank"},
        "language": "en",
        "brand": "#1c2f5c",
        "accent": "#a3402f",
        "corner": "soft",
        "mark": "castle",
        "zone": "Europe/London",
        "currency": "GBP",
        "value": (1, 2),
        "programme": {"ru": "Баллы Уэксли", "en": "Wexley Points"},
        "unit": {"ru": ["балл", "балла", "баллов"], "en": ["point", "points"]},
    },
}


@dataclass
class World:
    """What the tests speak of."""

    programme: Programme
    member_id: UUID
    partners: dict[str, int]
    merchants: dict[str, int]


def dress(session: Session, slug: str) -> None:
    """Give the session's tenant its brand."""
    brand = BRANDS[slug]
    rebrand(
        session,
        SYSTEM,
        **{field: brand[field] for field in ("name", "language", "brand", "accent", "corner")},
        logo=(MARKS / f"{brand['mark']}.svg").read_text(),
        logo_dark=(MARKS / f"{brand['mark']}-dark.svg").read_text(),
    )


def furnish(session: Session, slug: str, now: datetime) -> World:
    """Fill the session's tenant; purchases are of the days before `now`."""
    dress(session, slug)
    brand = BRANDS[slug]
    programme = open_programme(
        session,
        SYSTEM,
        code="main",
        name=brand["programme"],
        unit=brand["unit"],
        scale=0,
        currency=brand["currency"],
        value_minor=brand["value"][0],
        value_points=brand["value"][1],
        zone=brand["zone"],
        expiry="days",
        expiry_count=40,
    )
    bank = admit_participant(session, SYSTEM, code="bank", name=brand["name"])
    partners = _partners(session, bank.id)
    _promotions(session, programme.id)
    _rewards(session, bank.id, now)
    member = enrol(
        session,
        SYSTEM,
        programme_id=programme.id,
        person=Person(
            "Ирина Ковалёва" if slug == "avacha" else "Irene Carter", PHONE, None, date(1990, 5, 1)
        ),
        cards=["token-4821"],
        segments=["payroll"],
        account_opened_on=date(2024, 3, 2),
    )
    session.flush()
    names = ["Harrow Street Market", "Calder Electricals", "Torr Fuels", "Cove Coffee"]
    world = World(programme, member.id, partners, merchants_by_name(session, names))
    buy(session, world, now - timedelta(days=6), 4_600_00, "Torr Fuels", mcc=5541)
    buy(session, world, now - timedelta(days=2), 17_490_00, "Calder Electricals", partner="calder", mcc=5732)
    buy(session, world, now - timedelta(days=1), 950_00, "Cove Coffee", mcc=5814)
    buy(session, world, now - timedelta(hours=2), 4_600_50, "Harrow Street Market", mcc=5411)
    back = now - timedelta(hours=1)
    buy(session, world, back, 900_00, "Torr Fuels", mcc=5541, kind=OperationKind.REFUND)
    return world


def _partners(session: Session, bank: int) -> dict[str, int]:
    calder = add_partner(
        session,
        SYSTEM,
        participant_id=bank,
        code="calder",
        name={"ru": "«Полюс Электроника»", "en": "Calder Electricals"},
        about={"ru": "Техника для дома", "en": "Everything with a plug"},
        category="electronics",
        icon="laptop",
    )
    return {"calder": calder.id}


def _promotions(session: Session, programme: int) -> None:
    funding = [{"participant": "bank", "share": 100}]
    documents: dict[str, dict[str, Any]] = {
        "groceries": {
            "title": {"ru": "Продукты", "en": "Groceries"},
            "category": "groceries",
            "icon": "basket",
            "conditions": {"mcc": ["5411"]},
            "mechanic": {"kind": "percent", "rate": "4"},
        },
        "calder": {
            "title": {"ru": "Электроника", "en": "Electronics week"},
            "category": "electronics",
            "icon": "laptop",
            "conditions": {"partners": ["calder"]},
            "mechanic": {"kind": "percent", "rate": "12"},
            "limits": {"per_purchase": "1000"},
            "activation_delay_days": 14,
        },
        "fuel": {
            "title": {"ru": "Топливо", "en": "Fuel"},
            "category": "fuel",
            "icon": "fuel-pump",
            "conditions": {"mcc": ["5541"]},
            "mechanic": {"kind": "per_step", "points": "3", "step": "100"},
            "limits": {"per_month": "300"},
        },
        "large": {
            "title": {"ru": "Крупная покупка", "en": "Large purchase"},
            "category": "welcome",
            "icon": "gift",
            "conditions": {"amount_from": "20000"},
            "mechanic": {"kind": "fixed", "points": "500"},
        },
    }
    for code, document in documents.items():
        publish(
            session,
            SYSTEM,
            programme_id=programme,
            code=code,
            document={**document, "funding": funding},
            starts_at=LONG_AGO,
        )


def _rewards(session: Session, bank: int, now: datetime) -> None:
    texts = {
        "cashback": (
            {"ru": "Кешбэк на карту", "en": "Cashback to your card"},
            {"ru": "Деньги", "en": "Money"},
        ),
        "polus": (
            {"ru": "«Полюс» на 500 ₽", "en": "Calder gift certificate"},
            {"ru": "Код придёт сразу, действует год", "en": "The code comes at once and holds for a year"},
        ),
        "pool": ({"ru": "День в бассейне", "en": "A day at the pool"}, {"ru": "Термы", "en": "Baths"}),
        "gone": ({"ru": "«Океан» на 500 ₽", "en": "Quayside Home"}, {"ru": "Посуда", "en": "Plates"}),
    }
    terms: dict[str, tuple[str, dict[str, int]]] = {
        "cashback": ("cashback", {"points_min": 100, "points_max": 10_000, "days": 4}),
        "polus": ("certificate", {"points": 150, "minor": 500_00}),
        "pool": ("certificate", {"points": 45_000, "minor": 4_500_00}),
        "gone": ("certificate", {"points": 100, "minor": 500_00}),
    }
    for code, (name, about) in texts.items():
        kind, own = terms[code]
        add_reward(
            session, SYSTEM, code=code, kind=kind, name=name, about=about, terms=own, participant_id=bank
        )
    valid = (now + timedelta(days=365)).date()
    for code in ("polus", "pool"):
        codes = [f"{code.upper()}-{number:04d}" for number in range(5)]
        load_certificates(session, SYSTEM, reward_code=code, codes=codes, valid_to=valid)
    fund = admit_fund(
        session,
        SYSTEM,
        code="family",
        name={"ru": "Фонд «Большая семья»", "en": "Large Family Fund"},
        about={"ru": "Помогает семьям", "en": "Helps families"},
        participant_id=bank,
        points_min=10,
        points_max=5000,
    )
    begin_campaign(
        session,
        SYSTEM,
        fund_id=fund.id,
        name={"ru": "Зимняя одежда для 40 семей", "en": "Winter clothes for 40 families"},
        goal=40_000,
        ends_on=(now + timedelta(days=30)).date(),
    )


def buy(
    session: Session,
    world: World,
    at: datetime,
    amount: int,
    merchant: str,
    *,
    partner: str = "",
    mcc: int = -1,
    kind: OperationKind = OperationKind.PURCHASE,
) -> None:
    """Post one line of the member's card."""
    key = digest("test", at, amount, merchant, kind)
    line = Lines(
        member=np.frombuffer(world.member_id.bytes, "V16"),
        card=np.frombuffer(NOBODY, "V16"),
        key=np.frombuffer(key, "V16"),
        original=np.frombuffer(NOBODY, "V16"),
        at=np.array([int(at.timestamp()) * 1_000_000]),
        amount=np.array([amount]),
        line=np.array([1]),
        merchant=np.array([world.merchants[merchant]]),
        partner=np.array([world.partners.get(partner, 0)]),
        mcc=np.array([mcc]),
        kind=np.array([int(kind)]),
    )
    post_lines(session, world.programme, line, file_id=None)
