"""Points for a till whose line is down: set aside beforehand, signed, taken once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from coalition.redemption.actions import release_overdue
from tenants.runtime import clock, db, settings
from tests.api.conftest import CARD, Till
from tests.api.test_batches import stored
from tests.api.test_spending import has, rich, sound, with_points
from tests.api.test_way import AT, sale
from tests.ledger.house import ZONE
from tests.redemption.shop import give

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
    assert voucher(rich, 300).json["code"] == "code_needed"
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


def test_one_reference_is_one_voucher_however_often_it_is_asked_for(rich: Till) -> None:
    with_points(rich, points=0, offline=OFFLINE)
    first = voucher(rich, 300).json
    body = {"member": {"handle": CARD}, "reference": "v", "points": 300}
    again: Any = rich.post("/vouchers", body, key="another").json
    assert (again["expires_at"], has(rich)) == (first["expires_at"], (700, 0, 300, 0))
    other = rich.post("/vouchers", body | {"points": 200}, key="third")
    assert (other.status_code, other.json["code"], has(rich)) == (409, "request_reused", (700, 0, 300, 0))  # type: ignore[index]


def test_what_a_voucher_holds_is_there_for_the_sale_though_its_points_have_burnt_meanwhile(
    till: Till,
) -> None:
    with_points(till, points=0, offline=OFFLINE | {"hours": 48})
    with db.transaction(till.house.tenant) as session:
        give(session, till.house, till.member, 300, last_day=clock.business_day(ZONE))
    text = voucher(till, 300).json["voucher"]
    with clock.stopped(clock.now() + timedelta(days=1, hours=1)):
        till.sign_in()
        late = sale(points=200, voucher=text, occurred_at=AT)
        sold: Any = till.post("/purchases", late, key="a").json
    assert (sold["paid"]["points"], has(till), sound(till)) == (200, (40, 0, 0, 0), True)


def test_a_code_for_a_sale_makes_no_voucher(rich: Till) -> None:
    with_points(rich, points=0, offline=OFFLINE, code="always")
    settings.use(replace(settings.current(), demo=True))
    for purpose, status in (("sale", 422), ("voucher", 201)):
        asked = {"purpose": purpose, "reference": "v", "points": 300}
        sent: Any = rich.post(f"/members/{rich.member}/codes", asked, key=purpose).json
        code = {"code_id": sent["code_id"], "code": sent["demo_code"]}
        assert voucher(rich, 300, code=code).status_code == status
