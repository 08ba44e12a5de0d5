"""What a till can show a member: her level, offers, benefits and history; and a benefit that it honours."""

from typing import Any

import pytest

from coalition.benefits.actions import add_benefit
from coalition.partners.clients import add_client
from coalition.programmes.queries import programme_by_id
from coalition.promotions.actions import publish
from coalition.promotions.levels import set_tiers
from partner_portal.api.callers import SCOPES
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.api.conftest import Till, furnished
from tests.api.test_way import AT, back, sale
from tests.transactions.bank import LONG_AGO, promotion

LEVELS = {"measure": "turnover", "window": "year", "levels": [
    {"code": "base", "ru": "Базовый", "en": "Base", "above": "0"},
    {"code": "gold", "ru": "Золотой", "en": "Gold", "above": "1500"},
]}  # fmt: skip


def launch(till: Till, code: str, document: dict[str, Any]) -> None:
    with db.transaction(till.house.tenant) as session:
        publish(
            session,
            SYSTEM,
            programme_id=till.house.programme,
            code=code,
            document=document,
            starts_at=LONG_AGO,
        )


def grant(till: Till, kind: str, quantity: str = "1", **terms: Any) -> dict[str, Any]:
    """A benefit for the sale that is booked here, as the API tells it."""
    name = {"ru": "Кофе", "en": "Coffee"}
    with db.transaction(till.house.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=till.house.programme, code=kind, kind=kind, name=name, terms=terms
        )
    gives = {"kind": "benefit", "code": kind, "name": name}
    launch(till, kind, promotion({"kind": "fixed", "points": quantity}, gives=gives))
    assert till.post("/purchases", sale(), key="sale").status_code == 201
    (found,) = till.get(f"/members/{till.member}/benefits").json["benefits"]  # type: ignore[index]
    return found  # type: ignore[no-any-return]


def test_without_levels_there_is_none(till: Till) -> None:
    found = till.get(f"/members/{till.member}/level").json
    assert found == {"level": None, "window": None, "counted": None, "next": None}


def test_a_level_is_told_with_what_is_missing_to_the_next(till: Till) -> None:
    with db.transaction(till.house.tenant) as session:
        set_tiers(session, SYSTEM, programme_id=till.house.programme, document=LEVELS)
    till.post("/purchases", sale(), key="a")
    found: Any = till.get(f"/members/{till.member}/level").json
    assert (found["level"], found["window"]) == ({"code": "base", "name": "Base"}, "year")
    assert (found["counted"]["value"], found["counted"]["unit"]) == (100_000, "RUB")
    assert (found["next"]["code"], found["next"]["above"]["value"]) == ("gold", 150_000)
    assert found["next"]["missing"]["value"] == 50_001
    rest = {"amount": 50_000, "lines": []}
    till.post("/purchases", sale("2", **rest), key="b")
    assert till.get(f"/members/{till.member}/level").json["next"]["missing"]["value"] == 1  # type: ignore[index]
    till.post("/purchases", sale("3", amount=1, lines=[]), key="c")
    found = till.get(f"/members/{till.member}/level").json
    assert (found["level"]["code"], found["next"], found["counted"]["value"]) == ("gold", None, 150_001)


def test_offers_are_told_in_the_callers_language(till: Till) -> None:
    launch(till, "welcome", promotion({"kind": "fixed", "points": "9"}, trigger={"kind": "enrolment"}))
    found: Any = till.get(f"/members/{till.member}/offers").json["offers"]  # type: ignore[index]
    assert [(one["promotion"], one["rate"], one["by_consent"]) for one in found] == [("five", "5%", False)]
    with db.transaction(till.house.tenant) as session:
        unit = {"ru": ["балл", "балла", "баллов"], "en": ["point", "points"]}
        programme_by_id(session, till.house.programme).unit = unit
    path, headers = (
        f"/members/{till.member}/offers",
        {"Authorization": f"Bearer {till.token}", "Accept-Language": "ru"},
    )
    russian: Any = till.http.get(path, headers=headers, base_url=till.site).json
    assert (found[0]["category"], russian["offers"][0]["category"]) == (
        "At certain partners", "У определённых партнёров",
    )  # fmt: skip
    assert (found[0]["terms"], russian["offers"][0]["terms"]) == (
        "Only at coffee. No limit and no last day", "Только в: coffee. Без предела и без срока",
    )  # fmt: skip


