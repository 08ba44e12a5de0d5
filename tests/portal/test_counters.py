"""Counters of the menu say their number by the rules of each language."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin.console import applications, rewards, shops
from admin.console import tickets as asked
from coalition.claims import of_partner
from partner_portal.cabinet import tickets
from tests.admin.world import Bank, get
from tests.portal.company import admitted, manager, said

DESK = {
    "ru": {
        1: ("1 заявка ждёт", "1 дело требует внимания", "1 вопрос ждёт ответа", "1 награда кончается"),
        2: ("2 заявки ждут", "2 дела требуют внимания", "2 вопроса ждут ответа", "2 награды кончаются"),
        5: ("5 заявок ждут", "5 дел требуют внимания", "5 вопросов ждут ответа", "5 наград кончаются"),
        21: ("21 заявка ждёт", "21 дело требует внимания", "21 вопрос ждёт ответа", "21 награда кончается"),
    },
    "en": {
        1: (
            "1 application waits",
            "1 matter to look at",
            "1 question waits for an answer",
            "1 reward runs low",
        ),
        21: ("21 applications wait", "21 matters to look at", "21 questions wait", "21 rewards run low"),
    },
}
PLACE = {
    "ru": {
        1: ("1 вопрос с ответом", "1 претензия ждёт вашего ответа"),
        2: ("2 вопроса с ответом", "2 претензии ждут вашего ответа"),
        5: ("5 вопросов с ответом", "5 претензий ждут вашего ответа"),
        21: ("21 вопрос с ответом", "21 претензия ждёт вашего ответа"),
    },
    "en": {
        1: ("1 question was answered", "1 claim waits for your answer"),
        2: ("2 questions were answered", "2 claims wait for your answer"),
    },
}


@pytest.fixture
def number(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How much of everything waits."""
    holds = [0]
    monkeypatch.setattr(applications.joining, "applications_waiting", lambda _session: holds[0])
    monkeypatch.setattr(shops, "alerts", lambda _session: [None] * holds[0])
    monkeypatch.setattr(rewards, "rewards_running_low", lambda _session, _day: [None] * holds[0])
    for one in (asked, tickets):
        monkeypatch.setattr(one, "tickets_in_state", lambda _session, _state, _whose: holds[0])
    monkeypatch.setattr(of_partner, "asked_of_participant", lambda _session, _whose: holds[0])
    return holds


def test_what_waits_at_the_desk(client: FlaskClient, number: list[int]) -> None:
    for lang, forms in DESK.items():
        for number[0], texts in forms.items():
            page = said(get(client, "/desk/profile/", lang))
            assert [text for text in texts if text not in page] == []


def test_what_waits_at_the_partners_place(desk: Flask, bank: Bank, number: list[int]) -> None:
    browser = manager(desk, bank, admitted(bank).partner.participant_id)
    for lang, forms in PLACE.items():
        for number[0], texts in forms.items():
            page = said(get(browser, "/desk/profile/", lang))
            assert [text for text in texts if text not in page] == []
