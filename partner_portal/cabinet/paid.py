"""Promotions that the company pays for, in whole or in part, whoever wrote them: their terms as members read them.

Of who else pays, to whom the promotion is offered and what it has cost others nothing is told.
"""

from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.promotion_told import STAGES, period
from admin.desk import Cell, Column, Listing
from coalition.promotions import wording
from coalition.promotions.document import Document
from coalition.promotions.overview import promotions
from coalition.promotions.own import codes_paid_by
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.translations import N_


class Paid(NamedTuple):
    """A promotion's version that speaks for it, and how much of its points the company pays for, in percent."""

    document: Document
    state: Cell
    period: str
    share: int


def paid_by(session: Session, code: str, w: Words) -> Sequence[Paid]:
    """By the code of the promotion; drafts of others, and those whose present version others pay for, are left out."""
    found, now = [], clock.now()
    for one in promotions(session, codes_paid_by(session, code)):
        version = one.shown(now)
        if version is None:
            continue
        document = Document.model_validate(version.document)
        share = sum(int(part.share) for part in document.funding if part.participant == code)
        if share:
            tone, icon, text = STAGES[one.stage(now)]
            state = Cell(_(text), tone=tone, icon=icon)
            found.append(Paid(document, state, period(version.starts_at, version.ends_at, w), share))
    return found


def listing(found: Sequence[Paid], w: Words) -> Listing[Paid]:
    """They as a list."""
    columns = (
        Column[Paid](
            N_("Promotion"), lambda one: Cell(wording.title(one.document, w), wording.rule(one.document, w))
        ),
        Column[Paid](N_("State"), lambda one: one.state),
        Column[Paid](N_("You pay"), lambda one: Cell(w.percent(one.share * 100)), number=True),
        Column[Paid](N_("Period"), lambda one: Cell(one.period), wide=True),
    )
    return Listing(columns, found, (), "", None, None, tells_all=True)
