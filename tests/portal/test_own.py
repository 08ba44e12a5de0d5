"""People of a participant write, offer, invite and open what is their company's own, and nothing of anybody else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.backtests import jobs
from coalition.backtests.actions import start_backtest
from coalition.partners import keeping
from coalition.partners.actions import open_outlet
from coalition.partners.models import Participant
from coalition.partners.queries import partner_by_code
from coalition.promotions import life
from coalition.promotions.actions import publish
from coalition.promotions.document import Document
from coalition.promotions.models import PromotionDraft
from coalition.promotions.overview import draft_by_id
from coalition.promotions.own import drafts_of_participant
from tenants import own_password
from tenants import staff as people
from tenants.actor import SYSTEM, Actor
from tenants.models import Staff
from tenants.permissions import EVERYTHING, OF_PARTICIPANTS
from tenants.roles import built_in, roles_of
from tenants.runtime import db
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tests.admin.world import HOST, Bank
from tests.people import hire
from tests.portal.company import TRADER, admitted, manager, said
from tests.transactions.bank import LONG_AGO, promotion
from tests.walls.desk_pages import held

JOBS = (jobs,)  # imported for the slices that a replay asks for
ENGLISH = {"Accept-Language": "en"}
PERCENT = {"kind": "percent", "rate": "5"}


class Two:
    """A café and a trader of one bank, each with its first person as an actor; the bank's marketer and another one."""

    def __init__(self, bank: Bank) -> None:
        self.tenant, self.programme = bank.tenant, bank.world.programme.id
        self.cafe = admitted(bank).partner
        self.trader = admitted(bank, "stand", **TRADER, email="ivan@stand.example").partner
        with db.transaction(bank.tenant) as session:
            self.anna = self._person(session, "anna@kofe.example")
            self.ivan = self._person(session, "ivan@stand.example")
            self.dora, self.paul = (
                Actor(
                    "staff",
                    hire(
                        session, login=login, name=login, password="a long password", permissions=EVERYTHING
                    ).id,
                    EVERYTHING,
                )
                for login in ("dora", "paul")
            )

    def _person(self, session: Session, login: str) -> Actor:
        found = session.scalars(
            select(Staff).where(Staff.tenant_id == self.tenant, Staff.login == login)
        ).one()
        return Actor("staff", found.id, OF_PARTICIPANTS, participant_id=found.participant_id)

    def begun(self, actor: Actor, document: dict[str, Any], code: str = "lunch") -> PromotionDraft:
        with db.transaction(self.tenant) as session:
            return life.begin_draft(session, actor, programme_id=self.programme, code=code, document=document)

    def refuses(self, refusal: type[Refusal], code: str, act: Callable[[Session], object]) -> None:
        """The act is refused with this code, and not a row of the tenant is another."""
        with db.transaction(self.tenant) as session:
            before = held(session)
        with pytest.raises(refusal) as no, db.transaction(self.tenant) as session:
            act(session)
        assert no.value.code == code
        with db.transaction(self.tenant) as session:
            assert held(session) == before


@pytest.fixture
def two(bank: Bank) -> Two:
    return Two(bank)


