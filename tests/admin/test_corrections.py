"""The past of a promotion is corrected at the desk: asked for, shown to everybody, signed by another, posted, told."""

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.console import correction_told
from admin.console.correction_chart import Days, days_of, drawn
from coalition.promotions.models import PromotionVersion
from coalition.transactions.corrections import jobs
from coalition.transactions.corrections.models import Correction
from coalition.transactions.corrections.queries import Bound
from tenants.branding.chart import Block
from tenants.permissions import Permission
from tenants.runtime import clock
from tests.admin.forms import pressed
from tests.admin.test_backtests import WORDS
from tests.admin.test_promotions import TERMS, begun, published
from tests.admin.test_promotions import paul as paul
from tests.admin.world import Bank, get, plain, post, signed_in
from tests.ledger.house import drain

JOBS = (jobs,)
NEW = "/desk/corrections/new/petrol"
PAGE = "/desk/corrections/1"


def form(first: str, last: str, **more: Any) -> dict[str, str]:
    return {
        "title_ru": "Бензин", "title_en": "Petrol", "note": "", "first_day": first, "last_day": last,
        "debt": "never", "document": json.dumps(TERMS),
    } | more  # fmt: skip


def right(**more: Any) -> str:
    return json.dumps(TERMS | {"mechanic": {"kind": "percent", "rate": "12"}} | more)


@pytest.fixture
def days(client: FlaskClient, paul: FlaskClient, seen: Session) -> tuple[str, str]:
    """Days of the bank's purchases, from before the promotion was published until the day before yesterday."""
    published(client, paul, seen)
    today = clock.business_day("Asia/Kamchatka")
    return f"{today - timedelta(days=80)}", f"{today - timedelta(days=2)}"


def state(seen: Session) -> list[str]:
    seen.expire_all()
    return list(seen.scalars(select(Correction.state).order_by(Correction.id)))


def test_it_is_asked_for_shown_signed_by_another_and_posted(
    client: FlaskClient, paul: FlaskClient, bank: Bank, seen: Session, days: tuple[str, str]
) -> None:
    assert "Correct the past…" in plain(get(client, "/desk/promotions/petrol"))
    assert "Show what would change" in plain(get(client, NEW))
    answer = post(client, NEW, **form(*days, document=right(), note="Forgotten"))
    assert answer.headers["Location"] == PAGE, plain(answer)
    waiting = plain(get(client, PAGE))
    for said in ("Being worked out", "0 of 1 parts", "load delay:2s", "Show how far it is now"):
        assert said in waiting
    assert "Sign and post it" not in plain(get(paul, PAGE))
    drain(bank.tenant)
    page = plain(get(client, PAGE))
    # 12% of 3,700.00 of fuel net of its return, and of 17,490.00
    for said in (
        "2,542 sparks",
        "1 member gets more",
        "+2,542 sparks",
        "worth ₽2,542",
        "Avacha Bank",
        "Forgotten",
    ):
        assert said in page
    assert "Another person signs it: who asks for a correction does not sign it" in page
    assert ("Not sent to be signed yet" in page, "Send to be signed" in page) == (True, True)
    assert "Sign and post it" not in plain(get(paul, PAGE))
    post(client, f"{PAGE}/send")
    page = plain(get(client, PAGE))
    assert "Sent to be signed: another person finds it on the first page of the desk" in page
    assert ("Waits for a signature" in page, ">Send to be signed<" in page) == (True, False)
    assert "Sign and post it" not in page
    post(client, f"{PAGE}/approve")
    assert "signed by another person than who wrote it" in plain(get(client, PAGE))
    assert state(seen) == ["sent"]
    assert "Sign and post it…" in plain(get(paul, PAGE))
    asked = plain(get(paul, f"{PAGE}/approve"))
    assert "Sign and post the correction for" in asked
    pairs = re.findall(r"<dt[^>]*>([^<]+)</dt><dd class=\"strong\">([^<]+)", asked)
    assert pairs == [
        ("Members whose points change", "1"), ("Will be given", "2,542 sparks"),
        ("Will be taken back", "0 sparks"), ("Spent already, written off to who paid", "0 sparks"),
        ("In all", "+2,542 sparks"),
    ]  # fmt: skip
    assert "Leave it unsigned" in asked
    assert state(seen) == ["sent"]
    assert get(client, f"{PAGE}/approve").headers["Location"] == PAGE  # who asked for it signs nothing
    post(paul, f"{PAGE}/approve")
    panel = plain(get(client, f"{PAGE}/panel"))
    assert "The correction is being posted: 0 of 1 parts" in panel
    assert '<span id="correction-chip" hx-swap-oob="true"><span class="chip wait">' in panel
    assert "hx-swap-oob" not in plain(get(client, PAGE))
    drain(bank.tenant)
    assert state(seen) == ["done"]
    done = plain(get(client, PAGE, "ru"))
    for said in ("Исправление проведено", "Что изменилось", "+2 542 искр", "Подписали: Dora Marsh"):
        assert said in done
    assert "Sign and post it" not in plain(get(paul, PAGE))
    promotion = plain(get(client, "/desk/promotions/petrol"))
    for said in ("Corrections of the past", "Corrects the past", "The rate was 7%, it is 12%"):
        assert said in promotion
    assert promotion.count("<span>Promotions</span>") == 1


