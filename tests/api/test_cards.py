"""Loyalty cards at the till: issued, activated once, blocked and unblocked, replaced with everything that is hers."""

from dataclasses import replace
from typing import Any

import pytest

from coalition.promotions.actions import publish
from tenants.actor import SYSTEM
from tenants.runtime import db, settings
from tests.api.conftest import PHONE, Till, furnished
from tests.api.test_enrolment import ask, joining
from tests.api.test_spending import with_points
from tests.api.test_way import back, sale
from tests.ledger.house import balance, drain
from tests.transactions.bank import LONG_AGO, promotion

PLASTIC = "7712000000017"


def issued(till: Till, key: str = "i", **body: Any) -> Any:
    """One more card of Vera's."""
    made = till.post(f"/members/{till.member}/cards", body, key=key)
    assert made.status_code == 201, made.json
    return made.json


def with_card(till: Till, number: str, reference: str = "1", **more: Any) -> dict[str, Any]:
    return sale(reference, member={"handle": number}, **more)


def states(card: Any) -> list[tuple[str, str | None]]:
    return [(one["state"], one["reason"]) for one in card["history"]]


def test_an_issued_card_finds_and_earns_and_shows_nothing_until_it_is_activated(till: Till) -> None:
    card = issued(till)
    with_points(till)
    assert (card["state"], len(card["number"]), states(card)) == ("issued", 16, [("issued", None)])
    assert till.post("/purchases", with_card(till, card["number"]), key="a").json["points"] == 50  # type: ignore[index]
    spending = with_card(till, card["number"], "2", points=100)
    assert till.post("/purchases", spending, key="b").json["code"] == "code_needed"  # type: ignore[index]
    for key in ("c", "d"):
        active: Any = till.post("/cards/activate", {"number": card["number"]}, key=key).json
        assert (active["state"], states(active)) == ("active", [("issued", None), ("active", None)])
    assert active["history"][1]["by"] == till.client_id
    assert till.post("/purchases", spending, key="b").status_code == 201


def test_activation_pays_once_where_a_promotion_is_for_it(till: Till) -> None:
    with db.transaction(till.house.tenant) as session:
        for code, card in (("loyal", "loyalty"), ("bank", "bank")):
            trigger = {"kind": "card_activation", "card": card}
            document = promotion({"kind": "fixed", "points": "40"}, trigger=trigger)
            publish(session, SYSTEM, programme_id=till.house.programme, code=code, document=document,
                    starts_at=LONG_AGO)  # fmt: skip
    drain(till.house.tenant)
    before = has(till)
    number = issued(till)["number"]
    drain(till.house.tenant)
    assert has(till) == before
    for key in ("a", "b"):
        till.post("/cards/activate", {"number": number}, key=key)
        drain(till.house.tenant)
        assert has(till) == before + 40
    new: Any = till.post("/cards/replace", {"number": number, "reason": "damaged"}, key="r").json
    assert till.post("/cards/activate", {"number": new["number"]}, key="n").json["state"] == "active"  # type: ignore[index]
    drain(till.house.tenant)
    assert has(till) == before + 40
    ask(till)
    issued(till, "p", number=PLASTIC)
    drain(till.house.tenant)
    assert has(till) == before + 80


def has(till: Till) -> int:
    with db.transaction(till.house.tenant) as session:
        return balance(session, till.member)[0]


