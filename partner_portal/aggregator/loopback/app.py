"""The network's door: Admitad's addresses, and those by which its clock and its mood are moved."""

import base64
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from partner_portal.aggregator.loopback.others import AWIN, add_others
from partner_portal.aggregator.loopback.world import (
    Lost,
    World,
    coupon_row,
    dumped,
    order_row,
    shop_row,
)

CLIENT = ("loopback", "loopback-secret")
TOKEN_SECONDS = 3600


def create(world: World, home: str = "") -> Flask:
    """The network as an application; its shops lead back to `home`, where there is one."""
    app, held = Flask(__name__), {"world": world, "tokens": set(), "moves": True}
    app.config["MAX_CONTENT_LENGTH"] = 64 << 20

    @app.before_request
    def _mood() -> Response | None:
        if request.path.startswith("/_"):
            return None
        current: World = held["world"]  # type: ignore[assignment]
        if held["moves"]:
            current.move(datetime.now(UTC))
        return _troubled(current)

    @app.after_request
    def _cut(answer: Response) -> Response:
        current: World = held["world"]  # type: ignore[assignment]
        if request.path.startswith("/_") or current.random.random() >= current.trouble.get("cut", 0):
            return answer
        answer.set_data(answer.get_data()[: len(answer.get_data()) // 2])
        return answer

    @app.post("/token/")
    def token() -> Response:
        given = request.headers.get("Authorization", "")
        wanted = "Basic " + base64.b64encode(":".join(CLIENT).encode()).decode()
        if request.form.get("grant_type") != "client_credentials" or not hmac.compare_digest(given, wanted):
            return Response(status=401)
        made = secrets.token_hex(16)
        held["tokens"].add(made)  # type: ignore[attr-defined]
        told = {"access_token": made, "token_type": "bearer", "expires_in": TOKEN_SECONDS}
        return _json(told | {"scope": request.form.get("scope", ""), "username": "loopback"})

    def allowed() -> bool:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and given in held["tokens"]  # type: ignore[operator]

    @app.get("/advcampaigns/website/<int:_website>/")
    def shops(_website: int) -> Response:
        current: World = held["world"]  # type: ignore[assignment]
        base = request.host_url.rstrip("/")
        return _listed(allowed(), current.shops, lambda one: shop_row(one, base))

    @app.get("/coupons/website/<int:_website>/")
    def coupons(_website: int) -> Response:
        current: World = held["world"]  # type: ignore[assignment]
        base, each = request.host_url.rstrip("/"), int(current.trouble.get("coupons", 2))
        rows = [(shop, number) for shop in current.shops if shop.active for number in range(each)]
        return _listed(allowed(), rows, lambda one: coupon_row(one[0], one[1], base))

    @app.get("/statistics/actions/")
    def actions() -> Response:
        current: World = held["world"]  # type: ignore[assignment]
        return _listed(allowed(), _asked_for(current), lambda one: order_row(*one))

    @app.post("/lost_orders/create/")
    def file_lost() -> Response:
        current: World = held["world"]  # type: ignore[assignment]
        if not allowed():
            return Response(status=401)
        said = request.form
        lost = Lost(
            len(current.lost) + 1,
            int(said["campaign"]),
            said["order_id"],
            said.get("comment", ""),
            current.now,
        )
        current.lost.append(lost)
        return _json({"id": lost.id, "status": "new"})

    @app.get("/lost_orders/")
    def lost_orders() -> Response:
        current: World = held["world"]  # type: ignore[assignment]
        return _listed(allowed(), current.lost, lambda one: _lost_row(one, current))

    @app.get("/g/<int:number>/")
    def go(number: int) -> AnyResponse:
        current: World = held["world"]  # type: ignore[assignment]
        shop = current.shop(number)
        if shop is None:
            return Response(status=404)
        current.click(shop, request.args.get("subid", ""))
        return Response(_shop_page(shop.name, home), mimetype="text/html")

    add_others(app, lambda: held["world"], lambda given: given in held["tokens"] or given == AWIN)  # type: ignore[arg-type, return-value, operator]

    @app.post("/_control/<what>")
    def control(what: str) -> AnyResponse:
        said: dict[str, Any] = request.get_json()
        current: World = held["world"]  # type: ignore[assignment]
        match what:
            case "begin":
                held["moves"] = False
                held["world"] = World(said["seed"], said["shops"], datetime.fromisoformat(said["now"]),
                                      chaos=said.get("chaos", 1.0))  # fmt: skip
            case "clock":
                current.move(datetime.fromisoformat(said["now"]))
            case "trouble":
                current.trouble = said
            case "shop":
                shop = current.shop(said.pop("id"))
                assert shop is not None
                for name, value in said.items():
                    setattr(shop, "id" if name == "new_id" else name, value)
            case "clicks":
                for number, subid in said["clicks"]:
                    found = current.shop(number)
                    assert found is not None
                    current.click(found, subid)
            case "story":
                current.tell(said["sale"], said["events"])
            case "postbacks":
                return _json(current.postbacks())
            case "truth":
                return _json(current.truth())
            case _:
                return redirect("/")
        return _json({"orders": len(current.orders)})

    return app


def _shop_page(name: str, home: str) -> str:
    """What stands in a shop's place, in both languages, with the way back."""
    words = "Вернуться в программу / Back to the programme"
    back = f'<p><a href="{escape(home)}">{words}</a></p>' if home else ""
    return f"""<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(name)}</title></head><body>
<h1>{escape(name)}</h1>
<p>Это магазин демонстрации. Здесь ничего не продаётся: заказ по этому переходу придумает сеть, и он скоро появится
в «Моих заказах».</p>
<p lang="en">This is a shop of a demonstration. Nothing is sold here: the network invents an order of this click, which
comes to “My orders” in a while.</p>
{back}
</body></html>
"""


def _troubled(world: World) -> Response | None:
    """How the network fails just now, if it does; a slow one takes its time before."""
    time.sleep(world.trouble.get("delay", 0))
    if world.trouble.get("down"):
        return Response("<h1>Bad gateway</h1>", status=502)
    if world.random.random() < world.trouble.get("limit", 0):
        return Response(status=429, headers={"Retry-After": "1"})
    return None


def _listed(allowed: bool, rows: list[Any], shown: Callable[[Any], dict[str, Any]]) -> Response:
    """A page of rows, as long as asked for, with the count of all."""
    if not allowed:
        return Response(status=401)
    limit, offset = min(int(request.args.get("limit", 20)), 500), int(request.args.get("offset", 0))
    meta = {"count": len(rows), "limit": limit, "offset": offset}
    return _json({"results": [shown(one) for one in rows[offset : offset + limit]], "_meta": meta})


def _asked_for(world: World) -> list[Any]:
    """Orders whose date of the asked kind is in the window, each as the reports have it now."""
    found = []
    for order in world.orders:
        event = order.last(world.now)
        if event is None:
            continue
        row = order_row(order, event)
        if "paid" in request.args and str(row["paid"]) != request.args["paid"]:
            continue
        if all(_within(row, view, written) for view, written in VIEWS.items()):
            found.append((order, event))
    return found


VIEWS = {"date": "%d.%m.%Y", "closing_date": "%d.%m.%Y", "status_updated": "%d.%m.%Y %H:%M:%S"}


def _within(row: dict[str, Any], view: str, written: str) -> bool:
    since, until = request.args.get(f"{view}_start"), request.args.get(f"{view}_end")
    if since is None or until is None:
        return True
    said = row["action_date" if view == "date" else view]
    if said is None:
        return False
    at = datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    begin = datetime.strptime(since, written).replace(tzinfo=UTC)
    end = datetime.strptime(until, written).replace(tzinfo=UTC)
    return begin.date() <= at.date() <= end.date() if written == "%d.%m.%Y" else begin <= at <= end


def _lost_row(lost: Lost, world: World) -> dict[str, Any]:
    """A lost order is accepted after a day when the shop knows something of it, that is when its number is even."""
    decided = (world.now - lost.filed_at).total_seconds() >= 86_400 * world.pace
    state = ("approved" if lost.id % 2 == 0 else "declined") if decided else "new"
    comment = "" if state != "declined" else "Магазин не нашёл такого заказа"
    return {
        "id": lost.id,
        "campaign": lost.campaign,
        "order_id": lost.order_id,
        "status": state,
        "comment": comment,
    }


def _json(value: Any) -> Response:
    return Response(dumped(value), mimetype="application/json")
