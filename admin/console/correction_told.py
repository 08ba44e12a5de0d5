"""A correction as its page tells it: its form, its figures before and after, the chart, and each member."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.console.correction_chart import Chart, Days, days_of, drawn
from admin.console.payouts import tail
from admin.console.promotion_form import DraftForm
from admin.console.promotion_told import Terms, called, changes, people_named, terms
from admin.desk import Cell, Visitor
from coalition import money
from coalition.members.queries import person_of
from coalition.partners.models import Participant
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.promotions.models import PromotionVersion
from coalition.transactions.corrections.models import CorrectedMember, Correction
from coalition.transactions.corrections.queries import (
    Bound,
    Found,
    corrected_members,
    correction_has_stopped,
    days_not_live,
    short_bounds,
)
from coalition.transactions.corrections.tally import Tally
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.translations import N_

ROWS, POLL_SECONDS, POLL_SECONDS_LATER = 25, 2, 5
STATES = {
    "asked": ("wait", "pencil", N_("Not sent to be signed yet")),
    "sent": ("wait", "hourglass-split", N_("Waits for a signature")),
    "idle": ("still", "slash-circle", N_("Ended: it changes nobody's points")),
    "approved": ("wait", "hourglass", N_("The correction is being posted")),
    "done": ("good", "check-circle", N_("The correction is posted")),
    "discarded": ("still", "slash-circle", N_("Discarded")),
}
DEBTS = {
    "never": N_("Nobody goes into debt: what is spent already is written off to who paid"),
    "allowed": N_("What is spent already becomes a debt of the member"),
}


@dataclass
class CorrectionForm(DraftForm):
    """The terms' fields, and those of the days."""

    first_day: str = ""
    last_day: str = ""
    debt: str = "never"


@dataclass(frozen=True)
class Payer:
    """What one payer gives, gets back and loses; its balance in money."""

    name: str
    given: int
    taken: int
    written_off: int
    worth: int


@dataclass(frozen=True)
class Part:
    """A preview or a posting in figures: points, their worth, days, payers."""

    tally: Tally
    worth: int
    payers: Sequence[Payer]
    days: Sequence[Days]
    chart: Chart | None


@dataclass(frozen=True)
class Person:
    """A member's line: as it would be, and as it was posted where it was."""

    name: str
    preview: Tally
    posted: Tally | None
    payers: str
    worth: int


@dataclass(frozen=True)
class ToldCorrection:
    """Everything on the page."""

    found: Found
    chip: Cell
    debt: str
    terms: Terms | None
    changes: Sequence[str]
    author: str
    signer: str
    stopped: bool
    preview: Part
    posted: Part
    not_live: str
    bounds: Sequence[Bound]
    people: Sequence[Person]
    older: UUID | None
    steps: frozenset[str]
    own: bool

    @property
    def shown(self) -> Part:
        """What the chart and the tables are of: what was posted, once it is."""
        return self.posted if self.found.correction.state == "done" else self.preview

    @property
    def is_working(self) -> bool:
        """Whether jobs are at it."""
        state = self.found.correction.state
        return state == "approved" or (state == "asked" and not self.found.is_previewed)

    @property
    def done(self) -> int:
        """How many slices of the work that goes on are in."""
        return self.found.posted if self.found.correction.state == "approved" else self.found.previewed

    @property
    def hundredths(self) -> int:
        """Of a percent of its slices."""
        return 10_000 * self.done // max(self.found.correction.slices, 1)

    @property
    def poll_seconds(self) -> int | None:
        """When to ask again; None when there is nothing more to come."""
        correction = self.found.correction
        if not self.is_working or self.stopped:
            return None
        since = correction.approved_at or correction.asked_at
        return POLL_SECONDS if clock.now() - since < timedelta(minutes=1) else POLL_SECONDS_LATER


def sent(
    came: tuple[DraftForm, dict[str, Any]], form: Mapping[str, str], *, asked: bool
) -> tuple[CorrectionForm, dict[str, Any]]:
    """The fields as they came beside the terms', and what the action takes; with errors that is not whole.

    Days that are left empty are told only where the correction is asked for.
    """
    draft, taken = came
    found = CorrectionForm(
        **vars(draft), **{name: form.get(name, "").strip() for name in ("first_day", "last_day")}
    )
    found.debt = form.get("debt", "") if form.get("debt") in DEBTS else "never"
    wanted: dict[str, Any] = {"document": taken.get("document"), "note": draft.note, "debt": found.debt}
    for name in ("first_day", "last_day"):
        wanted[name], text = None, getattr(found, name)
        try:
            wanted[name] = date.fromisoformat(text)
        except ValueError:
            if text or asked:
                found.errors[name] = _("Write the day as year, month and day, like 2026-12-31")
    return found, wanted


