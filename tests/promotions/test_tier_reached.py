"""A gift for the purchase that lifts to a level: once, and taken back with the level."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from coalition.programmes.models import Programme
from coalition.promotions.actions import publish
from coalition.promotions.case import EVER, Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.index import FAR, Index, Published
from coalition.promotions.kinds import OperationKind
from coalition.promotions.tiers import COUNTED, TierTerms
from coalition.transactions.recording import Told, record
from tenants.actor import SYSTEM
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tests.ledger.house import House, new_member
from tests.promotions.offers import CODES, LONG_AGO, buy, document, member
from tests.transactions.bank import open_bank, points_of, promotion

LEVELS = {
    "levels": [
        {"code": "base", "ru": "Базовый", "en": "Base", "above": "0"},
        {"code": "gold", "ru": "Золотой", "en": "Gold", "above": "100"},
        {"code": "platinum", "ru": "Платина", "en": "Platinum", "above": "300"},
    ],
}  # fmt: skip
GOLD = {"kind": "tier_reached", "level": "gold"}
FIXED = {"kind": "fixed", "points": "500"}


def index_of(*documents: Any, **terms: Any) -> Index:
    published = [Published(n, 100 + n, LONG_AGO, None, LONG_AGO, one) for n, one in enumerate(documents, 1)]
    return compile_index(
        published, number=1, setting=Setting(Units(0, 2)), codes=CODES, delay_days=0,
        tiers=TierTerms.model_validate(LEVELS | terms),
    )  # fmt: skip


def given(index: Index, *amounts: int, days: tuple[date, ...] = ()) -> list[int]:
    facts, found = member(), []
    for number, amount in enumerate(amounts):
        day = days[number] if days else date(2026, 11, 22)
        found.append(sum(award.points for award in buy(index, amount, facts, day=day)))
    return found


def test_the_purchase_that_crosses_the_bound_pays_once() -> None:
    index = index_of(document(FIXED, trigger=GOLD))
    assert given(index, 10_000, 1, 50_000) == [0, 500, 0]


def test_a_level_that_is_jumped_over_was_reached() -> None:
    index = index_of(document(FIXED, trigger=GOLD))
    assert given(index, 40_000, 1) == [500, 0]


def test_with_again_it_pays_once_in_every_window() -> None:
    days = (date(2026, 11, 1), date(2026, 11, 2), date(2026, 12, 1), date(2027, 1, 1), date(2027, 1, 2))
    for again, expected in ((True, [500, 0, 500, 500, 0]), (False, [500, 0, 0, 0, 0])):
        index = index_of(
            document(FIXED, trigger=GOLD | {"again": again}), window="month", downgrade="at_once"
        )
        assert given(index, 20_000, 20_000, 20_000, 20_000, 1, days=days) == expected


@pytest.mark.parametrize("measure", ["turnover", "purchases"])
def test_only_purchases_raise_levels_by_turnover_or_number(measure: str) -> None:
    index = index_of(document(FIXED, trigger=GOLD), measure=measure)
    for kind in OperationKind:
        facts, bought = member(), kind is OperationKind.PURCHASE
        for _ in range(101):
            buy(index, 101, facts, kind=kind)
        assert index.tiers is not None
        assert index.tiers.held(facts.counters, date(2026, 11, 22), FAR) == (1 if bought else 0), kind
        assert facts.counters.get((EVER, COUNTED), 0) == bought * (
            101 * 101 if measure == "turnover" else 101
        )


def test_a_transfer_is_no_purchase_that_lifts() -> None:
    index = index_of(document(FIXED, trigger=GOLD, conditions={"kinds": ["purchase", "transfer_own"]}))
    facts = member()
    assert sum(one.points for one in buy(index, 50_000, facts, kind=OperationKind.TRANSFER_OWN)) == 0
    assert sum(one.points for one in buy(index, 10_001, facts)) == 500


def test_levels_by_points_count_the_points_of_any_kind() -> None:
    percent = document({"kind": "percent", "rate": "100"}, conditions={"kinds": ["transfer_own"]})
    index, facts = index_of(percent, measure="points"), member()
    buy(index, 10_100, facts, kind=OperationKind.TRANSFER_OWN)
    assert facts.counters == {(EVER, COUNTED): 101}


def test_of_levels_by_points_it_sees_what_all_others_give_and_not_itself() -> None:
    percent = document({"kind": "percent", "rate": "100"})
    doubled = document({"kind": "multiplier", "times": "2"})
    index = index_of(document(FIXED, trigger=GOLD), percent, doubled, measure="points")
    assert given(index, 5_000, 100, 100) == [100, 502, 2]


@pytest.mark.usefixtures("house")
def test_a_return_that_takes_the_level_takes_the_gift() -> None:
    bank, vera = levelled(promotion(FIXED, trigger=GOLD))
    tell(bank, vera, "a", 8_000)
    tell(bank, vera, "b", 8_000)
    assert points_of(bank, vera) == 500
    tell(bank, vera, "back", 8_000, original="a")
    assert points_of(bank, vera) == 0
    tell(bank, vera, "c", 8_000)
    assert points_of(bank, vera) == 500


@pytest.mark.usefixtures("house")
def test_a_level_that_nobody_has_is_refused() -> None:
    with pytest.raises(Refusal, match="document_invalid") as refused:
        open_bank([promotion(FIXED, trigger=GOLD)])
    facts = refused.value.facts
    assert (facts["field"], facts["why"]) == ("trigger.level", "there is no gold")


def levelled(offer: dict[str, Any]) -> tuple[House, UUID]:
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        session.get_one(Programme, (bank.tenant, bank.programme)).tiers = TierTerms.model_validate(
            LEVELS
        ).model_dump(mode="json")
        session.flush()
        publish(session, SYSTEM, programme_id=bank.programme, code="p", document=offer, starts_at=LONG_AGO)
        return bank, new_member(session, bank)


def tell(bank: House, one: UUID, reference: str, amount: int, original: str = "") -> None:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    told = Told(reference, one, at, amount, "shop", refund=bool(original), original=original or None)
    with db.transaction(bank.tenant) as session:
        record(session, SYSTEM, programme_id=bank.programme, source="till", told=[told])
