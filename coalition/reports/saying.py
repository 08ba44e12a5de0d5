"""What to say to a member about a purchase: sentences to be read aloud, made of the one explanation of the house."""

from collections.abc import Iterator, Sequence

from coalition.ledger.models import Lot
from coalition.programmes.terms import NEVER
from coalition.promotions import wording
from coalition.promotions.awards import CUT_BY_PURCHASE
from coalition.promotions.explain import CONTROL, Applied
from coalition.promotions.wording_gives import words_for
from coalition.reports.reasons import CUT_BY
from coalition.reports.why import Why
from tenants.branding.words import Words
from tenants.runtime.language import translate

_MISSES = 2


def spoken(found: Why, w: Words) -> str:
    """The purchase in a few sentences of `w`'s language, for a voice on the line. Pure.

    Whom the test of a promotion keeps out is not told of it: that would spoil the test.
    """
    return " ".join(_sentences(found, w))


def _sentences(found: Why, w: Words) -> Iterator[str]:
    money, points = w.money(found.purchase.amount), w.points(found.points)
    if found.told_twice is not None and found.paid_there:
        yield translate(
            w.lang, "This is one sale that we were told of twice: its points came with the other record."
        )
        return
    gave = [one for one in found.applied if one.points or one.cut]
    if not found.points and not any(one.points for one in gave):
        yield translate(w.lang, "The purchase of %(money)s gave no points.", money=money)
    else:
        yield translate(
            w.lang, "For the purchase of %(money)s you got %(points)s.", money=money, points=points
        )
    for one in gave:
        yield from _of(one, w, alone=len(gave) == 1)
    if not gave:
        yield from _misses(found, w)
    yield from _since(found, w)
    yield from _days(found.lots, w)


def _of(one: Applied, words: Words, *, alone: bool) -> Iterator[str]:
    """What a promotion gave, and what its limits cut; of one `alone` that nothing cut, the sum is said already."""
    w = words_for(one.document, words)
    facts = {"title": wording.title(one.document, words), "rule": wording.gave(one, words)}
    raw = w.points(one.points + one.cut)
    if alone and not one.cut:
        yield translate(w.lang, "“%(title)s” gives %(rule)s.", **facts)
        return
    yield translate(w.lang, "“%(title)s” gives %(rule)s: %(points)s.", points=raw, **facts)
    if not one.cut:
        return
    most = one.document.limits.per_purchase
    if one.cut_by == CUT_BY_PURCHASE and most is not None:
        yield translate(
            w.lang, "But it gives no more than %(most)s for one purchase.", most=w.points_written(most)
        )
        return
    _code, why = CUT_BY.get(one.cut_by, ("", ""))
    cut = w.points(one.cut)
    if why:
        yield translate(
            w.lang, "%(points)s of that did not come: %(why)s.", points=cut, why=translate(w.lang, why)
        )
    else:
        yield translate(w.lang, "%(points)s of that did not come: its limit was reached.", points=cut)


def _misses(found: Why, w: Words) -> Iterator[str]:
    """What would have given something, and what was missing for it."""
    near = [(one, document) for one, document in found.missed if one.condition != CONTROL][:_MISSES]
    if not near:
        yield translate(w.lang, "No promotion was for it.")
    for one, document in near:
        title, gap = wording.title(document, w), wording.not_given(one, document, w)
        yield translate(w.lang, "“%(title)s”: %(gap)s.", title=title, gap=gap[:1].lower() + gap[1:])


def _since(found: Why, w: Words) -> Iterator[str]:
    """What corrections and returns have changed since."""
    for one in found.corrections:
        change = wording.corrected(one.before, one.after, w)
        yield translate(
            w.lang,
            "Then the promotion was corrected, %(change)s: %(points)s.",
            change=change[:1].lower() + change[1:],
            points=w.points(one.points, signed=True),
        )
    if found.returns:
        money = w.money(sum(back.amount for back in found.returns))
        if found.returned_points < 0:
            taken = w.points(-found.returned_points)
            yield translate(
                w.lang, "Then %(money)s was returned, so %(points)s went back.", money=money, points=taken
            )
        else:
            yield translate(w.lang, "Then %(money)s was returned.", money=money)


def _days(lots: Sequence[Lot], w: Words) -> Iterator[str]:
    """When the points can be spent, and until when."""
    waiting = [lot.active_on for lot in lots if lot.pending and lot.remaining]
    if NEVER in waiting:
        yield translate(w.lang, "They wait for the condition of the promotion.")
    elif waiting:
        yield translate(w.lang, "They can be spent from %(day)s.", day=w.day(max(waiting)))
    last = [lot.expires_on for lot in lots if lot.remaining and lot.expires_on != NEVER]
    if last:
        yield translate(w.lang, "They can be spent until %(day)s.", day=w.day(min(last)))
