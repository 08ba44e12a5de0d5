"""Requests about personal data in words: who, what, by when, what stands in the way."""

from collections.abc import Iterator
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from admin.desk import Cell
from coalition.care.seeing import masked_name
from coalition.members.queries import person_of
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.queries import InTheWay
from tenants.branding.words import Words
from tenants.runtime.errors import NotFound
from tenants.translations import N_

KINDS = {"copy": N_("Copy of the data"), "erasure": N_("Erasure")}
REASONS = {
    "not_the_member": N_("It was not the member who asked"),
    "taken_back": N_("The member took it back"),
    "in_the_way": N_("Something has to come to its end first"),
}

ERASED = N_("The member's data was erased first")


def named(session: Session, member_id: UUID) -> str:
    """The member, masked."""
    try:
        return masked_name(person_of(session, member_id).name)
    except NotFound:
        return _("Erased")


def state(one: PrivacyRequest, w: Words, *, signing: bool = False) -> Cell:
    """How far it is."""
    if one.state == "refused":
        return Cell(_("Refused"), tone="still", icon="slash-circle")
    if one.state == "done":
        said = _("Erased") if one.kind == "erasure" else _("Copy is made")
        return Cell(said, tone="good", icon="check-circle")
    if signing:
        return Cell(_("Waits for a signature"), tone="wait", icon="hourglass-split")
    if one.kind == "copy" and not one.waits_for_signature:
        return Cell(_("Copy is being made"), tone="wait", icon="hourglass-split")
    return Cell(_("Not answered yet"), tone="wait", icon="hourglass-split")


def term(one: PrivacyRequest, w: Words) -> Cell:
    """By when it is answered, with the days that are left while it is not."""
    if one.state != "open":
        return Cell(w.day(one.due_on))
    left = w.days_until(one.due_on)
    if left < 0:
        said = ngettext("%(number)s day late", "%(number)s days late", -left, number=w.number(-left))
        return Cell(said, sub=w.day(one.due_on), tone="bad", icon="exclamation-triangle-fill")
    said = ngettext("%(number)s day left", "%(number)s days left", left, number=w.number(left))
    return Cell(w.day(one.due_on), sub=said)


def obstacles(found: InTheWay, w: Words) -> Iterator[str]:
    """What an erasure waits for, one sentence each."""
    if found.held:
        yield _("%(points)s are set aside: capture or release them first", points=w.points(found.held))
    if found.redemptions:
        yield ngettext(
            "%(number)s redemption is not finished",
            "%(number)s redemptions are not finished",
            found.redemptions,
            number=w.number(found.redemptions),
        )
    if found.payouts:
        yield ngettext(
            "%(number)s payout is not paid yet",
            "%(number)s payouts are not paid yet",
            found.payouts,
            number=w.number(found.payouts),
        )
    if found.claims:
        yield ngettext(
            "%(number)s claim is open",
            "%(number)s claims are open",
            found.claims,
            number=w.number(found.claims),
        )
