"""Triggers and limits of awards in words: as terms, and why a purchase was not one that pays."""

from coalition.promotions import wording_occasions
from coalition.promotions.document import Document, Limits
from coalition.promotions.explain import Missed
from coalition.promotions.periods import Span
from coalition.promotions.triggers import Trigger
from coalition.promotions.triggers.first import FirstPurchases
from coalition.promotions.triggers.mission import Mission
from coalition.promotions.triggers.nth import Nth
from coalition.promotions.triggers.promo_code import PromoCode
from coalition.promotions.triggers.purchase import Purchase
from coalition.promotions.triggers.repeat import Repeat
from coalition.promotions.triggers.streak import Streak
from coalition.promotions.triggers.tier_reached import TierReached
from coalition.promotions.triggers.win_back import WinBack
from coalition.promotions.wording_mechanics import WITHIN
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate
from tenants.translations import N_

_ONCE = {
    "times_day": N_("no more than once a day"),
    "times_week": N_("no more than once a week"),
    "times_month": N_("no more than once a month"),
    "times_ever": N_("only once"),
}
_OFTEN = {
    "times_day": N_("no more than %(times)s a day"),
    "times_week": N_("no more than %(times)s a week"),
    "times_month": N_("no more than %(times)s a month"),
    "times_ever": N_("no more than %(times)s in all"),
}


def said(trigger: Trigger, words: Words) -> str | None:
    """The trigger as a term: a clause that goes on from the mechanic's; nothing where every purchase pays."""
    lang = words.lang
    match trigger:
        case Purchase():
            return None
        case Nth() if trigger.every:
            text = ntranslate(
                lang, "once in every %(count)s purchase", "once in every %(count)s purchases", trigger.n
            )
            return _apart(text, trigger.per_partner, lang)
        case Nth():
            text = translate(lang, "for purchase number %(number)s", number=words.number(trigger.n))
            return _apart(text, trigger.per_partner, lang)
        case FirstPurchases():
            return _apart(_first(trigger.n, lang), trigger.per_partner, lang)
        case PromoCode() if trigger.kth == 1:
            return translate(lang, "for the first purchase after you enter the promo code")
        case PromoCode():
            number = words.number(trigger.kth)
            return translate(
                lang, "for purchase number %(number)s after you enter the promo code", number=number
            )
        case Repeat():
            return ntranslate(
                lang,
                "for a purchase within %(count)s day of the one before",
                "for a purchase within %(count)s days of the one before",
                trigger.days,
            )
        case WinBack():
            return ntranslate(
                lang,
                "for the first purchase after %(count)s day without any",
                "for the first purchase after %(count)s days without any",
                trigger.silent_days,
            )
        case Streak():
            return translate(lang, "for purchases %(run)s", run=_on_end(trigger, words))
        case TierReached():
            return translate(lang, "for reaching a new level")
        case Mission():
            return translate(lang, "for %(goal)s", goal=_goal(trigger, words))
        case _:
            return wording_occasions.said(trigger, words)


def limited(limits: Limits, words: Words) -> list[str]:
    """How often it pays, as terms."""
    found = [_times(f"times_{span}", most, words) for span, most in limits.times()]
    if limits.per_outlet and (found or limits.by_span()):
        found.append(translate(words.lang, "counted at each outlet apart"))
    if limits.first_members is not None:
        found.append(
            ntranslate(
                words.lang,
                "for the first %(count)s member",
                "for the first %(count)s members",
                limits.first_members,
            )
        )
    if limits.gap_minutes is not None:
        gap = _minutes(limits.gap_minutes, words)
        found.append(translate(words.lang, "again no sooner than after %(gap)s", gap=gap))
    return found


