"""What one person may not decide alone waits for a second one; what is not owed is not suggested, nor paid twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from coalition.claims.actions import open_claim, reopen, take, withdraw
from coalition.claims.deciding import Proposal, Sale, decide, send_back, sign, weigh
from coalition.claims.kinds import NO_FACTS, ClaimFacts, Kind
from coalition.claims.limits import why_two
from coalition.claims.models import Claim
from coalition.claims.queries import decisions_of, events_of
from coalition.claims.terms import set_claim_terms
from coalition.promotions.actions import publish
from coalition.redemption.actions import redeem, undo
from coalition.reports.audit import audit
from coalition.reports.claim_evidence import evidence
from coalition.transactions.models import Purchase
from coalition.transactions.recording import Told, record
from coalition.transactions.sales import sale_of
from coalition.transactions.two_channels.terms import set_same_sale_terms
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, Refusal
from tests.claims.office import DECIDES, LOST, Office, disputed, grant, granted, open_office, person, taken
from tests.ledger.house import balance
from tests.redemption.shop import NOW
from tests.transactions.bank import LONG_AGO, promotion

WEEK = timedelta(days=7)
SALE = Sale(occurred_at=NOW - WEEK, amount=744000, seller="Nowhere")
RECORDING = Proposal("record", "Recorded", "en", sale=SALE)


def promise(session: Session, office: Office, rate: str, code: str = "five", **more: Any) -> None:
    """A promotion of so many percent."""
    document = promotion({"kind": "percent", "rate": rate}, **more)
    publish(
        session, SYSTEM, programme_id=office.shop.house.programme, code=code, starts_at=LONG_AGO,
        document=document,
    )  # fmt: skip


def bought(session: Session, office: Office, amount: int = 744000, days: int = 7, **more: Any) -> Purchase:
    """A till tells a purchase, or what comes back of one."""
    reference = str(more.pop("reference", f"{amount}/{days}"))
    told = Told(reference, office.shop.member, NOW - timedelta(days=days), amount, "Nowhere", **more)
    record(session, SYSTEM, programme_id=office.shop.house.programme, source="till", told=[told])
    found = sale_of(session, source="till", reference=more.get("original") or reference)
    assert found is not None
    return found


def terms(session: Session, office: Office, **told: Any) -> None:
    set_claim_terms(session, SYSTEM, programme_id=office.shop.house.programme, terms=told)


def fresh(session: Session, office: Office, amount: int, **more: Any) -> Claim:
    """Another claim of the member, in Oleg's hand."""
    return taken(session, office, facts=LOST.model_copy(update={"amount": amount}), **more)


def about(session: Session, office: Office, purchase_id: UUID) -> Claim:
    return taken(session, office, kind=Kind.WRONG_AMOUNT, facts=NO_FACTS, purchase_id=purchase_id)


def sound(session: Session) -> None:
    session.flush()
    assert [finding for finding in audit(session) if finding.broken] == []


