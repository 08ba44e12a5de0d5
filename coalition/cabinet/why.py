"""Why so many points: the sum step by step, what did not apply, when they can be spent. A page and a sheet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext as _

from coalition.cabinet import reasons
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.claims import disputes
from coalition.cabinet.history import by_hand, time_of
from coalition.cabinet.views import Miss, Step, Told, Why
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.ledger.models import Lot
from coalition.programmes.terms import NEVER
from coalition.promotions import wording
from coalition.promotions.explain import CONTROL, Applied
from coalition.reports.switched import told_of
from coalition.reports.why import Why as Explained
from coalition.reports.why import why as explain
from tenants.branding.words import Words
from tenants.parts import Part, is_on


@cabinet.get("/why/<uuid:purchase_id>")
@members_only
def why(visit: Visit, purchase_id: UUID) -> Answer:
    """The reason of a purchase's points: over the page when it asks for that, else a page of its own."""
    found = explain(visit.session, member_id=visit.member_id, purchase_id=purchase_id)
    template = "why_sheet.html" if request.headers.get("HX-Request") else "why.html"
    shown = told(visit, found)
    if (open_claim := disputes(visit, purchase_id)) is not None:
        shown = replace(shown, terms=[*shown.terms, open_claim])
    elif is_on(visit.session, Part.CLAIMS):
        shown = replace(shown, dispute=url_for("cabinet.new_claim", purchase=purchase_id))
    return visit.page(template, here="history", why=shown)


def told(visit: Visit, found: Explained) -> Why:
    """An explanation in words."""
    w, sale, is_told = visit.w, found.purchase, told_of(visit.session)
    place = visit.said(found.partner.name) if found.partner else found.merchant
    when = w.moment(sale.occurred_at) if time_of(sale.occurred_at, w) else w.day(w.day_of(sale.occurred_at))
    return Why(
        title=_("Why %(points)s", points=w.points(found.net_points)),
        where=_("%(seller)s, %(when)s", seller=by_hand(visit, place, found.by_hand), when=when),
        steps=[*reasons.steps(found.applied, sale.amount, w), *_corrected(found, w), *_undone(found, w)],
        total_label=_total_label(found),
        total=w.amount(found.net_points, signed=True),
        terms=[*_terms(found.lots, w), *_told_too(found), *_ordered_too(found)],
        near=[
            Miss(wording.title(text, w), wording.not_given(missed, text, w))
            for missed, text in found.missed
            if missed.condition != CONTROL and is_told(text)
        ],
        version=_rules(found.applied, w),
    )


def _undone(found: Explained, w: Words) -> list[Step]:
    """What was taken because the sale came back, or because the other channel's telling of it pays."""
    if found.told_twice is not None and found.paid_there:
        other = found.told_twice
        rule = (
            _("The bank's file has told it, too, and pays")
            if other.file_id
            else _("The till has told it, too, and pays")
        )
        return [Step(_("One sale, told twice"), rule, w.amount(found.returned_points, signed=True))]
    if found.ordered is not None and found.ordered[1] == "order":
        rule = _("It is your order at %(shop)s, and the order pays", shop=found.ordered[0].shop.name)
        return [Step(_("One sale, told twice"), rule, w.amount(found.returned_points, signed=True))]
    if not found.returns:
        return []
    money = w.money(sum(back.amount for back in found.returns))
    rule = _("%(money)s came back to your card; the rest is counted anew", money=money)
    return [Step(_("Returned"), rule, w.amount(found.returned_points, signed=True))]


def _corrected(found: Explained, w: Words) -> list[Step]:
    """What corrections of promotions changed, each with its day and the terms."""
    return [
        Step(
            _("Corrected on %(day)s", day=w.day(w.day_of(one.correction.approved_at))),
            wording.corrected(one.before, one.after, w),
            w.amount(one.points, signed=True),
        )
        for one in found.corrections
        if one.correction.approved_at is not None
    ]


def _told_too(found: Explained) -> list[Told]:
    """That the other channel has told the sale, too, where this one pays."""
    if found.told_twice is None or found.paid_there:
        return []
    by_file = _("The bank's file has told this sale, too: it gives points once")
    by_till = _("The till has told this sale, too: it gives points once")
    return [Told("", "layers", by_file if found.told_twice.file_id else by_till)]


def _ordered_too(found: Explained) -> list[Told]:
    """That it is an order at an online shop, where the sale pays."""
    if found.ordered is None or found.ordered[1] != "sale":
        return []
    shop = found.ordered[0].shop.name
    return [Told("", "layers", _("It is your order at %(shop)s, too: it gives points once", shop=shop))]


def _total_label(found: Explained) -> str:
    if found.returns:
        return _("Left after returns")
    return _("Given, as corrected") if found.corrections else _("Given")


def _terms(lots: Sequence[Lot], w: Words) -> list[Told]:
    """When the points can be spent, and until when. Pure."""
    found = []
    if any(lot.pending and lot.remaining and lot.active_on == NEVER for lot in lots):
        found.append(
            Told("wait", "hourglass-split", _("They wait for their condition; the home page says which"))
        )
        return found
    waiting = [lot.active_on for lot in lots if lot.pending and lot.remaining]
    if waiting:
        text = _("Can be spent from %(day)s: the purchase may still be returned", day=w.day(max(waiting)))
        found.append(Told("wait", "hourglass-split", text))
    return [*found, *_last_days(lots, w)]


def _last_days(lots: Sequence[Lot], w: Words) -> list[Told]:
    """Until when what is left can be spent; where that differs, how much of it, the earliest first."""
    left: dict[date, int] = {}
    for lot in lots:
        if lot.remaining:
            left[lot.expires_on] = left.get(lot.expires_on, 0) + lot.remaining
    return [_last_day(last, w.points(left[last]) if len(left) > 1 else "", w) for last in sorted(left)]


def _last_day(last: date, points: str, w: Words) -> Told:
    """Until when points can be spent; without any named, all of them."""
    if last == NEVER:
        text = _("%(points)s: no last day", points=points) if points else _("They have no last day")
        return Told("good", "check2", text)
    day = w.day(last)
    if not points:
        return Told("", "calendar-event", _("Can be spent until %(day)s", day=day))
    return Told("", "calendar-event", _("%(points)s: can be spent until %(day)s", points=points, day=day))


def _rules(met: Sequence[Applied], w: Words) -> str:
    if not met:
        return ""
    newest = max(met, key=lambda one: one.starts_at)
    day = w.day(w.day_of(newest.starts_at))
    return _("Rules of %(day)s", day=day)
