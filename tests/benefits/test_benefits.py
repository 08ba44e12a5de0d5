"""Benefits: granted by what earns them, taken back with it, used once and never below nothing."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from coalition.benefits.actions import add_benefit, give_back, spend_units, use_code
from coalition.benefits.held import Had
from coalition.benefits.queries import grant_by_code, grants_of
from coalition.promotions.actions import publish
from coalition.promotions.promo_codes import enter_promo_code
from coalition.transactions.events import note_event
from tenants import actor
from tenants.actor import SYSTEM, Actor
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.ledger.house import House
from tests.transactions.bank import LONG_AGO, back, balances, join, line, load, open_bank, promotion

pytestmark = pytest.mark.usefixtures("house")
CARD = "token-vera"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOBODY = Actor("staff", UUID(int=1))


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


def open_with(kind: str, terms: dict[str, Any], *documents: dict[str, Any]) -> House:
    """A bank with one benefit, called "it", and promotions p0, p1 and so on that may grant it."""
    bank = open_bank([])
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="it", kind=kind,
            name={"ru": "Кофе", "en": "A coffee"}, terms=terms,
        )  # fmt: skip
        for number, document in enumerate(documents):
            publish(
                session, SYSTEM, programme_id=bank.programme, code=f"p{number}", document=document,
                starts_at=LONG_AGO,
            )  # fmt: skip
    return bank


def granting(pieces: str = "1", mechanic: dict[str, object] | None = None, **more: Any) -> dict[str, Any]:
    """A promotion that grants so many pieces."""
    gives = {"kind": "benefit", "code": "it", "name": {"ru": "Кофе", "en": "A coffee"}}
    return promotion(mechanic or {"kind": "fixed", "points": pieces}, gives=gives, **more)


def held(bank: House, member: UUID) -> list[Had]:
    with db.transaction(bank.tenant) as session:
        return grants_of(session, member)


def counts(bank: House, member: UUID) -> list[tuple[int, int]]:
    """What stands and what is used of every grant, the oldest first; an unsound house fails the test."""
    balances(bank)
    return [(one.grant.quantity, one.grant.used) for one in reversed(held(bank, member))]


def use(bank: House, code: str, quantity: int = 1, request: str = "r") -> int:
    with db.transaction(bank.tenant) as session:
        return use_code(session, SYSTEM, code=code, quantity=quantity, request_id=request)


def code_of(bank: House, member: UUID) -> str:
    code = held(bank, member)[0].code
    assert code is not None
    return code


def left_by_code(bank: House, code: str) -> int | None:
    with db.transaction(bank.tenant) as session:
        return grant_by_code(session, code).left


def test_every_fifth_purchase_grants_a_coupon_and_no_points() -> None:
    bank = open_with("coupon", {}, granting(trigger={"kind": "nth", "n": 5, "every": True}))
    vera = join(bank, CARD)
    file = load(bank, [line(CARD, f"2026-11-{day:02}", 150) for day in range(1, 12)])
    assert (file.posted, file.points) == (11, 0)
    assert balances(bank)[vera] == (0, 0, 0, 0)
    assert counts(bank, vera) == [(1, 0), (1, 0)]


def test_the_same_file_again_grants_nothing() -> None:
    bank = open_with("coupon", {}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    load(bank, [line(CARD, "2026-11-01", 150), ""])
    assert counts(bank, vera) == [(1, 0)]


def test_a_full_return_takes_the_coupon_back_and_the_next_purchase_earns_it() -> None:
    bank = open_with("coupon", {}, granting(once=True))
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150), line(CARD, "2026-11-02", 200)])
    first = code_of(bank, vera)
    load(bank, [back(CARD, "2026-11-03", 150)])
    assert counts(bank, vera) == [(1, 0)]
    assert code_of(bank, vera) != first
    with pytest.raises(NotFound):
        use(bank, first)


def test_what_was_used_of_a_returned_purchase_is_owed_by_the_next() -> None:
    bank = open_with("coupon", {}, granting(limits={"times_ever": 1}))
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    use(bank, code_of(bank, vera))
    load(bank, [back(CARD, "2026-11-03", 150)])
    assert counts(bank, vera) == []
    load(bank, [line(CARD, "2026-11-05", 200)])
    assert (counts(bank, vera), held(bank, vera)[0].left) == ([(1, 0)], 0)
    with pytest.raises(Refusal, match="grant_used_up"):
        use(bank, code_of(bank, vera), request="another")


def test_c1_the_coupon_of_a_promo_code_comes_with_the_fifth_purchase() -> None:
    bank = open_with("coupon", {}, granting(trigger={"kind": "promo_code", "code": "COFFEE5", "kth": 5}))
    vera = join(bank, CARD)
    with clock.stopped(datetime(2026, 10, 31, tzinfo=UTC)), db.transaction(bank.tenant) as session:
        enter_promo_code(session, actor.member(vera), member_id=vera, code="coffee 5")
    load(bank, [line(CARD, f"2026-11-{day:02}", 100 + day) for day in range(1, 5)])
    assert counts(bank, vera) == []
    load(bank, [line(CARD, f"2026-11-{day:02}", 100 + day) for day in range(5, 7)])
    assert counts(bank, vera) == [(1, 0)]
    code = code_of(bank, vera)
    assert left_by_code(bank, code) == 1
    assert use(bank, code) == 1
    assert left_by_code(bank, code) == 0


def test_a_code_has_nothing_left_while_its_member_owes_one() -> None:
    bank = open_with("coupon", {}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    returned = code_of(bank, vera)
    use(bank, returned)
    load(bank, [back(CARD, "2026-11-02", 150)])
    with pytest.raises(NotFound, match="grant_unknown"):
        left_by_code(bank, returned)
    load(bank, [line(CARD, "2026-11-03", 200)])
    second = code_of(bank, vera)
    assert left_by_code(bank, second) == 0
    load(bank, [line(CARD, "2026-11-04", 300)])
    third = code_of(bank, vera)
    assert (left_by_code(bank, second), left_by_code(bank, third)) == (1, 1)
    use(bank, third, request="another")
    assert (left_by_code(bank, second), left_by_code(bank, third)) == (0, 0)
    with pytest.raises(Refusal, match="grant_used_up"):
        use(bank, second, request="a third")


def test_a_use_that_is_given_back_after_its_purchase_was_returned_leaves_nothing() -> None:
    bank = open_with("coupon", {}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    code = code_of(bank, vera)
    use(bank, code, request="sale")
    load(bank, [back(CARD, "2026-11-03", 150)])
    with db.transaction(bank.tenant) as session:
        give_back(session, SYSTEM, member_id=vera, request_id="sale")
    assert counts(bank, vera) == []
    with pytest.raises(NotFound):
        use(bank, code, request="again")


def test_units_of_a_returned_purchase_that_were_spent_are_owed() -> None:
    units = granting(mechanic={"kind": "per_step", "points": "1", "step": "100"})
    bank = open_with("units", {}, units)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 500)])

    def spend(quantity: int, request: str) -> None:
        with db.transaction(bank.tenant) as session:
            spend_units(
                session, SYSTEM, member_id=vera, benefit_code="it", quantity=quantity, request_id=request
            )

    spend(4, "a")
    load(bank, [back(CARD, "2026-11-02", 500), line(CARD, "2026-11-03", 600)])
    with pytest.raises(Refusal, match="not_enough_units"):
        spend(3, "b")
    spend(2, "c")
    with pytest.raises(Refusal, match="not_enough_units"):
        spend(1, "d")


def test_what_was_spent_beyond_a_partial_return_is_owed_and_no_grant_has_less_than_nothing() -> None:
    units = granting(mechanic={"kind": "per_step", "points": "1", "step": "100"})
    bank = open_with("units", {}, units)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 500)])
    with db.transaction(bank.tenant) as session:
        spend_units(session, SYSTEM, member_id=vera, benefit_code="it", quantity=4, request_id="a")
    load(bank, [back(CARD, "2026-11-02", 300)])
    assert (counts(bank, vera), [one.left for one in held(bank, vera)]) == ([(2, 4)], [0])
    load(bank, [line(CARD, "2026-11-03", 300)])
    assert (counts(bank, vera), [one.left for one in held(bank, vera)]) == ([(2, 4), (3, 0)], [1, 0])


def test_partial_returns_leave_what_the_rest_would_have_granted() -> None:
    units = granting(mechanic={"kind": "per_step", "points": "3", "step": "100"})
    bank = open_with("units", {}, units)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 550)])
    assert counts(bank, vera) == [(15, 0)]
    load(bank, [back(CARD, "2026-11-02", "150.01")])
    assert counts(bank, vera) == [(9, 0)]
    load(bank, [back(CARD, "2026-11-03", "399.99")])
    assert counts(bank, vera) == []


def test_c3_a_certificate_pays_in_parts_and_never_below_nothing() -> None:
    bank = open_with("certificate", {"face": "1000"}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    code = code_of(bank, vera)
    assert use(bank, code, 64_000, "a") == 64_000
    assert use(bank, code.lower().replace("-", " "), 50_000, "b") == 36_000
    with pytest.raises(Refusal, match="grant_used_up"):
        use(bank, code, 1, "c")
    assert counts(bank, vera) == [(100_000, 100_000)]


def test_the_same_request_is_one_use_and_can_be_given_back_once() -> None:
    bank = open_with("certificate", {"face": "1000"}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    code = code_of(bank, vera)
    assert [use(bank, code, 300, "a"), use(bank, code, 300, "a")] == [300, 300]
    assert counts(bank, vera) == [(100_000, 300)]
    for _ in range(2):
        with db.transaction(bank.tenant) as session:
            give_back(session, SYSTEM, member_id=vera, request_id="a")
    assert counts(bank, vera) == [(100_000, 0)]


def test_a_grant_can_be_used_to_the_end_of_its_last_day() -> None:
    bank = open_with("coupon", {"valid_days": 30}, granting("2"))
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    code = code_of(bank, vera)
    assert held(bank, vera)[0].grant.last_day == date(2026, 11, 30)
    with clock.stopped(datetime(2026, 11, 30, 11, 59, tzinfo=UTC)):  # 23:59 in Kamchatka
        use(bank, code)
    with (
        clock.stopped(datetime(2026, 11, 30, 12, tzinfo=UTC)),
        pytest.raises(Refusal, match="grant_expired"),
    ):
        use(bank, code, request="again")


def test_a_privilege_without_a_number_of_uses_never_ends() -> None:
    bank = open_with("privilege", {}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    for number in range(3):
        use(bank, code_of(bank, vera), request=str(number))
    assert held(bank, vera)[0].left is None
    assert counts(bank, vera) == [(1, 0)]


def test_a_privilege_of_two_visits_ends_with_the_second() -> None:
    bank = open_with("privilege", {"uses": 2}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    code = code_of(bank, vera)
    use(bank, code, request="1")
    use(bank, code, request="2")
    with pytest.raises(Refusal, match="grant_used_up"):
        use(bank, code, request="3")


def test_game_units_are_spent_by_their_last_day_and_never_more_than_there_are() -> None:
    units = granting(mechanic={"kind": "per_step", "points": "1", "step": "100"})
    bank = open_with("units", {"valid_days": 30}, units)
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-02", 300), line(CARD, "2026-11-01", 200)])

    def spend(quantity: int, request: str) -> None:
        with db.transaction(bank.tenant) as session:
            spend_units(
                session, SYSTEM, member_id=vera, benefit_code="it", quantity=quantity, request_id=request
            )

    spend(4, "a")
    spend(4, "a")
    assert counts(bank, vera) == [(2, 2), (3, 2)]
    with pytest.raises(Refusal, match="not_enough_units"):
        spend(2, "b")
    with pytest.raises(Conflict):
        spend(1, "a")
    assert counts(bank, vera) == [(2, 2), (3, 2)]


def test_the_name_of_a_coupons_use_is_free_for_units() -> None:
    bank = open_with("coupon", {}, granting())
    with db.transaction(bank.tenant) as session:
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="stars", kind="units",
            name={"ru": "Звёзды", "en": "Stars"}, terms={"valid_days": 30},
        )  # fmt: skip
        stars = granting("3") | {"gives": granting()["gives"] | {"code": "stars"}}
        publish(
            session, SYSTEM, programme_id=bank.programme, code="stars", document=stars, starts_at=LONG_AGO
        )
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    use(bank, next(one.code for one in held(bank, vera) if one.code), request="same")
    with db.transaction(bank.tenant) as session:
        spend_units(session, SYSTEM, member_id=vera, benefit_code="stars", quantity=2, request_id="same")
    assert sorted(counts(bank, vera)) == [(1, 1), (3, 2)]


def test_an_event_grants_once() -> None:
    asked = granting(trigger={"kind": "event", "name": "visit", "fields": {}})
    bank = open_with("coupon", {}, asked)
    vera = join(bank, CARD)
    for _ in range(2):
        with db.transaction(bank.tenant) as session:
            note_event(
                session, SYSTEM, member_id=vera, name="visit", key="1",
                occurred_at=NOW - timedelta(hours=1), fields={},
            )  # fmt: skip
    assert counts(bank, vera) == [(1, 0)]


def test_a_hard_budget_is_a_number_of_pieces() -> None:
    bank = open_with("coupon", {}, granting("2", limits={"budget": "5"}))
    vera = join(bank, CARD)
    load(bank, [line(CARD, f"2026-11-{day:02}", 150) for day in range(1, 5)])
    assert counts(bank, vera) == [(2, 0), (2, 0), (1, 0)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mechanic": {"kind": "percent", "rate": "5"}}, "goes by the piece"),
        ({"mechanic": {"kind": "fixed", "points": "1.5"}}, "whole pieces"),
        ({"limits": {"budget": "1.5"}}, "whole pieces"),
        ({"activation_delay_days": 3}, "only points wait"),
        ({"lane": {"name": "a", "percent": "5"}}, "of points or money"),
        (
            {"gives": {"kind": "benefit", "code": "other", "name": {"ru": "а", "en": "a"}}},
            "there is no other",
        ),
    ],
)
def test_a_document_that_cannot_grant_is_refused(change: dict[str, Any], why: str) -> None:
    bank = open_with("coupon", {})
    with db.transaction(bank.tenant) as session, pytest.raises(Refusal) as refused:
        publish(session, SYSTEM, programme_id=bank.programme, code="p", document=granting() | change)
    assert why in str(refused.value.facts["why"])


def test_a_promotion_does_not_turn_from_points_to_a_benefit() -> None:
    bank = open_with("coupon", {}, promotion({"kind": "fixed", "points": "1"}))
    with db.transaction(bank.tenant) as session, pytest.raises(Refusal, match="document_invalid"):
        publish(session, SYSTEM, programme_id=bank.programme, code="p0", document=granting())


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("certificate", {}),
        ("coupon", {"face": "10"}),
        ("coupon", {"uses": 2}),
        ("car", {}),
        ("coupon", {"valid_days": 0}),
        ("coupon", {"colour": "red"}),
    ],
)
def test_terms_that_a_kind_does_not_have_are_refused(kind: str, terms: dict[str, Any]) -> None:
    bank = open_bank([])
    with db.transaction(bank.tenant) as session, pytest.raises(Refusal, match=r"benefit_(terms|value)"):
        add_benefit(
            session, SYSTEM, programme_id=bank.programme, code="it", kind=kind,
            name={"ru": "К", "en": "C"}, terms=terms,
        )  # fmt: skip


def test_who_may_not_uses_nothing() -> None:
    bank = open_with("coupon", {}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    code = code_of(bank, vera)
    with db.transaction(bank.tenant) as session, pytest.raises(Forbidden):
        use_code(session, NOBODY, code=code, quantity=1, request_id="r")
    with db.transaction(bank.tenant) as session, pytest.raises(Forbidden):
        spend_units(session, NOBODY, member_id=vera, benefit_code="it", quantity=1, request_id="r")
    assert counts(bank, vera) == [(1, 0)]


def test_a_code_of_one_bank_is_none_of_another() -> None:
    bank, other = open_with("coupon", {}, granting()), open_with("coupon", {}, granting())
    vera = join(bank, CARD)
    load(bank, [line(CARD, "2026-11-01", 150)])
    with pytest.raises(NotFound):
        use(other, code_of(bank, vera))
    assert counts(bank, vera) == [(1, 0)]
