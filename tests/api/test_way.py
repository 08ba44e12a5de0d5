"""A till's day: token, who is this, what would it give, the sale, goods brought back."""

from typing import Any

from sqlalchemy import text

from tenants.runtime import db
from tests.api.conftest import CARD, PHONE, Till
from tests.ledger.house import new_member

AT = "2026-11-20T10:30:00+12:00"


def sale(reference: str = "1", **more: Any) -> dict[str, Any]:
    return {"member": {"handle": CARD}, "reference": reference, "occurred_at": AT, "amount": 100_000, "lines": [
        {"sku": "beans", "quantity": "1.5", "amount": 60_000}, {"sku": "cup", "quantity": 2, "amount": 40_000},
    ]} | more  # fmt: skip


def back(reference: str = "r1", **more: Any) -> dict[str, Any]:
    return {"reference": reference, "original": "1", "occurred_at": AT, "amount": 40_000,
            "lines": [{"sku": "cup", "quantity": 2, "amount": 40_000}]} | more  # fmt: skip


def test_a_member_is_found_by_card_and_by_phone(till: Till) -> None:
    for handle in (CARD, PHONE):
        found = till.post("/members/find", {"handle": handle})
        assert (found.status_code, found.json) == (200, {
            "member_id": str(till.member),
            "balance": {"available": 0, "pending": 0, "held": 0, "debt": 0, "scale": 0, "burns": []},
        })  # fmt: skip


def test_a_quote_says_what_the_sale_gives_and_changes_nothing(till: Till) -> None:
    found = till.post("/purchases/quote", sale())
    assert found.status_code == 200, found.json
    assert (found.json["to_pay"], found.json["points"]) == (100_000, 50)  # type: ignore[index]
    assert [one["promotion"] for one in found.json["gives"]] == ["five"]  # type: ignore[index]
    assert till.get(f"/members/{till.member}/balance").json["available"] == 0  # type: ignore[index]


def test_the_sale_gives_what_the_quote_said_and_once(till: Till) -> None:
    first = till.post("/purchases", sale(), key="a")
    assert first.status_code == 201, first.json
    assert (first.json["points"], first.json["balance"]["available"]) == (50, 50)  # type: ignore[index]
    again = till.post("/purchases", sale(), key="a")
    assert (again.status_code, again.data, again.headers["Idempotent-Replayed"]) == (201, first.data, "true")
    later = till.post("/purchases", sale(), key="another")
    assert (later.status_code, later.json["id"]) == (201, first.json["id"])  # type: ignore[index]
    assert till.get(f"/members/{till.member}/balance").json["available"] == 50  # type: ignore[index]


def test_goods_brought_back_take_back_what_they_gave(till: Till) -> None:
    sold = till.post("/purchases", sale(), key="a").json
    found = till.post("/returns", back(), key="b").json
    assert (found["state"], found["purchase_id"], found["points"]) == ("applied", sold["id"], -20)  # type: ignore[index]
    assert found["balance"]["available"] == 30  # type: ignore[index]
    rest = back("r2", amount=60_000, lines=[{"sku": "beans", "quantity": "1.5", "amount": 60_000}])
    assert till.post("/returns", rest, key="c").json["balance"]["available"] == 0  # type: ignore[index]


def test_a_return_of_an_unknown_sale_waits_for_it(till: Till) -> None:
    found = till.post("/returns", back(member={"handle": CARD}, original="unknown"), key="b")
    assert (found.status_code, found.json["state"], found.json["points"]) == (201, "waiting", 0)  # type: ignore[index]


def test_a_purchase_is_explained_with_its_numbers(till: Till) -> None:
    sold: Any = till.post("/purchases", sale(), key="a").json
    found: Any = till.get(f"/members/{till.member}/purchases/{sold['id']}").json
    assert (found["points"], found["net_points"], found["missed"]) == (50, 50, [])
    five = found["gives"][0]
    assert five == sold["gives"][0]
    assert (five["promotion"], five["given"]["value"], five["given"]["kind"]) == ("five", 50, "points")
    assert (five["counted"]["value"], five["counted"]["unit"], five["cut"]) == (100_000, "RUB", None)
    assert till.get(f"/members/{till.member}/purchases/{till.member}").status_code == 404


def test_a_reference_that_came_before_is_what_it_was_whoever_is_named_now(till: Till) -> None:
    with db.transaction(till.house.tenant) as session:
        another = new_member(session, till.house, cards=["tok-0000002"])
    sold: Any = till.post("/purchases", sale(), key="a").json
    returned: Any = till.post("/returns", back(), key="b").json
    named = {"member": {"id": str(another)}}
    again: Any = till.post("/purchases", sale(**named), key="c").json
    assert (again["id"], again["points"], again["balance"]["available"]) == (sold["id"], 50, 30)
    assert till.post("/returns", back(**named), key="d").json == returned
    assert till.get(f"/members/{another}/balance").json["available"] == 0  # type: ignore[index]


def test_a_sale_that_is_booked_is_answered_whatever_became_of_the_card(till: Till) -> None:
    sold: Any = till.post("/purchases", sale(), key="a").json
    with db.transaction(till.house.tenant) as session:
        session.execute(text("delete from handle where tenant_id = :tenant"), {"tenant": till.house.tenant})
    again: Any = till.post("/purchases", sale(), key="b").json
    assert (again["id"], again["points"]) == (sold["id"], 50)
