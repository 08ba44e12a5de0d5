"""Wexley Municipal Bank: an invented bank fed by real card operations, its clients invented too.

The cards are those of the files; every client has one or two of them. A few cards belong to nobody, as in life.
"""

import csv
import gzip
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

from admin.demo.names import dice, people
from admin.demo.wexley_terms import STARTS
from coalition.members.importing import BaseRow

HERE = Path(__file__).parent
PROFILE = HERE / "profiles" / "wexley-cards.json"
FILES = tuple(sorted((HERE / "data" / "wexley").glob("*.csv.gz")))
"""In the order of their months."""

PARTNERS = {
    "books": "Bookshops",
    "cafes": "Cafés and coffee",
    "chemists": "Chemists",
    "diy": "Building and DIY",
    "fuel": "Fuel stations",
    "grocers": "Grocers",
    "hotels": "Hotels and inns",
    "parking": "Parking",
    "rail": "Railways",
    "taxis": "Taxis",
}
"""Codes the profile gives to merchants: kinds of shops, because no real shop is said to take part."""

SEED = 20140401
CARDS_OF_NOBODY = 9


def wexley_base() -> list[BaseRow]:
    """The bank's clients, those whose cards did most first."""
    rnd = dice(SEED)
    first_days = _cards()
    cards = list(first_days)
    nobody = set(rnd.sample(cards[len(cards) // 2 :], CARDS_OF_NOBODY))
    cards = [card for card in cards if card not in nobody]
    hands: list[tuple[str, ...]] = []
    while cards:
        first = cards.pop(0)
        second = (cards.pop(rnd.randrange(len(cards))),) if cards and rnd.random() < 0.4 else ()
        hands.append((first, *second))
    clients = people("en", len(hands), SEED)
    joining = dice(SEED + 1)
    rows = []
    for number, (person, hand) in enumerate(zip(clients, hands, strict=True), 1):
        segments = segments_of(rnd, person.born_on)
        opened = date(2006, 1, 1) + timedelta(days=rnd.randrange(3000))
        bought = min(first_days[card] for card in hand)
        joined = joined_between(joining, max(opened, STARTS.date()), bought)
        rows.append(BaseRow(number, person, hand, segments, opened, joined_on=joined))
    return rows


def joined_between(rnd: Random, first: date, before: date) -> date:
    """The day on which a client has joined: not before the programme or her account, and before she bought."""
    return first + timedelta(days=rnd.randrange((before - first).days))


def segments_of(rnd: Random, born_on: date | None) -> tuple[str, ...]:
    """Most of a bank's clients are paid through it or, when old, draw their pension; a tenth is courted."""
    is_old = born_on is not None and born_on.year < 1962
    main = () if rnd.random() < 0.35 else ("pension",) if is_old else ("payroll",)
    return (*main, "premium") if rnd.random() < 0.1 else main


def _cards() -> dict[str, date]:
    """All cards of the files with their first days, by the number of their operations; equal numbers by the card."""
    seen: Counter[str] = Counter()
    first: dict[str, str] = {}
    for path in FILES:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                card, day = row["card_number_masked"], row["trans_date"]
                seen[card] += 1
                first[card] = min(day, first.get(card, day))
    return {card: date.fromisoformat(first[card]) for card in sorted(seen, key=lambda one: (-seen[one], one))}
