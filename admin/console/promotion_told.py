"""A promotion as its pages show it: states as chips, terms in words, what each version changed, who did what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import promotion_words
from admin.console.pictures import PICTURES
from admin.desk import Cell, Visitor
from admin.promotion_words import Wrong
from coalition.partners.queries import all_participants, all_partners
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.promotions import measures, wording
from coalition.promotions.categories import written_out
from coalition.promotions.checking import Flaw, as_far_as_sound, budget_flaws, flaws, period_flaws
from coalition.promotions.diff import Names, differences, listed, particulars
from coalition.promotions.document import Document
from coalition.promotions.doubts import doubts, start_doubts
from coalition.promotions.fitting import flaws_beside_others, flaws_in_time, past_flaws
from coalition.promotions.gives import GivesBenefit
from coalition.promotions.models import PromotionDraft, PromotionVersion
from coalition.promotions.overview import Overview, Stage
from coalition.promotions.queries import codes_of, own_categories, setting_of
from coalition.promotions.spent import spent_of
from coalition.reports.offers import CATEGORIES, category_name, section_of
from coalition.segments.queries import segment_titles
from tenants.branding.words import Words
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.translations import N_

STAGES = {
    Stage.LIVE: ("good", "check-circle", N_("Live")),
    Stage.SCHEDULED: ("note", "calendar-event", N_("Scheduled")),
    Stage.PAUSED: ("wait", "hourglass", N_("Paused")),
    Stage.ENDED: ("still", "check2", N_("Ended")),
    Stage.WITHDRAWN: ("still", "slash-circle", N_("Withdrawn before its start")),
    Stage.CORRECTING: ("note", "sliders", N_("Corrects the past")),
    Stage.DRAFT: ("brand", "pencil", N_("Draft")),
}
DRAFT_STATES = {
    "draft": ("brand", "pencil", N_("Draft")),
    "checked": ("wait", "hourglass-split", N_("Checked, waits for a signature")),
    "approved": ("good", "person-check", N_("Signed, not published yet")),
}


@dataclass(frozen=True)
class Terms:
    """The rule in a sentence, and its particulars as (name, value)."""

    rule: str
    particulars: Sequence[tuple[str, str]]


def given_so_far(session: Session, found: Overview, shown: PromotionVersion | None, w: Words) -> str:
    """What of a budget members have got; nothing where the promotion has none."""
    spent = spent_of(session, found.promotion) if found.promotion else None
    if shown is None or spent is None or found.promotion is None or found.promotion.budget is None:
        return ""
    document, own = Document.model_validate(shown.document), words_in(w.lang, _programme(session, found))
    got, whole = (measures.given(one, document, own).text for one in (spent, found.promotion.budget))
    return _("Given so far: %(got)s of the budget of %(whole)s", got=got, whole=whole)


def _programme(session: Session, found: Overview) -> Programme:
    assert found.promotion is not None, "it has versions"
    return programme_by_id(session, found.promotion.programme_id)


@dataclass(frozen=True)
class ToldDraft:
    """The open draft: its terms where they can be read, what is wrong with it, its changes, what may be done."""

    row: PromotionDraft
    chip: Cell
    period: str
    terms: Terms | None
    wrong: Sequence[Wrong]
    doubts: Sequence[str]
    changes: Sequence[str]
    author: str
    editor: str
    signer: str
    signed: str
    steps: frozenset[str]
    own: bool


def stage_cell(stage: Stage) -> Cell:
    """The state as a chip."""
    tone, icon, text = STAGES[stage]
    return Cell(_(text), tone=tone, icon=icon)


def title_of(found: Overview, now: datetime, lang: str) -> str:
    """What the promotion is called; by its code while it has no title."""
    version = found.shown(now)
    document = version.document if version else (found.draft.document if found.draft else {})
    title = document.get("title")
    said = title.get(lang) if isinstance(title, dict) else None
    return said if isinstance(said, str) and said else found.code


def period(starts_at: datetime | None, ends_at: datetime | None, w: Words) -> str:
    """From when until when."""
    start = w.moment(starts_at) if starts_at else _("from its publication")
    end = w.moment(ends_at) if ends_at else _("no end")
    return f"{start} — {end}"


def terms(document: Mapping[str, object], w: Words, names: Names) -> Terms | None:
    """A document in words, with the names of `called`; nothing for one that cannot be read."""
    try:
        read = Document.model_validate(document)
    except ValidationError:
        return None
    return Terms(wording.rule(read, w), [*_card(read, names, w.lang), *particulars(read, w, names)])


def _card(document: Document, names: Names, lang: str) -> Sequence[tuple[str, str]]:
    """What members of either language read of the offer, and what its card has: nobody signs what he has not seen."""
    read = [(_("The Russian title"), document.title.ru), (_("The English title"), document.title.en)]
    if isinstance(document.gives, GivesBenefit):
        name = document.gives.name
        read += [(_("The benefit's Russian name"), name.ru), (_("The benefit's English name"), name.en)]
    return [
        *read,
        (_("Category in the cabinet"), section_of(document, lang)),
        (_("Icon in the cabinet"), listed("icon", (document.icon,), names)),
    ]


def changes(
    before: PromotionVersion, document: Mapping[str, object], w: Words, names: Names
) -> Sequence[str]:
    """In what a document differs from a version; nothing for one that cannot be read."""
    try:
        old, new = Document.model_validate(before.document), Document.model_validate(document)
    except ValidationError:
        return ()
    return differences(old, new, w, names)


def called(session: Session, lang: str) -> Names:
    """What the terms have codes of is called: partners, segments, payers, sections, icons. To be asked once a page."""
    return {
        "conditions.partners": {one.code: one.name.get(lang, one.code) for one in all_partners(session)},
        "conditions.segments": segment_titles(session),
        "category": {"": _("By its conditions")} | {code: category_name(code, lang) for code in CATEGORIES},
        "icon": {name: _(said) for name, said in PICTURES.items()},
        "funding": {one.code: one.name.get(lang, one.code) for one in all_participants(session)},
    }


def told_draft(
    session: Session, found: Overview, now: datetime, visitor: Visitor, names: Names
) -> ToldDraft | None:
    """The open draft, as this person may handle it."""
    draft, w = found.draft, visitor.w
    if draft is None:
        return None
    wrong = wrong_of(session, draft, now, w.lang)
    tone, icon, text = DRAFT_STATES[draft.state]
    people = people_named(session, (draft.author_id, draft.editor_id, draft.approved_by))
    own = visitor.actor.id in draft.editors
    shown, document = found.shown(now), meant(session, draft.document)
    return ToldDraft(
        draft,
        Cell(_(text), tone=tone, icon=icon),
        period(draft.starts_at, draft.ends_at, w),
        terms(document, w, names),
        wrong,
        _doubted(session, draft, now, w.lang),
        [*_end_changed(shown, draft, w), *changes(shown, document, w, names)] if shown else (),
        people.get(draft.author_id, _("The house")),
        people.get(draft.editor_id, _("The house")),
        people.get(draft.approved_by, ""),
        w.moment(draft.approved_at) if draft.approved_at else "",
        frozenset(_steps(draft, visitor, own=own, wrong=bool(wrong))),
        own,
    )


def _doubted(session: Session, draft: PromotionDraft, now: datetime, lang: str) -> Sequence[str]:
    """What may be a slip in a draft, for who signs it."""
    programme = programme_by_id(session, draft.programme_id)
    refused = past_flaws(session, code=draft.code, starts_at=draft.starts_at, now=now)
    starts_at = None if refused else draft.starts_at  # what is refused is no doubt any more
    found = doubts_of(session, programme, draft.document, starts_at=starts_at, now=now)
    return promotion_words.told_once(found, lang)


def meant(session: Session, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with what its categories mean today, as the check would write it; one that is wrong as it is."""
    try:
        return written_out(dict(document), own_categories(session))
    except (AttributeError, KeyError, TypeError, ValidationError):
        return document