def test_what_waits_for_its_signature_is_not_decided_by_anybody(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    decision = decide(session, office.oleg, number=claim.number, proposal=grant(office, 5000))
    for officer, code in ((office.oleg, "claim_state"), (office.dora, "claim_owned")):
        with pytest.raises(Conflict, match=code):
            decide(session, officer, number=claim.number, proposal=grant(office, 500))
    assert (claim.state, granted(session, claim.member_id)) == ("signing", [])
    send_back(session, office.paul, number=claim.number, words="Less")
    second = decide(session, office.oleg, number=claim.number, proposal=grant(office, 700))
    with pytest.raises(Conflict, match="proposal_changed"):
        sign(session, office.paul, number=claim.number, digest=decision.digest)
    sign(session, office.paul, number=claim.number, digest=second.digest)
    assert [points for _, points, _ in granted(session, claim.member_id)] == [700]
    assert [one.verb for one in events_of(session, claim)] == [
        "open", "take", "propose", "send_back", "propose", "sign",
    ]  # fmt: skip
    sound(session)


def test_a_signed_part_is_a_part(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office, facts=LOST.model_copy(update={"points": 900}))
    decision = decide(session, office.oleg, number=claim.number, proposal=grant(office, 899))
    sign(session, office.paul, number=claim.number, digest=decision.digest)
    assert (claim.state, events_of(session, claim)[-1].verb) == ("partly", "sign_partly")


def test_a_claim_has_one_proposal_at_a_time(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    decide(session, office.oleg, number=claim.number, proposal=grant(office, 501))
    names = (
        "tenant_id, member_id, claim_id, opening, state, way, outcome, points, funder_id, lang, reply, digest"
    )
    names += ", two, author_id, proposed_at"
    with pytest.raises(IntegrityError, match="claim_decision_proposed_idx"), session.begin_nested():
        session.execute(
            text(
                f"insert into claim_decision (id, {names}) select gen_random_uuid(), {names} from claim_decision"
            )
        )


def test_all_that_a_claim_gave_counts_however_often_it_is_opened(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        claim = taken(session, office)
        decide(session, office.oleg, number=claim.number, proposal=grant(office, 300))
        reopen(session, office.member, member_id=claim.member_id, claim_id=claim.id, words="Not all")
        take(session, office.oleg, number=claim.number)
        assert weigh(session, office.oleg, number=claim.number, proposal=grant(office, 200)).why_two == ""
        assert (
            weigh(session, office.oleg, number=claim.number, proposal=grant(office, 201)).why_two == "claim"
        )


def test_what_one_person_gave_the_member_in_thirty_days_has_a_limit(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        for amount in (1, 2):
            claim = fresh(session, office, amount)
            decide(session, office.oleg, number=claim.number, proposal=grant(office, 500))
        third = disputed(session, office, facts=LOST.model_copy(update={"amount": 3}))
        take(session, office.dora, number=third.number)
        assert weigh(session, office.dora, number=third.number, proposal=grant(office, 1)).why_two == "member"
        decision = decide(session, office.dora, number=third.number, proposal=grant(office, 1))
        assert (third.state, len(granted(session, third.member_id))) == ("signing", 2)
        sign(session, office.paul, number=third.number, digest=decision.digest)
        assert sorted(points for _, points, _ in granted(session, third.member_id)) == [1, 500, 500]
        sound(session)
    with clock.stopped(NOW + timedelta(days=30)):
        claim = fresh(session, office, 4)
        assert weigh(session, office.oleg, number=claim.number, proposal=grant(office, 500)).why_two == ""


def test_what_one_officer_gives_in_thirty_days_has_a_limit(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        terms(session, office, officer_points=700)
        claim = fresh(session, office, 1)
        decide(session, office.oleg, number=claim.number, proposal=grant(office, 400))
        claim = fresh(session, office, 2)
        weighed = [
            weigh(session, officer, number=claim.number, proposal=grant(office, points)).why_two
            for officer, points in ((office.oleg, 300), (office.oleg, 301), (office.dora, 301))
        ]
        assert weighed == ["", "officer", ""]


def test_who_opened_a_claim_does_not_decide_it_alone(session: Session) -> None:
    office = open_office(session)
    claim = open_claim(
        session,
        office.oleg,
        member_id=office.shop.member,
        kind=Kind.NOT_CREDITED,
        words="She rang",
        facts=LOST,
    )
    take(session, office.oleg, number=claim.number)
    assert weigh(session, office.oleg, number=claim.number, proposal=grant(office, 1)).why_two == "opener"
    assert weigh(session, office.dora, number=claim.number, proposal=grant(office, 1)).why_two == ""
    decide(session, office.oleg, number=claim.number, proposal=grant(office, 1))
    assert (claim.state, granted(session, claim.member_id)) == ("signing", [])


def test_a_purchase_of_a_large_sum_is_signed_though_it_gives_nothing(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        claim = taken(session, office)
        weighed = [
            weigh(
                session, office.oleg, number=claim.number,
                proposal=replace(RECORDING, sale=SALE.model_copy(update={"amount": amount})),
            )
            for amount in (5_000_000, 5_000_001)
        ]  # fmt: skip
        assert [(one.points, one.why_two) for one in weighed] == [(0, ""), (0, "sum")]


def test_limits_are_whole_points_at_every_scale(session: Session) -> None:
    office = open_office(session)
    session.execute(text("update programme set scale = 2"))
    session.expire_all()
    claim = taken(session, office)
    weighed = [
        weigh(session, office.oleg, number=claim.number, proposal=grant(office, points))
        for points in (500_00, 500_01)
    ]
    assert [(one.two, one.alone_points) for one in weighed] == [(False, 500_00), (True, 500_00)]


def test_a_purchase_is_recorded_once_for_a_claim(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        promise(session, office, "1")
        claim = taken(session, office)
        decide(session, office.oleg, number=claim.number, proposal=RECORDING)
        reopen(session, office.member, member_id=claim.member_id, claim_id=claim.id, words="Not all")
        take(session, office.oleg, number=claim.number)
        with pytest.raises(Conflict, match="claim_has_purchase"):
            decide(session, office.oleg, number=claim.number, proposal=RECORDING)
        assert balance(session, claim.member_id) == (1074, 0, 0, 0)
        assert session.scalar(text("select count(*) from purchase")) == 1
        known = about(session, office, bought(session, office, 100_00, 20).id)
        with pytest.raises(Conflict, match="claim_has_purchase"):
            decide(session, office.oleg, number=known.number, proposal=RECORDING)
        sound(session)


def test_a_purchase_like_one_that_is_known_is_recorded_by_two(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        claim = taken(session, office)
        bought(session, office, days=9)
        bought(session, office, 740000, days=7)

        def why(days: int = 7, amount: int = 744000) -> str:
            sale = Sale(occurred_at=NOW - timedelta(days=days), amount=amount, seller="N")
            return why_two(session, claim, officer_id=office.oleg.id, points=0, sale=sale)

        assert (why(7), why(6), why(11), why(12), why(7, 744001)) == ("near", "", "near", "", "")
        same = {"pays": "till", "days": 3, "tolerance_percent": 1}
        set_same_sale_terms(session, SYSTEM, programme_id=office.shop.house.programme, terms=same)
        assert (why(6), why(12), why(13), why(9, 744001)) == ("near", "near", "", "near")
        decision = decide(session, office.oleg, number=claim.number, proposal=RECORDING)
        assert (claim.state, session.scalar(text("select count(*) from purchase"))) == ("signing", 2)
        sign(session, office.paul, number=claim.number, digest=decision.digest)
        assert session.scalar(text("select count(*) from purchase")) == 3


def test_what_is_weighed_is_what_is_posted(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        promise(session, office, "5")
        promise(session, office, "50", "off", gives={"kind": "discount"})
        claim = taken(session, office)
        assert weigh(session, office.oleg, number=claim.number, proposal=RECORDING).points == 372
        assert evidence(session, claim).suggested == 372
        decision = decide(session, office.oleg, number=claim.number, proposal=RECORDING)
        assert (decision.points, decision.given) == (372, 372)
        sound(session)


def test_a_purchase_that_gives_more_than_was_signed_is_not_posted(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        promise(session, office, "10")
        claim = taken(session, office)
        decision = decide(session, office.oleg, number=claim.number, proposal=RECORDING)
        promise(session, office, "1", "more")
        with pytest.raises(Conflict, match="claim_gives_more"), session.begin_nested():
            sign(session, office.paul, number=claim.number, digest=decision.digest)
        session.expire_all()
        assert (claim.state, balance(session, claim.member_id)) == ("signing", (1000, 0, 0, 0))
        with pytest.raises(IntegrityError, match="claim_decision_given_check"), session.begin_nested():
            session.execute(
                text(
                    "update claim_decision set state = 'done', done_at = now(), given = points + 1,"
                    " approved_by = :by, approved_digest = digest"
                ),
                {"by": office.paul.id},
            )


def test_only_what_is_owed_is_suggested(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        purchase = bought(session, office, 400000)
        promise(session, office, "5")  # published after the purchase: it would give 200
        claim = about(session, office, purchase.id)
        assert evidence(session, claim).suggested == 200
        decide(session, office.oleg, number=claim.number, proposal=grant(office, 150))
        reopen(session, office.member, member_id=claim.member_id, claim_id=claim.id, words="Not all")
        assert evidence(session, claim).suggested == 50
        bought(session, office, 100000, 6, reference="back", refund=True, original=purchase_reference(400000))
        assert evidence(session, claim).suggested == 0  # of 300 000 it gives 150


def purchase_reference(amount: int) -> str:
    return f"{amount}/7"


def test_nothing_is_owed_for_what_was_returned_or_given_back(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        purchase = bought(session, office, 400000)
        promise(session, office, "5")
        bought(session, office, 400000, 6, reference="back", refund=True, original=purchase_reference(400000))
        assert evidence(session, about(session, office, purchase.id)).suggested == 0
        spent = redeem(
            session, office.member, member_id=office.shop.member, reward_code="cashback",
            choice={"points": 400}, request_id="a",
        )  # fmt: skip
        claim = taken(session, office, kind=Kind.UNKNOWN_REDEMPTION, redemption_id=spent.id)
        assert evidence(session, claim).suggested == 400
        undo(session, office.shop.member, spent.id)
        session.flush()
        assert evidence(session, claim).suggested == 0


def test_what_was_answered_is_disputed_again_and_not_anew(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        claim = about(session, office, bought(session, office).id)
        for state, code in (("taken", "claim_known"), ("in_favour", "claim_answered")):
            assert claim.state == state
            for kind in (Kind.WRONG_AMOUNT, Kind.NOT_CREDITED):
                with pytest.raises(Conflict, match=code) as refused:
                    disputed(session, office, kind=kind, facts=NO_FACTS, purchase_id=claim.purchase_id)
                assert refused.value.facts == {"number": claim.number}
            if code == "claim_known":
                decide(session, office.oleg, number=claim.number, proposal=grant(office, 5))
        other = disputed(session, office)
        withdraw(session, office.member, member_id=other.member_id, claim_id=other.id)
        disputed(session, office)  # what was given up was not answered


CARD = "4111 1111 1111 1111"


def test_card_numbers_are_not_kept(session: Session) -> None:
    office = open_office(session)
    for facts in ({"shop": CARD}, {"order": CARD.replace(" ", "")}):
        told = {"shop": "X", "day": "2026-11-15", "order": "1"} | facts
        with pytest.raises(Refusal, match="card_number"):
            disputed(session, office, kind=Kind.LOST_ORDER, facts=ClaimFacts.model_validate(told))
    said: dict[str, Any] = {"member_id": office.shop.member, "kind": Kind.NOT_CREDITED, "facts": LOST}
    with pytest.raises(Refusal, match="card_number"):
        open_claim(session, office.member, words=f"My card is {CARD}", **said)
    claim = taken(session, office)
    for proposal in (
        grant(office, 5, f"To your card {CARD}"),
        replace(RECORDING, sale=SALE.model_copy(update={"seller": CARD})),
    ):
        with pytest.raises(Refusal, match="card_number"):
            decide(session, office.oleg, number=claim.number, proposal=proposal)
    assert (claim.state, decisions_of(session, claim)) == ("taken", [])


def test_the_audit_compares_a_recorded_purchase_with_what_it_gave(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        promise(session, office, "5")
        claim = taken(session, office)
        decide(session, office.oleg, number=claim.number, proposal=RECORDING)
        sound(session)
        session.execute(text("update claim_decision set given = 371"))
        broken = {finding.rule for finding in audit(session) if finding.broken}
        assert broken == {"a purchase that a claim recorded is there once"}


def test_staff_who_both_decide_and_sign_do_not_sign_their_own(session: Session) -> None:
    office = open_office(session)
    both = person(session, "Both", (*DECIDES, Permission.DESK_CLAIM_APPROVE))
    claim = open_claim(
        session, both, member_id=office.shop.member, kind=Kind.NOT_CREDITED, words="She rang", facts=LOST
    )
    take(session, both, number=claim.number)
    decision = decide(session, both, number=claim.number, proposal=grant(office, 1))
    with pytest.raises(Refusal, match="second_pair_of_eyes"):
        sign(session, both, number=claim.number, digest=decision.digest)
