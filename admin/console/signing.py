"""What waits for the signature of the person at the desk: of the work of others, what that person may sign."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.promotion_told import people_named, title_of
from admin.desk import Visitor
from coalition.promotions.overview import drafts_checked, promotions
from coalition.transactions.corrections.queries import corrections_to_sign
from tenants.permissions import Permission
from tenants.runtime import clock


class Waits(NamedTuple):
    """One thing to sign: what it is called, what it is and whose, and where it is signed."""

    title: str
    what: str
    href: str


def may_sign(visitor: Visitor) -> bool:
    """Whether the person signs anything at all."""
    return visitor.may(Permission.DESK_PROMOTION_APPROVE)


def waiting_for(session: Session, visitor: Visitor) -> Sequence[Waits]:
    """Checked drafts of promotions, then previewed corrections; never what the person wrote."""
    if not may_sign(visitor):
        return ()
    return (*_drafts(session, visitor), *_corrections(session, visitor))


def _drafts(session: Session, visitor: Visitor) -> Sequence[Waits]:
    now, w = clock.now(), visitor.w
    checked = [
        (one, one.draft)
        for one in promotions(session, drafts_checked(session))
        if one.draft is not None
        and one.draft.state == "checked"
        and visitor.actor.id not in one.draft.editors
    ]
    people = people_named(session, (draft.editor_id for _one, draft in checked))
    return [
        Waits(
            title_of(one, now, w.lang),
            _("New version of the promotion, by %(name)s", name=people.get(draft.editor_id, _("The house")))
            if one.versions
            else _("New promotion, by %(name)s", name=people.get(draft.editor_id, _("The house"))),
            url_for("desk_promotions.promotion", code=one.code, _anchor="draft"),
        )
        for one, draft in checked
    ]


def _corrections(session: Session, visitor: Visitor) -> Sequence[Waits]:
    if not visitor.may(Permission.DESK_LEDGER_ADJUST):
        return ()
    now, w = clock.now(), visitor.w
    found = [one for one in corrections_to_sign(session) if one.correction.author_id != visitor.actor.id]
    known = {one.code: one for one in promotions(session, [one.code for one in found])}
    people = people_named(session, (one.correction.author_id for one in found))
    return [
        Waits(
            title_of(known[one.code], now, w.lang),
            _(
                "Correction for %(first)s — %(last)s, by %(name)s",
                first=w.day(one.correction.first_day),
                last=w.day(one.correction.last_day),
                name=people.get(one.correction.author_id, _("The house")),
            ),
            url_for("desk_corrections.correction", correction_id=one.correction.id),
        )
        for one in found
    ]
