"""A till's sale that the bank's file tells, too: what the till is answered, and how it is explained."""

from typing import Any
from uuid import UUID

import pytest

from coalition.members.actions import link_card
from coalition.transactions.profile_versions import add_profile
from coalition.transactions.two_channels.terms import set_same_sale_terms
from partner_portal.api import door
from tenants.actor import SYSTEM
from tenants.runtime import db
from tests.api.conftest import Till
from tests.api.test_way import back, sale
from tests.ledger.house import House
from tests.transactions.bank import PROFILE, line, load, query
from tests.transactions.bank import back as refund

CARD = "token-00004444"
PAID = {"last_four": "4444", "reference": "rrn-1"}


def pays(till: Till, who: str) -> None:
    """Let one channel pay, and the bank tell of a card of Vera's."""
    with db.transaction(till.house.tenant) as session:
        set_same_sale_terms(session, SYSTEM, programme_id=till.house.programme, terms={"pays": who})
        add_profile(session, SYSTEM, document=PROFILE)
        link_card(session, SYSTEM, member_id=till.member, token=CARD)


def bank_tells(till: Till, *lines: str) -> None:
    assert load(House(till.house.tenant, till.house.programme, till.house.funders), lines).rejected == 0


def paid(**more: str) -> str:
    return line(CARD, "2026-11-20 10:31:00", 1000, merchant="coffee", reference="rrn-1", **more)


def explained(till: Till, purchase: str) -> Any:
    return till.get(f"/members/{till.member}/purchases/{purchase}").json


def test_a_till_whose_sale_the_bank_has_told_is_answered_that_it_gives_nothing(till: Till) -> None:
    pays(till, "first")
    bank_tells(till, paid())
    found = till.post("/purchases", sale(card=PAID), key="a").json
    assert (found["points"], found["gives"], found["balance"]["available"]) == (0, [], 0)  # type: ignore[index]
    told = explained(till, found["id"])["same_sale"]  # type: ignore[index]
    assert (told["by"], told["pays"], told["amount"]) == ("bank", True, 100_000)


def test_a_tills_sale_that_pays_is_answered_with_what_it_gives_and_told_of_the_banks(till: Till) -> None:
    pays(till, "till")
    found = till.post("/purchases", sale(card=PAID), key="a").json
    assert found["points"] == 50  # type: ignore[index]
    assert explained(till, found["id"])["same_sale"] is None  # type: ignore[index]
    bank_tells(till, paid())
    told = explained(till, found["id"])  # type: ignore[index]
    assert (told["net_points"], told["same_sale"]["by"], told["same_sale"]["pays"]) == (50, "bank", False)
    bank_tells(till, refund(CARD, "2026-11-20 10:40:00", 400, reference="rrn-2", original="rrn-1"))
    returned = till.post("/returns", back(), key="b").json
    assert (returned["state"], returned["balance"]["available"]) == ("applied", 30)  # type: ignore[index]
    assert query(
        House(till.house.tenant, till.house.programme, till.house.funders),
        "select state, same_as is null, purchase_id from purchase_return where same_as is null order by state",
    ) == [("applied", True, UUID(found["id"])), ("same", True, UUID(found["id"]))]  # type: ignore[index]


def test_where_one_of_two_pays_the_short_way_is_not_taken(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []
    shortly = door.shortly
    monkeypatch.setattr(door, "shortly", lambda *told: tried.append(shortly(*told)) or tried[-1])
    till.post(
        "/purchases", sale("0"), key="0"
    )  # the first sale of the seller, and of the token, goes the long way
    tried.clear()
    till.post("/purchases", sale(), key="1")
    pays(till, "till")
    till.post("/purchases", sale("2"), key="2")
    with db.transaction(till.house.tenant) as session:
        set_same_sale_terms(session, SYSTEM, programme_id=till.house.programme, terms=None)
    till.post("/purchases", sale("3"), key="3")
    assert [one is not None for one in tried] == [True, False, True]


@pytest.mark.parametrize("card", [{"last_four": "12"}, {"last_four": "abcd"}, {"reference": "r" * 65}])
def test_what_is_no_card_is_refused_at_its_field(till: Till, card: dict[str, str]) -> None:
    found = till.post("/purchases", sale(card=card), key="a")
    assert found.status_code == 422
    assert found.json["errors"][0]["pointer"].startswith("/card/")  # type: ignore[index]