def test_a_coupon_is_honoured_once_for_its_reference_and_comes_back(till: Till) -> None:
    coupon = grant(till, "coupon", "2")
    assert (coupon["benefit"], coupon["kind"], coupon["name"]) == ("coupon", "coupon", "Coffee")
    assert (coupon["left"]["value"], coupon["left"]["unit"], coupon["last_day"]) == (2, "pieces", None)
    body = {"code": coupon["code"], "reference": "use-1"}
    for key in ("a", "b"):
        used: Any = till.post("/benefits/use", body, key=key).json
        assert (used["used"]["value"], used["benefit"]["left"]["value"]) == (1, 1)
    over: Any = till.post("/benefits/use", body | {"reference": "use-2", "quantity": 2}, key="c")
    assert (over.status_code, over.json["code"]) == (422, "grant_used_up")
    for key in ("d", "e"):
        given: Any = till.post("/benefits/give-back", body, key=key).json
        assert (given["member_id"], given["benefit"]["left"]["value"]) == (str(till.member), 2)


BACK = back(amount=100_000, lines=sale()["lines"])


def told(found: Any) -> list[tuple[str, int, int, int]]:
    """Of each benefit of a return: its state, and how much of it stands, was used and is owed."""
    assert found.status_code == 201, found.json
    return [
        (one["state"], *(one[name]["value"] for name in ("stands", "used", "owed")))
        for one in found.json["benefits"]
    ]


def test_a_returned_sale_takes_back_what_it_granted_and_says_so(till: Till) -> None:
    coupon = grant(till, "coupon", "2")
    part = back("r0", amount=40_000)
    assert told(till.post("/returns", part, key="a")) == [("stands", 2, 0, 0)]
    rest = back("r1", amount=60_000, lines=[{"sku": "beans", "quantity": "1.5", "amount": 60_000}])
    for key in ("b", "c"):
        assert told(till.post("/returns", rest, key=key)) == [("taken_back", 0, 0, 0)]
    assert till.get(f"/members/{till.member}/benefits").json == {"benefits": []}
    used: Any = till.post("/benefits/use", {"code": coupon["code"], "reference": "u"}, key="d")
    assert (used.status_code, used.json["code"]) == (404, "grant_unknown")


def test_what_was_used_of_a_returned_sales_grant_is_kept_and_owed(till: Till) -> None:
    coupon = grant(till, "coupon", "2")
    till.post("/benefits/use", {"code": coupon["code"], "reference": "u"}, key="u")
    found: Any = till.post("/returns", BACK, key="a")
    assert told(found) == [("kept", 0, 1, 1)]
    assert [found.json["benefits"][0][name] for name in ("benefit", "kind", "name")] == [
        "coupon",
        "coupon",
        "Coffee",
    ]
    assert till.post("/purchases", sale("2"), key="b").status_code == 201
    (left,) = till.get(f"/members/{till.member}/benefits").json["benefits"]  # type: ignore[index]
    assert left["left"]["value"] == 1


def test_a_certificate_that_paid_in_part_is_owed_for_that_part(till: Till) -> None:
    certificate = grant(till, "certificate", face="300")
    body = {"code": certificate["code"], "reference": "u", "quantity": 10_050}
    till.post("/benefits/use", body, key="u")
    assert told(till.post("/returns", BACK, key="a")) == [("kept", 0, 10_050, 10_050)]


def test_a_privilege_without_end_is_taken_back_and_never_owed(till: Till) -> None:
    privilege = grant(till, "privilege")
    till.post("/benefits/use", {"code": privilege["code"], "reference": "u"}, key="u")
    assert told(till.post("/returns", BACK, key="a")) == [("taken_back", 0, 0, 0)]


def test_a_return_that_waits_for_its_sale_tells_of_no_benefit(till: Till) -> None:
    grant(till, "coupon")
    unknown = back(original="elsewhere", member={"id": str(till.member)})
    found: Any = till.post("/returns", unknown, key="a")
    assert (found.status_code, found.json["state"], found.json["benefits"]) == (201, "waiting", [])


