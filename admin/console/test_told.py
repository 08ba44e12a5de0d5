"""A promotion's test as its page tells it: both groups side by side, and what their difference can and cannot say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from coalition.programmes.queries import programme_by_id
from coalition.promotions.document import Document
from coalition.promotions.models import PromotionVersion
from coalition.promotions.overview import Overview, Stage
from coalition.reports.control_group import MEMBERS_LEAST, SECONDS, Comparison, Difference, Group, compare
from tenants.branding.words import Words


@dataclass(frozen=True)
class Test:
    """A test in words: its table as (name, those who may have it, control group), and sentences below it."""

    name: str
    about: str
    rows: Sequence[tuple[str, str, str]]
    verdicts: Sequence[str]
    notes: Sequence[str]


def told(
    session: Session, found: Overview, shown: PromotionVersion | None, now: datetime, w: Words
) -> Test | None:
    """The test of the version that speaks for the promotion; nothing for one without."""
    if shown is None or found.promotion is None or not shown.document.get("test"):
        return None
    document = Document.model_validate(shown.document)
    assert document.test is not None, "it was asked for above"
    about = _(
        "%(percent)s of the members are its control group: no promotion of this test pays them, and they are not told",
        percent=w.percent(document.test.control_percent * 100),
    )
    since = min(
        version.starts_at
        for version in found.versions
        if (version.document.get("test") or {}).get("name") == document.test.name
        and found.stage_of(version, now) is not Stage.WITHDRAWN
    )
    if since > now:
        return Test(document.test.name, about, (), (), ())
    compared = compare(session, programme_by_id(session, found.promotion.programme_id), document, since)
    if compared is None:
        late = _("Counting took longer than %(seconds)s seconds and was stopped", seconds=SECONDS)
        return Test(document.test.name, f"{about}. {late}", (), (), ())
    about = f"{about}. {_('Since %(moment)s', moment=w.moment(since))}"
    return Test(document.test.name, about, _rows(compared, w), _verdicts(compared, w), _notes(compared))


def _rows(found: Comparison, w: Words) -> Sequence[tuple[str, str, str]]:
    def row(name: str, said: Callable[[Group], str]) -> tuple[str, str, str]:
        return name, said(found.may_have), said(found.control)

    def share(one: Group) -> str:
        return w.percent(10_000 * one.buyers // one.members) if one.members else "—"

    return (
        row(_("Members"), lambda one: w.number(one.members)),
        row(_("Bought"), lambda one: f"{w.number(one.buyers)} ({share(one)})"),
        row(_("Turnover"), lambda one: w.money(one.turnover)),
        row(
            _("Turnover per member"), lambda one: w.money(one.turnover // one.members) if one.members else "—"
        ),
        row(
            _("Average cheque"), lambda one: w.money(one.turnover // one.purchases) if one.purchases else "—"
        ),
    )


def _verdicts(found: Comparison, w: Words) -> Sequence[str]:
    """A sentence for each difference, none stronger than its interval."""

    def percent(value: Decimal) -> str:
        return w.percent(_whole(value * 10_000))

    def money(value: Decimal) -> str:
        return w.money(_whole(value))

    return [
        _verdict(_("Share of buyers"), found.buyers, percent),
        _verdict(_("Turnover per member"), found.turnover, money),
        _verdict(_("Cheque of a buyer, on average"), found.cheque, money),
    ]


def _verdict(what: str, difference: Difference | None, said: Callable[[Decimal], str]) -> str:
    if difference is None:
        return _(
            "%(what)s: a group has fewer than %(least)s, too few to tell", what=what, least=MEMBERS_LEAST
        )
    low, high = difference.low, difference.high
    if low > 0:
        return _(
            "%(what)s: more by %(low)s to %(high)s among those who may have it (95 %% interval)",
            what=what, low=said(low), high=said(high),
        )  # fmt: skip
    if high < 0:
        return _(
            "%(what)s: less by %(low)s to %(high)s among those who may have it (95 %% interval)",
            what=what, low=said(-high), high=said(-low),
        )  # fmt: skip
    return _(
        "%(what)s: no difference that chance could not make; it lies between %(low)s and %(high)s (95 %% interval)",
        what=what, low=said(low), high=said(high),
    )  # fmt: skip


def _notes(found: Comparison) -> Sequence[str]:
    notes = []
    if found.narrowed:
        notes.append(_("Counted are purchases at the promotion's partners and in its categories"))
    if found.follows_purchases:
        notes.append(
            _(
                "The promotion's segment goes by what members buy, so the promotion itself can change who is compared: "
                "take this as a hint only"
            )
        )
    return notes


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_EVEN))
