"""Timetables in words: from 10:00 to 13:00 on weekdays."""

from datetime import datetime, time

from coalition.promotions.conditions.hours import Hours, Span
from coalition.promotions.document import Document
from coalition.promotions.explain import Missed
from tenants.branding.words import Words
from tenants.runtime.language import translate
from tenants.translations import N_

_WEEK, _WEEKDAYS, _WEEKEND = frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset({6, 7})
_ON = {
    1: N_("on Mondays"),
    2: N_("on Tuesdays"),
    3: N_("on Wednesdays"),
    4: N_("on Thursdays"),
    5: N_("on Fridays"),
    6: N_("on Saturdays"),
    7: N_("on Sundays"),
}


def timetable(hours: Hours, lang: str) -> str:
    """When it is: the spans of the same days together."""
    spans: dict[frozenset[int], list[Span]] = {}
    for span in hours.spans:
        spans.setdefault(frozenset(span.days or hours.days), []).append(span)
    text = ", ".join(_on(days, together, lang) for days, together in spans.items())
    return translate(lang, "%(times)s, but not on holidays", times=text) if hours.except_holidays else text


def not_given(missed: Missed, document: Document, words: Words) -> str | None:
    """Why the time of sale did not fit; nothing for any other condition."""
    if missed.condition not in ("hours", "holiday"):
        return None
    lang, local = words.lang, datetime.fromisoformat(str(missed.actual))
    day = words.day(local.date())
    if missed.condition == "holiday":
        return translate(lang, "It is not for holidays, and this purchase was on %(day)s", day=day)
    hours = next(condition for condition in document.where if isinstance(condition, Hours))
    times = timetable(hours, lang)
    if any(local.isoweekday() in (span.days or hours.days) for span in hours.spans):
        at = f"{local:%H:%M}"
        return translate(
            lang, "It is for purchases %(times)s; this one was at %(time)s", times=times, time=at
        )
    return translate(lang, "It is for purchases %(times)s; this one was on %(day)s", times=times, day=day)


def _on(days: frozenset[int], spans: list[Span], lang: str) -> str:
    times = translate(lang, " and ").join(
        translate(lang, "from %(start)s to %(end)s", start=_clock(span.start), end=_clock(span.end, "24:00"))
        for span in spans
        if (span.start, span.end) != (time(0), time(0))
    )
    if days == _WEEK:
        named = "" if times else translate(lang, "on any day")
    elif days == _WEEKDAYS:
        named = translate(lang, "on weekdays")
    elif days == _WEEKEND:
        named = translate(lang, "at weekends")
    else:
        named = ", ".join(translate(lang, _ON[day]) for day in sorted(days))
    return " ".join(part for part in (times, named) if part)


def _clock(at: time, midnight: str = "00:00") -> str:
    return midnight if at == time(0) else f"{at:%H:%M}"
