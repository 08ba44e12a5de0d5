"""The versions of a promotion as its page lists them: what each changed, who wrote it, who signed it and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.promotion_told import changes, people_named, period, stage_cell
from admin.desk import Cell
from coalition.promotions.diff import Names
from coalition.promotions.overview import Overview, drafts_of
from coalition.transactions.corrections.models import Correction
from tenants.branding.words import Words


@dataclass(frozen=True)
class ToldVersion:
    """A version: its number among its promotion's, its state, its period, and its changes since the one before.

    `hands` say who wrote it and who signed it, as far as that is known.
    """

    number: int
    chip: Cell
    period: str
    published: str
    hands: str
    changes: Sequence[str]


@dataclass(frozen=True)
class _Hands:
    """Who wrote a version, who signed it, and when."""

    authors: Sequence[UUID | None]
    signer: UUID | None
    signed_at: datetime | None


def told_versions(
    session: Session,
    found: Overview,
    corrections: Iterable[Correction],
    now: datetime,
    w: Words,
    names: Names,
) -> Sequence[ToldVersion]:
    """All versions, newest first."""
    hands = _hands(session, found, corrections)
    people = people_named(
        session, {person for one in hands.values() for person in (*one.authors, one.signer)}
    )
    told = []
    for place, version in enumerate(found.versions):
        before = [one for one in found.versions[place + 1 :] if not one.correcting or version.correcting][:1]
        told.append(
            ToldVersion(
                found.number_of(version),
                stage_cell(found.stage_of(version, now)),
                period(version.starts_at, version.ends_at, w),
                w.moment(version.published_at),
                _said(hands.get(version.id), people, w),
                changes(before[0], version.document, w, names) if before else (),
            )
        )
    return told


def _hands(session: Session, found: Overview, corrections: Iterable[Correction]) -> dict[int, _Hands]:
    """By the version's number: of its draft, or of the correction that it is."""
    drafts = {
        version: _Hands(draft.editors or [draft.author_id], draft.approved_by, draft.approved_at)
        for version, draft in drafts_of(session, found.versions).items()
    }
    return drafts | {
        one.version_id: _Hands([one.author_id], one.approved_by, one.approved_at)
        for one in corrections
        if one.version_id is not None
    }


def _said(hands: _Hands | None, people: dict[UUID | None, str], w: Words) -> str:
    if hands is None:
        return _("Who wrote and who signed it was not kept")
    authors = ", ".join(people.get(one, _("The house")) for one in hands.authors)
    signer = people.get(hands.signer, _("The house"))
    if hands.signed_at is None:
        return _("Written by %(authors)s, signed by %(name)s", authors=authors, name=signer)
    return _(
        "Written by %(authors)s, signed by %(name)s %(moment)s",
        authors=authors,
        name=signer,
        moment=w.moment(hands.signed_at),
    )
