"""What is another tenant's or another partner's is not there: asked of every operation that the API declares."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from coalition.benefits.actions import add_benefit
from coalition.benefits.queries import grants_of
from coalition.cards.actions import issue_card
from coalition.cards.queries import number_of
from coalition.partners.clients import add_client
from coalition.promotions.actions import publish
from coalition.redemption.paying import set_pay_terms
from coalition.transactions.recording import Told, record
from migrations.tables import tenant_tables
from partner_portal.api.callers import SCOPES
from partner_portal.api.operations import OPERATIONS, Operation
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.api.conftest import CARD, Till, furnished
from tests.api.test_way import AT, back, sale
from tests.redemption.shop import give
from tests.transactions.bank import LONG_AGO, promotion

UNCHANGED = frozenset({"attempt", "kept_answer"})  # tries are counted, and quotes are answered

Example = Callable[[Till, dict[str, str]], dict[str, Any] | None]
EXAMPLES: dict[str, Example] = {
    "book_batch": lambda till, ids: {
        "items": [{"kind": "purchase"} | sale("b", member={"id": ids["member_id"]}, points=1),
                  {"kind": "return"} | back("br", member={"id": ids["member_id"]})]
    },
    "send_code": lambda till, ids: {"reference": "c", "points": 1},
    "record_event": lambda till, ids: {
        "member": {"id": ids["member_id"]}, "name": "survey", "reference": "e", "occurred_at": AT, "data": {},
    },
    "explain_purchase": lambda till, ids: None,
    "hold_points": lambda till, ids: sale("h", member={"id": ids["member_id"]}, points=1),
    "void_hold": lambda till, ids: {"member": {"id": ids["member_id"]}, "reference": "held"},
    "find_member": lambda till, ids: {"handle": ids["handle"]},
    "read_balance": lambda till, ids: None,
    "quote_purchase": lambda till, ids: sale("q", member={"id": ids["member_id"]}),
    "record_purchase": lambda till, ids: sale("p", member={"id": ids["member_id"]}),
    "record_return": lambda till, ids: back("r", member={"id": ids["member_id"]}),
    "give_voucher": lambda till, ids: {"member": {"id": ids["member_id"]}, "reference": "v", "points": 1},
    "read_keys": lambda till, ids: None,
    "read_benefits": lambda till, ids: None,
    "use_benefit": lambda till, ids: {"code": ids["code"], "reference": "u"},
    "give_benefit_back": lambda till, ids: {"code": ids["code"], "reference": "u"},
    "read_cards": lambda till, ids: None,
    "find_card": lambda till, ids: {"number": ids["number"]},
    "add_card": lambda till, ids: {},
    "activate": lambda till, ids: {"number": ids["number"]},
    "block": lambda till, ids: {"number": ids["number"], "reason": "lost"},
    "unblock": lambda till, ids: {"number": ids["number"]},
    "send_activation_link": lambda till, ids: {"number": ids["number"]},
    "replace": lambda till, ids: {"number": ids["number"], "reason": "lost"},
    "read_questionnaire": lambda till, ids: None,
    "enrol_member": lambda till, ids: {"reference": "j", "card": ids["number"], "fields": {"name": "Olga"}},
    "read_history": lambda till, ids: None,
    "read_level": lambda till, ids: None,
    "read_offers": lambda till, ids: None,
    "read_clock": lambda till, ids: None,
    "move_clock": lambda till, ids: {"advance_days": 1},
}  # fmt: skip
"""A body for each operation that names somebody; a new operation needs one here."""

OWN = {"read_keys", "read_questionnaire"}  # what every client may have of its own tenant, whoever it is
UNKNOWN = {"member_unknown", "card_unknown", "card_number_foreign", "grant_unknown", "not_a_sandbox"}


def ready(slug: str, card: str) -> tuple[Till, dict[str, str]]:
    """A shop with a sale, a hold and points, and what names them."""
    till = furnished(slug, card=card)
    with db.transaction(till.house.tenant) as session:
        set_pay_terms(
            session, SYSTEM, programme_id=till.house.programme, terms={"percent": "30", "code": "never"}
        )
        give(session, till.house, till.member, 1000)
        number = number_of(session, issue_card(session, SYSTEM, member_id=till.member))
    code = coupon(till)
    till.sign_in()
    sold: Any = till.post("/purchases", sale("1", member={"handle": card}), key="1").json
    assert (
        till.post("/purchases/hold", sale("held", member={"handle": card}, points=5), key="2").status_code
        == 201
    )
    return till, {
        "member_id": str(till.member), "purchase_id": sold["id"], "handle": card, "number": number, "code": code,
    }  # fmt: skip


def coupon(till: Till) -> str:
    """The code of a coupon that a purchase has given the member."""
    name = {"ru": "c", "en": "c"}
    with db.transaction(till.house.tenant) as session:
        add_benefit(
            session,
            SYSTEM,
            programme_id=till.house.programme,
            code="free",
            kind="coupon",
            name=name,
            terms={},
        )
        document = promotion(
            {"kind": "fixed", "points": "1"},
            gives={"kind": "benefit", "code": "free", "name": name},
            once=True,
        )
        publish(
            session,
            SYSTEM,
            programme_id=till.house.programme,
            code="gift",
            document=document,
            starts_at=LONG_AGO,
        )
        told = Told("first", till.member, datetime.fromisoformat(AT), 100, "coffee", partner="coffee")
        record(session, SYSTEM, programme_id=till.house.programme, source="till", told=[told])
        (had,) = grants_of(session, till.member)
        return had.code


def ask(till: Till, operation: Operation, ids: dict[str, str]) -> Any:
    path = operation.path.format(**ids)
    if operation.method == "GET":
        return till.get(path)
    body = EXAMPLES[operation.name](till, ids)
    return till.post(path, body, key=f"{operation.name}")


def rows(till: Till) -> dict[str, int]:
    """How many rows each table has, and how many changes its balances have seen."""
    with db.transaction(till.house.tenant) as session:
        found = {
            table: int(session.execute(text(f"select count(*) from {table}")).scalar_one())
            for table in tenant_tables()
            if table not in UNCHANGED
        }
        found["versions"] = int(session.execute(text("select sum(version) from balance")).scalar_one())
    return found


def test_every_operation_has_its_example() -> None:
    assert {one.name for one in OPERATIONS} == EXAMPLES.keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_another_tenants_members_and_sales_are_not_there(house: None, operation: Operation) -> None:
    mine, _ = ready("mine", CARD)
    theirs, foreign = ready("theirs", "tok-0000777")
    before = rows(mine), rows(theirs)
    found = ask(mine, operation, foreign)
    refused = found.json["items"] if operation.name == "book_batch" else [found.json]
    if operation.name not in OWN:
        assert {one.get("problem", one)["code"] for one in refused} <= UNKNOWN, found.json
    assert (rows(mine), rows(theirs)) == before
    stolen = replace(theirs, token=mine.token)
    found = ask(stolen, operation, foreign)
    assert (found.status_code, found.json["code"]) == (401, "token_invalid")
    assert (rows(mine), rows(theirs)) == before


def test_another_partners_sales_holds_and_places_are_not_there(house: None) -> None:
    coffee, ids = ready("coalition", CARD)
    with db.transaction(coffee.house.tenant) as session:
        client, secret = add_client(
            session, SYSTEM, name="bakery", programme_id=coffee.house.programme,
            participant_id=coffee.house.funders[0], scopes=tuple(SCOPES),
        )  # fmt: skip
    bakery = replace(coffee, client_id=client.id, secret=secret)
    bakery.sign_in()
    before = rows(coffee)
    member = {"id": ids["member_id"]}
    assert bakery.get(f"/members/{ids['member_id']}/purchases/{ids['purchase_id']}").status_code == 404
    for place in ({"partner": "coffee"}, {"outlet": "coffee-1"}):
        found = bakery.post("/purchases", sale("1", member=member, **place), key="a")
        assert (found.status_code, found.json["code"]) in {(404, "partner_unknown"), (404, "outlet_unknown")}
    assert bakery.post("/returns", back(), key="b").json["code"] == "purchase_unknown"  # type: ignore[index]
    assert bakery.post("/purchases/void", {"member": member, "reference": "held"}, key="c").status_code == 200
    assert rows(coffee) == before
    waiting: Any = bakery.post("/returns", back(member=member), key="d").json
    assert (waiting["state"], waiting["points"], waiting["purchase_id"]) == ("waiting", 0, None)
    own: Any = bakery.post("/purchases", sale("1", member=member), key="e").json
    assert own["id"] != ids["purchase_id"]
