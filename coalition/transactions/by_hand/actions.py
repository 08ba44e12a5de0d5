"""Entering an operation: once a form, within what the company was let, at an outlet of its own that is open."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from coalition.partners.by_hand import Limits, limits_of
from coalition.partners.models import Outlet
from coalition.partners.queries import outlet_by_id, participant_here, partner_by_id
from coalition.programmes.queries import the_programme
from coalition.transactions.by_hand.models import HandOperation, What
from coalition.transactions.by_hand.queries import OwnSale, entered, entered_on, own_sale, sale_numbered
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.ids import digest

CARDS_A_DAY = 100
"""So many cards one person activates or gives in a day."""


class Form(NamedTuple):
    """What was sent: its key, whose card it is about, where, and the money in minor units (none for a card)."""

    key: UUID
    what: What
    member_id: UUID
    outlet_id: int
    number: str = ""
    amount: int = 0


def require_let(session: Session, actor: Actor) -> Limits:
    """Up to how much the person may enter; and her company does not leave, nor is let less, before this is done.

    Raises Conflict("participant_left"), Refusal("hand_not_let") where the programme lets the company enter nothing.
    """
    actor.must(Permission.PORTAL_CARD_OPERATE)
    limits = limits_of(participant_here(session, _company(actor)))
    if limits is None:
        raise Refusal("hand_not_let")
    return limits


def require_open_outlet(session: Session, actor: Actor, outlet_id: int) -> Outlet:
    """An outlet of the person's own company; it does not close before this is done.

    Raises NotFound("outlet_unknown") for anybody else's, Refusal("hand_outlet_closed").
    """
    actor.must(Permission.PORTAL_CARD_OPERATE)
    outlet = outlet_by_id(session, outlet_id)
    if partner_by_id(session, outlet.partner_id).participant_id != _company(actor):
        raise NotFound("outlet_unknown")
    session.refresh(outlet, with_for_update={"read": True})
    if outlet.closed_at is not None:
        raise Refusal("hand_outlet_closed")
    return outlet


def require_within(session: Session, actor: Actor, *, what: What, amount: int) -> None:
    """What is entered is no more than the person may: one operation, and with it her day.

    Raises what `require_let` raises, Refusal("hand_over_limit", most=...), "hand_day_over" (left=...), in minor units,
    or "hand_cards_over" (most=...).
    """
    actor.must(Permission.PORTAL_CARD_OPERATE)
    limits = require_let(session, actor)
    assert actor.id is not None, "a company's person is somebody"
    money, cards = entered_on(session, actor.id, _today(session))
    if what is What.CARD and cards >= CARDS_A_DAY:
        raise Refusal("hand_cards_over", most=CARDS_A_DAY)
    if amount > limits.per_operation:
        raise Refusal("hand_over_limit", most=limits.per_operation)
    if money + amount > limits.per_person_day:
        raise Refusal("hand_day_over", left=max(0, limits.per_person_day - money))


def enter(session: Session, actor: Actor, form: Form, do: Callable[[], UUID]) -> HandOperation:
    """Do the operation and note who entered it, once for each form: the same one again finds what it has done.

    `do` goes the way of tills and returns the row that it has made. What is refused changes nothing. One person's forms
    are done one after another, or two at once would pass the limit of her day. Raises what `require_within` and
    `require_open_outlet` raise, and what `do` does.
    """
    actor.must(Permission.PORTAL_CARD_OPERATE)
    assert actor.id is not None, "a company's person is somebody"
    one_at_a_time(session, "by hand", actor.id)
    known = entered(session, form.member_id, form.key)
    if known is not None:
        return known
    require_within(session, actor, what=form.what, amount=form.amount)
    outlet = require_open_outlet(session, actor, form.outlet_id)
    cause = do()
    made = HandOperation(
        tenant_id=tenant_of(session),
        member_id=form.member_id,
        id=form.key,
        participant_id=_company(actor),
        outlet_id=form.outlet_id,
        staff_id=actor.id,
        what=form.what,
        number=form.number,
        amount=form.amount,
        cause_id=cause,
        day=_today(session),
        at=clock.now(),
    )
    session.add(made)
    told = {"outlet": outlet.code, "number": form.number, "amount": form.amount, "cause": str(cause)}
    record(
        session,
        actor,
        {What.SALE: "hand.sale", What.RETURN: "hand.return", What.CARD: "hand.card"}[form.what],
        f"member {form.member_id}",
        after=told,
    )
    return made


def sale_to_bring_back(session: Session, actor: Actor, *, number: str, amount: int) -> OwnSale:
    """A sale of the person's own company of which so much can be brought back; nobody else brings it back meanwhile.

    Raises what `own_sale` raises, and Refusal("hand_return_more", most=...), in minor units.
    """
    actor.must(Permission.PORTAL_CARD_OPERATE)
    one_at_a_time(session, "by hand back", own_sale(session, _company(actor), number).purchase.id)
    found = own_sale(session, _company(actor), number)
    if amount > found.left:
        raise Refusal("hand_return_more", most=found.left)
    return found


def require_new_number(session: Session, actor: Actor, number: str) -> None:
    """Refusal("hand_number_taken") where a till or a person of the company has told a sale of this number already.

    Whoever enters the same number at this moment is waited for.
    """
    actor.must(Permission.PORTAL_CARD_OPERATE)
    one_at_a_time(session, "by hand number", _company(actor), number)
    if sale_numbered(session, _company(actor), number):
        raise Refusal("hand_number_taken")


def one_at_a_time(session: Session, *what: object) -> None:
    """Wait for whoever is at the same, until its transaction has ended."""
    lock = int.from_bytes(digest(tenant_of(session), *what)[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(lock)))


def _today(session: Session) -> date:
    return clock.business_day(the_programme(session).zone)


def _company(actor: Actor) -> int:
    """For which participant the person works; Forbidden for anybody else."""
    if actor.of_participant is None:
        raise Forbidden("not_permitted", permission=str(Permission.PORTAL_CARD_OPERATE))
    return actor.of_participant
