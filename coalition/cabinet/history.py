"""The history: every movement of points by day, each with its reason."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext as _

from coalition.cabinet import reasons
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.claim_words import name_of
from coalition.cabinet.icons import shop_icon
from coalition.cabinet.kinds import face_of
from coalition.cabinet.order_words import order_instead, order_line
from coalition.cabinet.views import Day, Line
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.claims.kinds import TITLES, Kind
from coalition.claims.models import Claim
from coalition.partners.models import Outlet
from coalition.programmes.terms import NEVER
from coalition.promotions import wording
from coalition.promotions.document import Document
from coalition.reports.history import Entry
from coalition.reports.history import history as read_history
from coalition.transactions.corrections.models import Correction
from coalition.transactions.models import Occasion
from coalition.transactions.referrals.gifts import GIVEN
from tenants.branding.words import Words


@cabinet.get("/history")
@members_only
def history(visit: Visit) -> Answer:
    """A page of the history; `before` is where the page before it ended."""
    before = _cursor(request.args.get("before"))
    entries, following = read_history(visit.session, visit.member_id, before=before)
    return visit.page(
        "history.html",
        here="history",
        groups=days_of(visit, entries),
        newer=url_for("cabinet.history") if before else None,
        older=url_for("cabinet.history", before=following) if following else None,
    )


def _cursor(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def days_of(visit: Visit, entries: Sequence[Entry]) -> list[Day]:
    """Entries as lines, by the programme's day."""
    return [
        Day(on, [line(visit, entry) for entry in group])
        for on, group in groupby(entries, key=lambda entry: visit.w.day_of(entry.at))
    ]


def line(visit: Visit, entry: Entry) -> Line:
    """One entry in words."""
    if entry.redemption is not None and entry.kind == "redemption":
        return _redemption(visit, entry)
    if entry.kind == "purchase" and entry.purchase is not None:
        return _purchase(visit, entry)
    if entry.occasion is not None:
        return _occasion(visit, entry)
    if entry.returned is not None:
        return _return(visit, entry)
    if entry.correction is not None and entry.corrected is not None:
        return _correction(visit, entry, entry.correction, *entry.corrected)
    if entry.claim is not None:
        return _claim(visit, entry, entry.claim)
    if entry.order is not None:
        return order_line(visit, entry, entry.order)
    return _other(visit, entry)


def seller(visit: Visit, entry: Entry) -> str:
    """The partner's name, or what the bank's file calls the seller; where a person entered the sale, that, too."""
    name = visit.said(entry.partner.name) if entry.partner else entry.merchant
    return by_hand(visit, name, entry.by_hand)


def by_hand(visit: Visit, name: str, outlet: Outlet | None) -> str:
    """The seller's name, and that a person entered the sale at this outlet, if one did."""
    if outlet is None:
        return name
    return _("%(seller)s, entered by hand, outlet: %(outlet)s", seller=name, outlet=visit.said(outlet.name))


def _purchase(visit: Visit, entry: Entry) -> Line:
    w, until, sale = visit.w, entry.waits_until, entry.purchase
    assert sale is not None, "the caller looked"
    tone, shade = ("wait", "pend") if until else ("good", "plus")
    return Line(
        icon=entry.partner.icon if entry.partner else shop_icon(sale.mcc),
        tone=tone,
        who=seller(visit, entry),
        why="; ".join(
            filter(None, (reasons.short(entry.documents, w), _corrected(entry, w), _told_too(entry)))
        ),
        sum=w.amount(entry.points + entry.corrected_by, signed=True),
        shade=shade,
        state=_until(entry, w),
        was=w.amount(entry.points, signed=True) if entry.corrected_by else "",
        href=url_for("cabinet.why", purchase_id=sale.id),
    )


def _corrected(entry: Entry, w: Words) -> str:
    """What corrections have changed since, if anything: the reason is of what it gave before."""
    by = entry.corrected_by
    return _("corrected by %(points)s", points=w.amount(by, signed=True)) if by else ""


def _told_too(entry: Entry) -> str:
    """Who else has told the purchase, if anybody."""
    if entry.ordered is not None:
        return _("your order at %(shop)s, too", shop=entry.ordered[0].shop.name)
    if entry.told_twice is None:
        return ""
    return _("told by the bank, too") if entry.told_twice.file_id else _("told by the till, too")


def _occasion(visit: Visit, entry: Entry) -> Line:
    w, until = visit.w, entry.waits_until
    assert entry.occasion is not None, "the caller looked"
    if entry.points < 0:
        return _occasion_undone(entry, entry.occasion, w)
    gave = [document for document, _base, points, *_rest in entry.documents if points]
    return Line(
        icon="gift",
        tone="wait" if until else "good",
        who="; ".join(wording.title(document, w) for document in gave),
        why=_brought(entry.occasion) or "; ".join(wording.rule(document, w) for document in gave),
        sum=w.amount(entry.points, signed=True),
        shade="pend" if until else "plus",
        state=_until(entry, w),
    )


def _occasion_undone(entry: Entry, occasion: Occasion, w: Words) -> Line:
    """Points for bringing a friend that went back: never whose purchase it was, or of how much."""
    mine = occasion.data.get("side") == "friend"
    return Line(
        icon="people",
        tone="",
        who=_("The gift for friends went back"),
        why=_("Your first purchase was returned") if mine else _("Your friend's first purchase was returned"),
        sum=w.amount(entry.points, signed=True),
        shade="minus",
        state=time_of(entry.at, w),
    )