def of(
    payer: str, partners: list[str], mechanic: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A document at somebody's expense for purchases at these partners."""
    funding = [{"participant": payer, "share": 100}]
    return promotion(mechanic or PERCENT, conditions={"partners": partners}, funding=funding) | more


OWN = of("kofe", ["kofe"])
NOT_OWN = {
    "for another's partner": of("kofe", ["stand"]),
    "for another's partner too": of("kofe", ["kofe", "stand"]),
    "for the bank's": of("kofe", ["calder"]),
    "for nobody in particular": of("kofe", []),
    "for every purchase": promotion(PERCENT, funding=[{"participant": "kofe", "share": 100}]),
    "at another's expense": of("stand", ["kofe"]),
    "at the bank's": of("bank", ["kofe"]),
    "at the bank's in part": of("kofe", ["kofe"]) | {
        "funding": [{"participant": "kofe", "share": 60}, {"participant": "bank", "share": 40}]
    },
    "for a birthday": promotion(
        {"kind": "fixed", "points": "9"}, trigger={"kind": "birthday"}, funding=[{"participant": "kofe", "share": 100}]
    ),
    "for a code": of("kofe", ["kofe"], trigger={"kind": "promo_code", "code": "CUP", "kth": 1}),
    "for a level": of("kofe", ["kofe"], trigger={"kind": "tier_reached", "level": "gold"}),
    "with a benefit": of(
        "kofe", ["kofe"], {"kind": "fixed", "points": "1"},
        gives={"kind": "benefit", "code": "b", "name": {"ru": "К", "en": "C"}},
    ),
    "with a discount": of("kofe", ["kofe"], gives={"kind": "discount"}),
    "of no shape": {"title": "nothing"},
    "of nothing": {},
}  # fmt: skip


COUNTED: list[dict[str, Any]] = [
    {"kind": "purchase"},
    {"kind": "nth", "n": 6, "every": True},
    {"kind": "first_n_purchases", "n": 2},
    {"kind": "mission", "measure": "purchases", "at_least": "4", "span": "month"},
    {"kind": "repeat", "days": 14},
    {"kind": "streak", "length": 3, "span": "week"},
    {"kind": "win_back", "silent_days": 60},
]


@pytest.mark.parametrize("trigger", COUNTED, ids=[str(one["kind"]) for one in COUNTED])
def test_what_counts_purchases_at_the_own_places_can_be_its_own(two: Two, trigger: dict[str, Any]) -> None:
    assert two.begun(two.anna, OWN | {"trigger": trigger}).state == "draft"


@pytest.mark.parametrize("which", NOT_OWN)
def test_a_promotion_that_is_not_its_own_is_not_begun_saved_or_replayed(two: Two, which: str) -> None:
    document, draft = NOT_OWN[which], two.begun(two.anna, OWN)
    if not which.startswith("of "):
        Document.model_validate(document)  # there is nothing else wrong with it
    told: dict[str, Any] = {"programme_id": two.programme, "document": document}
    days = {"first_day": LONG_AGO.date(), "last_day": LONG_AGO.date()}
    two.refuses(Refusal, "promotion_not_own", lambda s: life.begin_draft(s, two.anna, code="dinner", **told))
    two.refuses(
        Refusal,
        "promotion_not_own",
        lambda s: life.save_draft(s, two.anna, draft_id=draft.id, revision=1, document=document),
    )
    two.refuses(
        Refusal, "promotion_not_own", lambda s: start_backtest(s, two.anna, code="dinner", **told, **days)
    )


def test_what_the_bank_or_another_has_published_is_not_taken_over(two: Two) -> None:
    days = {"first_day": LONG_AGO.date(), "last_day": LONG_AGO.date()}
    told: dict[str, Any] = {"programme_id": two.programme, "document": OWN}
    with db.transaction(two.tenant) as session:
        publish(
            session, SYSTEM, programme_id=two.programme, code="stand-five", document=of("stand", ["stand"])
        )
    for code in ("groceries", "stand-five"):
        two.refuses(
            Refusal,
            "promotion_not_own",
            lambda s, code=code: life.begin_draft(s, two.anna, code=code, **told),
        )
        two.refuses(
            Refusal,
            "promotion_not_own",
            lambda s, code=code: start_backtest(s, two.anna, code=code, **told, **days),
        )


def test_a_draft_whose_code_the_bank_has_published_since_is_not_offered(two: Two) -> None:
    draft = two.begun(two.anna, OWN)
    with db.transaction(two.tenant) as session:
        publish(session, SYSTEM, programme_id=two.programme, code="lunch", document=promotion(PERCENT))
    two.refuses(
        Refusal, "promotion_not_own", lambda s: life.check(s, two.anna, draft_id=draft.id, revision=1)
    )


@pytest.mark.parametrize("whose", ["the bank's", "another's"])
def test_a_draft_of_somebody_else_is_not_found_by_anything(two: Two, whose: str) -> None:
    author = two.dora if whose == "the bank's" else two.ivan
    payer, partner = ("bank", "calder") if whose == "the bank's" else ("stand", "stand")
    draft = two.begun(author, of(payer, [partner]))
    seen = {"draft_id": draft.id, "revision": 1}
    acts: list[Callable[[Session], object]] = [
        lambda s: life.save_draft(s, two.anna, document=OWN, **seen),
        lambda s: life.check(s, two.anna, **seen),
        lambda s: life.discard(s, two.anna, **seen),
    ]
    for act in acts:
        two.refuses(NotFound, "draft_unknown", act)
    with db.transaction(two.tenant) as session:
        assert drafts_of_participant(session, two.cafe.participant_id) == []


def test_who_comes_from_elsewhere_brings_no_drafts_along(two: Two) -> None:
    banks, traders = two.begun(two.dora, promotion(PERCENT)), two.begun(two.ivan, of("stand", ["stand"]), "b")
    with db.transaction(two.tenant) as session:
        for actor in (two.dora, two.ivan):
            people.give_roles(
                session, SYSTEM, staff_id=actor.id, roles=["partner-manager"],
                participant_id=two.cafe.participant_id,
            )  # fmt: skip
        session.flush()
        assert drafts_of_participant(session, two.cafe.participant_id) == []
    for draft in (banks, traders):
        two.refuses(
            NotFound,
            "draft_unknown",
            lambda s, draft=draft: life.discard(s, two.anna, draft_id=draft.id, revision=1),
        )


def test_the_bank_signs_and_publishes_what_was_offered_and_the_partner_cannot(two: Two) -> None:
    draft = two.begun(two.anna, OWN)
    with db.transaction(two.tenant) as session:
        assert life.check(session, two.anna, draft_id=draft.id, revision=1).state == "checked"
    offered = {"draft_id": draft.id, "revision": 2}
    for who in (two.anna, two.ivan, everything_at(two.cafe.participant_id, two.anna)):
        two.refuses(Forbidden, "not_permitted", lambda s, who=who: life.approve(s, who, **offered))
    with db.transaction(two.tenant) as session:
        life.approve(session, two.dora, **offered)
    signed = {"draft_id": draft.id, "revision": 3}
    for who in (two.anna, everything_at(two.cafe.participant_id, two.anna)):
        two.refuses(Forbidden, "not_permitted", lambda s, who=who: life.publish_draft(s, who, **signed))
    with db.transaction(two.tenant) as session:
        version = life.publish_draft(session, two.dora, **signed)
        assert version.document["funding"] == [{"participant": "kofe", "share": 100}]
        assert draft_by_id(session, draft.id).state == "published"
    for act in (life.pause, life.end, life.resume):
        two.refuses(Forbidden, "not_permitted", lambda s, act=act: act(s, two.anna, code="lunch"))


def test_the_next_version_of_an_own_promotion_is_the_partners_to_write(two: Two) -> None:
    with db.transaction(two.tenant) as session:
        publish(session, SYSTEM, programme_id=two.programme, code="lunch", document=OWN)
    draft = two.begun(two.anna, OWN | {"mechanic": {"kind": "percent", "rate": "7"}})
    with db.transaction(two.tenant) as session:
        assert [one.id for one in drafts_of_participant(session, two.cafe.participant_id)] == [draft.id]


def test_a_code_that_another_drafts_is_taken_and_says_nothing_of_it(two: Two) -> None:
    other = two.begun(two.ivan, of("stand", ["stand"]))
    two.refuses(
        Conflict,
        "draft_exists",
        lambda s: life.begin_draft(s, two.anna, programme_id=two.programme, code="lunch", document=OWN),
    )
    assert other.state == "draft"


def everything_at(participant: int, person: Actor) -> Actor:
    """The person as if her roles said that she may do everything."""
    return Actor("staff", person.id, EVERYTHING, participant_id=participant)


def test_nobody_is_invited_elsewhere_or_given_more_than_the_inviter_has(two: Two) -> None:
    told = {"login": "new@kofe.example", "name": "N"}
    reader = ["partner-reader"]
    for elsewhere in (None, two.trader.participant_id, 1):
        two.refuses(
            Forbidden,
            "not_permitted",
            lambda s, at=elsewhere: people.invite_staff(s, two.anna, roles=reader, participant_id=at, **told),
        )
    own = {"participant_id": two.cafe.participant_id, **told}
    for role in sorted(built_in().keys() - {"partner-manager", "partner-reader"}):
        two.refuses(
            Refusal,
            "role_above",
            lambda s, role=role: people.invite_staff(s, two.anna, roles=[role], **own),
        )
    with db.transaction(two.tenant) as session:
        new = people.invite_staff(session, two.anna, roles=reader, **own)
        assert new.participant_id == two.cafe.participant_id
        assert [role.code for role in roles_of(session, new.id)] == reader
        reads = Actor(
            "staff", new.id, built_in()["partner-reader"].permissions, participant_id=new.participant_id
        )
    two.refuses(
        Forbidden,
        "not_permitted",
        lambda s: people.invite_staff(s, reads, roles=reader, **own | {"login": "another@kofe.example"}),
    )


def test_a_person_of_another_or_of_the_bank_is_not_touched(two: Two) -> None:
    for person in (two.ivan, two.dora):
        for act in (people.deactivate, people.activate, own_password.make_link):
            two.refuses(
                Forbidden,
                "not_permitted",
                lambda s, act=act, person=person: act(s, two.anna, staff_id=person.id),
            )
        for act, more in (
            (people.give_roles, {"roles": ["partner-manager"], "participant_id": two.cafe.participant_id}),
            (people.reset_second_factor, {}),
        ):
            two.refuses(
                Forbidden,
                "not_permitted",
                lambda s, act=act, more=more, person=person: act(s, two.anna, staff_id=person.id, **more),
            )


def test_outlets_are_opened_changed_and_closed_at_the_own_places_alone(two: Two) -> None:
    name, words = {"ru": "Т", "en": "O"}, {"region": "", "brand": "", "franchise": ""}
    told: dict[str, Any] = {"name": name, "zone": "Europe/Moscow"}
    with db.transaction(two.tenant) as session:
        own = open_outlet(session, two.anna, partner_id=two.cafe.id, code="kofe-1", **told)
        other = open_outlet(session, two.ivan, partner_id=two.trader.id, code="stand-1", **told)
        seen = keeping.version_of(keeping.told_of_outlet(other))
        calder = partner_by_code(session, "calder").id
    for partner_id in (two.trader.id, calder):
        two.refuses(
            Forbidden,
            "not_permitted",
            lambda s, at=partner_id: open_outlet(s, two.anna, partner_id=at, code="kofe-2", **told),
        )
    acts: list[Callable[[Session], object]] = [
        lambda s: keeping.change_outlet(s, two.anna, outlet_id=other.id, texts=words, seen=seen, **told),
        lambda s: keeping.close_outlet(s, two.anna, outlet_id=other.id),
        lambda s: keeping.reopen_outlet(s, two.anna, outlet_id=other.id),
        lambda s: keeping.close_partner(s, two.anna, partner_id=two.cafe.id),
        lambda s: keeping.reopen_partner(s, two.anna, partner_id=two.cafe.id),
    ]
    for act in acts:
        two.refuses(Forbidden, "not_permitted", act)
    with db.transaction(two.tenant) as session:
        assert keeping.close_outlet(session, two.anna, outlet_id=own.id)
        assert keeping.reopen_outlet(session, two.anna, outlet_id=own.id)


def test_a_participants_person_may_nothing_of_the_desk_whatever_her_roles_say(two: Two) -> None:
    """Rights of a role are one thing; for whom somebody works, another: no role of the desk opens it."""
    anna = everything_at(two.cafe.participant_id, two.anna)
    for permission in EVERYTHING - OF_PARTICIPANTS:
        with pytest.raises(Forbidden):
            anna.must(permission)
    for permission in OF_PARTICIPANTS:
        anna.must(permission)
    anna.must_belong(two.cafe.participant_id)
    for elsewhere in (None, two.trader.participant_id):
        with pytest.raises(Forbidden):
            anna.must_belong(elsewhere)


def test_the_tenants_own_people_act_by_rights_of_the_desk(two: Two) -> None:
    """What a partner's role allows is no way for them to what they may not do at the desk."""
    manager_of_nobody = Actor("staff", two.dora.id, OF_PARTICIPANTS)
    two.refuses(
        Forbidden,
        "not_permitted",
        lambda s: life.begin_draft(
            s, manager_of_nobody, programme_id=two.programme, code="lunch", document=OWN
        ),
    )
    two.dora.must_belong(two.cafe.participant_id)
    two.dora.must_belong(None)


def test_an_administrators_role_opens_nothing_of_the_desk_to_her_browser(
    desk: Flask, bank: Bank, two: Two
) -> None:
    browser = manager(desk, bank, two.cafe.participant_id, roles=["administrator", "marketer", "back-office"])
    for place in (
        "members/",
        "promotions/",
        "people/",
        "applications/",
        "lists/all_members/",
        "audit/",
        "roles/",
    ):
        assert browser.get(f"{HOST}/desk/{place}").status_code == 403, place
    form = {"login": "x@y.example", "name": "X", "roles": "administrator"}
    assert browser.post(f"{HOST}/desk/people/new", data=form).status_code == 403
    assert browser.get(f"{HOST}/desk/own/").status_code == 403  # of the place itself her roles say nothing


def test_a_replay_of_the_same_code_by_somebody_else_is_not_shown(desk: Flask, bank: Bank, two: Two) -> None:
    """A code is free again once a draft was given up; what another learns under it stays the other's."""
    draft = two.begun(two.anna, OWN)
    with db.transaction(two.tenant) as session:
        life.discard(session, two.anna, draft_id=draft.id, revision=1)
    theirs = two.begun(two.ivan, of("stand", ["stand"]))
    days = {"first_day": LONG_AGO.date(), "last_day": LONG_AGO.date()}
    with db.transaction(two.tenant) as session:
        replay = start_backtest(
            session, two.ivan, programme_id=two.programme, code="lunch", document=theirs.document, **days
        ).id
    browser = manager(desk, bank, two.cafe.participant_id)
    page = said(browser.get(f"{HOST}/desk/own/promotions/{draft.id}", headers=ENGLISH))
    assert "The last weeks of your sales can be replayed with it" in page
    for way in ("", "/forecast.pdf?low=1&expected=2&high=3&margin=20"):
        assert browser.get(f"{HOST}/desk/own/forecasts/{draft.id}/{replay}{way}").status_code == 404
    other = manager(desk, bank, two.trader.participant_id, login="olga")
    page = said(other.get(f"{HOST}/desk/own/promotions/{theirs.id}", headers=ENGLISH))
    assert "Replaying your sales" in page


def test_its_pages_invite_deactivate_and_let_in_again(desk: Flask, bank: Bank, two: Two) -> None:
    browser = manager(desk, bank, two.cafe.participant_id)
    form = {"login": "new@kofe.example", "name": "Новая", "role": "partner-reader"}
    made = browser.post(f"{HOST}/desk/own/people/", data=form, headers=ENGLISH)
    assert made.status_code == 200
    assert 'value="http://test.localhost/desk/link/' in made.get_data(as_text=True)
    for wrong, words in (
        ({"login": "Ы"}, "login"),
        ({"name": ""}, "name"),
        ({"role": "administrator"}, "role"),
        ({"role": "no"}, "role"),
        ({}, "login"),  # known by now
    ):
        answer = browser.post(f"{HOST}/desk/own/people/", data=form | wrong, headers=ENGLISH)
        assert answer.status_code == 422, wrong
        assert f'id="{words}-wrong"' in answer.get_data(as_text=True), wrong
    with db.transaction(two.tenant) as session:
        new = session.scalars(
            select(Staff).where(Staff.tenant_id == two.tenant, Staff.login == "new@kofe.example")
        ).one()
    place = f"{HOST}/desk/own/people/{new.id}"
    first = re.search(r'value="(http[^"]+)"', made.get_data(as_text=True))
    again = re.search(
        r'value="(http[^"]+)"', browser.post(f"{place}/link", headers=ENGLISH).get_data(as_text=True)
    )
    assert first
    assert again
    stranger = desk.test_client()
    assert "This link works no more" in said(stranger.get(first[1], headers=ENGLISH))
    assert "Set your password" in said(stranger.get(again[1], headers=ENGLISH))
    asked = browser.post(f"{place}/deactivate", headers=ENGLISH)
    assert "Deactivate Новая?" in said(asked)
    assert browser.post(f"{place}/deactivate", data={"sure": "1"}).status_code == 303
    assert active(two, new) is False
    assert browser.post(f"{place}/activate").status_code == 303
    assert active(two, new) is True
    for step in ("deactivate", "activate", "link"):
        for other in (two.ivan, two.dora):
            far = browser.post(f"{HOST}/desk/own/people/{other.id}/{step}", data={"sure": "1"})
            assert far.status_code == 404
    assert browser.post(f"{place}/promote").status_code == 404


def test_a_reader_reads_and_sends_nothing(desk: Flask, bank: Bank, two: Two) -> None:
    draft = two.begun(two.anna, OWN)
    browser = manager(desk, bank, two.cafe.participant_id, roles=["partner-reader"])
    for place in ("", "sales/", "promotions/", f"promotions/{draft.id}", "outlets/code/kofe", "people/"):
        assert browser.get(f"{HOST}/desk/own/{place}").status_code == 200, place
    with db.transaction(two.tenant) as session:
        before = held(session)
    sent: list[tuple[FlaskClient, str]] = [
        (browser, place)
        for place in (
            "people/", f"people/{two.anna.id}/deactivate", f"promotions/{draft.id}/offer",
            f"promotions/{draft.id}/discard", f"promotions/{draft.id}/replay", "templates/coffee-every-sixth",
            "outlets/code/kofe/outlets",
        )
    ]  # fmt: skip
    for who, place in sent:
        assert who.post(f"{HOST}/desk/own/{place}", data={"sure": "1"}).status_code == 403, place
    with db.transaction(two.tenant) as session:
        assert held(session) == before


def active(two: Two, person: Staff) -> bool:
    with db.transaction(two.tenant) as session:
        return session.get_one(Staff, (two.tenant, person.id)).active


def test_a_promotion_of_a_template_is_confined_to_the_company(desk: Flask, bank: Bank, two: Two) -> None:
    """Whoever writes another's codes into the form gets a draft for the own places at the own expense."""
    browser = manager(desk, bank, two.cafe.participant_id)
    listed = said(browser.get(f"{HOST}/desk/own/templates/", headers=ENGLISH))
    assert "Every sixth coffee" in listed
    assert "Promo code on the cup" not in listed  # its trigger is none of a purchase
    assert browser.get(f"{HOST}/desk/own/templates/coffee-flyer").status_code == 404
    form = {
        "n": "6", "points": "150", "categories": "coffee", "code": "sixth", "partners": "stand", "payer": "bank",
        "title_ru": "Шестой", "title_en": "The sixth",
    }  # fmt: skip
    shown = browser.post(f"{HOST}/desk/own/templates/coffee-every-sixth", data=form | {"do": "show"})
    assert shown.status_code == 200, said(shown)
    begun = browser.post(f"{HOST}/desk/own/templates/coffee-every-sixth", data=form)
    assert begun.status_code == 303, said(begun)
    with db.transaction(two.tenant) as session:
        [draft] = drafts_of_participant(session, two.cafe.participant_id)
        assert draft.document["conditions"]["partners"] == ["kofe"]
        assert draft.document["funding"] == [{"participant": "kofe", "share": 100}]
        assert begun.headers["Location"] == f"/desk/own/promotions/{draft.id}"
        owner = session.get_one(Participant, (two.tenant, two.cafe.participant_id))
        assert owner.code == "kofe"


def test_a_company_reads_what_it_pays_for_whoever_wrote_it(desk: Flask, bank: Bank) -> None:
    two = Two(bank)
    with db.transaction(bank.tenant) as session:
        for code, shares in (("half", {"kofe": 40, "stand": 60}), ("theirs", {"stand": 100})):
            document = promotion(PERCENT) | {
                "title": {"ru": code, "en": f"Five percent, {code}"},
                "funding": [{"participant": whose, "share": share} for whose, share in shares.items()],
            }
            publish(
                session, SYSTEM, programme_id=two.programme, code=code, document=document, starts_at=LONG_AGO
            )
    anna = manager(desk, bank, two.cafe.participant_id)
    text = said(anna.get(f"{HOST}/desk/own/promotions/", headers=ENGLISH))
    assert "Five percent, half" in text
    assert "40%" in text
    assert "60%" not in text
    assert "theirs" not in text