def told(session: Session, found: Found, visitor: Visitor, after: UUID | None = None) -> ToldCorrection:
    """A correction, as this person may handle it, with a page of its members."""
    correction, w = found.correction, visitor.w
    programme = programme_by_id(session, correction.programme_id)
    tone, icon, text = STATES[correction.state]
    chip = Cell(_(text), tone=tone, icon=icon)
    if correction.state == "asked" and not found.is_previewed:
        chip = Cell(_("Being worked out"), tone="wait", icon="hourglass")
    wrong = (
        session.get(PromotionVersion, (correction.tenant_id, correction.replaces))
        if correction.replaces
        else None
    )
    names = called(session, w.lang)
    people = people_named(session, (correction.author_id, correction.approved_by))
    own = visitor.actor.id is not None and visitor.actor.id == correction.author_id
    rows = corrected_members(session, correction.id, after=after, limit=ROWS + 1)
    return ToldCorrection(
        found,
        chip,
        _(DEBTS[correction.debt]),
        terms(correction.document, w, names),
        changes(wrong, correction.document, w, names) if wrong else (),
        people.get(correction.author_id, _("The house")),
        people.get(correction.approved_by, _("The house")),
        correction_has_stopped(session, correction.id),
        _part(session, programme, correction, found.preview, w),
        _part(session, programme, correction, found.done, w),
        ", ".join(_days(*run, w) for run in days_not_live(session, correction)),
        short_bounds(session, found) if correction.state in ("asked", "sent") else (),
        [_person(session, programme, row, visitor) for row in rows[:ROWS]],
        rows[ROWS - 1].member_id if len(rows) > ROWS else None,
        frozenset(_steps(found, visitor, own=own)),
        own,
    )


def _days(first: date, last: date, w: Words) -> str:
    return w.day(first) if first == last else f"{w.day(first)} — {w.day(last)}"


def _part(session: Session, programme: Programme, correction: Correction, tally: Tally, w: Words) -> Part:
    names = _payers(session, w)
    payers = [
        Payer(names.get(key, key), given, taken, left_, _worth(programme, given - taken))
        for key, (given, taken, left_) in tally.funders.items()
    ]
    days = days_of(tally.days, correction.first_day, correction.last_day)
    return Part(
        tally,
        _worth(programme, tally.net),
        sorted(payers, key=lambda payer: payer.name),
        days,
        drawn(days, w) if tally.days else None,
    )


def _payers(session: Session, w: Words) -> dict[str, str]:
    """What the participants are called, by number."""
    rows = session.scalars(select(Participant).where(Participant.tenant_id == tenant_of(session)))
    return {str(row.id): row.name.get(w.lang, row.code) for row in rows}


def _worth(programme: Programme, points: int) -> int:
    worth = money.worth(abs(points), programme.value_minor, programme.value_points)
    return worth if points >= 0 else -worth


def _person(session: Session, programme: Programme, row: CorrectedMember, visitor: Visitor) -> Person:
    preview, posted = (Tally(**one) if one else None for one in (row.preview, row.posted))
    shown, w = posted or preview or Tally(), visitor.w
    names = _payers(session, w)
    payers = (
        f"{names.get(key, key)} {w.amount(given - taken, signed=True)}"
        for key, (given, taken, _left) in sorted(shown.funders.items())
    )
    who = _who(session, row.member_id, visitor)
    return Person(who, preview or Tally(), posted, ", ".join(payers), _worth(programme, shown.net))


def _who(session: Session, member_id: UUID, visitor: Visitor) -> str:
    """The member's name for those who may see it; else the end of the number."""
    if not visitor.may(Permission.DESK_MEMBER_READ):
        return tail(member_id)
    try:
        return person_of(session, member_id).name
    except NotFound:
        return tail(member_id)


def _steps(found: Found, visitor: Visitor, *, own: bool) -> Iterable[str]:
    state = found.correction.state
    if visitor.may(Permission.DESK_PROMOTION_EDIT):
        if state in ("asked", "idle") and found.is_previewed:
            yield "send"
        if state in ("asked", "sent"):
            yield "discard"
    signs = visitor.may(Permission.DESK_PROMOTION_APPROVE, Permission.DESK_LEDGER_ADJUST)
    if state == "sent" and signs and not own:
        yield "approve"
