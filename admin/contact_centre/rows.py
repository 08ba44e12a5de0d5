"""Rows of the timeline in words: what the member's own history says, and what only the staff sees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from uuid import UUID

from flask_babel import gettext as _

from coalition.cabinet import history as cabinet_history
from coalition.cabinet.claim_words import FOR_STAFF
from coalition.cabinet.history import time_of
from coalition.cabinet.icons import shop_icon
from coalition.cabinet.views import Line
from coalition.cabinet.visit import Visit
from coalition.care.terms import GoodwillTerms
from coalition.claims.kinds import TITLES, Kind
from coalition.claims.models import Claim
from coalition.claims.states import State
from coalition.messages.models import TITLES as MESSAGE_TITLES
from coalition.messages.models import TextMessage, What
from coalition.reports.history import Entry
from coalition.reports.lists.people import TEXTS
from coalition.reports.timeline import Row
from tenants.branding.words import Words
from tenants.translations import N_

TABS = {
    "all": N_("All"),
    "points": N_("With points"),
    "without": N_("Without points"),
    "returns": N_("Returns"),
    "spent": N_("Spent"),
    "changes": N_("Changes"),
    "claims": N_("Claims"),
    "service": N_("Cards and notes"),
    "messages": N_("Messages"),
}
_RETURNS = {
    "waiting": (N_("%(money)s returned. Its purchase is being looked for until %(day)s"), N_("waits")),
    "manual": (N_("%(money)s returned. Its purchase was not found: a person decides"), N_("to decide")),
    "let_be": (N_("%(money)s returned. It was let be, no points were taken"), N_("let be")),
    "same": (N_("%(money)s returned. The other channel has told it already"), N_("told twice")),
}
_SPENT = {
    "held": N_("set aside"),
    "done": N_("done"),
    "cancelled": N_("cancelled"),
    "refused": N_("did not work"),
}
_PAYOUTS = {
    "waiting": N_("waits to be paid"),
    "sent": N_("on its way"),
    "paid": N_("paid"),
    "returned": N_("came back"),
}
_CARDS = {
    "issued": N_("Card %(end)s was issued"),
    "active": N_("Card %(end)s works"),
    "blocked": N_("Card %(end)s was blocked"),
}
BLOCKED = {
    "lost": N_("Lost"),
    "stolen": N_("Stolen"),
    "damaged": N_("Damaged"),
    "other": N_("Another reason"),
}


@dataclass(frozen=True)
class Shown:
    """A row on the page: its key (kind and number), the line, its time, and the row itself."""

    key: str
    line: Line
    time: str
    row: Row


def shown(visit: Visit, rows: Sequence[Row], terms: GoodwillTerms) -> list[tuple[date, list[Shown]]]:
    """Rows by the programme's day."""
    return [
        (day, [_shown(visit, row, terms) for row in group])
        for day, group in groupby(rows, key=lambda row: visit.w.day_of(row.at))
    ]


def _shown(visit: Visit, row: Row, terms: GoodwillTerms) -> Shown:
    line = _line(visit, row, terms)
    time = time_of(row.at, visit.w)
    state = "" if line.state == time else line.state
    return Shown(f"{row.kind}.{row.id}", replace(line, href="", state=state), time, row)


def _line(visit: Visit, row: Row, terms: GoodwillTerms) -> Line:
    w = visit.w
    if row.card is not None:
        return _card(row, w)
    if row.claim is not None:
        return _claim(row.claim)
    if row.message is not None:
        return _text(row.message)
    if row.entry is None:
        return _plain("pencil", _("Note, %(name)s", name=row.by), row.note)
    if row.goodwill is not None:
        return _goodwill(visit, row, row.entry, terms)
    if row.entry.kind == "redemption":
        return _redemption(visit, row, row.entry)
    if row.entry.kind == "return" and row.entry.returned and row.entry.returned.state in _RETURNS:
        return _return(visit, row.entry)
    if row.entry.kind == "purchase" and not any(
        points or cut for _d, _b, points, cut, _s in row.entry.documents
    ):
        return _without_points(visit, row.entry)
    return cabinet_history.line(visit, row.entry)