def test_a_certificate_pays_what_it_has(till: Till) -> None:
    certificate = grant(till, "certificate", face="300")
    assert (certificate["left"]["value"], certificate["left"]["unit"]) == (30_000, "RUB")
    body = {"code": certificate["code"].lower(), "reference": "u", "quantity": 50_000}
    used: Any = till.post("/benefits/use", body, key="a").json
    assert (used["used"]["value"], used["benefit"]["left"]["value"]) == (30_000, 0)
    assert till.get(f"/members/{till.member}/benefits").json == {"benefits": []}


def test_units_have_no_code(till: Till) -> None:
    assert grant(till, "units", "7")["code"] is None


@pytest.mark.parametrize("path", ["/benefits/use", "/benefits/give-back"])
def test_another_tenants_code_is_unknown(till: Till, path: str) -> None:
    other = furnished("other")
    other.sign_in()
    body = {"code": grant(other, "coupon")["code"], "reference": "u"}
    found: Any = till.post(path, body, key="a")
    assert (found.status_code, found.json["code"]) == (404, "grant_unknown")
    assert other.post("/benefits/use", body, key="a").status_code == 200


def test_without_the_scope_nothing_is_used(till: Till) -> None:
    coupon = grant(till, "coupon")
    till.sign_in(scope="members:read")
    found: Any = till.post("/benefits/use", {"code": coupon["code"], "reference": "u"}, key="a")
    assert (found.status_code, found.json["code"]) == (403, "scope_missing")
    assert till.get(f"/members/{till.member}/benefits").json["benefits"] == [coupon]  # type: ignore[index]


def test_history_is_read_a_page_at_a_time(till: Till) -> None:
    for number in range(3):
        day = f"2026-11-2{number}T10:30:00+12:00"
        till.post("/purchases", sale(str(number + 1), occurred_at=day), key=str(number))
    till.post("/returns", back(occurred_at=AT), key="r")
    pages, cursor = [], ""
    while cursor is not None:
        page: Any = till.get(
            f"/members/{till.member}/history?limit=2" + (f"&cursor={cursor}" if cursor else "")
        )
        assert page.status_code == 200
        pages.append([(one["kind"], one["points"], one["partner"]) for one in page.json["changes"]])
        cursor = page.json["next"]
    told = [one for page in pages for one in page]
    assert sorted(told) == sorted([("purchase", 50, "coffee")] * 3 + [("return", -20, "coffee")])
    assert [len(page) for page in pages[:2]] == [2, 2]


@pytest.mark.parametrize(("query", "pointer", "code"), [
    ("limit=0", "/limit", "greater_than_equal"), ("limit=101", "/limit", "less_than_equal"),
    ("limit=x", "/limit", "int_parsing"), ("cursor=abc", "/cursor", "string_pattern_mismatch"),
    ("offset=1", "/offset", "extra_forbidden"),
])  # fmt: skip
def test_a_query_that_cannot_be_is_named(till: Till, query: str, pointer: str, code: str) -> None:
    found: Any = till.get(f"/members/{till.member}/history?{query}")
    assert (found.status_code, found.json["code"]) == (422, "body_invalid")
    assert [(one["pointer"], one["code"]) for one in found.json["errors"]] == [(pointer, code)]


def test_what_was_elsewhere_is_told_without_its_place(till: Till) -> None:
    till.post("/purchases", sale(), key="a")
    with db.transaction(till.house.tenant) as session:
        client, secret = add_client(session, SYSTEM, name="baker", programme_id=till.house.programme,
                                    participant_id=till.house.funders[0], scopes=tuple(SCOPES))  # fmt: skip
    baker = Till(till.http, till.site, client.id, secret, till.house, till.member)
    baker.sign_in()
    (change,) = baker.get(f"/members/{till.member}/history").json["changes"]  # type: ignore[index]
    assert (change["points"], change["partner"], change["purchase_id"]) == (50, None, None)


@pytest.mark.parametrize("what", ["level", "offers", "benefits", "history", "cards"])
def test_another_tenants_member_is_unknown(till: Till, what: str) -> None:
    other = furnished("other")
    found: Any = till.get(f"/members/{other.member}/{what}")
    assert (found.status_code, found.json["code"]) == (404, "member_unknown")
