"""A member's history: every change of her points, the newest first, a page at a time."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from coalition.partners.models import Partner
from coalition.programmes.terms import NEVER
from coalition.reports.history import Entry, history
from partner_portal.api.operations import Answer, Call, Query, operation
from partner_portal.api.v1.members import member_of
from tenants.translations import N_


class Page(Query):
    """How many entries, and where the page before ended: its `next`."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{22}$")] = ""


class Change(Answer):
    """A change of points: `points` are signed. While they wait they are `pending`, `active_on` a day if one is known.

    `kind` is purchase, occasion, return, correction, claim, redemption, cancelled, expired, lapsed, debt, adjusted,
    imported.
    Where it was at a partner of the client's participant, that partner and the purchase are named.
    """

    id: UUID
    at: datetime
    kind: str
    points: int
    pending: bool
    active_on: date | None
    partner: str | None
    purchase_id: UUID | None


class History(Answer):
    """A page. What shares a moment stays together, so it may be longer than asked; `next` is null at the end."""

    changes: list[Change]
    next: str | None


@operation(
    "GET",
    "/members/{member_id}/history",
    scope="members:read",
    about=N_("Every change of a member's points, the newest first"),
    asks=Page,
    gives=History,
    problems=("member_unknown",),
)
def read_history(call: Call, page: Page, member_id: UUID) -> History:
    """A page of the history."""
    member = member_of(call.session, call.caller, member_id)
    found, following = history(call.session, member.id, before=_before(page.cursor), limit=page.limit)
    return History(
        changes=[_change(one, call.caller.participant_id) for one in found],
        next=_cursor(following) if following else None,
    )


def _cursor(following: UUID) -> str:
    return urlsafe_b64encode(following.bytes).decode().rstrip("=")


def _before(cursor: str) -> UUID | None:
    return UUID(bytes=urlsafe_b64decode(f"{cursor}==")) if cursor else None


def _change(entry: Entry, participant_id: int) -> Change:
    partner = _own(entry.partner, participant_id)
    waits = entry.waits_until
    return Change(
        id=entry.id,
        at=entry.at,
        kind=entry.kind,
        points=entry.points,
        pending=waits is not None,
        active_on=None if waits == NEVER else waits,
        partner=partner.code if partner else None,
        purchase_id=entry.purchase.id if partner and entry.purchase else None,
    )


def _own(partner: Partner | None, participant_id: int) -> Partner | None:
    return partner if partner and partner.participant_id == participant_id else None
