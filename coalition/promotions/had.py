"""Whether a member has had all that a promotion ever gives her, by her counters. Pure."""

from coalition.promotions.case import EVER, PAID_TIMES, Counters, slot_of
from coalition.promotions.document import Document
from coalition.promotions.index import Rule
from coalition.promotions.periods import Span


def has_had_all(rule: Rule, document: Document, counters: Counters) -> bool:
    """Given once, up to a limit for all time, or so often as its trigger pays at all; returned, it is open again.

    What is counted at each outlet, or per period, is open somewhere or at some time.
    """
    if not rule.per_outlet:
        given = counters.get((EVER, rule.slot), 0)
        if document.once and given:
            return True
        if any(limit.span is Span.EVER and given >= limit.points for limit in rule.limits):
            return True
        most = document.limits.times_ever
        if most is not None and counters.get((EVER, slot_of(rule.promotion, PAID_TIMES)), 0) >= most:
            return True
    return document.trigger.is_over(counters, rule.promotion)
