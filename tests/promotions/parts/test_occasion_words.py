"""What is given without a purchase, in words: as terms, and why an occasion was not one that pays."""

from typing import Any

import pytest

from coalition.promotions import wording
from coalition.promotions.explain import Applied, Missed
from coalition.promotions.index import LONG_AGO
from tests.promotions.offers import document
from tests.promotions.parts.test_words import EN, RU, plain

TERMS: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "enrolment"}, "за вступление в программу", "for joining the programme"),
    ({"kind": "card_activation"}, "за привязку банковской карты", "for linking a bank card"),
    (
        {"kind": "card_activation", "card": "loyalty"},
        "за активацию карты лояльности",
        "for activating a loyalty card",
    ),
    (
        {"kind": "profile_completed"},
        "за анкету с именем, телефоном, почтой и днём рождения",
        "for a profile with name, phone, e-mail and birthday",
    ),
    ({"kind": "birthday"}, "на день рождения", "for the birthday"),
    (
        {"kind": "birthday", "days_before": 3, "days_after": 1},
        "на день рождения, за 3 дня до него, новичкам не позже чем через 1 день после него",
        "for the birthday, 3 days before it, for newcomers up to 1 day after it",
    ),
    (
        {"kind": "anniversary", "of": "enrolment"},
        "за каждый год в программе",
        "for every year in the programme",
    ),
    (
        {"kind": "anniversary", "of": "account", "years": [10, 5]},
        "за годы с банком: 5, 10",
        "for years with the bank: 5, 10",
    ),
    ({"kind": "holiday"}, "в каждый праздник", "on every holiday"),
    ({"kind": "holiday", "days": ["03-08", "02-23"]}, "на 23 февраля, 8 марта", "on 23 February, 8 March"),
    ({"kind": "event", "name": "survey"}, "за событие «survey»", "for the event “survey”"),
]


@pytest.mark.parametrize(("trigger", "ru", "en"), TERMS)
def test_occasions_as_terms(trigger: dict[str, Any], ru: str, en: str) -> None:
    offer = document({"kind": "fixed", "points": "250"}, trigger=trigger)
    told = [plain(wording.rule(offer, words)) for words in (RU, EN)]
    assert told == [f"{plain(RU.points(250))} {ru}", f"{plain(EN.points(250))} {en}"]


def test_what_an_occasion_gave_is_the_points_alone() -> None:
    offer = document({"kind": "fixed", "points": "250"}, trigger={"kind": "enrolment"})
    gave = wording.gave(Applied(1, offer, LONG_AGO, 0, 250, 0), EN)
    assert plain(gave) == plain(EN.points(250))


@pytest.mark.parametrize(("trigger", "ru", "en"), TERMS)
def test_why_an_occasion_did_not_pay(trigger: dict[str, Any], ru: str, en: str) -> None:
    offer = document({"kind": "fixed", "points": "250"}, trigger=trigger)
    told = [plain(wording.not_given(Missed(1, "occasion"), offer, words)) for words in (RU, EN)]
    assert told == [f"Даётся {ru}", f"It is given {en}"]
    told = [plain(wording.not_given(Missed(1, "yearly", 365, 81), offer, words)) for words in (RU, EN)]
    assert told == ["Даётся раз в год, а шёл день № 81", "It is given once a year; this was day 81 of it"]