def test_the_home_page_names_what_of_others_a_person_may_sign(
    desk: Flask, client: FlaskClient, paul: FlaskClient, bank: Bank, seen: Session, days: tuple[str, str]
) -> None:
    waits, nothing = "Waits for your signature", "Nothing of others waits for you to sign it"
    assert nothing in plain(get(paul, "/desk/"))
    post(client, NEW, **form(*days, document=right()))
    assert nothing in plain(get(paul, "/desk/"))  # its preview is not whole yet
    drain(bank.tenant)
    assert nothing in plain(get(paul, "/desk/"))  # nor is it sent to be signed
    post(client, f"{PAGE}/send")
    address = begun(client, seen, code="coffee", title_en="Coffee")
    post(client, f"{address}/check", revision="1")
    page = plain(get(paul, "/desk/"))
    for said in (
        waits,
        '<a class="strong" href="/desk/promotions/coffee#draft">Coffee</a>',
        "New promotion, by Dora Marsh",
        f'<a class="strong" href="{PAGE}">Petrol</a>',
        "Correction for",
    ):
        assert said in page
    assert nothing in plain(get(client, "/desk/"))  # both are her own
    signer = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_APPROVE], login="sue")
    page = plain(get(signer, "/desk/"))  # may post nothing to the ledger, and so signs no correction
    assert ("Coffee" in page, "Correction for" in page) == (True, False)
    reader = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_EDIT], login="ann")
    assert waits not in plain(get(reader, "/desk/"))
    post(paul, f"{address}/approve", revision="2")
    post(paul, f"{PAGE}/approve")
    assert nothing in plain(get(paul, "/desk/"))


def test_a_correction_that_another_one_has_outdated_waits_for_nobody(
    client: FlaskClient, paul: FlaskClient, bank: Bank, days: tuple[str, str]
) -> None:
    middle = date.fromisoformat(days[0]) + timedelta(days=40)
    for first, last in ((days[0], f"{middle}"), (f"{middle + timedelta(days=1)}", days[1])):
        post(client, NEW, **form(first, last, document=right()))
    drain(bank.tenant)
    for number in (1, 2):
        post(client, f"/desk/corrections/{number}/send")
    assert plain(get(paul, "/desk/")).count(">Petrol</a>") == 2
    post(paul, f"{PAGE}/approve")
    drain(bank.tenant)
    assert "Nothing of others waits for you to sign it" in plain(get(paul, "/desk/"))


def test_what_cannot_be_corrected_is_told_and_nothing_typed_is_lost(
    client: FlaskClient, seen: Session, days: tuple[str, str]
) -> None:
    first, last = days
    for more, said in (
        ({"document": "{"}, "The terms are no JSON"),
        ({"document": right(funding=[])}, "<code>funding</code>"),
        ({"first_day": "soon"}, "Write the day as year, month and day, like 2026-12-31"),
        ({"first_day": last, "last_day": first}, "The last day comes before the first one"),
        ({"last_day": "2999-01-01"}, "Only days that are over can be corrected"),
        ({"document": right(mechanic={"kind": "fixed", "points": "5"}, trigger={"kind": "birthday"}, conditions={})},
         "Only what purchases gave can be corrected"),
    ):  # fmt: skip
        answer = post(client, NEW, **form(first, last, note="Typed") | more)
        assert (answer.status_code, said in plain(answer), "Typed" in plain(answer)) == (422, True, True), (
            said
        )
    assert state(seen) == []
    assert get(client, "/desk/corrections/new/nothing").status_code == 404
    assert get(client, "/desk/corrections/9").status_code == 404


