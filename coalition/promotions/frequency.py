"""How often a promotion pays one member, and how soon again. Pure."""

from coalition.promotions.case import EVER, MINUTE, PAID_AT, PAID_TIMES, Case, Check, Failed, slot_of
from coalition.promotions.document import Limits
from coalition.promotions.periods import period_in


def enough(limits: Limits, promotion: int) -> Check:
    """Whether the promotion has paid the member as often as it does, or only just now.

    A purchase that became known late stands as far from the last paid one as one that follows it.
    """
    times, per_outlet = limits.times(), limits.per_outlet
    gap, latest = (limits.gap_minutes or 0) * MINUTE, slot_of(promotion, PAID_AT)

    def check(case: Case) -> Failed | None:
        often = slot_of(promotion, PAID_TIMES, case.facts.outlet if per_outlet else 0)
        for span, most in times:
            paid = case.count(period_in(span, case.day), often)
            if paid >= most:
                return Failed(f"times_{span}", most, paid)
        last = case.count(EVER, latest)
        if last and abs(case.line.at - last) < gap:
            return Failed("gap", limits.gap_minutes, abs(case.line.at - last) // MINUTE)
        return None

    return check
