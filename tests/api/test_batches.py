"""What a till has kept while the line was down: in any order, twice, and with a sale among it that cannot be."""

from typing import Any

from tests.api.conftest import Till
from tests.api.test_spending import has, sound, with_points
from tests.api.test_way import back, sale


def stored(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind} | body


BATCH = [
    stored("return", back()),
    stored("purchase", sale("2", member={"handle": "nobody"})),
    stored("purchase", sale("1")),
    stored("purchase", sale("3", occurred_at="2026-11-19T10:30:00+12:00", amount=5)),
]


def test_a_batch_is_booked_in_the_order_of_its_times_and_each_item_stands_alone(till: Till) -> None:
    found: Any = till.post("/batches", {"items": BATCH}, key="a").json["items"]  # type: ignore[index]
    assert [(one["reference"], one["status"]) for one in found] == [
        ("r1", 201),
        ("2", 404),
        ("1", 201),
        ("3", 422),
    ]
    assert (found[0]["returned"]["state"], found[0]["returned"]["points"], found[2]["purchase"]["points"]) == (
        "applied", -20, 50,
    )  # fmt: skip
    assert [found[i]["problem"]["code"] for i in (1, 3)] == ["member_unknown", "sum_mismatch"]
    assert has(till) == (30, 0, 0, 0)


def test_a_batch_that_comes_twice_changes_nothing_the_second_time(till: Till) -> None:
    first: Any = till.post("/batches", {"items": BATCH}, key="a").json
    again: Any = till.post("/batches", {"items": BATCH[::-1]}, key="b").json
    assert [one["reference"] for one in again["items"]] == [one["reference"] for one in first["items"][::-1]]
    assert [one["purchase"] and one["purchase"]["id"] for one in again["items"]] == [
        one["purchase"] and one["purchase"]["id"] for one in first["items"][::-1]
    ]
    assert (has(till), sound(till)) == ((30, 0, 0, 0), True)


def test_a_refused_spending_of_a_batch_leaves_no_hold_behind(till: Till) -> None:
    with_points(till, points=300)
    items = [stored("purchase", sale(str(n), points=300)) for n in (1, 2)]
    found: Any = till.post("/batches", {"items": items}, key="a").json["items"]  # type: ignore[index]
    assert sorted(one["status"] for one in found) == [201, 422]
    assert (has(till), sound(till)) == ((35, 0, 0, 0), True)
