"""Occasions in words: what is given without a purchase, and for what."""

from datetime import date

from coalition.promotions import wording_mechanics
from coalition.promotions.document import Document
from coalition.promotions.explain import Missed
from coalition.promotions.mechanics.both_sides import BothSides
from coalition.promotions.mechanics.fixed import Fixed
from coalition.promotions.triggers import Occasional
from coalition.promotions.triggers.anniversary import Anniversary
from coalition.promotions.triggers.birthday import Birthday
from coalition.promotions.triggers.card_activation import CardActivation
from coalition.promotions.triggers.enrolment import Enrolment
from coalition.promotions.triggers.event import Event
from coalition.promotions.triggers.exchange import Exchange
from coalition.promotions.triggers.holiday import Holiday
from coalition.promotions.triggers.occasion import OccasionTrigger
from coalition.promotions.triggers.prize import Prize
from coalition.promotions.triggers.profile_completed import ProfileCompleted
from coalition.promotions.triggers.purchase import Purchase
from coalition.promotions.triggers.referral import Referral
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate


def fixed(document: Document, words: Words) -> str | None:
    """So many points: the term of a promotion that gives that for an occasion, or for a purchase of its trigger's."""
    mechanic = document.mechanic
    if isinstance(mechanic, BothSides):
        return wording_mechanics.said(mechanic, words, None)
    if isinstance(document.trigger, Purchase) or not isinstance(mechanic, Fixed):
        return None
    return words.points_written(mechanic.points)


def said(trigger: Occasional, words: Words) -> str:
    """The occasion as a term: a clause that goes on from the mechanic's."""
    lang = words.lang
    match trigger:
        case Enrolment():
            return translate(lang, "for joining the programme")
        case CardActivation(card="loyalty"):
            return translate(lang, "for activating a loyalty card")
        case CardActivation():
            return translate(lang, "for linking a bank card")
        case ProfileCompleted():
            return translate(lang, "for a profile with name, phone, e-mail and birthday")
        case Birthday():
            return _birthday(trigger, lang)
        case Anniversary():
            return _anniversary(trigger, words)
        case Holiday() if not trigger.days:
            return translate(lang, "on every holiday")
        case Holiday():
            days = (date.fromisoformat(f"{words.today.year}-{day}") for day in sorted(trigger.days))
            return translate(lang, "on %(days)s", days=", ".join(words.day(day) for day in days))
        case Prize():
            return translate(lang, "for winning a prize")
        case Exchange():
            many, shown = trigger.quantity, words.number(trigger.quantity)
            return ntranslate(
                lang, "for %(number)s game unit", "for %(number)s game units", many, number=shown
            )
        case Referral():
            return _brought(trigger, words)
        case Event():
            return translate(lang, "for the event “%(name)s”", name=trigger.name)


def not_given(missed: Missed, document: Document, words: Words) -> str | None:
    """Why an occasion was not one that pays; nothing for a condition of others."""
    match missed.condition, document.trigger:
        case "occasion", OccasionTrigger() as trigger:
            return translate(words.lang, "It is given %(occasion)s", occasion=said(trigger, words))
        case "unsettled", _:
            left = int(str(missed.wanted)) - int(str(missed.actual))
            return ntranslate(
                words.lang,
                "The friend's purchase settles in %(count)s day",
                "The friend's purchase settles in %(count)s days",
                left,
            )
        case "referral_late", _:
            return translate(words.lang, "The friend's first purchase came before your code")
        case "yearly", _:
            day = words.number(int(str(missed.actual)))
            return translate(words.lang, "It is given once a year; this was day %(day)s of it", day=day)
        case _:
            return None


def _brought(trigger: Referral, words: Words) -> str:
    lang = words.lang
    if trigger.amount_from is None:
        text = translate(lang, "for your friend's first purchase")
    else:
        least = words.money_written(trigger.amount_from)
        text = translate(lang, "for your friend's first purchase of %(least)s or more", least=least)
    if trigger.settled_days:
        after = ntranslate(lang, "%(count)s day after it", "%(count)s days after it", trigger.settled_days)
        text = f"{text}, {after}"
    return text


def _birthday(trigger: Birthday, lang: str) -> str:
    text = translate(lang, "for the birthday")
    if trigger.days_before:
        before = ntranslate(lang, "%(count)s day before it", "%(count)s days before it", trigger.days_before)
        text = f"{text}, {before}"
    if trigger.days_after:
        after = ntranslate(
            lang,
            "for newcomers up to %(count)s day after it",
            "for newcomers up to %(count)s days after it",
            trigger.days_after,
        )
        text = f"{text}, {after}"
    return text


def _anniversary(trigger: Anniversary, words: Words) -> str:
    lang, joined = words.lang, trigger.of == "enrolment"
    if not trigger.years:
        if joined:
            return translate(lang, "for every year in the programme")
        return translate(lang, "for every year with the bank")
    years = ", ".join(words.number(year) for year in sorted(trigger.years))
    if joined:
        return translate(lang, "for years in the programme: %(years)s", years=years)
    return translate(lang, "for years with the bank: %(years)s", years=years)
