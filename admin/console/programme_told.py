"""The programme's terms in words: each as it stands, and a change of them as it is asked about and signed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from coalition.transactions.of_orders.terms import OrderTerms
from coalition.transactions.programme_terms import RunningTerms
from tenants.branding.words import Words
from tenants.translations import N_

EXPIRY = {
    "never": N_("never"),
    "days": N_("after so many days"),
    "month_end": N_("at the end of the month, so many months on"),
    "date": N_("on a fixed day"),
}
RETURNS = {
    "manual": N_("a person decides"),
    "by_terms": N_("points are taken by the terms of the day"),
}
PAYS = {
    "both": N_("both pay"),
    "first": N_("whichever was known first"),
    "till": N_("the till's sale"),
    "bank": N_("the bank's line"),
}


ORDER_PAYS = {
    "both": N_("both pay"),
    "order": N_("the order"),
    "sale": N_("the purchase"),
    "greater": N_("whichever is worth more points"),
}


def told(terms: RunningTerms, w: Words) -> dict[str, str]:
    """Every term by what it is called."""
    one, limits = terms.same_sale, terms.goodwill
    days = {
        _("Points can be spent after"): terms.activation_delay_days,
        _("A purchase waits for its card's member"): terms.match_window_days,
        _("A return finds its purchase within"): terms.return_window_days,
        _("A return waits for its purchase"): terms.return_wait_days,
    }
    return {
        _("Name in Russian"): terms.name.ru,
        _("Name in English"): terms.name.en,
        _("The point in Russian: 1, 2, 5"): ", ".join(terms.unit.ru),
        _("The point in English: 1, 2"): ", ".join(terms.unit.en),
        _("Points expire"): expiry_said(terms, w),
        **{name: _days(count, w) for name, count in days.items()},
        _("A return that finds no purchase"): _(RETURNS[terms.return_policy]),
        _("Goodwill: one grant"): w.number(limits.per_grant),
        _("Goodwill: a member in a month"): w.number(limits.per_member_month),
        _("Goodwill: one of the staff in a day"): w.number(limits.per_agent_day),
        _("Of a sale that a till and the bank tell"): _(PAYS[one.pays if one else "both"]),
        **({} if one is None else _same_sale(one.minutes, one.days, one.tolerance_percent, w)),
        _("Of an order at an online shop and its purchase"): _(
            ORDER_PAYS[terms.same_order.pays if terms.same_order else "both"]
        ),
        **_same_order(terms.same_order, w),
    }


def changes(older: Any, newer: Any, w: Words) -> Iterator[str]:
    """What would be another than it is, one sentence each."""
    was, will = (told(RunningTerms.model_validate(terms), w) for terms in (older, newer))
    for name in {**will, **was}:
        if was.get(name) != will.get(name):
            yield f"{name}: {was.get(name, '—')} → {will.get(name, '—')}"


def expiry_said(terms: RunningTerms, w: Words) -> str:
    """When points expire."""
    count = terms.expiry_count or 0
    match terms.expiry:
        case "days":
            return ngettext(
                "%(count)s day after they can be spent",
                "%(count)s days after they can be spent",
                count,
                count=w.number(count),
            )
        case "month_end":
            return ngettext(
                "at the end of the month, %(count)s month on",
                "at the end of the month, %(count)s months on",
                count,
                count=w.number(count),
            )
        case "date" if isinstance(terms.expiry_date, date):
            return w.written_day(terms.expiry_date)
    return _(EXPIRY["never"])


def _days(count: int, w: Words) -> str:
    return ngettext("%(count)s day", "%(count)s days", count, count=w.number(count))


def _same_order(one: OrderTerms | None, w: Words) -> dict[str, str]:
    if one is None:
        return {}
    return {
        _("An order is looked for within"): _days(one.days, w),
        _("An order's sum may differ by"): f"{w.number(one.tolerance_percent)}\u00a0%",
        _("A person is asked of an order whose sum differs by"): f"{w.number(one.asked_percent)}\u00a0%",
    }


def _same_sale(minutes: int, days: int, percent: int, w: Words) -> dict[str, str]:
    apart = ngettext("%(number)s minute", "%(number)s minutes", minutes, number=w.number(minutes))
    return {
        _("Certainly the same sale within"): apart,
        _("A person is asked within"): _days(days, w),
        _("Sums may differ by"): f"{w.number(percent)}\u00a0%",
    }
