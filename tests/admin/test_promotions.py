"""Promotions at the desk: a draft's way to its signature, pauses, what changed; nobody signs alone."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.console import promotion_told
from coalition.programmes.queries import the_programme
from coalition.promotions.actions import publish
from coalition.promotions.models import PromotionDraft, PromotionVersion
from coalition.segments.queries import segment_titles
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tests.admin.world import Bank, furnished, get, plain, post, signed_in

TERMS: dict[str, Any] = {
    "conditions": {"amount_from": "500"},
    "mechanic": {"kind": "percent", "rate": "7"},
    "funding": [{"participant": "bank", "share": 100}],
}


@pytest.fixture
def paul(desk: Flask, bank: Bank) -> FlaskClient:
    """The browser of another person with every permission."""
    return signed_in(desk, bank.tenant, login="paul")


def form(revision: int = 0, **more: str) -> dict[str, str]:
    return {
        "code": "petrol", "title_ru": "Бензин", "title_en": "Petrol", "starts_at": "", "ends_at": "", "note": "",
        "document": json.dumps(TERMS), "revision": str(revision),
    } | more  # fmt: skip


def begun(client: FlaskClient, seen: Session, **more: str) -> str:
    """Begin a draft by the form; the address of its steps."""
    answer = post(client, "/desk/promotions/drafts/new", **form(**more))
    assert answer.status_code == 303, plain(answer)
    seen.expire_all()
    draft = seen.scalars(select(PromotionDraft).order_by(PromotionDraft.id.desc()).limit(1)).one()
    return f"/desk/promotions/drafts/{draft.id}"


def published(client: FlaskClient, paul: FlaskClient, seen: Session, **more: str) -> None:
    address = begun(client, seen, **more)
    post(client, f"{address}/check", revision="1")
    post(paul, f"{address}/approve", revision="2")
    post(paul, f"{address}/publish", revision="3")


def drafts(seen: Session) -> list[tuple[str, int]]:
    seen.expire_all()
    return [
        (row.state, row.revision) for row in seen.scalars(select(PromotionDraft).order_by(PromotionDraft.id))
    ]


def versions(seen: Session, code: str = "Petrol") -> int:
    seen.expire_all()
    found = seen.scalars(select(PromotionVersion))
    return sum(row.document["title"]["en"] == code for row in found)


def test_a_long_list_goes_on_by_code_also_in_one_state(
    bank: Bank, client: FlaskClient, seen: Session
) -> None:
    codes = [f"long-{number:02}" for number in range(60)]
    with db.transaction(bank.tenant) as session:
        for code in codes:
            title = {"title": {"ru": code, "en": code}}
            publish(
                session, SYSTEM, programme_id=the_programme(session).id, code=code, document=TERMS | title,
                starts_at=clock.now(),
            )  # fmt: skip
    met: list[str] = []
    page = plain(get(client, "/desk/promotions/?show=live"))
    assert "To the beginning" not in page
    for _ in range(10):
        shown = re.findall(r'href="/desk/promotions/([^"?/]+)"', page)
        met += [code for code in shown if code in codes]
        further = re.search(r'href="([^"]+)" rel="next">Further', page)
        if further is None:
            break
        assert len(set(shown) - {"drafts"}) >= 25
        page = plain(get(client, further[1].replace("&amp;", "&")))
        assert "To the beginning" in page
    assert sorted(set(met)) == met == codes


def test_the_list_tells_each_promotions_state(client: FlaskClient, seen: Session) -> None:
    begun(client, seen)
    page = plain(get(client, "/desk/promotions/"))
    assert "Petrol" in page
    assert "Live" in page
    assert "Petrol" in plain(get(client, "/desk/promotions/?show=draft"))
    assert "Petrol" not in plain(get(client, "/desk/promotions/?show=live"))
    assert "Nothing fits this condition" in plain(get(client, "/desk/promotions/?show=paused"))
    assert "Бензин" in plain(get(client, "/desk/promotions/", "ru"))


def test_a_draft_is_written_checked_signed_by_another_and_published(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen, note="For December")
    page = plain(get(client, "/desk/promotions/petrol"))
    for said in ("Draft of version 1", "7% of the amount", "For December", "Another person signs it"):
        assert said in page
    assert post(client, f"{address}/check", revision="1").status_code == 303
    mine = plain(get(client, "/desk/promotions/petrol"))
    assert "Another person signs it now" in mine
    assert "Sign the draft" not in mine
    assert "Sign the draft" in plain(get(paul, "/desk/promotions/petrol"))
    post(client, f"{address}/approve", revision="2")
    assert "signed by another person than who wrote it" in plain(get(client, "/desk/promotions/petrol"))
    assert drafts(seen) == [("checked", 2)]
    post(paul, f"{address}/approve", revision="2")
    assert "Signed, can be published" in plain(get(client, "/desk/"))
    assert "Publish version 1?" in plain(get(client, f"{address}/publish"))
    assert versions(seen) == 0
    post(client, f"{address}/publish", revision="3")
    page = plain(get(client, "/desk/promotions/petrol"))
    assert "The draft is the newest version now" in page
    assert "Version 1" in page
    assert (drafts(seen), versions(seen)) == ([("published", 4)], 1)
    post(client, f"{address}/publish", revision="3")
    assert versions(seen) == 1


def test_a_rate_above_what_is_paid_is_told_at_its_field_and_to_whoever_signs(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    terms = TERMS | {"mechanic": {"kind": "percent", "rate": "120"}}
    address = begun(client, seen, document=json.dumps(terms))
    post(client, f"{address}/check", revision="1")
    said = "More comes back than is paid: 120 % of it. Is the rate right?"
    assert '<div id="d-mechanic-rate-hint"><p class="doubt">' in plain(get(client, address))
    assert (said in plain(get(client, address)), said in plain(get(paul, "/desk/promotions/petrol"))) == (
        True,
        True,
    )
    assert "Вернётся больше, чем заплачено: 120 % суммы" in plain(get(paul, "/desk/promotions/petrol", "ru"))
    post(paul, f"{address}/approve", revision="2")
    assert drafts(seen) == [("approved", 3)]


def test_a_start_that_is_past_is_told_at_its_field_and_to_whoever_signs(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen, starts_at="2026-01-01T00:00")
    said = "The start is past. Purchases since then that are booked already get nothing"
    page = plain(get(client, address))
    assert '<div id="starts_at-hint">' in page
    assert page.index('<div id="starts_at-hint">') < page.index(said) < page.index('id="ends_at"')
    post(client, f"{address}/check", revision="1")
    assert said in plain(get(paul, "/desk/promotions/petrol"))
    assert "Начало уже прошло. Покупки с того дня" in plain(get(paul, "/desk/promotions/petrol", "ru"))
    post(paul, f"{address}/approve", revision="2")
    assert said in plain(get(paul, f"{address}/publish"))
    assert said not in plain(get(client, begun(client, seen, code="later", starts_at="2036-01-01T00:00")))


def test_a_start_that_takes_a_past_from_a_version_is_told_before_it_is_checked(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen)
    address = begun(client, seen, of="petrol", code="", starts_at="2026-01-01T00:00")
    page = plain(get(client, address))
    assert 'id="starts_at-wrong">The start lies in the past, where another version was live' in page
    assert "The start is past" not in page
    assert "Check and send to be signed" not in plain(get(client, "/desk/promotions/petrol"))


def test_a_title_that_says_another_rate_is_told_at_its_field_and_to_whoever_signs(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen, title_en="5% on petrol")
    said = "The title says 5%, the terms give 7%. Which is right?"
    assert said in plain(get(client, address))
    post(client, f"{address}/check", revision="1")
    assert said in plain(get(paul, "/desk/promotions/petrol"))


def test_who_writes_signs_and_publishes_reads_what_members_of_both_languages_do(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen, document=json.dumps(TERMS | {"category": "fuel", "icon": "fuel-pump"}))
    post(client, f"{address}/check", revision="1")
    card = {
        "en": "The Russian title</dt><dd>Бензин</dd><dt>The English title</dt><dd>Petrol</dd>"
        "<dt>Category in the cabinet</dt><dd>Fuel</dd><dt>Icon in the cabinet</dt><dd>Fuel pump</dd>",
        "ru": "<dt>Раздел в кабинете</dt><dd>Топливо</dd><dt>Значок в кабинете</dt><dd>Заправка</dd>",
    }
    for lang, said in card.items():
        assert said in plain(get(client, address, lang))
        assert said in plain(get(paul, "/desk/promotions/petrol", lang))
    post(paul, f"{address}/approve", revision="2")
    for lang, said in card.items():
        assert said in plain(get(paul, f"{address}/publish", lang))
    post(paul, f"{address}/publish", revision="3")
    begun(client, seen, of="petrol")
    page = plain(get(client, "/desk/promotions/petrol"))
    assert "The category of the shelf was Fuel, it is By its conditions" in page
    assert "The icon was Fuel pump, it is Percent" in page


def test_what_points_are_worth_is_told_to_who_writes_signs_and_publishes(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen)
    said = "<dt>In money</dt><dd>For ₽1,000: 70 sparks, worth ₽70, which is 7% of the sum</dd>"
    post(client, f"{address}/check", revision="1")
    for page in (address, "/desk/promotions/petrol", f"{address}/publish"):
        assert said in plain(get(client, page)), page
    shown = {"rate": "7", "amount_from": "500", "raised": "12", "payer": "bank", "code": "big", "do": "show"}
    assert "<dt>In money</dt><dd>For ₽" in plain(post(client, "/desk/templates/retail-big-purchase", **shown))


def test_each_version_says_who_wrote_it_who_signed_it_and_when(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen)
    (draft,) = seen.scalars(select(PromotionDraft))
    (version,) = seen.scalars(select(PromotionVersion).where(PromotionVersion.draft_id == draft.id))
    assert version.document["title"]["en"] == "Petrol"
    page = plain(get(client, "/desk/promotions/petrol"))
    assert re.search(r"Written by Dora Marsh, signed by Dora Marsh today, \d\d:\d\d</p>", page)
    assert "Автор: Dora Marsh. Подпись: Dora Marsh, сегодня" in plain(
        get(client, "/desk/promotions/petrol", "ru")
    )
    post(client, "/desk/promotions/petrol/pause")
    post(client, "/desk/promotions/petrol/resume")
    assert plain(get(client, "/desk/promotions/petrol")).count("signed by Dora Marsh today") == 2
    assert "Who wrote and who signed it was not kept" in plain(get(client, "/desk/promotions/fuel"))


def test_a_new_version_is_told_by_what_it_changes(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen)
    assert "&#34;rate&#34;: &#34;7&#34;" in get(client, "/desk/promotions/drafts/new?of=petrol").get_data(
        as_text=True
    )
    terms = TERMS | {"mechanic": {"kind": "percent", "rate": "5"}, "limits": {"per_month": "300"}}
    begun(client, seen, of="petrol", code="", document=json.dumps(terms))
    page = plain(get(client, "/desk/promotions/petrol"))
    assert "The rate was 7%, it is 5%" in page
    assert "The monthly limit is new: 300 sparks" in page
    assert "Ставка: было 7 %, стало 5 %" in plain(get(client, "/desk/promotions/petrol", "ru"))
    again = get(client, "/desk/promotions/drafts/new?of=petrol")
    assert again.headers["Location"].startswith("/desk/promotions/drafts/")


def test_names_are_asked_for_once_however_many_versions_a_page_tells(
    client: FlaskClient, paul: FlaskClient, seen: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(client, paul, seen)
    for rate in ("5", "6"):
        terms = TERMS | {"mechanic": {"kind": "percent", "rate": rate}}
        published(client, paul, seen, of="petrol", code="", document=json.dumps(terms))
    begun(client, seen, of="petrol", code="")
    asked: list[str] = []

    def counted(session: Session) -> dict[str, str]:
        asked.append("segments")
        return segment_titles(session)

    monkeypatch.setattr(promotion_told, "segment_titles", counted)
    assert "The rate was 5%, it is 6%" in plain(get(client, "/desk/promotions/petrol"))
    assert asked == ["segments"]


def test_what_is_wrong_is_told_at_its_field(client: FlaskClient, seen: Session) -> None:
    terms = TERMS | {"mechanic": {"kind": "percent", "rate": "-1"}, "wings": 2}
    terms |= {"conditions": {"segments": ["nobody"]}, "valid": {"until": "2020-01-31"}}
    address = begun(client, seen, document=json.dumps(terms))
    as_document = f"{address}?as=document"
    for path in ("/desk/promotions/petrol", as_document):
        page = plain(get(client, path))
        assert "<code>mechanic.rate</code>: It must be above 0" in page
        assert "<code>wings</code>: There is no such field" in page
        assert (
            "<code>conditions.segments</code>: Nothing here has the code “nobody”. Choose one that there is"
            in page
        )
        assert "<code>valid.until</code>: The last day of the points is over already" in page
    assert "<code>mechanic.rate</code>: Должно быть больше 0" in plain(get(client, as_document, "ru"))
    post(client, f"{address}/check", revision="1")
    assert drafts(seen) == [("draft", 1)]


def test_a_last_day_of_points_that_is_over_is_told_at_its_field(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen, document=json.dumps(TERMS | {"valid": {"until": "2020-01-31"}}))
    assert "<code>valid.until</code>: The last day of the points is over already" in plain(
        get(client, f"{address}?as=document")
    )
    assert 'id="d-valid-until-wrong">The last day of the points is over already' in plain(
        get(client, address)
    )
    post(client, f"{address}/check", revision="1")
    assert drafts(seen) == [("draft", 1)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"document": '{\n"a" 1}'}, "The terms are no JSON: it breaks off at line 2"),
        ({"document": "[]"}, "The terms are a group of fields in braces"),
        ({"document": '{"a": 1, "a": 2}'}, "The field a stands twice in the terms"),
        ({"document": '{"a": ' + "[" * 60 + "]" * 60 + "}"}, "The terms go deeper than any terms do"),
        ({"document": '{"a": "\\ud800"}'}, "The terms are no JSON"),
        ({"document": "[" * 50_000}, "The terms are no JSON"),
        ({"document": '{"a": "\\u0000"}'}, "The terms are no JSON"),
        ({"starts_at": "tomorrow"}, "There is no such day and time. Write them like"),
        ({"ends_at": "0001-01-01T00:00"}, "There is no such day and time. Write them like"),
        ({"code": "Fuel!"}, "A code is small Latin letters"),
        ({"code": "fuel"}, "There is a promotion of this code already"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_understood_saves_nothing_and_loses_nothing(
    client: FlaskClient, seen: Session, more: dict[str, str], said: str
) -> None:
    answer = post(client, "/desk/promotions/drafts/new", **form(note="kept words", **more))
    assert answer.status_code == 422
    assert said in plain(answer)
    assert "kept words" in plain(answer)
    assert drafts(seen) == []


def test_two_who_edit_at_once_do_not_overwrite_each_other(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    address = begun(client, seen)
    assert post(paul, address, **form(1, note="Paul's")).status_code == 303
    late = post(client, address, **form(1, note="Dora's"))
    assert late.status_code == 409
    assert "Somebody has changed the draft meanwhile" in plain(late)
    assert "Dora's" in plain(late)
    assert "Paul's" in plain(get(client, "/desk/promotions/petrol"))
    assert post(client, address, **form(2, note="Dora's")).status_code == 303
    assert "Dora's" in plain(get(client, "/desk/promotions/petrol"))
    post(client, f"{address}/check", revision="1")
    assert "Somebody has changed the draft since" in plain(get(client, "/desk/promotions/petrol"))
    assert drafts(seen) == [("draft", 3)]


def test_a_live_promotion_is_paused_and_resumed(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen)
    assert "Pause “Petrol”?" in plain(get(client, "/desk/promotions/petrol/pause"))
    assert get(client, "/desk/promotions/petrol/resume").status_code == 303
    post(client, "/desk/promotions/petrol/pause")
    page = plain(get(client, "/desk/promotions/petrol"))
    assert "The promotion is paused" in page
    assert "Resume" in page
    assert "It has no end, as before" in plain(get(client, "/desk/promotions/petrol/resume"))
    post(client, "/desk/promotions/petrol/pause")
    assert "in another state meanwhile" in plain(get(client, "/desk/promotions/petrol"))
    post(client, "/desk/promotions/petrol/resume")
    assert "The promotion is live again" in plain(get(client, "/desk/promotions/petrol"))
    assert versions(seen) == 2


def test_what_is_live_or_paused_is_ended_for_good(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen)
    post(client, "/desk/promotions/petrol/pause")
    assert "only a new version, signed anew" in plain(get(client, "/desk/promotions/petrol/end"))
    post(client, "/desk/promotions/petrol/end")
    page = plain(get(client, "/desk/promotions/petrol"))
    assert "The promotion has ended" in page
    assert "Resume" not in page
    post(client, "/desk/promotions/petrol/resume")
    assert "in another state meanwhile" in plain(get(client, "/desk/promotions/petrol"))
    assert get(client, "/desk/promotions/petrol/end").status_code == 303
    assert versions(seen) == 1


def test_the_page_tells_what_of_a_budget_is_given(
    client: FlaskClient, paul: FlaskClient, seen: Session
) -> None:
    published(client, paul, seen, document=json.dumps(TERMS | {"limits": {"budget": "500"}}))
    page = plain(get(client, "/desk/promotions/petrol"))
    assert "Given so far: 0 sparks of the budget of 500 sparks" in page


def test_a_discarded_draft_is_gone_and_the_code_is_free(client: FlaskClient, seen: Session) -> None:
    address = begun(client, seen)
    assert post(client, f"{address}/discard", revision="1").headers["Location"] == "/desk/promotions/"
    assert get(client, "/desk/promotions/petrol").status_code == 404
    assert get(client, address).status_code == 404
    begun(client, seen)
    assert drafts(seen) == [("discarded", 2), ("draft", 1)]


def test_each_step_is_only_for_whom_it_is_given(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    address = begun(client, seen)
    post(client, f"{address}/check", revision="1")
    signer = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_APPROVE], "signer")
    assert "Sign the draft" in plain(get(signer, "/desk/promotions/petrol"))
    assert "Begin a promotion" not in plain(get(signer, "/desk/promotions/"))
    assert get(signer, address).status_code == 403
    assert get(signer, "/desk/promotions/drafts/new").status_code == 403
    assert post(signer, address, **form(2)).status_code == 403
    assert post(signer, f"{address}/discard", revision="2").status_code == 403
    assert post(signer, "/desk/promotions/fuel/pause").status_code == 403
    payer = signed_in(desk, bank.tenant, [Permission.DESK_PAYOUT_SETTLE], "payer")
    assert get(payer, "/desk/promotions/").status_code == 403
    assert drafts(seen) == [("checked", 2)]


@pytest.mark.parametrize(
    "path",
    ["nobody", "fuel/nothing", "drafts/99", "drafts/99999999999", "drafts/new?of=nobody", "nobody/pause"],
)
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert get(client, f"/desk/promotions/{path}").status_code == 404


def test_another_banks_promotions_are_not_there(desk: Flask, client: FlaskClient, seen: Session) -> None:
    with db.transaction(None) as session:
        other = furnished(open_tenant(session, slug="other", hosts=["other.localhost"]).id)
        session.flush()
    with db.transaction(other.tenant) as session:
        theirs = session.scalars(select(PromotionDraft)).all()
    assert theirs == []
    begun(client, seen)
    with db.transaction(other.tenant) as session:
        assert session.scalars(select(PromotionDraft)).all() == []
