"""The same world in other networks' shapes: Awin's lists, and the two files of a declared network."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, request

from partner_portal.aggregator.loopback.world import Event, Order, Shop, World, dumped, shop_row

AWIN = "awin-token"
SECOND = "%Y-%m-%dT%H:%M:%S"
STATES = {"approved_but_stalled": "pending"}


def add_others(app: Flask, world: Callable[[], World], knows: Callable[[str], bool]) -> None:
    """Let the application answer in these shapes, too."""

    @app.before_request
    def _let_in() -> Response | None:
        if not request.path.startswith("/publishers/"):
            return None
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return None if kind == "Bearer" and knows(given) else Response(status=401)

    @app.get("/publishers/<int:_publisher>/programmes")
    def programmes(_publisher: int) -> Response:
        return _json([_programme(one) for one in world().shops if one.active])

    @app.get("/publishers/<int:_publisher>/programmedetails")
    def programme_details(_publisher: int) -> Response:
        shop = world().shop(int(request.args["advertiserId"]))
        if shop is None:
            return Response(status=404)
        rates = [{"min": 1, "max": shop.rate / 100, "type": "percentage"}]
        told = {"programmeInfo": _programme(shop) | {"primarySector": shop.category}}
        return _json(told | {"kpi": {"validationDays": shop.hold}, "commissionRange": rates})

    @app.get("/publishers/<int:_publisher>/transactions/")
    def transactions(_publisher: int) -> Response:
        since, until = (
            datetime.strptime(request.args[name], SECOND).replace(tzinfo=UTC)
            for name in ("startDate", "endDate")
        )
        if until - since > timedelta(days=31):
            return Response(status=400)
        kind, now = request.args.get("dateType", "transaction"), world().now
        rows = [(one, event) for one in world().orders if (event := one.last(now)) is not None]
        return _json([_transaction(*row) for row in rows if since <= _date(*row, kind) < until])

    @app.get("/files/shops.csv")
    def shops_file() -> Response:
        rows = [_shop_line(one, request.host_url.rstrip("/")) for one in world().shops if one.active]
        return _file(rows)

    @app.get("/files/orders.csv")
    def orders_file() -> Response:
        now = world().now
        rows = [_order_line(one, event) for one in world().orders if (event := one.last(now)) is not None]
        return _file(rows)


def _programme(shop: Shop) -> dict[str, Any]:
    return {
        "id": shop.id, "name": shop.name, "description": shop.about, "displayUrl": f"https://{shop.host}/",
        "clickThroughUrl": f"https://www.network.example/awclick.php?mid={shop.id}&id=1", "currencyCode": "RUB",
        "status": "Active", "primaryRegion": {"name": "Russia", "countryCode": "RU"},
    }  # fmt: skip


def _transaction(order: Order, event: Event) -> dict[str, Any]:
    decided = event.state in ("approved", "declined")
    return {
        "id": order.id, "advertiserId": order.shop.id, "commissionStatus": STATES.get(event.state, event.state),
        "commissionAmount": {"amount": event.commission / 100, "currency": "RUB"},
        "saleAmount": {"amount": event.sale / 100, "currency": "RUB"},
        "clickRefs": {"clickRef": order.subid}, "transactionDate": order.events[0].at.strftime(SECOND),
        "validationDate": event.amended_at.strftime(SECOND) if decided else None, "declineReason": event.reason or None,
        "amended": len(order.events) > 1, "paidToPublisher": event.paid,
    }  # fmt: skip


def _date(order: Order, event: Event, kind: str) -> datetime:
    return order.events[0].at if kind == "transaction" else event.amended_at


def _shop_line(shop: Shop, base: str) -> dict[str, str]:
    row = shop_row(shop, base)
    return {
        "id": str(shop.id), "name": shop.name, "site": row["site_url"], "link": row["gotolink"], "currency": "RUB",
        "rate": f"{shop.rate / 100:.2f}", "hold_days": str(shop.hold), "category": shop.category, "about": "",
    }  # fmt: skip


def _order_line(order: Order, event: Event) -> dict[str, str]:
    """In the words of GdeSlon, with a state beside them."""
    state = "paid" if event.paid else STATES.get(event.state, event.state)
    return {
        "sub_id": order.subid, "order_id": str(order.id), "order_sum": f"{event.sale / 100:.2f}",
        "profit": f"{event.commission / 100:.2f}", "state": state, "ordered_at": order.events[0].at.isoformat(),
        "amended_at": event.amended_at.isoformat(),
    }  # fmt: skip


def _file(rows: list[dict[str, str]]) -> Response:
    text = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return Response(text.getvalue() or "\n", mimetype="text/csv")


def _json(value: Any) -> Response:
    return Response(dumped(value), mimetype="application/json")
