"""The explanation beside the timeline: what to say, the sum step by step, who pays, and what gave nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask_babel import gettext as _

from admin.contact_centre.rows import Shown
from coalition.cabinet.views import Miss, Step, Told
from coalition.cabinet.visit import Visit
from coalition.cabinet.why import told
from coalition.programmes.words import words_in
from coalition.promotions import wording
from coalition.promotions.explain import CONTROL
from coalition.reports.saying import spoken
from coalition.reports.why import why
from tenants.branding.web import branding_of


@dataclass(frozen=True)
class Panel:
    """One thing explained. `says` are the words to read aloud by language; `quiet` is for the staff's ears only."""

    title: str
    where: str
    says: Sequence[tuple[str, str]]
    steps: Sequence[Step] = ()
    total_label: str = ""
    total: str = ""
    pairs: Sequence[tuple[str, str]] = ()
    terms: Sequence[Told] = ()
    near: Sequence[Miss] = ()
    quiet: Sequence[str] = ()
    purchase_id: UUID | None = None
    shown: Shown | None = field(default=None)


def of_purchase(visit: Visit, purchase_id: UUID, row: Shown | None) -> Panel:
    """A purchase explained, in the member's language and in the reader's."""
    found = why(visit.session, member_id=visit.member_id, purchase_id=purchase_id)
    seen, own = told(visit, found), branding_of(visit.session).language
    says = [(own, spoken(found, words_in(own, visit.programme)))]
    if visit.w.lang != own:
        says.append((visit.w.lang, spoken(found, visit.w)))
    pairs = [(visit.said(payer.name), visit.w.points(points)) for payer, points in found.paid_by]
    kept_out = [
        _(
            "“%(title)s”: she is in the group that the promotion is measured against. Do not tell her of it",
            title=wording.title(document, visit.w),
        )
        for missed, document in found.missed
        if missed.condition == CONTROL
    ]
    return Panel(
        title=_("Why %(points)s", points=visit.w.points(found.net_points)),
        where=seen.where,
        says=says,
        steps=seen.steps,
        total_label=seen.total_label,
        total=seen.total,
        pairs=pairs,
        terms=seen.terms,
        near=seen.near,
        quiet=kept_out,
        purchase_id=purchase_id,
        shown=row,
    )


def of_row(visit: Visit, row: Shown) -> Panel:
    """Anything else: its line is what is said of it."""
    line = row.line
    moment = visit.w.moment(row.row.at)
    sums = f" {line.sum}." if line.sum else ""
    text = ". ".join(part.rstrip(".") for part in (line.who, line.why) if part)
    says = [] if row.row.kind in ("note", "card", "claim") else [(visit.w.lang, f"{text}.{sums}")]
    return Panel(title=line.who, where=moment, says=says, total=line.sum, shown=row)
