"""A decision posts exactly what it says, once, for whom it should; a refusal leaves nothing changed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from coalition.claims.actions import hand_over, open_claim, reopen, take
from coalition.claims.deciding import Proposal, Sale, decide, send_back, sign, weigh
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.queries import claim_by_number, decisions_of, events_of
from coalition.claims.terms import set_claim_terms
from coalition.claims.texts import reply_of
from coalition.ledger.models import Lot
from coalition.promotions.actions import publish
from coalition.redemption.actions import redeem
from coalition.reports.audit import audit
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.settings import Settings
from tests.claims.office import LOST, Office, disputed, grant, granted, open_office, taken
from tests.ledger.house import balance
from tests.redemption.shop import CODES, NOW
from tests.transactions.bank import LONG_AGO, promotion

REFUSAL = Proposal("refuse", "No", "en", reason="not_found")


def sound(session: Session) -> None:
    session.flush()
    assert [finding for finding in audit(session) if finding.broken] == []


def kept(session: Session) -> list[tuple[str, int]]:
    """How many rows everything has that a decision could touch."""
    tables = ("transfer", "lot", "purchase", "claim_event", "claim_decision")
    return [(name, session.scalar(text(f"select count(*) from {name}")) or 0) for name in tables]


def test_granted_points_are_posted_once_by_their_payer(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        claim = taken(session, office)
        decision = decide(session, office.oleg, number=claim.number, proposal=grant(office, 372))
        assert (claim.state, decision.state, decision.given) == ("in_favour", "done", 372)
        assert granted(session, claim.member_id) == [(claim.id, 372, office.shop.house.funders[0])]
        assert balance(session, claim.member_id) == (1372, 0, 0, 0)
        assert reply_of(session, decision) == "You are right"
        assert [event.verb for event in events_of(session, claim)] == ["open", "take", "favour"]
        sound(session)


def test_points_of_a_claim_burn_by_the_programmes_terms(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        session.execute(text("update programme set expiry = 'days', expiry_count = 40"))
        session.expire_all()
        claim = taken(session, office)
        decide(session, office.oleg, number=claim.number, proposal=grant(office, 5))
        (lot,) = session.query(Lot).filter(Lot.points == 5)
        assert (lot.active_on.isoformat(), lot.expires_on.isoformat()) == ("2026-11-23", "2027-01-02")


def test_fewer_points_than_were_asked_are_a_part(session: Session) -> None:
    office = open_office(session)
    facts = ClaimFacts.model_validate({"shop": "X", "day": "2026-11-15", "amount": 1, "points": 372})
    claim = taken(session, office, facts=facts)
    decide(session, office.oleg, number=claim.number, proposal=grant(office, 371))
    assert claim.state == "partly"


def test_a_refusal_posts_nothing_and_says_why(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    decision = decide(session, office.oleg, number=claim.number, proposal=REFUSAL)
    assert (claim.state, decision.reason, decision.given) == ("against", "not_found", 0)
    assert granted(session, claim.member_id) == []
    sound(session)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"points": 0}, "points_unclear"),
        ({"points": -5}, "points_unclear"),
        ({"points": 10**15}, "points_unclear"),
        ({"funder_id": 99}, "participant_unknown"),
        ({"funder_id": None}, "participant_unknown"),
        ({"reply": " \n"}, "words_missing"),
        ({"way": "refuse", "reason": "because"}, "reason_unknown"),
        ({"way": "return"}, "redemption_unknown"),
        ({"way": "record"}, "sale_missing"),
    ],
)
def test_what_cannot_be_decided_changes_nothing(
    session: Session, change: dict[str, object], code: str
) -> None:
    office = open_office(session)
    claim = taken(session, office)
    before = (claim.state, balance(session, claim.member_id), kept(session))
    proposal = replace(grant(office, 5), **change)
    with pytest.raises(Refusal, match=code):
        decide(session, office.oleg, number=claim.number, proposal=proposal)
    assert (claim.state, balance(session, claim.member_id), kept(session)) == before


def test_who_may_not_decide_changes_nothing(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    before = kept(session)
    for actor in (office.paul, office.member):
        with pytest.raises(Forbidden):
            decide(session, actor, number=claim.number, proposal=grant(office, 5))
    with pytest.raises(Forbidden):  # nobody in particular cannot answer for a decision
        decide(session, SYSTEM, number=claim.number, proposal=grant(office, 5))
    assert kept(session) == before


def test_only_who_has_it_in_hand_decides_and_the_other_is_told_who(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    for act in (
        lambda: take(session, office.dora, number=claim.number),
        lambda: decide(session, office.dora, number=claim.number, proposal=grant(office, 5)),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.facts == {"by": "Oleg"}
    hand_over(session, office.dora, number=claim.number, to=office.dora.id)  # type: ignore[arg-type]
    decide(session, office.dora, number=claim.number, proposal=grant(office, 5))
    with pytest.raises(Conflict, match="claim_decided") as refused:
        decide(session, office.oleg, number=claim.number, proposal=grant(office, 5))
    assert refused.value.facts == {"by": "Dora"}


def test_more_than_one_may_decide_alone_waits_for_another_person(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    assert weigh(session, office.oleg, number=claim.number, proposal=grant(office, 500)).two is False
    decision = decide(session, office.oleg, number=claim.number, proposal=grant(office, 501))
    assert (claim.state, decision.state, granted(session, claim.member_id)) == ("signing", "proposed", [])
    with pytest.raises(Conflict, match="proposal_changed"):
        sign(session, office.paul, number=claim.number, digest=b"of something else")
    assert granted(session, claim.member_id) == []
    sign(session, office.paul, number=claim.number, digest=decision.digest)
    assert (claim.state, decision.approved_by) == ("in_favour", office.paul.id)
    assert granted(session, claim.member_id) == [(claim.id, 501, office.shop.house.funders[0])]
    with pytest.raises(Conflict):
        sign(session, office.paul, number=claim.number, digest=decision.digest)
    sound(session)


def test_nobody_signs_what_he_proposed(session: Session) -> None:
    office = open_office(session)
    both = replace(office.oleg, permissions=office.oleg.permissions | {Permission.DESK_CLAIM_APPROVE})
    claim = taken(session, office)
    decision = decide(session, both, number=claim.number, proposal=grant(office, 501))
    with pytest.raises(Refusal, match="second_pair_of_eyes"):
        sign(session, both, number=claim.number, digest=decision.digest)
    with pytest.raises(IntegrityError, match="claim_decision_two_people_check"), session.begin_nested():
        session.execute(text("update claim_decision set approved_by = author_id, approved_digest = digest"))
    with pytest.raises(IntegrityError, match="claim_decision_approved_check"), session.begin_nested():
        session.execute(
            text("update claim_decision set approved_by = :by, approved_digest = 'x'"),
            {"by": office.paul.id},
        )
    with pytest.raises(IntegrityError, match="claim_decision_signed_check"), session.begin_nested():
        session.execute(text("update claim_decision set state = 'done', done_at = now(), given = points"))


@pytest.mark.parametrize(
    "change", ["points = 600", "reason = null, outcome = 'partly'", "funder_id = 2", "opening = 1"]
)
def test_what_was_changed_since_is_not_signed(session: Session, change: str) -> None:
    office = open_office(session)
    claim = taken(session, office)
    decision = decide(session, office.oleg, number=claim.number, proposal=grant(office, 501))
    session.flush()
    session.execute(text(f"update claim_decision set {change}"))
    session.expire_all()
    with pytest.raises(Conflict, match="proposal_changed"):
        sign(session, office.paul, number=claim.number, digest=decision.digest)
    assert granted(session, claim.member_id) == []


def test_what_is_sent_back_is_decided_anew(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    decide(session, office.oleg, number=claim.number, proposal=grant(office, 501))
    send_back(session, office.paul, number=claim.number, words="Too much")
    assert (claim.state, decisions_of(session, claim)) == ("taken", [])
    decide(session, office.oleg, number=claim.number, proposal=grant(office, 100))
    assert granted(session, claim.member_id) == [(claim.id, 100, office.shop.house.funders[0])]
    sound(session)


def test_a_claim_that_is_opened_again_can_be_granted_once_more(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        claim = taken(session, office)
        decide(session, office.oleg, number=claim.number, proposal=grant(office, 100))
    with clock.stopped(NOW + timedelta(days=30)):
        reopen(session, office.member, member_id=claim.member_id, claim_id=claim.id, words="Not all")
        take(session, office.dora, number=claim.number)
        decide(session, office.dora, number=claim.number, proposal=grant(office, 100))
        assert [points for _, points, _ in granted(session, claim.member_id)] == [100, 100]
        sound(session)
    with clock.stopped(NOW + timedelta(days=61)), pytest.raises(Refusal, match="reopen_late"):
        reopen(session, office.member, member_id=claim.member_id, claim_id=claim.id, words="More")


def test_a_missing_purchase_is_recorded_and_gives_what_promotions_give(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        publish(
            session, SYSTEM, programme_id=office.shop.house.programme, code="five", starts_at=LONG_AGO,
            document=promotion({"kind": "percent", "rate": "5"}),
        )  # fmt: skip
        claim = taken(session, office)
        sale = Sale(occurred_at=NOW - timedelta(days=7), amount=744000, seller="Nowhere")
        proposal = Proposal("record", "Recorded", "en", sale=sale)
        assert weigh(session, office.oleg, number=claim.number, proposal=proposal).points == 372
        decision = decide(session, office.oleg, number=claim.number, proposal=proposal)
        assert (decision.given, claim.state) == (372, "in_favour")
        assert decision.purchase_id is not None
        assert balance(session, claim.member_id) == (1372, 0, 0, 0)
        assert granted(session, claim.member_id) == []  # the purchase gives, not the claim
        sound(session)


def test_a_recorded_purchase_that_gives_much_is_signed_too(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        publish(
            session, SYSTEM, programme_id=office.shop.house.programme, code="five", starts_at=LONG_AGO,
            document=promotion({"kind": "percent", "rate": "10"}),
        )  # fmt: skip
        claim = taken(session, office)
        sale = Sale(occurred_at=NOW - timedelta(days=7), amount=744000, seller="Nowhere")
        decision = decide(
            session, office.oleg, number=claim.number, proposal=Proposal("record", "R", "en", sale=sale)
        )
        assert (claim.state, balance(session, claim.member_id)) == ("signing", (1000, 0, 0, 0))
        sign(session, office.paul, number=claim.number, digest=decision.digest)
        assert balance(session, claim.member_id) == (1744, 0, 0, 0)
        sound(session)


def test_a_redemption_is_given_back_where_its_kind_can(session: Session) -> None:
    with clock.stopped(NOW):
        office = open_office(session)
        member = office.shop.member
        spent = [
            redeem(
                session, office.member, member_id=member, reward_code=code, choice=choice, request_id=code
            ).id
            for code, choice in (("cashback", {"points": 400}), ("gift", {}))
        ]
        assert CODES
        ways = []
        for redemption in spent:
            claim = taken(session, office, kind=Kind.UNKNOWN_REDEMPTION, redemption_id=redemption)
            proposal = Proposal("return", "Back", "en")
            assert weigh(session, office.oleg, number=claim.number, proposal=proposal).points in (400, 300)
            try:
                with session.begin_nested():
                    decide(session, office.oleg, number=claim.number, proposal=proposal)
            except Refusal as refusal:
                session.expire_all()
                ways.append((refusal.code, claim.state))
            else:
                ways.append(("done", claim.state))
        assert ways == [("done", "in_favour"), ("certificate_given", "taken")]
        assert balance(session, member) == (700, 0, 0, 0)
        sound(session)


def test_the_officers_limit_is_the_tenants_term(session: Session) -> None:
    office = open_office(session)
    terms = {"alone_points": 0}
    set_claim_terms(session, SYSTEM, programme_id=office.shop.house.programme, terms=terms)
    claim = taken(session, office)
    assert weigh(session, office.oleg, number=claim.number, proposal=grant(office, 1)).two
    assert not weigh(session, office.oleg, number=claim.number, proposal=REFUSAL).two
    with pytest.raises(Refusal, match="claim_terms"):
        set_claim_terms(session, SYSTEM, programme_id=office.shop.house.programme, terms={"alone_points": -1})


def test_a_claim_of_another_tenant_is_not_there(house: None) -> None:
    offices = []
    for slug in ("one", "two"):
        with db.transaction(None) as session:
            open_tenant(session, slug=slug, hosts=[])
            offices.append(open_office(session))
    first, second = offices
    with db.transaction(first.tenant) as session:
        claim = disputed(session, first)
        number, member_id, claim_id = claim.number, claim.member_id, claim.id
    with db.transaction(second.tenant) as session:
        for act in (
            lambda: claim_by_number(session, number),
            lambda: take(session, second.oleg, number=number),
            lambda: decide(session, second.oleg, number=number, proposal=grant(second, 5)),
            lambda: reopen(session, first.member, member_id=member_id, claim_id=claim_id, words="x"),
            lambda: open_claim(session, second.oleg, member_id=member_id, kind=Kind.LOST_ORDER, words="x"),
        ):
            with pytest.raises(NotFound):
                act()


def test_the_audit_finds_points_without_a_decision_and_decisions_without_points(session: Session) -> None:
    office = open_office(session)
    claim = taken(session, office)
    decide(session, office.oleg, number=claim.number, proposal=grant(office, 372))
    session.flush()
    sound(session)
    session.execute(text("update claim_decision set points = 371, given = 371"))
    broken = {finding.rule for finding in audit(session) if finding.broken}
    assert broken == {"claim's grants = its postings"}
    session.execute(text("update claim_decision set state = 'dropped', done_at = null, given = null"))
    broken = {finding.rule for finding in audit(session) if finding.broken}
    assert broken == {"claim's grants = its postings", "a decided claim has its decision"}


@pytest.fixture
def office(live_database: Settings) -> Office:
    db.configure(live_database.database_url, pool_size=8)
    with db.transaction(None) as session:
        open_tenant(session, slug="race", hosts=[])
        return open_office(session)


def at_once(office: Office, tasks: list[Callable[[Session], object]]) -> list[str]:
    """Run all from one starting line, each in a transaction of its own; what came of each, sorted."""
    line = Barrier(len(tasks))

    def run(task: Callable[[Session], object]) -> str:
        line.wait()
        try:
            with db.transaction(office.tenant) as session:
                task(session)
        except Refusal as refusal:
            return f"{refusal.code} {refusal.facts.get('by', '')}".strip()
        return "done"

    with ThreadPoolExecutor(len(tasks)) as pool:
        return sorted(pool.map(run, tasks))


def test_two_officers_at_once_and_one_wins(office: Office) -> None:
    with db.transaction(office.tenant) as session:
        number = disputed(session, office).number
    came = at_once(
        office,
        [
            lambda session: take(session, office.oleg, number=number),
            lambda session: take(session, office.dora, number=number),
        ],
    )
    assert came in (["claim_taken Dora", "done"], ["claim_taken Oleg", "done"])


def test_eight_decisions_at_once_post_once(office: Office) -> None:
    with db.transaction(office.tenant) as session:
        number = taken(session, office).number
    came = at_once(
        office,
        [lambda session: decide(session, office.oleg, number=number, proposal=grant(office, 372))] * 8,
    )
    assert came == ["claim_decided Oleg"] * 7 + ["done"]
    with db.transaction(office.tenant) as session:
        assert [points for _, points, _ in granted(session, office.shop.member)] == [372]
        sound(session)


def test_two_decisions_at_once_do_not_pass_the_members_limit_together(office: Office) -> None:
    with db.transaction(office.tenant) as session:
        terms = {"member_points": 500}
        set_claim_terms(session, SYSTEM, programme_id=office.shop.house.programme, terms=terms)
        numbers = [
            take(session, officer, number=disputed(session, office, facts=facts).number).number
            for officer, facts in ((office.oleg, LOST), (office.dora, LOST.model_copy(update={"amount": 1})))
        ]
    came = at_once(
        office,
        [
            lambda session: decide(session, office.oleg, number=numbers[0], proposal=grant(office, 300)),
            lambda session: decide(session, office.dora, number=numbers[1], proposal=grant(office, 300)),
        ],
    )
    assert came == ["done", "done"]
    with db.transaction(office.tenant) as session:
        assert [points for _, points, _ in granted(session, office.shop.member)] == [300]
        assert sorted(claim_by_number(session, number).state for number in numbers) == [
            "in_favour",
            "signing",
        ]
        sound(session)


def test_eight_signatures_at_once_post_once(office: Office) -> None:
    with db.transaction(office.tenant) as session:
        number = taken(session, office).number
        digest = decide(session, office.oleg, number=number, proposal=grant(office, 900)).digest
    came = at_once(office, [lambda session: sign(session, office.paul, number=number, digest=digest)] * 8)
    assert came == ["claim_state"] * 7 + ["done"]
    with db.transaction(office.tenant) as session:
        assert [points for _, points, _ in granted(session, office.shop.member)] == [900]
        sound(session)
