"""Thirty days of a network that is late, repeats itself and changes its mind, and what must come of them."""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from sqlalchemy import select

from coalition.ledger.models import Account, Balance, Purpose
from coalition.ledger.post import Cause, open_book
from coalition.offers.actions import click, list_shop
from coalition.offers.models import Order, Shop
from coalition.reports.audit import audit
from partner_portal.aggregator import postbacks
from partner_portal.aggregator.jobs import read_postbacks
from tenants.actor import SYSTEM, member
from tenants.runtime import clock, db
from tenants.runtime.errors import Outage
from tenants.runtime.ids import new_id
from tests.ledger.house import new_member
from tests.offers.conftest import NOW, Loopback, Mall

DAYS, SETTLING, MEMBERS = 30, 40, 8


@dataclass
class Story:
    """One run: what was spent by whom, and how often the network was away."""

    mall: Mall
    loopback: Loopback
    draw: random.Random
    members: list[UUID] = field(default_factory=list)
    shops: list[tuple[int, str, int, str]] = field(
        default_factory=list
    )  # id, network's id, share, activation
    clicks: dict[str, tuple[UUID, int, str]] = field(
        default_factory=dict
    )  # by word: member, share, activation
    spent: dict[UUID, int] = field(default_factory=dict)
    away: int = 0

    def open(self) -> None:
        """Members, and shops of different terms."""
        self.mall.walk()
        with db.transaction(self.mall.house.tenant) as session:
            self.members = [new_member(session, self.mall.house) for _ in range(MEMBERS)]
            for shop in session.scalars(select(Shop).order_by(Shop.id)):
                terms = (
                    self.draw.choice((3333, 5000, 8000)),
                    self.draw.choice(("approved", "approved", "paid")),
                )
                list_shop(session, SYSTEM, shop_id=shop.id, share=terms[0], activation=terms[1])
                self.shops.append((shop.id, shop.external_id, *terms))

    def live(self) -> None:
        """Thirty days of it, and as many more as its last orders need; then one quiet look."""
        for day in range(DAYS + SETTLING):
            with clock.stopped(NOW + timedelta(days=day, hours=self.draw.randrange(12))):
                self._day(shopping=day < DAYS)
        with clock.stopped(NOW + timedelta(days=DAYS + SETTLING + 5)):
            self.loopback.control("trouble")
            self.loopback.at(clock.now())
            self._postbacks()
            assert self.mall.reconcile().value == "done"
            self.mall.ask_paid()

    def _day(self, *, shopping: bool) -> None:
        trouble = {"cut": 0.05, "limit": 0.05} | ({"down": True} if self.draw.random() < 0.15 else {})
        self.loopback.control("trouble", **trouble)
        if shopping:
            self._shop()
        self.loopback.at(clock.now())
        for _ in range(self.draw.randrange(3)):
            self._postbacks()
        for _ in range(self.draw.randrange(3)):
            self.away += self.mall.reconcile().value == "away"
        if self.draw.random() < 0.4:
            with suppress(Outage):
                self.mall.ask_paid()
            self._spend()

    def _shop(self) -> None:
        made = []
        with db.transaction(self.mall.house.tenant) as session:
            for who in self.draw.sample(self.members, 3):
                shop, external, share, activation = self.draw.choice(self.shops)
                link = click(session, member(who), member_id=who, shop_id=shop)
                word = dict(parse_qsl(urlsplit(link).query))["subid"]
                self.clicks[word] = (who, share, activation)
                made.append((int(external), word))
        self.loopback.control("clicks", clicks=made)

    def _postbacks(self) -> None:
        """Some are told twice, some to the wrong address, some without the word."""
        for said in self.loopback.control("postbacks"):
            key = {} if said.pop("unsigned", "") else {"key": self.mall.word}
            fields = postbacks.read(urlencode(said | key), "")
            for _ in range(1 + (self.draw.random() < 0.2)):
                assert postbacks.store("test.localhost", "loopback", fields) == 200
        with db.transaction(self.mall.house.tenant) as session:
            read_postbacks(session)

    def _spend(self) -> None:
        who = self.draw.choice(self.members)
        with db.transaction(self.mall.house.tenant) as session:
            book = open_book(session, member_id=who, zone="Asia/Kamchatka")
            points = book.balance.available * self.draw.choice((1, 2)) // 2
            if points:
                book.spend(Cause(Purpose.ADJUST, new_id(), clock.now()), points, Account.ADJUSTED)
                self.spent[who] = self.spent.get(who, 0) + points

    def truth(self) -> dict[UUID, tuple[int, int]]:
        """What each member should have, waiting and hers, by the network's final word and plain arithmetic."""
        found = dict.fromkeys(self.members, (0, 0))
        for told in self.loopback.control("truth"):
            who, share, activation = self.clicks[told["subid"]]
            points = told["commission"] * share // 10_000 // 100
            if told["state"] == "declined":
                continue
            hers = told["paid"] or (told["state"] == "approved" and activation == "approved")
            waiting, given = found[who]
            found[who] = (waiting, given + points) if hers else (waiting + points, given)
        return found

    def have(self) -> dict[UUID, tuple[int, int]]:
        """What each has, with what she spent and without what she owes."""
        with db.transaction(self.mall.house.tenant) as session:
            rows = {one.member_id: one for one in session.scalars(select(Balance))}
            return {
                who: (rows[who].pending, rows[who].available - rows[who].debt + self.spent.get(who, 0))
                for who in self.members
            }

    def paid_once(self) -> None:
        """Each order of the network is one row, and the audit finds nothing."""
        with db.transaction(self.mall.house.tenant) as session:
            mine = {one.external_id for one in session.scalars(select(Order).where(Order.problem.is_(None)))}
            assert [one.rule for one in audit(session) if one.broken] == []
        assert mine == {str(told["id"]) for told in self.loopback.control("truth")}


def tell(loopback: Loopback, mall: Mall, seed: int) -> Story:
    """Live through a seed's story and compare."""
    loopback.begin(seed=seed, shops=12, now=NOW)
    story = Story(mall, loopback, random.Random(seed))
    with clock.stopped(NOW):
        story.open()
    story.live()
    assert story.have() == story.truth()
    story.paid_once()
    return story