def _end_changed(before: PromotionVersion, draft: PromotionDraft, w: Words) -> Sequence[str]:
    if before.ends_at == draft.ends_at:
        return ()
    was, now = (w.moment(at) if at else _("no end") for at in (before.ends_at, draft.ends_at))
    return (_("The end was: %(was)s; it is: %(now)s", was=was, now=now),)


def _steps(draft: PromotionDraft, visitor: Visitor, *, own: bool, wrong: bool) -> Iterable[str]:
    if visitor.may(Permission.DESK_PROMOTION_EDIT):
        yield from ("edit", "discard")
        if draft.state == "draft" and not wrong:
            yield "check"
    if draft.state == "checked" and visitor.may(Permission.DESK_PROMOTION_APPROVE) and not own:
        yield "approve"
    if draft.state == "approved" and visitor.may(Permission.DESK_PROMOTION_PUBLISH):
        yield "publish"


def wrong_of(session: Session, draft: PromotionDraft, now: datetime, lang: str) -> Sequence[Wrong]:
    """Everything that is wrong with a draft."""
    programme = programme_by_id(session, draft.programme_id)
    period = {"starts_at": draft.starts_at, "ends_at": draft.ends_at}
    return promotion_words.wrong(
        flaws_of(session, programme, draft.code, draft.document, **period, now=now), lang
    )


def flaws_of(
    session: Session,
    programme: Programme,
    code: str,
    document: Mapping[str, Any],
    *,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> Sequence[Flaw]:
    """As `wrong_of`, of what a draft holds or would."""
    setting = setting_of(session, programme)
    in_dates = period_flaws(starts_at, ends_at, now)
    if not in_dates:
        in_dates = past_flaws(session, code=code, starts_at=starts_at, now=now)
    found = [*in_dates, *flaws(document, codes_of(session), setting)]
    sound = as_far_as_sound(document)
    if sound is not None:
        found += budget_flaws(sound, setting)
        found += flaws_beside_others(session, programme, code=code, document=sound)
    if sound is not None and not in_dates:
        found += flaws_in_time(
            session, programme, code=code, document=sound, starts_at=starts_at, ends_at=ends_at, now=now
        )
    return found


def doubts_of(
    session: Session,
    programme: Programme,
    document: Mapping[str, Any],
    *,
    starts_at: datetime | None,
    now: datetime,
) -> Sequence[Flaw]:
    """What may be a slip in a document, as far as it can be read, and in the start of what it is of."""
    sound, found = as_far_as_sound(document), start_doubts(starts_at, now)
    return [*found, *(doubts(sound, setting_of(session, programme)) if sound is not None else ())]


def people_named(session: Session, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """What people of the staff are called."""
    rows = session.execute(
        select(Staff.id, Staff.name).where(
            Staff.tenant_id == tenant_of(session), Staff.id.in_([one for one in ids if one])
        )
    )
    return {row.id: row.name for row in rows}
