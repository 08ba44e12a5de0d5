"""A copy can be read: tables, columns, codes, points, money and moments in the member's own language."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from coalition.partners.models import Merchant
from coalition.privacy.plan import TITLES
from coalition.privacy.readable import Reader
from coalition.privacy.words import COLUMNS, FOR_MACHINES
from coalition.programmes.queries import the_programme
from tenants.runtime.db import Base, tenant_of
from tests.ledger.house import House, open_house

AT = datetime(2026, 11, 22, 12, 5, tzinfo=UTC).isoformat()


@pytest.fixture
def shop(session: Session) -> House:
    made = open_house(session)
    the_programme(session).unit = {"ru": ["балл", "балла", "баллов"], "en": ["point", "points"]}
    session.flush()
    return made


def read(session: Session, lang: str, name: str, **row: object) -> dict[str, str]:
    """One row as the member reads it, by the titles of its columns."""
    table = Reader(session, the_programme(session), lang).table(name, [row])
    assert table is not None
    header, [cells] = table
    return {
        title: cell.replace("\u202f", " ").replace("\xa0", " ")
        for title, cell in zip(header, cells, strict=True)
    }


def test_every_column_of_every_table_is_told_or_is_for_programs() -> None:
    assert COLUMNS.keys() == TITLES.keys()
    for name in TITLES:
        if (table := Base.metadata.tables.get(name)) is None:
            continue
        told = {column for column, _title, _form in COLUMNS[name]} if name != "member_person" else set()
        machines = FOR_MACHINES["*"] | FOR_MACHINES.get(name, frozenset())
        assert told | (machines & set(table.columns.keys())) == set(table.columns.keys()), name
        assert not told & FOR_MACHINES.get(name, frozenset()), name


def test_a_movement_of_points_is_told_in_words(session: Session, shop: House) -> None:
    row = {
        "occurred_at": AT, "booked_at": AT, "purpose": 1, "from_account": 10, "to_account": 2, "points": 1234,
        "funder_id": shop.funders[0], "cause_id": "x", "reverses": None, "reason": None,
    }  # fmt: skip
    assert read(session, "en", "transfer", **row) == {
        "When": "23 November 2026, 00:05",
        "Reason": "Points of a purchase",
        "Taken from": "Given by the programme",
        "Given to": "Waiting",
        "Points": "1,234 points",
        "Who pays": "bank",
        "Booked": "23 November 2026, 00:05",
    }
    assert read(session, "ru", "transfer", **row) == {
        "Когда": "23 ноября 2026 года, 00:05",
        "Причина": "Баллы за покупку",
        "Откуда": "Начислено программой",
        "Куда": "Ожидают",
        "Баллы": "1 234 балла",
        "Кто платит": "bank",
        "Учтено": "23 ноября 2026 года, 00:05",
    }


def test_a_purchase_and_its_goods_are_told_in_words(session: Session, shop: House) -> None:
    session.add(Merchant(tenant_id=tenant_of(session), id=7, name="COVE COFFEE 12"))
    session.flush()
    row = {"occurred_at": AT, "booked_at": AT, "merchant_id": 7, "partner_id": None, "amount": 125050,
           "kind": 1, "mcc": 763}  # fmt: skip
    assert read(session, "ru", "purchase", **row) == {
        "Когда": "23 ноября 2026 года, 00:05",
        "Где": "COVE COFFEE 12",
        "Партнёр": "",
        "Сумма": "1 250,50 ₽",
        "Операция": "Покупка",
        "Категория (MCC)": "0763",
        "Учтено": "23 ноября 2026 года, 00:05",
    }
    document = {"items": [["milk", 2000, 15990, "", "", []], ["cheese", 350, 42000, "", "", []]]}
    assert read(session, "ru", "receipt", document=document) == {
        "Товары": "milk × 2: 159,90 ₽; cheese × 0,35: 420 ₽"
    }


def test_days_codes_and_answers_are_told_in_words(session: Session, shop: House) -> None:
    assert read(session, "en", "lot", points=100, remaining=0, active_on="2026-11-23",
                expires_on="9999-12-31", funder_id=shop.funders[0]) == {
        "Points": "100 points", "Left": "0 points", "Can be spent from": "23 November 2026",
        "Last day": "never", "Who pays": "bank",
    }  # fmt: skip
    assert read(session, "en", "consent", at=AT, topic="terms", given=True, text_version="1", source="cabinet",
                per_week=2) == {
        "When": "23 November 2026, 00:05", "To what": "The programme's rules", "Given": "yes",
            "Version of the text": "1", "Where it was said": "In the personal account",
            "Advertising in seven days at most": "2",
    }  # fmt: skip
    session.expire_all()
    person = (
        '{"name": "Anna", "phone": "+79140000147", "email": null, "born_on": "1990-11-23", "sex": "female",'
    )
    answers = '"answers": {"pet": "cat"}}'
    assert read(session, "en", "member_person", sealed=person + answers) == {
        "Name": "Anna", "Phone": "+79140000147", "E-mail": "", "Birthday": "23 November 1990",
        "Sex": "Female", "Answers to questions": "pet: cat",
    }  # fmt: skip
    claim = {"number": 3, "kind": "not_credited", "state": "in_favour", "opened_at": AT, "words": "Where?",
             "facts": {"shop": "Cove", "day": "2026-11-20", "amount": 95000}, "partner_id": None, "due_at": None,
             "decided_at": AT, "ended_at": AT}  # fmt: skip
    told = read(session, "en", "claim", **claim)
    assert (told["Kind"], told["State"], told["About what"]) == (
        "Points were not credited", "Decided in your favour", "Shop: Cove; Day: 20 November 2026; Sum: ₽950",
    )  # fmt: skip