def _plain(icon: str, who: str, why: str, state: str = "") -> Line:
    return Line(icon=icon, tone="", who=who, why=why, sum="", shade="", state=state)


def _card(row: Row, w: Words) -> Line:
    assert row.card is not None, "the caller looked"
    event, last_four = row.card
    who = _(_CARDS[event.state], end=f"•• {last_four}")
    why = [_(BLOCKED[event.reason])] if event.reason else []
    return _plain("credit-card", who, ", ".join([*why, *([row.by] if row.by else [])]))


def _claim(claim: Claim) -> Line:
    tone, _icon, state = FOR_STAFF[State(claim.state)]
    who = _("Claim %(number)s: %(what)s", number=claim.number, what=_(TITLES[Kind(claim.kind)]))
    return Line(icon="chat-left-text", tone=tone, who=who, why="", sum="", shade="", state=_(state))


def _text(message: TextMessage) -> Line:
    state, tone, _icon = TEXTS[message.state]
    assert message.what is not None, "whose member is known, is known what it is"
    what = _(MESSAGE_TITLES[What(message.what)])
    return replace(_plain("send", _("SMS: %(what)s", what=what), "", _(state)), tone=tone)


def _goodwill(visit: Visit, row: Row, entry: Entry, terms: GoodwillTerms) -> Line:
    grant, w = row.goodwill, visit.w
    assert grant is not None, "the caller looked"
    titles = terms.reasons.get(grant.reason)
    reason = (titles.ru if w.lang == "ru" else titles.en) if titles else grant.reason
    undone = entry.points < 0
    return Line(
        icon="arrow-return-left" if undone else "gift",
        tone="" if undone else "good",
        who=_("Goodwill taken back") if undone else _("Goodwill: %(reason)s", reason=reason),
        why=row.by,
        sum=w.amount(entry.points, signed=True),
        shade="minus" if undone else "plus",
        state=_("taken back later") if grant.undone_at and not undone else "",
    )


def _redemption(visit: Visit, row: Row, entry: Entry) -> Line:
    w, redemption = visit.w, entry.redemption
    assert redemption is not None, "the caller looked"
    name = visit.said(entry.reward.name) if entry.reward else ""
    state = _PAYOUTS[row.payout] if row.payout and redemption.state == "done" else _SPENT[redemption.state]
    return Line(
        icon="gift-fill" if not row.payout else "cash-coin",
        tone="",
        who=name,
        why=w.money(redemption.minor) if redemption.minor else "",
        sum=w.amount(entry.points, signed=True),
        shade="minus",
        state=_(state),
    )


def _return(visit: Visit, entry: Entry) -> Line:
    w, back = visit.w, entry.returned
    assert back is not None, "the caller looked"
    text, state = _RETURNS[back.state]
    return _plain(
        "arrow-return-left",
        _("%(seller)s: return", seller=cabinet_history.seller(visit, entry)),
        _(text, money=w.money(back.amount), day=w.day(back.wait_until)),
        _(state),
    )


def _without_points(visit: Visit, entry: Entry) -> Line:
    w, sale = visit.w, entry.purchase
    assert sale is not None, "the caller looked"
    why = _("%(money)s. No promotion gave points for it", money=w.money(sale.amount))
    if entry.partner is None:
        why = _("%(money)s. Not a partner, and no promotion is for it", money=w.money(sale.amount))
    return Line(
        icon=entry.partner.icon if entry.partner else shop_icon(sale.mcc),
        tone="",
        who=cabinet_history.seller(visit, entry),
        why=why,
        sum="0",
        shade="lost",
        state=_("no points"),
    )


def key_of(text: str | None) -> tuple[str, UUID] | None:
    """The row that an address names."""
    kind, _dot, number = (text or "").partition(".")
    try:
        return kind, UUID(number)
    except ValueError:
        return None
