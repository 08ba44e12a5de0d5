"""Payment orders are valid by the standard's own schema, whatever names and contracts hold."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sepaxml
from hypothesis import given, settings
from hypothesis import strategies as st
from xmlschema import XMLSchema

from coalition.settlement.pain import NAME_MOST, SUM_BELOW, Message, Order, written
from coalition.settlement.terms import Legal
from tests.settlement.test_closing import CLOSED
from tests.settlement.test_payments import BANK, SHOP, agreed, ordered

SCHEMA = XMLSchema(Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")
TO_THE_HOTEL = Order("ST1-202610-2", 8600_00, SHOP, "ST1-202610-2, К-118")
PLAIN = Message("ST1-202610-M1", CLOSED, date(2026, 11, 22), BANK, "RUB", 2, [TO_THE_HOTEL])

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=200)
names = texts | st.text("Ёжик ООО«»&<>]]>\"'\x01\x1f\ufffe\uffff\U0001f600", min_size=1, max_size=200)
accounts = st.text("0123456789", min_size=20, max_size=20)
banks = st.text("0123456789", min_size=9, max_size=9) | st.from_regex(
    r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", fullmatch=True
)
parties = st.builds(
    lambda name, inn, account, bic: Legal(name=name, inn=inn, account=account, bic=bic).model_dump(),
    names, st.sampled_from(["", "7707083893", "500100732259"]), accounts, banks,
)  # fmt: skip
references = st.from_regex(r"ST[1-9][0-9]{0,8}-20[0-9]{2}(0[1-9]|1[0-2])-[1-9][0-9]{0,9}", fullmatch=True)
orders = st.builds(
    lambda own, minor, to, contract: Order(own, minor, to, f"{own}, {contract}"),
    references, st.integers(1, SUM_BELOW // 40), parties, texts.map(lambda text: text[:60]),
)  # fmt: skip
moments = st.datetimes(CLOSED.replace(tzinfo=None), timezones=st.just(CLOSED.tzinfo))
messages = st.builds(
    Message, references.map(lambda text: f"{text[:30]}-M1"), moments, st.dates(date(2026, 1, 1)), parties,
    st.sampled_from(["RUB", "JPY", "KWD"]), st.sampled_from([0, 2, 4]), st.lists(orders, min_size=1, max_size=9),
)  # fmt: skip


@given(messages)
@settings(deadline=None, max_examples=60)
def test_whatever_is_ordered_the_file_is_valid(message: Message) -> None:
    SCHEMA.validate(written(message).decode())


@pytest.mark.usefixtures("house")
def test_what_agreed_statements_order_is_valid() -> None:
    SCHEMA.validate(ordered(agreed()).decode())


def test_many_orders_are_one_valid_file() -> None:
    many = [replace(TO_THE_HOTEL, end_to_end=f"ST1-202610-{n}") for n in range(1, 501)]
    told = written(replace(PLAIN, orders=many)).decode()
    SCHEMA.validate(told)
    assert told.count("<NbOfTxs>500</NbOfTxs>\n") == 2
    assert told.count("<CtrlSum>4300000.00</CtrlSum>") == 2


def test_what_no_file_can_hold_is_a_space_and_what_is_too_long_is_cut() -> None:
    told = written(replace(PLAIN, debtor=BANK | {"name": "А\x00\x1f\ud800\uffffБ" + "в" * 200})).decode()
    SCHEMA.validate(told)
    assert told.count(f"<Nm>А    Б{'в' * (NAME_MOST - 6)}</Nm>") == 2


def test_a_currency_without_minor_units_is_written_without_a_point() -> None:
    told = written(replace(PLAIN, currency="JPY", exponent=0)).decode()
    SCHEMA.validate(told)
    assert '<InstdAmt Ccy="JPY">860000</InstdAmt>' in told


@pytest.mark.parametrize(("minor", "written_as"), [(SUM_BELOW - 1, "9999999999999999.99"), (1, "0.01")])
def test_the_least_and_the_most_are_written_to_the_unit(minor: int, written_as: str) -> None:
    told = written(replace(PLAIN, orders=[replace(TO_THE_HOTEL, minor=minor)])).decode()
    SCHEMA.validate(told)
    assert f'<InstdAmt Ccy="RUB">{written_as}</InstdAmt>' in told


def test_the_schema_is_asked_indeed() -> None:
    assert not SCHEMA.is_valid(written(replace(PLAIN, number="M" * 36)).decode())
    assert not SCHEMA.is_valid(written(replace(PLAIN, debtor=BANK | {"bic": "deutdeff"})).decode())