def test_a_blocked_card_is_refused_and_the_first_reason_stands(till: Till) -> None:
    number = issued(till)["number"]
    with_points(till)
    till.post("/cards/activate", {"number": number}, key="a")
    assert till.post("/purchases/hold", with_card(till, number, "2", points=100), key="h").status_code == 201
    assert till.post("/purchases", with_card(till, number), key="s").status_code == 201
    for reason in ("lost", "stolen"):
        blocked: Any = till.post("/cards/block", {"number": number, "reason": reason}, key=reason).json
        assert blocked["state"] == "blocked"
        assert states(blocked) == [("issued", None), ("active", None), ("blocked", "lost")]
    for path, body in (
        ("/members/find", {"handle": number}),
        ("/purchases/quote", with_card(till, number, "3")),
        ("/purchases", with_card(till, number, "3")),
        ("/purchases/hold", with_card(till, number, "3", points=100)),
        ("/cards/activate", {"number": number}),
    ):
        found: Any = till.post(path, body, key="x")
        assert (found.status_code, found.json["code"]) == (409, "card_blocked"), path
    again: Any = till.post(f"/members/{till.member}/cards", {"number": number}, key="l")
    assert (again.status_code, again.json["code"]) == (422, "code_needed")
    assert has(till) == 950
    gone = till.post("/purchases/void", {"member": {"handle": number}, "reference": "2"}, key="v")
    assert (gone.status_code, has(till)) == (200, 1050)
    named = back(member={"handle": number})
    assert till.post("/returns", named, key="r").status_code == 201
    assert till.post("/cards/find", {"number": number}).json["state"] == "blocked"  # type: ignore[index]
    assert till.post("/members/find", {"handle": PHONE}).status_code == 200


def test_a_card_is_replaced_once_and_the_points_stay(till: Till) -> None:
    with_points(till, code="never")
    ask(till)
    old = issued(till)["number"]
    body = {"number": old, "reason": "damaged", "new_number": PLASTIC}
    new: Any = till.post("/cards/replace", body, key="a")
    assert (new.status_code, new.json["number"], new.json["state"]) == (201, PLASTIC, "active")
    assert till.post("/cards/replace", body, key="b").json == new.json
    other: Any = till.post("/cards/replace", {"number": old, "reason": "lost"}, key="c")
    assert (other.status_code, other.json["code"]) == (409, "card_replaced")
    found: Any = till.post("/members/find", {"handle": PLASTIC}).json
    assert (found["member_id"], found["balance"]["available"]) == (str(till.member), 1000)
    gone: Any = till.post("/cards/find", {"number": old}).json
    assert (gone["state"], states(gone)[-1]) == ("blocked", ("blocked", "damaged"))
    assert new.json["replaces"] == gone["card_id"]
    itself = {"number": PLASTIC, "reason": "lost", "new_number": PLASTIC}
    assert till.post("/cards/replace", itself, key="d").json["code"] == "handle_taken"  # type: ignore[index]
    assert till.post("/cards/find", {"number": PLASTIC}).json["state"] == "active"  # type: ignore[index]


def test_a_blocked_card_is_replaced_later(till: Till) -> None:
    old = issued(till)["number"]
    till.post("/cards/block", {"number": old, "reason": "stolen"}, key="a")
    new: Any = till.post("/cards/replace", {"number": old, "reason": "other"}, key="b").json
    assert (new["state"], len(new["number"])) == ("issued", 16)
    cards: Any = till.get(f"/members/{till.member}/cards").json["cards"]  # type: ignore[index]
    assert [one["state"] for one in cards] == ["issued", "blocked"]
    assert states(cards[1])[-1] == ("blocked", "stolen")


def test_a_card_that_is_found_again_is_what_it_was_before(till: Till) -> None:
    for key, active in (("a", True), ("b", False)):
        number = issued(till, key)["number"]
        if active:
            till.post("/cards/activate", {"number": number}, key=f"active {key}")
        before = ["issued", "active"] if active else ["issued"]
        till.post("/cards/block", {"number": number, "reason": "lost"}, key=f"block {key}")
        for again in ("once", "twice"):
            found: Any = till.post("/cards/unblock", {"number": number}, key=f"{again} {key}").json
            assert [one["state"] for one in found["history"]] == [*before, "blocked", before[-1]]
            assert (found["state"], found["history"][-1]["by"]) == (before[-1], till.client_id)
        assert till.post("/purchases", with_card(till, number, key), key=f"sale {key}").status_code == 201
        till.post("/cards/block", {"number": number, "reason": "stolen"}, key=f"again {key}")
        blocked: Any = till.post("/cards/find", {"number": number}).json
        assert states(blocked)[-1] == ("blocked", "stolen")