def test_the_right_terms_are_edited_in_fields_from_those_that_hold(
    client: FlaskClient, seen: Session, days: tuple[str, str]
) -> None:
    page = get(client, NEW)
    for said in ("Days that had wrong terms", "Percent of the amount", 'name="d.mechanic.rate" value="7"'):
        assert said in plain(page)
    first, last = days
    answer = pressed(
        client, NEW, page, "save", first_day=first, last_day=last, mechanic__rate="12.5", note="By mistake"
    )
    assert answer.headers["Location"] == PAGE, plain(answer)
    seen.expire_all()
    made = seen.scalars(select(Correction)).one()
    assert (made.document["mechanic"], made.document["conditions"]["amount_from"], made.note) == (
        {"kind": "percent", "rate": "12.5"}, "500", "By mistake",
    )  # fmt: skip
    assert (f"{made.first_day}", f"{made.last_day}") == days


def test_every_flaw_of_a_correction_stands_at_its_field_at_once(
    client: FlaskClient, seen: Session, days: tuple[str, str]
) -> None:
    wrong = {"first_day": days[1], "last_day": days[0], "mechanic__rate": "-1", "funding__0__share": "50"}
    answer = pressed(client, NEW, get(client, NEW), "save", **wrong)
    page = plain(answer)
    assert answer.status_code == 422
    for said in (
        '<p class="wrong" id="last_day-wrong">The last day comes before the first one</p>',
        '<p class="wrong" id="d-mechanic-rate-wrong">It must be above 0</p>',
        "The payers' shares must make 100 %; they make 50 %",
        '<a href="#last_day">The last day</a>: The last day comes before the first one',
        'name="d.mechanic.rate" value="−1"',
    ):
        assert said in page, said
    empty = plain(pressed(client, NEW, get(client, NEW), "save"))
    assert empty.count("Write the day as year, month and day, like 2026-12-31</p>") == 2
    assert '<a href="#first_day">The first day</a>' in empty
    shown = pressed(client, NEW, get(client, NEW), "show", mechanic__rate="9")
    assert (shown.status_code, "9% of the amount" in plain(shown)) == (200, True)
    assert "Write the day as" not in plain(shown)
    assert state(seen) == []


def test_a_correction_is_written_as_a_document_too_and_taken_back_into_fields(
    client: FlaskClient, days: tuple[str, str]
) -> None:
    first, last = days
    text = pressed(
        client, NEW, get(client, NEW), "document", first_day=first, last_day=last, mechanic__rate="9"
    )
    assert ("The right terms (JSON)" in plain(text), f'value="{first}"' in plain(text)) == (True, True)
    back = post(
        client,
        NEW,
        do="fields",
        **form(first, last, document=right(mechanic={"kind": "percent", "rate": "11"})),
    )
    assert ('name="d.mechanic.rate" value="11"' in plain(back), f'value="{first}"' in plain(back)) == (
        True,
        True,
    )
    assert "The right terms (JSON)" in plain(get(client, f"{NEW}?as=document"))


def test_terms_that_held_on_those_days_anyway_correct_nothing(
    client: FlaskClient, seen: Session, days: tuple[str, str]
) -> None:
    seen.expire_all()
    version = seen.scalars(select(PromotionVersion).order_by(PromotionVersion.id.desc()).limit(1)).one()
    version.starts_at = datetime.fromisoformat(f"{days[0]}T00:00+00:00") - timedelta(days=2)
    seen.flush()
    answer = pressed(client, NEW, get(client, NEW), "save", first_day=days[0], last_day=days[1])
    assert (answer.status_code, state(seen)) == (422, [])
    assert "These are the terms that held on all of these days, so nothing would change" in plain(answer)
    ru = plain(pressed(client, NEW, get(client, NEW), "save", "ru", first_day=days[0], last_day=days[1]))
    assert "Эти условия и так действовали во все эти дни" in ru


def test_days_of_which_a_correction_waits_are_not_corrected_beside_it(
    client: FlaskClient, seen: Session, days: tuple[str, str]
) -> None:
    first, last = days
    post(client, NEW, **form(first, first, document=right()))
    answer = post(client, NEW, **form(*days, document=right()))
    assert (answer.status_code, state(seen)) == (422, ["asked"])
    assert 'id="first_day-wrong">A correction of some of these days is not posted yet' in plain(answer)
    later = f"{date.fromisoformat(first) + timedelta(days=1)}"
    assert post(client, NEW, **form(later, last, document=right())).status_code == 303
    assert state(seen) == ["asked", "asked"]


