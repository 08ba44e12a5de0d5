"""A promotion in words: its rule, what it gave and why, why it gave nothing. One function each, for every face."""

from coalition.promotions import (
    wording_activation,
    wording_conditions,
    wording_gives,
    wording_mechanics,
    wording_occasions,
    wording_triggers,
    wording_validity,
)
from coalition.promotions.case import Worth
from coalition.promotions.document import Document
from coalition.promotions.explain import Applied, Missed
from coalition.promotions.gives import Giving
from coalition.promotions.mechanics.percent import Percent
from tenants.branding.words import Words
from tenants.runtime.language import translate
from tenants.translations import N_

_A_MONTH = N_("%(rule)s, but no more than %(limit)s a month")
_AND_A_MONTH = N_("%(rule)s and %(limit)s a month")


def title(document: Document, words: Words) -> str:
    """The promotion's name for members."""
    return document.title.ru if words.lang == "ru" else document.title.en


def rule(document: Document, words: Words) -> str:
    """The terms in one sentence: how much, for what, and up to how much."""
    words = wording_gives.words_for(document, words)
    told = clauses(document, words)
    if (points := wording_occasions.fixed(document, words)) is not None:
        term, told = f"{points} {told[0]}", told[1:]  # the trigger's clause comes first
    else:
        term = wording_gives.told(document, wording_mechanics.said(document.mechanic, words, None), words)
    text = "; ".join([_limited(document, words, term), *told])
    return text[:1].upper() + text[1:] if document.gives.giving is Giving.BENEFIT else text


def clauses(document: Document, words: Words) -> list[str]:
    """Which purchases it is for, beyond their amount, and how often: clauses that go on from the rule."""
    trigger = wording_triggers.said(document.trigger, words)
    conditions = [wording_conditions.said(condition, words) for condition in document.where]
    base = wording_conditions.counted(document.base, words) if document.base else []
    return [
        *([trigger] if trigger else []),
        *wording_conditions.categories(document.conditions.categories, words),
        *conditions,
        *base,
        *wording_triggers.limited(document.limits, words),
        *([wording_activation.said(document.activation, words)] if document.activation else []),
        *([wording_validity.said(document.valid, words)] if document.valid else []),
    ]


def gave(applied: Applied, words: Words) -> str:
    """Why an award was so big, in one line: the rule with the purchase's own amount in it."""
    worth = Worth(applied.base, applied.points + applied.cut, applied.step)
    document = applied.document
    words = wording_gives.words_for(document, words)
    term = wording_occasions.fixed(document, words) or wording_mechanics.said(document.mechanic, words, worth)
    term = wording_gives.told(document, term, words)
    return _limited(document, words, term)


def not_given(missed: Missed, document: Document, words: Words) -> str:
    """Why a promotion gave nothing, and by how much it was missed."""
    lang, own = words.lang, wording_gives.words_for(document, words)
    if (why := wording_mechanics.not_given(missed, words)) is not None:
        return why
    for told in (wording_conditions.not_given, wording_triggers.not_given, wording_occasions.not_given):
        if (why := told(missed, document, words)) is not None:
            return why
    match missed.condition:
        case "amount":
            return translate(
                lang,
                "It takes a purchase of %(wanted)s or more; this one was %(gap)s short",
                wanted=words.money(missed.wanted),
                gap=words.money(missed.wanted - missed.actual),
            )
        case "segment":
            return translate(lang, "It is for certain clients of the bank")
        case "too_little":
            return translate(lang, "What counts for it is too little to give anything")
        case "not_taken":
            return translate(
                lang, "The shop did not take %(discount)s off", discount=own.points(missed.wanted)
            )
        case "control":
            return translate(lang, "You are in the control group of the test “%(test)s”", test=missed.wanted)
        case "once":
            return translate(lang, "It is given once, and you have had it already")
        case _:
            return translate(
                lang, "The month's limit of %(limit)s was reached before", limit=own.points(missed.wanted)
            )


def corrected(before: Document | None, after: Document | None, words: Words) -> str:
    """What a correction changed: the right terms instead of the wrong ones, as far as they gave anything."""
    lang = words.lang
    now, then = (_term(one, words) if one else "" for one in (after, before))
    if now and then and now != then:
        return translate(lang, "%(now)s instead of %(then)s", now=now, then=then)
    if now and not then:
        return translate(lang, "%(now)s, which had been left out", now=now)
    if then and not now:
        return translate(lang, "%(then)s had been given by mistake", then=then)
    return translate(lang, "Counted anew by the right terms")


def _term(document: Document, words: Words) -> str:
    if isinstance(document.mechanic, Percent):
        return words.percent(int(document.mechanic.rate * 100))
    return wording_mechanics.said(document.mechanic, words, None)


def _limited(document: Document, words: Words, text: str) -> str:
    limits = document.limits
    if limits.per_purchase is not None:
        limit = words.points_written(limits.per_purchase)
        text = translate(
            words.lang, "%(rule)s, but no more than %(limit)s a purchase", rule=text, limit=limit
        )
    if limits.per_month is not None:
        limit, again = words.points_written(limits.per_month), limits.per_purchase is not None
        said = _AND_A_MONTH if again else _A_MONTH
        text = translate(words.lang, said, rule=text, limit=limit)
    return text
