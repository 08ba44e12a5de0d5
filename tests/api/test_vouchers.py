"""Points for a till whose line is down: set aside beforehand, signed, taken once."""

from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from coalition.redemption.actions import release_overdue
from tenants.runtime import clock, db
from tests.api.conftest import CARD, Till
from tests.api.test_batches import stored
from tests.api.test_spending import has, rich, sound, with_points
from tests.api.test_way import sale

__all__ = ["rich"]
OFFLINE = {"points": 500, "hours": 24}


def voucher(till: Till, points: int, key: str = "v", **more: Any) -> Any:
    body = {"member": {"handle": CARD}, "reference": key, "points": points} | more
    return till.post("/vouchers", body, key=key)


def test_a_voucher_is_signed_by_a_key_that_a_till_can_have_beforehand(rich: Till) -> None:
    with_points(rich, points=0, offline=OFFLINE)
    given = voucher(rich, 300).json
    assert (given["points"], has(rich)) == (300, (700, 0, 300, 0))
    keys = KeySet.import_key_set(rich.get("/vouchers/keys").json)  # type: ignore[arg-type]
    read = jwt.decode(given["voucher"], keys, algorithms=["Ed25519"])
    assert (read.claims["sub"], read.claims["points"]) == (str(rich.member), 300)
    assert "d" not in rich.get("/vouchers/keys").json["keys"][0]  # type: ignore[index]


def test_the_sale_takes_its_points_from_the_voucher_and_once(rich: Till) -> None:
    with_points(rich, points=0, offline=OFFLINE, code="always")
    with_card = voucher(rich, 300)
    assert with_card.json["code"] == "code_needed"
    with_points(rich, points=0, offline=OFFLINE)
    text = voucher(rich, 300, "w").json["voucher"]
    items = [stored("purchase", sale(str(n), points=200, voucher=text)) for n in (1, 2)]
    found: Any = rich.post("/batches", {"items": items}, key="a").json["items"]  # type: ignore[index]
    assert [one["status"] for one in found] == [201, 422]
    assert found[1]["problem"]["code"] == "voucher_over"
    assert rich.post("/batches", {"items": items[:1]}, key="b").json["items"] == found[:1]  # type: ignore[index]
    assert (has(rich), sound(rich)) == ((840, 0, 0, 0), True)


def test_what_no_voucher_allows_is_refused_and_changes_nothing(rich: Till) -> None:
    assert voucher(rich, 300).json["code"] == "vouchers_not_given"
    with_points(rich, points=0, offline=OFFLINE)
    assert voucher(rich, 501).json["code"] == "voucher_too_large"
    text = voucher(rich, 100).json["voucher"]
    small = rich.post("/purchases", sale(points=101, voucher=text), key="a")
    assert (small.status_code, small.json["code"]) == (422, "voucher_too_small")  # type: ignore[index]
    for wrong in (text[:-2], rich.token):
        found = rich.post("/purchases", sale(points=50, voucher=wrong), key="a")
        assert found.json["code"] == "voucher_invalid"  # type: ignore[index]
    assert (has(rich), sound(rich)) == ((900, 0, 100, 0), True)


def test_a_voucher_that_has_ended_is_told_as_such(rich: Till) -> None:
    with_points(rich, points=0, offline=OFFLINE)
    text = voucher(rich, 300).json["voucher"]
    for hours, left in ((23, (700, 0, 300, 0)), (24, (1000, 0, 0, 0))):
        with (
            clock.stopped(clock.now() + timedelta(hours=hours)),
            db.transaction(rich.house.tenant) as session,
        ):
            release_overdue(session)
        assert has(rich) == left
    found = rich.post("/purchases", sale(points=300, voucher=text), key="a")
    assert found.json["code"] == "voucher_over"  # type: ignore[index]
    assert (has(rich), sound(rich)) == ((1000, 0, 0, 0), True)
