"""Claims of the two invented banks, in different states, so that the claims desk has something to show."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.claims.actions import answer, ask_member, ask_partner, open_claim, take
from coalition.claims.attaching import attach
from coalition.claims.deciding import Proposal, decide
from coalition.claims.kinds import ClaimFacts, Kind
from coalition.claims.models import Claim
from coalition.ledger.queries import richest
from coalition.members.queries import person_of
from coalition.papers import Brought
from coalition.transactions.models import Purchase
from tenants.actor import SYSTEM, Actor
from tenants.branding.web import branding_of
from tenants.models import Staff
from tenants.permissions import EVERYTHING
from tenants.runtime import clock
from tenants.runtime.db import tenant_of

MEMBERS = 7
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
_WORDS = {
    "ru": {
        "much": "За эту покупку обещали больше. Посчитайте, пожалуйста, ещё раз",
        "none": "Оплата картой, чек на руках, а в истории ничего нет",
        "order": "Заказ привезли две недели назад, а магазина в истории нет",
        "again": "На кассе сказали, что удвоят, а пришло как обычно",
        "asked": "На какой кассе и в котором часу это было?",
        "till": "Касса у входа, около шести вечера",
        "partner": "Терминал у входа ваш? Просим подтвердить покупку",
        "right": "{name}, вы правы. Начислили недостающее, потратить можно уже сейчас.",
        "no": "{name}, мы всё проверили и начислить не можем. Покупка не подходит под условия акции.",
        "shop": "Лавка на набережной",
    },
    "en": {
        "much": "More was promised for this one. Please count it again",
        "none": "I paid by card and have the receipt, but nothing is in my history",
        "order": "The parcel came two weeks ago, and the shop is not in my history",
        "again": "They said it would be doubled, and it came as always",
        "asked": "At which till was it, and at what time?",
        "till": "The till by the door, at about six",
        "partner": "Is the terminal by the door yours? Please confirm the purchase",
        "right": "{name}, you are right. What was missing is credited and can be spent now.",
        "no": "{name}, we have looked into it and cannot credit points. The purchase does not meet the terms.",
        "shop": "Quayside Home",
    },
}


@dataclass(frozen=True)
class _Desk:
    """The people of the claims desk, and the words of the tenant's language."""

    session: Session
    officer: Actor
    words: dict[str, str]
    lang: str

    def disputed(self, member_id: UUID, words: str, *, back: int = 0) -> Claim:
        """A claim about the member's last purchase, or one before it."""
        purchase = self.session.scalars(
            select(Purchase.id)
            .where(Purchase.tenant_id == tenant_of(self.session), Purchase.member_id == member_id)
            .order_by(Purchase.id.desc())
            .offset(back)
            .limit(1)
        ).one()
        return self.opened(member_id, Kind.WRONG_AMOUNT, words, purchase_id=purchase)

    def opened(self, member_id: UUID, kind: Kind, words: str, **more: Any) -> Claim:
        """A claim of the member."""
        return open_claim(
            self.session, SYSTEM, member_id=member_id, kind=kind, words=self.words[words], **more
        )

    def granting(self, member_id: UUID, points: int) -> Proposal:
        """Points from the bank."""
        reply = self.words["right"].format(name=person_of(self.session, member_id).name)
        return Proposal("grant", reply, self.lang, points=points, funder_id=1)

    def refusing(self, member_id: UUID) -> Proposal:
        """No points, because of the terms."""
        reply = self.words["no"].format(name=person_of(self.session, member_id).name)
        return Proposal("refuse", reply, self.lang, reason="terms_not_met")


def open_claims(session: Session) -> None:
    """New ones, some in hand, one that waits for each side, one to be signed, and some that are answered."""
    staff = session.scalars(
        select(Staff).where(Staff.tenant_id == tenant_of(session), Staff.login == "operator")
    ).one()
    lang = branding_of(session).language
    desk = _Desk(session, Actor("staff", id=staff.id, permissions=EVERYTHING), _WORDS[lang], lang)
    members = richest(session, MEMBERS)
    today = clock.now().date()
    told = {"shop": desk.words["shop"], "day": today - timedelta(days=9), "amount": 7_440_00, "points": 372}
    missing = desk.opened(members[0], Kind.NOT_CREDITED, "none", facts=ClaimFacts.model_validate(told))
    attach(session, SYSTEM, member_id=members[0], claim_id=missing.id, brought=[Brought("receipt.pdf", _PDF)])
    desk.disputed(members[1], "again")
    order = {
        "shop": desk.words["shop"],
        "day": today - timedelta(days=14),
        "order": "77-20418",
        "points": 540,
    }
    lost = desk.opened(members[2], Kind.LOST_ORDER, "order", facts=ClaimFacts.model_validate(order))
    take(session, desk.officer, number=lost.number)
    ask_partner(session, desk.officer, number=lost.number, words=desk.words["partner"])
    asked = desk.disputed(members[3], "much")
    take(session, desk.officer, number=asked.number)
    ask_member(session, desk.officer, number=asked.number, words=desk.words["asked"])
    answered = desk.disputed(members[4], "again")
    take(session, desk.officer, number=answered.number)
    ask_member(session, desk.officer, number=answered.number, words=desk.words["asked"])
    answer(session, SYSTEM, member_id=members[4], claim_id=answered.id, words=desk.words["till"])
    for member_id, proposal in (
        (members[5], desk.granting(members[5], 900)),
        (members[6], desk.granting(members[6], 120)),
        (members[0], desk.refusing(members[0])),
    ):
        decided = desk.disputed(member_id, "much", back=1)
        take(session, desk.officer, number=decided.number)
        decide(session, desk.officer, number=decided.number, proposal=proposal)
