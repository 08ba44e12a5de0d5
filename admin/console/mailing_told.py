"""Mailings in words: where each stands, to whom it goes, and its numbers, to a company rounded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.desk import Cell
from coalition.mailings.models import BOUGHT_DAYS, Mailing
from coalition.mailings.rounding import FLOOR, rounded
from coalition.segments.queries import all_segments
from tenants.branding.words import Words
from tenants.translations import N_

STATES = {
    "draft": ("still", "pencil", N_("Being written")),
    "offered": ("wait", "hourglass-split", N_("Waits for the programme")),
    "declined": ("bad", "slash-circle", N_("Declined")),
    "scheduled": ("note", "calendar-event", N_("Approved, goes out at its hour")),
    "sending": ("note", "envelope", N_("Goes out now")),
    "sent": ("note", "envelope", N_("The last texts are on their way")),
    "done": ("good", "check-circle", N_("Sent")),
    "missed": ("bad", "exclamation-triangle-fill", N_("Never went out")),
    "withdrawn": ("still", "slash-circle", N_("Withdrawn")),
}
CHANNELS = {"text": N_("Text to the phone"), "notice": N_("Message in the personal account")}
COUNTED = ("sending", "sent", "done", "withdrawn")
"""States in which it has numbers; of what was withdrawn before it began they are nothing."""


@dataclass(frozen=True)
class Figure:
    """A number with its name; `sub` says how it came to be."""

    name: str
    value: str
    sub: str = ""


def state(mailing: Mailing) -> Cell:
    """How it stands, as a chip; what was approved and has a reason all the same was stopped by the programme."""
    tone, icon, text = STATES[mailing.state]
    if mailing.state == "withdrawn" and mailing.reason and mailing.advertiser:
        text = N_("Stopped by the programme")
    return Cell(_(text), tone=tone, icon=icon)


def exactly(count: int, w: Words) -> str:
    """A number of people for the programme's own."""
    return w.number(count)


def about(count: int, w: Words) -> str:
    """A number of people for a company: in tens, and none below the floor."""
    told = rounded(count)
    return _("about %(count)s", count=w.number(told)) if told else _("fewer than %(count)s", count=FLOOR)


People = Callable[[int, Words], str]


def titles_of_segments(session: Session) -> Mapping[int, str]:
    """What segments are called, by their bits."""
    return {one.bit: one.title for one in all_segments(session)}


def audience(mailing: Mailing, segments: Mapping[int, str]) -> str:
    """Whom it means."""
    if mailing.segment_bit is not None:
        return _("Segment: %(name)s", name=segments.get(mailing.segment_bit, ""))
    if mailing.audience == "met":
        return _("Everybody who has bought at the company's places")
    return _("Everybody of the programme")


def figures(mailing: Mailing, people: People, w: Words) -> list[Figure]:
    """What came of it; how many bought is told once the days for it are over, and is never another afterwards."""
    if mailing.bought is not None:
        bought = people(mailing.bought, w)
    else:
        bought = _("will be known on %(day)s", day=w.day(w.day_of(mailing.bought_known_at)))
    return [
        Figure(_("In the audience"), people(mailing.looked_at, w)),
        Figure(_("Went out"), people(mailing.sent, w)),
        Figure(_("Not delivered"), people(mailing.failed, w)),
        Figure(_("Left out: do not agree"), people(mailing.no_consent, w)),
        Figure(_("Left out: over the limit"), people(mailing.over_limit, w)),
        Figure(_("Left out: no phone"), people(mailing.without_phone, w)),
        Figure(_("Bought within %(days)s days", days=BOUGHT_DAYS), bought),
    ]