def _brought(occasion: Occasion) -> str:
    """What a friend's first purchase is called on either side; nothing for other occasions."""
    match occasion.data.get("side") if occasion.kind == GIVEN else None:
        case "friend":
            return _("You came by a friend's code and made your first purchase")
        case "referrer":
            return _("Your friend made a first purchase")
    return ""


def _until(entry: Entry, w: Words) -> str:
    """The day from which the points of an entry can be spent, or its time."""
    until = entry.waits_until
    if until is None:
        return time_of(entry.at, w)
    return _("on a condition") if until == NEVER else _("from %(day)s", day=w.short_day(until))


def _return(visit: Visit, entry: Entry) -> Line:
    w, back = visit.w, entry.returned
    assert back is not None, "the caller looked"
    if back.same_as is not None:
        return _told_again(visit, entry)
    if back.same_order is not None and entry.order is not None:
        return order_instead(visit, entry, entry.order)
    money = w.money(back.amount)
    if entry.kind == "cancelled":
        text = _("The points that you had paid with are back")
    elif entry.points == 0:
        text = _("%(money)s returned. What it had given has burnt, so nothing is taken", money=money)
    elif entry.points < 0:
        text = _("%(money)s returned, so %(points)s went back", money=money, points=w.points(-entry.points))
    else:
        text = _(
            "The return belongs to another purchase: %(points)s given again", points=w.points(entry.points)
        )
    return Line(
        icon="arrow-return-left",
        tone="",
        who=_("%(seller)s: return", seller=seller(visit, entry)),
        why=text,
        sum=w.amount(entry.points, signed=True),
        shade="minus" if entry.points < 0 else "plus",
        state=time_of(back.occurred_at, w),
        href=url_for("cabinet.why", purchase_id=entry.purchase.id) if entry.purchase else "",
    )


def _told_again(visit: Visit, entry: Entry) -> Line:
    """What changed when one telling of a sale took the place of another."""
    w, by_file = visit.w, entry.told_twice is not None and entry.told_twice.file_id is not None
    return Line(
        icon="layers",
        tone="",
        who=_("%(seller)s: one sale, told twice", seller=seller(visit, entry)),
        why=_("The bank's file has told it, too, and pays")
        if by_file
        else _("The till has told it, too, and pays"),
        sum=w.amount(entry.points, signed=True),
        shade="minus" if entry.points < 0 else "plus",
        state=time_of(entry.at, w),
        href=url_for("cabinet.why", purchase_id=entry.purchase.id) if entry.purchase else "",
    )


def _correction(
    visit: Visit, entry: Entry, correction: Correction, wrong: Document | None, right: Document
) -> Line:
    w, until = visit.w, entry.waits_until
    gained = entry.points > 0
    days = _("Purchases from %(first)s to %(last)s, whose rows tell what they give now. %(change)s",
             first=w.day(correction.first_day), last=w.day(correction.last_day),
             change=wording.corrected(wrong, right, w))  # fmt: skip
    return Line(
        icon="sliders",
        tone="wait" if until else "good" if gained else "",
        who=_("Corrected: %(title)s", title=wording.title(right, w)),
        why=days,
        sum=w.amount(entry.points, signed=True),
        shade="pend" if until else "plus" if gained else "minus",
        state=_("from %(day)s", day=w.short_day(until)) if until else time_of(entry.at, w),
    )


def _claim(visit: Visit, entry: Entry, claim: Claim) -> Line:
    return Line(
        icon="chat-left-text",
        tone="good",
        who=_("Granted by claim %(name)s", name=name_of(claim)),
        why=_(TITLES[Kind(claim.kind)]),
        sum=visit.w.amount(entry.points, signed=True),
        shade="plus",
        state=time_of(entry.at, visit.w),
        href=url_for("cabinet.claim", claim_id=claim.id),
        whole_page=True,
    )


def _redemption(visit: Visit, entry: Entry) -> Line:
    redemption, reward = entry.redemption, entry.reward
    assert redemption is not None, "the caller looked"
    assert reward is not None, "every redemption has one"
    face = face_of(reward.kind)
    told = face.told(visit, reward, redemption)
    return Line(
        icon=face.icon,
        tone="",
        who=told.who,
        why=told.why,
        sum=visit.w.amount(entry.points, signed=True),
        shade="minus",
        state=told.state or time_of(entry.at, visit.w),
        href=url_for("cabinet.done", redemption_id=redemption.id),
        whole_page=True,
    )


def _other(visit: Visit, entry: Entry) -> Line:
    w = visit.w
    spent_on = visit.said(entry.reward.name) if entry.reward else ""
    icon, who, why = {
        "cancelled": (
            "arrow-return-left",
            _("Cancelled: %(name)s", name=spent_on),
            _("The points are back where they came from"),
        ),
        "expired": ("fire", _("Expired"), _("Their last day has passed")),
        "lapsed": ("hourglass", _("Lapsed"), _("Their condition was not met in time")),
        "debt": ("arrow-left-right", _("Owed after a return"), _("Taken from what you have earned since")),
        "imported": ("cash-coin", _("Opening balance"), _("What you had before this programme")),
    }.get(entry.kind, ("sliders", _("Correction"), _("Made by the bank's staff")))
    gained = entry.points > 0
    return Line(
        icon=icon,
        tone="good" if gained else "",
        who=who,
        why=why,
        sum=w.amount(entry.points, signed=True),
        shade="plus" if gained else "lost" if entry.kind in ("expired", "lapsed") else "minus",
        state=time_of(entry.at, w),
    )


def time_of(at: datetime, w: Words) -> str:
    """The time of day; nothing where the source gave only a day."""
    text = w.clock_time(at)
    return "" if text == "00:00" else text
