"""What several triggers count, on their own place of the member's sheet."""

from coalition.promotions.case import EVER, Case, Counters, slot_of

_PLACE = 1


def next_number(case: Case, promotion: int, *, per_partner: bool = False) -> int:
    """Count the purchase; which one it is, from 1, of all that meet the conditions or of those at its partner."""
    slot = slot_of(promotion, _PLACE, case.line.partner if per_partner else 0)
    number = case.count(EVER, slot) + 1
    case.set(EVER, slot, number)
    return number


def numbered(counters: Counters, promotion: int) -> int:
    """How many purchases of the member were counted so."""
    return counters.get((EVER, slot_of(promotion, _PLACE)), 0)


def since_latest(case: Case, promotion: int) -> int | None:
    """Microseconds from the latest purchase, negative for one that became known late; nothing for the first."""
    slot, at = slot_of(promotion, _PLACE), case.line.at
    latest = case.count(EVER, slot)
    case.set(EVER, slot, max(latest, at))
    return at - latest if latest else None
