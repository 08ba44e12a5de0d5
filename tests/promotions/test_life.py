"""The life of a promotion: checked, approved by another person, published, paused; nothing changes the past."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from coalition.promotions import life
from coalition.promotions.actions import publish
from coalition.promotions.checking import flaws
from coalition.promotions.models import Promotion, PromotionDraft, PromotionVersion
from coalition.promotions.overview import Stage, promotion_by_code, promotions
from coalition.promotions.queries import promotions_number
from coalition.reports.audit import audit
from coalition.transactions.recording import Told, record
from tenants.actions import open_tenant
from tenants.actor import SYSTEM, Actor
from tenants.permissions import EVERYTHING, Permission
from tenants.runtime import clock, db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.ledger.house import House, new_member
from tests.people import hire
from tests.transactions.bank import LONG_AGO, open_bank, promotion

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RIGHTS = frozenset(
    {Permission.DESK_PROMOTION_EDIT, Permission.DESK_PROMOTION_APPROVE, Permission.DESK_PROMOTION_PUBLISH}
)


def percent(rate: str, **more: Any) -> dict[str, Any]:
    return promotion({"kind": "percent", "rate": rate}, **more)


@pytest.fixture
def bank(house: None) -> House:
    return open_bank([])


def person(session: Session, login: str, permissions: frozenset[Permission] = RIGHTS) -> Actor:
    staff = hire(session, login=login, name=login, password="a long password", permissions=permissions)
    session.flush()
    return Actor("staff", id=staff.id, permissions=permissions)


def begun(session: Session, actor: Actor, bank: House, **more: Any) -> PromotionDraft:
    given = {"code": "fuel", "document": percent("5")} | more
    return life.begin_draft(session, actor, programme_id=bank.programme, **given)


def published(session: Session, dora: Actor, pavel: Actor, bank: House, **more: Any) -> PromotionVersion:
    draft = begun(session, dora, bank, **more)
    life.check(session, dora, draft_id=draft.id, revision=1)
    life.approve(session, pavel, draft_id=draft.id, revision=2)
    return life.publish_draft(session, pavel, draft_id=draft.id, revision=3)


def given(bank: House, member: UUID, at: datetime, reference: str) -> int:
    """Points for a purchase of 1,000.00."""
    with db.transaction(bank.tenant) as session:
        sale = Told(reference=reference, member_id=member, occurred_at=at, amount=1000_00, seller="shop")
        found = record(session, SYSTEM, programme_id=bank.programme, source="till", told=[sale])
        return int(found.points.sum())


def test_a_draft_is_checked_approved_by_another_person_and_published(bank: House) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        draft = begun(session, dora, bank, ends_at=NOW + 7 * DAY)
        assert (draft.state, draft.revision, draft.author_id) == ("draft", 1, dora.id)
        assert promotion_by_code(session, "fuel").stage(NOW) is Stage.DRAFT
        assert life.check(session, dora, draft_id=draft.id, revision=1).checked_by == dora.id
        assert life.approve(session, pavel, draft_id=draft.id, revision=2).approved_by == pavel.id
        version = life.publish_draft(session, dora, draft_id=draft.id, revision=3)
        assert (version.starts_at, version.ends_at, draft.state) == (NOW, NOW + 7 * DAY, "published")
        assert promotion_by_code(session, "fuel").stage(NOW) is Stage.LIVE
        assert promotion_by_code(session, "fuel").draft is None
        assert promotion_by_code(session, "fuel").stage(NOW + 7 * DAY) is Stage.ENDED


def test_nobody_who_changed_anything_of_a_draft_approves_it(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        draft = begun(session, dora, bank)
        life.save_draft(session, pavel, draft_id=draft.id, revision=1, document=percent("50"))
        life.save_draft(session, dora, draft_id=draft.id, revision=2, document=percent("50"), note="A word")
        life.check(session, dora, draft_id=draft.id, revision=3)
        session.flush()
    for actor in (dora, pavel, SYSTEM):
        with db.transaction(bank.tenant) as session, pytest.raises(Refusal, match="second_pair_of_eyes"):
            try:
                life.approve(session, actor, draft_id=draft.id, revision=4)
            finally:
                session.expunge_all()
    with (
        db.transaction(bank.tenant) as session,
        pytest.raises(IntegrityError, match="promotion_draft_eyes_check"),
    ):
        session.get_one(PromotionDraft, (bank.tenant, draft.id)).approved_by = pavel.id
        session.flush()
    with db.transaction(bank.tenant) as session:
        vera = person(session, "vera")
        assert life.approve(session, vera, draft_id=draft.id, revision=4).state == "approved"


def test_a_signature_holds_for_72_hours_and_not_longer(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        with clock.stopped(NOW):
            draft = begun(session, dora, bank)
            life.check(session, dora, draft_id=draft.id, revision=1)
            life.approve(session, pavel, draft_id=draft.id, revision=2)
            session.flush()
        with (
            clock.stopped(NOW + 3 * DAY),
            pytest.raises(Refusal, match="signature_over"),
            session.begin_nested(),
        ):
            life.publish_draft(session, pavel, draft_id=draft.id, revision=3)
        with clock.stopped(NOW + 3 * DAY - timedelta(microseconds=1)):
            assert life.publish_draft(session, pavel, draft_id=draft.id, revision=3).draft_id == draft.id


@pytest.mark.parametrize("event", ["save_draft", "check", "approve", "publish_draft", "discard"])
def test_who_saw_another_revision_changes_nothing(bank: House, event: str) -> None:
    more = {"document": percent("9")} if event == "save_draft" else {}
    with db.transaction(bank.tenant) as session:
        dora = person(session, "dora")
        draft = begun(session, dora, bank)
        life.save_draft(session, dora, draft_id=draft.id, revision=1, document=percent("7"))
        with pytest.raises(Conflict, match="draft_changed"):
            getattr(life, event)(session, dora, draft_id=draft.id, revision=1, **more)
        assert (draft.state, draft.revision, draft.document) == ("draft", 2, percent("7"))


def test_what_is_changed_after_its_approval_is_a_draft_again(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        draft = begun(session, dora, bank)
        life.check(session, dora, draft_id=draft.id, revision=1)
        life.approve(session, pavel, draft_id=draft.id, revision=2)
        life.save_draft(session, dora, draft_id=draft.id, revision=3, document=percent("50"))
        assert (draft.state, draft.checked_by, draft.approved_by) == ("draft", None, None)
        with pytest.raises(Conflict, match="draft_state"):
            life.publish_draft(session, dora, draft_id=draft.id, revision=4)
        assert session.scalars(select(PromotionVersion)).all() == []


@pytest.mark.parametrize(
    "edit",
    [
        "document = jsonb_set(document, '{mechanic,rate}', '\"50\"')",
        "ends_at = now() + interval '9 years'",
        "approved_by = author_id, editors = '{}'",
    ],
)
def test_what_sql_made_of_it_after_its_approval_is_not_published(bank: House, edit: str) -> None:
    with db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        draft = begun(session, dora, bank)
        life.check(session, dora, draft_id=draft.id, revision=1)
        life.approve(session, pavel, draft_id=draft.id, revision=2)
        session.flush()
        with pytest.raises(Refusal, match="signature_unproven"), session.begin_nested():
            session.execute(text(f"update promotion_draft set {edit}"))
            life.publish_draft(session, pavel, draft_id=draft.id, revision=3)
        assert session.scalars(select(PromotionVersion)).all() == []
        session.expire_all()
        version = life.publish_draft(session, pavel, draft_id=draft.id, revision=3)
        assert (version.document["mechanic"]["rate"], version.ends_at) == ("5", None)


def test_a_signature_that_sql_wrote_publishes_nothing_and_is_found_out(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        draft = begun(session, dora, bank)
        life.check(session, dora, draft_id=draft.id, revision=1)
        session.flush()
        session.execute(
            text(
                "update promotion_draft set state = 'approved', approved_by = :pavel, approved_at = clock_timestamp()"
            ),
            {"pavel": pavel.id},
        )
        with pytest.raises(Refusal, match="signature_unproven"), session.begin_nested():
            life.publish_draft(session, dora, draft_id=draft.id, revision=2)
        broken = {one.rule: one.broken for one in audit(session) if one.broken}
        assert broken == {"a signed draft is in the trail": 1}


def test_a_version_that_sql_wrote_is_found_out(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        published(session, person(session, "dora"), person(session, "pavel"), bank)
        assert [one.rule for one in audit(session) if one.broken] == []
        session.execute(
            text(
                "insert into promotion_version"
                " (tenant_id, id, promotion_id, document, starts_at, published_at, correcting)"
                " select tenant_id, 777, promotion_id, document, now() + interval '1 day', clock_timestamp(), false"
                " from promotion_version"
            )
        )
        broken = {one.rule: one.broken for one in audit(session) if one.broken}
        assert broken == {"a promotion's version is in the trail": 1}


def test_a_promotion_has_one_open_draft(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        dora = person(session, "dora")
        draft = begun(session, dora, bank)
        with pytest.raises(Conflict, match="draft_exists") as caught:
            begun(session, dora, bank)
        assert caught.value.facts == {"id": draft.id}
        life.discard(session, dora, draft_id=draft.id, revision=1)
        assert begun(session, dora, bank).id != draft.id


@pytest.mark.parametrize("code", ["", "Fuel", "fu el", "-fuel", "f" * 65, "fuel\n", "топливо"])
def test_a_code_is_small_latin_letters_digits_and_hyphens(bank: House, code: str) -> None:
    with db.transaction(bank.tenant) as session, pytest.raises(Refusal) as caught:
        begun(session, person(session, "dora"), bank, code=code)
    assert caught.value.facts["field"] == "code"


@pytest.mark.parametrize(
    ("document", "more", "field"),
    [
        (percent("-1"), {}, "mechanic.rate"),
        (percent("5", conditions={"partners": ["nobody"]}), {}, "conditions.partners"),
        (percent("5"), {"starts_at": NOW, "ends_at": NOW}, "ends_at"),
        (percent("5"), {"ends_at": NOW - DAY}, "ends_at"),
        (percent("5"), {"starts_at": NOW - 9 * DAY, "ends_at": NOW - DAY}, "ends_at"),
        (promotion({"kind": "fixed", "points": "500"}, limits={"budget": "499"}), {}, "limits.budget"),
    ],
)
def test_a_draft_that_cannot_be_met_is_not_checked(
    bank: House, document: dict[str, Any], more: dict[str, Any], field: str
) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora = person(session, "dora")
        draft = begun(session, dora, bank, document=document, **more)
        with pytest.raises(Refusal) as caught:
            life.check(session, dora, draft_id=draft.id, revision=1)
        assert (caught.value.code, caught.value.facts["field"]) == ("document_invalid", field)


def test_every_flaw_is_named_with_its_field() -> None:
    document = percent("x", limits={"per_month": "0"}, wings=2, where=[{"kind": "tier"}, {"kind": "nobody"}])
    del document["title"]["en"]
    assert [(flaw.field, flaw.kind) for flaw in flaws(document)] == [
        ("title.en", "missing"),
        ("where.0.any_of", "missing"),
        ("where.1", "union_tag_invalid"),
        ("mechanic.rate", "decimal_parsing"),
        ("limits.per_month", "greater_than"),
        ("wings", "extra_forbidden"),
    ]
    assert [flaw.kind for flaw in flaws(["a"])] == ["model_type"]
    assert [flaw.kind for flaw in flaws(percent("5", icon="a\0"))] == ["nul"]


def test_what_is_wrong_with_one_part_hides_nothing_of_the_others() -> None:
    once = percent("7", once=True, limits={"per_month": "5"}, funding=[{"participant": "bank", "share": 90}])
    assert [flaw.field for flaw in flaws(once)] == ["funding", "limits"]
    lane = percent("7", lane={"name": "a"}, where=[{"kind": "tier", "any_of": ["a"]}] * 2)
    assert [flaw.field for flaw in flaws(lane | {"funding": [], "title": {}})] == [
        "title.ru", "title.en", "funding", "where",
    ]  # fmt: skip


def test_a_new_version_supersedes_from_its_start_and_not_before(bank: House) -> None:
    with clock.stopped(NOW):
        with db.transaction(bank.tenant) as session:
            dora, pavel = person(session, "dora"), person(session, "pavel")
            member = new_member(session, bank)
            old = published(session, dora, pavel, bank, starts_at=NOW - 30 * DAY)
            new = published(session, dora, pavel, bank, document=percent("7"), starts_at=NOW + DAY)
            assert (old.ends_at, new.ends_at) == (NOW + DAY, None)
            fuel = promotion_by_code(session, "fuel")
            assert [fuel.stage_of(one, NOW) for one in fuel.versions] == [Stage.SCHEDULED, Stage.LIVE]
            assert fuel.stage(NOW) is Stage.LIVE
        assert given(bank, member, NOW, "a") == 50
    with clock.stopped(NOW + 2 * DAY):
        assert given(bank, member, NOW + 2 * DAY, "b") == 70
        assert given(bank, member, NOW + DAY - timedelta(microseconds=1), "late") == 50


def test_a_version_that_another_replaces_before_its_start_was_withdrawn(bank: House) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        published(session, dora, pavel, bank, starts_at=NOW + 3 * DAY)
        published(session, dora, pavel, bank, starts_at=NOW + 2 * DAY)
        fuel = promotion_by_code(session, "fuel")
        assert [fuel.stage_of(one, NOW) for one in fuel.versions] == [Stage.SCHEDULED, Stage.WITHDRAWN]
        assert fuel.stage(NOW) is Stage.SCHEDULED


def test_no_version_takes_a_past_from_another(bank: House) -> None:
    with clock.stopped(NOW):
        with db.transaction(bank.tenant) as session:
            dora, pavel = person(session, "dora"), person(session, "pavel")
            old = published(session, dora, pavel, bank, starts_at=LONG_AGO)
            draft = begun(session, dora, bank, document=percent("7"), starts_at=NOW - DAY)
        with pytest.raises(Refusal, match="starts_in_past"), db.transaction(bank.tenant) as session:
            life.check(session, dora, draft_id=draft.id, revision=1)
        with db.transaction(bank.tenant) as session:
            life.save_draft(
                session, dora, draft_id=draft.id, revision=1, document=percent("7"), starts_at=NOW + DAY
            )
            life.check(session, dora, draft_id=draft.id, revision=2)
            life.approve(session, pavel, draft_id=draft.id, revision=3)
    with clock.stopped(NOW + 2 * DAY):
        with pytest.raises(Refusal, match="starts_in_past"), db.transaction(bank.tenant) as session:
            life.publish_draft(session, dora, draft_id=draft.id, revision=4)
        with db.transaction(bank.tenant) as session:
            assert session.get_one(PromotionVersion, (bank.tenant, old.id)).ends_at is None
            assert session.get_one(PromotionDraft, (bank.tenant, draft.id)).state == "approved"


def test_a_pause_pays_nothing_and_resuming_pays_until_the_end_it_had(bank: House) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        member = new_member(session, bank)
        published(session, dora, pavel, bank, starts_at=NOW - DAY, ends_at=NOW + 10 * DAY)
        number = promotions_number(session)
    with clock.stopped(NOW + DAY):
        with db.transaction(bank.tenant) as session:
            life.pause(session, dora, code="fuel")
            assert promotion_by_code(session, "fuel").stage(clock.now()) is Stage.PAUSED
            assert promotions_number(session) == number + 1
        with db.transaction(bank.tenant) as session, pytest.raises(Conflict, match="promotion_not_live"):
            life.pause(session, dora, code="fuel")
        assert given(bank, member, NOW + DAY, "paused") == 0
        assert given(bank, member, NOW, "before") == 50
    with clock.stopped(NOW + 2 * DAY):
        with db.transaction(bank.tenant) as session:
            version = life.resume(session, dora, code="fuel")
            assert (version.starts_at, version.ends_at) == (NOW + 2 * DAY, NOW + 10 * DAY)
            fuel = promotion_by_code(session, "fuel")
            assert fuel.stage(clock.now()) is Stage.LIVE
            assert [fuel.stage_of(one, clock.now()) for one in fuel.versions] == [Stage.LIVE, Stage.ENDED]
        with db.transaction(bank.tenant) as session, pytest.raises(Conflict, match="promotion_not_paused"):
            life.resume(session, dora, code="fuel")
        assert given(bank, member, NOW + 2 * DAY, "resumed") == 50


def test_a_pause_withdraws_what_was_to_follow(bank: House) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        published(session, dora, pavel, bank, starts_at=NOW - DAY)
        published(session, dora, pavel, bank, starts_at=NOW + 5 * DAY)
        life.pause(session, dora, code="fuel")
        fuel = promotion_by_code(session, "fuel")
        assert [fuel.stage_of(one, NOW) for one in fuel.versions] == [Stage.WITHDRAWN, Stage.PAUSED]
        assert fuel.stage(NOW + 6 * DAY) is Stage.PAUSED


def test_what_has_ended_pays_nothing_and_is_not_resumed(bank: House) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        member = new_member(session, bank)
        published(session, dora, pavel, bank, starts_at=NOW - DAY)
        published(session, dora, pavel, bank, starts_at=NOW + 5 * DAY)
    with clock.stopped(NOW + DAY):
        with db.transaction(bank.tenant) as session:
            life.end(session, dora, code="fuel")
            fuel = promotion_by_code(session, "fuel")
            assert [fuel.stage_of(one, clock.now()) for one in fuel.versions] == [
                Stage.WITHDRAWN,
                Stage.ENDED,
            ]
        for again, why in ((life.end, "not_live"), (life.pause, "not_live"), (life.resume, "not_paused")):
            with db.transaction(bank.tenant) as session, pytest.raises(Conflict, match=why):
                again(session, dora, code="fuel")
        assert (given(bank, member, NOW + DAY, "after"), given(bank, member, NOW, "before")) == (0, 50)


def test_a_paused_one_is_ended(bank: House) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        published(session, dora, pavel, bank, starts_at=NOW - DAY)
        life.pause(session, dora, code="fuel")
        life.end(session, dora, code="fuel")
        assert promotion_by_code(session, "fuel").stage(NOW) is Stage.ENDED


def test_what_is_over_is_not_resumed(bank: House) -> None:
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        published(session, dora, pavel, bank, ends_at=NOW + DAY)
        with clock.stopped(NOW + DAY / 2):
            life.pause(session, dora, code="fuel")
        with clock.stopped(NOW + DAY), pytest.raises(Conflict, match="promotion_over"):
            life.resume(session, dora, code="fuel")


def test_each_step_needs_its_permission(bank: House) -> None:
    steps = {
        Permission.DESK_PROMOTION_EDIT: (life.save_draft, life.check, life.discard),
        Permission.DESK_PROMOTION_APPROVE: (life.approve,),
        Permission.DESK_PROMOTION_PUBLISH: (life.publish_draft,),
    }
    with db.transaction(bank.tenant) as session:
        draft = begun(session, SYSTEM, bank)
        publish(session, SYSTEM, programme_id=bank.programme, code="live", document=percent("5"))
        for permission, actions in steps.items():
            without = Actor("staff", permissions=EVERYTHING - {permission})
            for action in actions:
                more = {"document": percent("9")} if action is life.save_draft else {}
                with pytest.raises(Forbidden):
                    action(session, without, draft_id=draft.id, revision=1, **more)  # type: ignore[operator]
        without = Actor("staff", permissions=EVERYTHING - {Permission.DESK_PROMOTION_EDIT})
        with pytest.raises(Forbidden):
            begun(session, without, bank, code="other")
        without = Actor("staff", permissions=EVERYTHING - {Permission.DESK_PROMOTION_PUBLISH})
        for stop in (life.pause, life.resume):
            with pytest.raises(Forbidden):
                stop(session, without, code="live")
        assert (draft.state, draft.revision) == ("draft", 1)
        assert session.scalars(select(Promotion.paused_at)).all() == [None]


def test_another_tenants_drafts_and_promotions_are_not_there(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        draft = begun(session, SYSTEM, bank)
        publish(session, SYSTEM, programme_id=bank.programme, code="fuel", document=percent("5"))
    with db.transaction(None) as session:
        open_tenant(session, slug="stranger", hosts=["stranger.localhost"])
        assert promotions(session) == []
        with pytest.raises(NotFound, match="draft_unknown"):
            life.check(session, SYSTEM, draft_id=draft.id, revision=1)
        with pytest.raises(NotFound, match="promotion_unknown"):
            life.pause(session, SYSTEM, code="fuel")


def test_a_draft_that_would_count_something_else_is_not_signed_first(bank: House) -> None:
    second = {"trigger": {"kind": "nth", "n": 2}}
    with clock.stopped(NOW), db.transaction(bank.tenant) as session:
        dora, pavel = person(session, "dora"), person(session, "pavel")
        published(session, dora, pavel, bank, document=percent("5", **second))
        again = begun(session, dora, bank, document=percent("5", trigger={"kind": "repeat", "days": 3}))
        with pytest.raises(Refusal, match="document_invalid"):
            life.check(session, dora, draft_id=again.id, revision=1)


@pytest.mark.parametrize("year", [1, 1999])
def test_a_start_that_no_promotion_can_have_is_refused_at_its_field(bank: House, year: int) -> None:
    with db.transaction(bank.tenant) as session, pytest.raises(Refusal, match="document_invalid") as refused:
        publish(
            session, SYSTEM, programme_id=bank.programme, code="old", document=percent("5"),
            starts_at=datetime(year, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    assert refused.value.facts["field"] == "starts_at"
