"""What cannot be booked is refused with its reason at its field, and leaves nothing changed."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from coalition.ledger.models import Transfer
from coalition.transactions.models import Purchase, PurchaseReturn
from tenants.runtime import db
from tests.api.conftest import Till, furnished
from tests.api.test_way import AT, back, sale


def counted(till: Till) -> tuple[int, int, int]:
    """Purchases, returns and transfers of the till's tenant."""
    with db.transaction(till.house.tenant) as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(
                select(func.count()).select_from(table).where(table.tenant_id == till.house.tenant)
            )
            for table in (Purchase, PurchaseReturn, Transfer)
        )


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"member": {"handle": "tok-nobody"}}, 404, "member_unknown"),
        ({"amount": 99_999}, 422, "sum_mismatch"),
        ({"occurred_at": "2099-11-20T10:30:00+12:00"}, 422, "in_the_future"),
        ({"partner": "bakery"}, 404, "partner_unknown"),
        ({"outlet": "nowhere"}, 404, "outlet_unknown"),
        ({"discounts": [{"promotion": "five", "amount": 1}]}, 422, "discounts_invalid"),
    ],
)
def test_a_sale_that_cannot_be_is_refused(
    till: Till, changed: dict[str, Any], status: int, code: str
) -> None:
    for path in ("/purchases", "/purchases/quote"):
        found = till.post(path, sale(**changed), key="a")
        assert (found.status_code, found.json["code"]) == (status, code)  # type: ignore[index]
        assert found.mimetype == "application/problem+json"
    assert counted(till) == (0, 0, 0)


LINE = {"sku": "cup", "quantity": 2, "amount": 40_000}


def test_a_sale_of_nothing_is_refused(till: Till) -> None:
    found = till.post("/purchases", sale(amount=0, lines=[]), key="a")
    assert (found.status_code, found.json["code"]) == (422, "amount_invalid")  # type: ignore[index]
    assert counted(till) == (0, 0, 0)


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"amount": -5}, "/amount", "greater_than_equal"),
        ({"amount": "5"}, "/amount", "int_type"),
        ({"amount": 10**15}, "/amount", "less_than"),
        ({"occurred_at": "2026-11-20T10:30:00"}, "/occurred_at", "timezone_aware"),
        ({"occurred_at": 0}, "/occurred_at", "string_type"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at", "moment_range"),
        ({"tip": 5}, "/tip", "extra_forbidden"),
        ({"lines": [LINE | {"quantity": -1}]}, "/lines/0/quantity", "greater_than"),
        ({"lines": [LINE | {"quantity": "1.0001"}]}, "/lines/0/quantity", "decimal_max_places"),
        ({"lines": [LINE | {"amount": -1}]}, "/lines/0/amount", "greater_than_equal"),
        ({"lines": [LINE] * 1_001}, "/lines", "too_long"),
        ({"reference": ""}, "/reference", "string_too_short"),
        ({"reference": "x" * 65}, "/reference", "string_too_long"),
        ({"payments": [{"type": "barter", "amount": 1}]}, "/payments/0/type", "literal_error"),
    ],
)
def test_a_field_that_cannot_be_is_named(
    till: Till, changed: dict[str, Any], pointer: str, code: str
) -> None:
    found = till.post("/purchases", sale(**changed), key="a")
    assert (found.status_code, found.json["code"]) == (422, "body_invalid")  # type: ignore[index]
    assert [(one["pointer"], one["code"]) for one in found.json["errors"]] == [(pointer, code)]  # type: ignore[index]
    assert counted(till) == (0, 0, 0)


def test_a_field_is_told_in_the_callers_language(till: Till) -> None:
    found = till.post("/purchases", sale(amount=-5), key="a", **{"Accept-Language": "ru"})
    assert found.json["errors"][0]["detail"] == "Должно быть не меньше 0"  # type: ignore[index]
    assert found.headers["Content-Language"] == "ru"


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"\xff\xfe", b'{"amount": NaN}'])
def test_what_is_no_json_object_is_no_request(till: Till, sent: bytes) -> None:
    found = till.http.post(
        "/purchases", data=sent, content_type="application/json", base_url=till.site,
        headers={"Authorization": f"Bearer {till.token}", "Idempotency-Key": "a"},
    )  # fmt: skip
    assert found.status_code in (400, 422)
    assert found.json["code"] in ("body_not_json", "body_invalid")  # type: ignore[index]


def test_five_megabytes_are_not_read(till: Till) -> None:
    found = till.post("/purchases", sale(channel="x" * 5_000_000), key="a")
    assert (found.status_code, found.json["code"]) == (413, "body_too_large")  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    ["'; drop table member; --", "🧾🥐", "\u202eمرحبا", "a\u0301", "<b>x</b>", "%s %(x)s {0}"],
)
def test_any_text_is_only_text(till: Till, text: str) -> None:
    lines = [{"sku": text, "amount": 100_000, "brand": text, "category": text, "tags": [text]}]
    found = till.post("/purchases", sale(reference=text, lines=lines), key="a")
    assert (found.status_code, found.json["reference"]) == (201, text)  # type: ignore[index]


def test_a_nul_is_refused(till: Till) -> None:
    found = till.post("/purchases", sale(lines=[{"sku": "a\0", "amount": 100_000}]), key="a")
    assert (found.status_code, found.json["code"]) == (422, "receipt_invalid")  # type: ignore[index]
    assert counted(till) == (0, 0, 0)


def test_a_write_without_a_key_is_refused(till: Till) -> None:
    for key in (None, " ", "ключ", "k" * 256):
        found = till.post("/purchases", sale(), key=key)
        assert (found.status_code, found.json["code"]) == (400, "idempotency_key_missing")  # type: ignore[index]
    assert counted(till) == (0, 0, 0)


def test_a_key_is_one_requests(till: Till) -> None:
    assert till.post("/purchases", sale(), key="a").status_code == 201
    for path, body in (("/purchases", sale(reference="2")), ("/returns", back())):
        found = till.post(path, body, key="a")
        assert (found.status_code, found.json["code"]) == (422, "key_reused")  # type: ignore[index]
    assert counted(till) == (1, 0, 1)


def test_a_key_of_a_refused_request_may_be_used_again(till: Till) -> None:
    assert till.post("/purchases", sale(amount=1), key="a").status_code == 422
    assert till.post("/purchases", sale(), key="a").status_code == 201


def test_what_another_tenant_has_is_not_there(till: Till) -> None:
    other = furnished("other")
    other.sign_in()
    assert other.post("/purchases", sale(), key="a").status_code == 201
    mine = till.post("/purchases", sale(member={"id": str(other.member)}), key="a")
    assert (mine.status_code, mine.json["code"]) == (404, "member_unknown")  # type: ignore[index]
    assert till.get(f"/members/{other.member}/balance").status_code == 404
    gone = till.post("/returns", {"original": "1", "reference": "r", "occurred_at": AT, "amount": 1}, key="b")
    assert (gone.status_code, gone.json["code"]) == (404, "purchase_unknown")  # type: ignore[index]
    assert counted(till) == (0, 0, 0)


def test_a_commit_that_fails_is_no_refusal(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_answer: object) -> None:
        raise OperationalError("commit", None, Exception("the line is dead"))

    asked = till.http.application.after_request_funcs
    monkeypatch.setitem(asked, None, [*asked[None], broken])  # the application is that of other tests, too
    found = till.post("/purchases", sale(), key="a")
    assert (found.status_code, found.json["code"]) == (503, "unexpected")  # type: ignore[index]
    assert found.headers["Retry-After"] == "1"