def test_who_may_not_edit_asks_for_nothing_and_discarding_changes_nothing(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session, days: tuple[str, str]
) -> None:
    signer = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_APPROVE], login="sue")
    assert get(signer, NEW).status_code == 403
    assert post(signer, NEW, **form(*days, document=right())).status_code == 403
    assert state(seen) == []
    post(client, NEW, **form(*days, document=right()))
    drain(bank.tenant)
    assert post(signer, f"{PAGE}/approve").status_code == 403
    assert post(signer, f"{PAGE}/discard").status_code == 403
    post(client, f"{PAGE}/discard")
    assert "The correction is discarded. Nothing was changed" in plain(get(client, PAGE))
    post(client, f"{PAGE}/discard")
    assert "has gone another step meanwhile" in plain(get(client, PAGE))
    assert state(seen) == ["discarded"]
    assert "Corrections of the past" not in plain(get(client, "/desk/promotions/petrol"))


def test_a_budget_that_does_not_suffice_is_told_before(
    client: FlaskClient, bank: Bank, days: tuple[str, str]
) -> None:
    post(client, NEW, **form(*days, document=right(limits={"budget": "500"})))
    drain(bank.tenant)
    assert "The budget of petrol does not suffice: 2,042 sparks are missing" in plain(get(client, PAGE))


def test_places_and_deposits_that_do_not_suffice_are_told_in_their_own_words(
    client: FlaskClient, days: tuple[str, str], bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(client, NEW, **form(*days, document=right()))
    drain(bank.tenant)
    short = [Bound("places", "petrol", 1), Bound("deposit", "shop", 30)]
    monkeypatch.setattr(correction_told, "short_bounds", lambda *_: short)
    page, ru = plain(get(client, PAGE)), plain(get(client, PAGE, "ru"))
    assert "The places of petrol do not suffice: 1 member will get nothing" in page
    assert "The deposit of shop does not suffice: 30 sparks are missing" in page
    assert ("Мест в petrol не хватит: 1 участник не получит ничего" in ru, "Депозита shop не хватит" in ru) == (
        True, True,
    )  # fmt: skip


def test_days_on_which_it_was_not_live_are_told_before_anybody_signs(
    client: FlaskClient, bank: Bank, seen: Session, days: tuple[str, str]
) -> None:
    post(client, NEW, **form(*days, document=right()))
    drain(bank.tenant)
    first, last = (date.fromisoformat(day) for day in days)
    w = replace(WORDS, today=clock.business_day("Asia/Kamchatka"))
    told = (
        f"The promotion was not live on these days: {w.day(first)} — {w.day(last)}. For them the correction"
    )
    assert told.replace("\xa0", " ") in plain(get(client, PAGE))
    assert "В эти дни акция не действовала" in plain(get(client, PAGE, "ru"))


def test_a_correction_of_days_on_which_it_was_live_needs_no_warning(
    client: FlaskClient, bank: Bank, seen: Session, days: tuple[str, str]
) -> None:
    begins = f"{date.fromisoformat(days[0]) - timedelta(days=1)}T00:00"
    answer = post(client, NEW, **form(days[0], days[0], document=right()))
    seen.expire_all()
    version = max(seen.scalars(select(PromotionVersion)), key=lambda one: one.id)
    version.starts_at = datetime.fromisoformat(f"{begins}+12:00")
    seen.flush()
    drain(bank.tenant)
    assert answer.status_code == 303
    assert "was not live" not in plain(get(client, PAGE))


def test_bars_stand_on_both_sides_of_the_ground() -> None:
    days = days_of({"2026-11-01": [100, 0], "2026-11-03": [20, 50]}, date(2026, 11, 1), date(2026, 11, 3))
    assert days == [
        Days(date(2026, 11, 1), 100, 0), Days(date(2026, 11, 2), 0, 0), Days(date(2026, 11, 3), 20, 50),
    ]  # fmt: skip
    chart = drawn(days, WORDS)
    assert [label for _, label in chart.lines] == ["−60", "−40", "−20", "0", "20", "40", "60", "80", "100"]
    ground = next(y for y, label in chart.lines if label == "0")
    assert ground == 149
    assert [bar.blocks for bar in chart.bars] == [
        [Block("added", 16, 133)],
        [],
        [Block("added", ground - 26, 26), Block("taken", ground, 66)],
    ]
    assert len(days_of({}, date(2026, 1, 1), date(2026, 3, 1))) == 9


def test_a_chart_of_what_is_taken_alone_hangs_from_its_top() -> None:
    chart = drawn([Days(date(2026, 11, 1), 0, 40)], WORDS)
    assert [label for _, label in chart.lines] == ["−40", "−30", "−20", "−10", "0"]
    assert chart.bars[0].blocks == [Block("taken", 16, 214)]