def not_given(missed: Missed, document: Document, words: Words) -> str | None:
    """Why it was not a purchase that pays; nothing for what is neither a trigger's nor a limit's of awards."""
    lang, wanted, actual = words.lang, missed.wanted, missed.actual
    match missed.condition:
        case "nth":
            return translate(
                lang,
                "It is for purchase number %(wanted)s; this was number %(actual)s",
                wanted=words.number(int(wanted)),
                actual=words.number(int(actual)),
            )
        case "first_n_purchases" if int(wanted) == 1:
            number = words.number(int(actual))
            return translate(lang, "It is for the first purchase; this was number %(number)s", number=number)
        case "first_n_purchases":
            return ntranslate(
                lang,
                "It is for your first %(count)s purchase; this was number %(number)s",
                "It is for your first %(count)s purchases; this was number %(number)s",
                int(wanted),
                number=words.number(int(actual)),
            )
        case "promo_code":
            return translate(lang, "It takes a promo code, entered before the purchase")
        case "repeat" | "win_back":
            return _not_in_time(missed, words)
        case "streak":
            assert isinstance(document.trigger, Streak)
            run, so_far = _on_end(document.trigger, words), words.number(int(actual))
            return translate(lang, "It takes purchases %(run)s; so far: %(actual)s", run=run, actual=so_far)
        case "tier_reached":
            return translate(lang, "It is for the purchase that lifts you to a new level")
        case "mission":
            return _not_reached(missed, document, words)
        case "no_outlet":
            return translate(lang, "It is counted at each outlet, and this receipt names none")
        case "gap":
            gap = _minutes(int(wanted), words)
            return translate(lang, "It is given again no sooner than after %(gap)s", gap=gap)
        case "times_day" | "times_week" | "times_month" | "times_ever":
            times = _times(missed.condition, int(wanted), words)
            return translate(lang, "It is given %(times)s, and you have had that", times=times)
        case _:
            return None


def _not_in_time(missed: Missed, words: Words) -> str:
    lang, wanted = words.lang, int(str(missed.wanted))
    if missed.condition == "repeat":
        rule = ntranslate(
            lang,
            "It is for a purchase within %(count)s day of the one before",
            "It is for a purchase within %(count)s days of the one before",
            wanted,
        )
    else:
        rule = ntranslate(
            lang,
            "It is for the first purchase after %(count)s day without any",
            "It is for the first purchase after %(count)s days without any",
            wanted,
        )
    if missed.actual is None:
        return translate(lang, "%(rule)s; before this one there was none", rule=rule)
    actual = int(str(missed.actual))
    if missed.condition == "repeat":
        number = words.number(actual)
        return translate(lang, "%(rule)s; this one came on day %(number)s", rule=rule, number=number)
    return ntranslate(
        lang,
        "%(rule)s; it had been %(count)s full day",
        "%(rule)s; it had been %(count)s full days",
        actual,
        rule=rule,
    )


def _not_reached(missed: Missed, document: Document, words: Words) -> str:
    mission = document.trigger
    assert isinstance(mission, Mission)
    wanted, actual = int(str(missed.wanted)), int(str(missed.actual))
    goal = _goal(mission, words)
    if actual >= wanted:
        return translate(words.lang, "It takes %(goal)s, and you had reached that before", goal=goal)
    so_far = words.money(actual) if mission.measure == "turnover" else words.number(actual)
    return translate(words.lang, "It takes %(goal)s; so far: %(actual)s", goal=goal, actual=so_far)


def _goal(mission: Mission, words: Words) -> str:
    lang, within = words.lang, translate(words.lang, WITHIN[mission.span])
    if mission.measure == "turnover":
        amount = words.money_written(mission.at_least)
        return translate(lang, "purchases worth %(amount)s %(within)s", amount=amount, within=within)
    return ntranslate(
        lang,
        "%(count)s purchase %(within)s",
        "%(count)s purchases %(within)s",
        int(mission.at_least),
        within=within,
    )


def _on_end(streak: Streak, words: Words) -> str:
    lang, length = words.lang, streak.length
    match streak.span:
        case Span.DAY:
            return ntranslate(lang, "%(count)s day on end", "%(count)s days on end", length)
        case Span.WEEK:
            return ntranslate(lang, "%(count)s week on end", "%(count)s weeks on end", length)
        case _:
            return ntranslate(lang, "%(count)s month on end", "%(count)s months on end", length)


def _times(limit: str, most: int, words: Words) -> str:
    lang = words.lang
    if most == 1:
        return translate(lang, _ONCE[limit])
    times = ntranslate(lang, "%(count)s time", "%(count)s times", most)
    return translate(lang, _OFTEN[limit], times=times)


def _minutes(minutes: int, words: Words) -> str:
    lang = words.lang
    if minutes % 1440 == 0:
        return ntranslate(lang, "%(count)s day", "%(count)s days", minutes // 1440)
    if minutes % 60 == 0:
        return ntranslate(lang, "%(count)s hour", "%(count)s hours", minutes // 60)
    return ntranslate(lang, "%(count)s minute", "%(count)s minutes", minutes)


def _first(n: int, lang: str) -> str:
    if n == 1:
        return translate(lang, "for the first purchase")
    return ntranslate(lang, "for the first %(count)s purchase", "for the first %(count)s purchases", n)


def _apart(text: str, per_partner: bool, lang: str) -> str:
    return translate(lang, "%(rule)s, counted for each partner apart", rule=text) if per_partner else text