def test_a_replaced_card_stays_blocked(till: Till) -> None:
    number = issued(till)["number"]
    till.post("/cards/replace", {"number": number, "reason": "lost"}, key="a")
    found: Any = till.post("/cards/unblock", {"number": number}, key="b")
    assert (found.status_code, found.json["code"]) == (409, "card_replaced")
    assert till.post("/members/find", {"handle": number}).json["code"] == "card_blocked"  # type: ignore[index]


def test_unblocking_needs_its_own_scope_and_her_code(till: Till) -> None:
    number = issued(till)["number"]
    till.post("/cards/block", {"number": number, "reason": "lost"}, key="a")
    with_points(till)
    settings.use(replace(settings.current(), demo=True))
    assert till.post("/cards/unblock", {"number": number}, key="b").json["code"] == "code_needed"  # type: ignore[index]
    sent: Any = till.post(f"/members/{till.member}/codes", {"purpose": "card"}, key="c").json
    body = {"number": number, "code": {"code_id": sent["code_id"], "code": sent["demo_code"]}}
    till.sign_in(scope="cards:write members:read")
    assert till.post("/cards/unblock", body, key="d").json["code"] == "scope_missing"  # type: ignore[index]
    assert till.post("/cards/find", {"number": number}).json["state"] == "blocked"  # type: ignore[index]
    till.sign_in()
    assert till.post("/cards/unblock", body, key="d").json["state"] == "issued"  # type: ignore[index]


def test_a_card_of_anothers_is_not_linked(till: Till) -> None:
    ask(till)
    till.post("/members", joining(fields={"name": "Olga"}, card=PLASTIC), key="a")
    found: Any = till.post(f"/members/{till.member}/cards", {"number": PLASTIC}, key="b")
    assert (found.status_code, found.json["code"]) == (409, "handle_taken")
    assert till.get(f"/members/{till.member}/cards").json == {"cards": []}


@pytest.mark.parametrize(("path", "more"), [
    ("/cards/find", {}), ("/cards/activate", {}), ("/cards/block", {"reason": "lost"}),
    ("/cards/replace", {"reason": "lost"}), ("/cards/unblock", {}),
])  # fmt: skip
def test_another_tenants_card_is_unknown(till: Till, path: str, more: dict[str, Any]) -> None:
    other = furnished("other")
    other.sign_in()
    ask(other)
    issued(other, number=PLASTIC)
    found: Any = till.post(path, {"number": PLASTIC} | more, key="a")
    assert (found.status_code, found.json["code"]) == (404, "card_unknown")
    assert other.post("/cards/find", {"number": PLASTIC}).json["state"] == "active"  # type: ignore[index]


def test_without_the_scope_nothing_is_changed(till: Till) -> None:
    number = issued(till)["number"]
    till.sign_in(scope="members:read members:write purchases:write")
    for path in ("/cards/block", "/cards/replace"):
        found: Any = till.post(path, {"number": number, "reason": "lost"}, key="a")
        assert (found.status_code, found.json["code"]) == (403, "scope_missing")
    assert till.post("/cards/find", {"number": number}).json["state"] == "issued"  # type: ignore[index]


def test_where_spending_needs_a_code_another_card_needs_one_too(till: Till) -> None:
    old = issued(till)["number"]
    with_points(till)
    settings.use(replace(settings.current(), demo=True))
    path = f"/members/{till.member}"
    for asked in ({}, {"number": PLASTIC}):
        refused: Any = till.post(f"{path}/cards", asked, key="a")
        assert (refused.status_code, refused.json["code"]) == (422, "code_needed")
    lost = {"number": old, "reason": "lost"}
    assert till.post("/cards/replace", lost, key="b").json["code"] == "code_needed"  # type: ignore[index]
    sale_code: Any = till.post(f"{path}/codes", {"reference": "1", "points": 5}, key="c").json
    card_code: Any = till.post(f"{path}/codes", {"purpose": "card"}, key="d").json
    for sent, status in ((sale_code, 422), (card_code, 201)):
        code = {"code_id": sent["code_id"], "code": sent["demo_code"]}
        assert till.post("/cards/replace", lost | {"code": code}, key="e").status_code == status
