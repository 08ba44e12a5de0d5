"""Reads of promotions: the compiled index of this process, and versions by number."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from threading import Lock
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from coalition import money
from coalition.benefits.queries import benefits_by_code, retired_benefits
from coalition.draws.queries import prizes_by_draw
from coalition.members.queries import retired_segments, segments_by_code
from coalition.partners.queries import (
    all_outlets,
    participants_by_code,
    participants_that_left,
    partners_by_code,
)
from coalition.programmes.models import Programme
from coalition.promotions.calendar import Calendar, Entry
from coalition.promotions.case import Outlet, Setting, Units
from coalition.promotions.categories import Category
from coalition.promotions.compiling import compile_index
from coalition.promotions.document import Document
from coalition.promotions.index import Codes, Index, Published, microseconds
from coalition.promotions.models import (
    Deposit,
    Holiday,
    OwnCategory,
    ProgrammeTiers,
    Promotion,
    PromotionClock,
    PromotionVersion,
)
from coalition.promotions.tiers import TierHistory, TierTerms
from coalition.promotions.timeline import in_force
from tenants.runtime.db import tenant_of

UNCOMMITTED = "promotions_uncommitted"
"""The mark of a session that has published something itself."""

_compiled: dict[tuple[int, int], Index] = {}
_compiling = Lock()
_documents: dict[tuple[int, int, datetime], Document] = {}
DOCUMENTS_KEPT = 20_000
"""So many are kept read, that a publication costs the next purchase no more than compiling."""


def promotions_number(session: Session, *, hold: bool = False) -> int:
    """The number of the tenant's newest publication, 0 before the first; with `hold` the next one waits."""
    query = select(PromotionClock.number).where(PromotionClock.tenant_id == tenant_of(session))
    if hold:
        query = query.with_for_update(read=True)
    return session.scalars(query).one_or_none() or 0


def index_of(session: Session, programme: Programme, *, hold: bool = False) -> Index:
    """The programme's compiled index, never older than what this transaction sees.

    Who books by it holds it: nothing is published, with an earlier moment, until the booking is committed. What the
    transaction itself has published is its own alone, because it can still be rolled back.
    """
    if UNCOMMITTED in session.info:
        published = published_versions(session, programme)
        return compiled(session, programme, published, number=promotions_number(session, hold=hold))
    key, number = (programme.tenant_id, programme.id), promotions_number(session, hold=hold)
    kept = _compiled.get(key)
    if kept is None or kept.number != number:
        with _compiling:
            kept = _compiled.get(key)
            if kept is None or kept.number != number:
                kept = _compiled[key] = compiled(
                    session, programme, published_versions(session, programme), number=number, like=kept
                )
    return kept


def codes_of(session: Session) -> Codes:
    """What the codes in documents stand for."""
    numbers = session.execute(
        select(Promotion.code, Promotion.id).where(Promotion.tenant_id == tenant_of(session))
    )
    return Codes(
        partners_by_code(session),
        segments_by_code(session),
        participants_by_code(session),
        {row.code: row.id for row in numbers},
        _levels(session),
        _places(session),
        benefits_by_code(session),
        retired_segments(session),
        retired_benefits(session),
        participants_that_left(session),
        prizes_by_draw(session),
        own_categories(session),
    )


def own_categories(session: Session) -> dict[str, Category]:
    """What the tenant's own categories mean now, by code."""
    rows = session.scalars(
        select(OwnCategory).where(OwnCategory.tenant_id == tenant_of(session)).order_by(OwnCategory.code)
    )
    return {row.code: Category.model_validate(row.document) for row in rows}


def _levels(session: Session) -> frozenset[str]:
    """The codes of the levels of all the tenant's programmes."""
    every = session.scalars(select(Programme.tiers).where(Programme.tenant_id == tenant_of(session)))
    return frozenset(
        level.code for tiers in every if tiers for level in TierTerms.model_validate(tiers).levels
    )


def _places(session: Session) -> dict[str, frozenset[str]]:
    """What the tenant's outlets are known by."""
    outlets = all_outlets(session)
    return {
        "outlet": frozenset(one.code for one in outlets),
        "region": frozenset(one.region for one in outlets),
        "brand": frozenset(one.brand for one in outlets),
        "franchise": frozenset(one.franchise for one in outlets),
    }


def outlets_by_code(session: Session) -> dict[str, Outlet]:
    """The tenant's places of sale, as promotions look at them."""
    return {
        row.code: Outlet(row.code, row.region, row.brand, row.franchise, row.zone, row.id)
        for row in all_outlets(session)
    }


def versions_by_id(session: Session, ids: Iterable[int]) -> dict[int, Document]:
    """The documents of versions, live or long over: what an explanation is read from."""
    rows = session.execute(
        select(PromotionVersion.id, PromotionVersion.document).where(
            PromotionVersion.tenant_id == tenant_of(session), PromotionVersion.id == func.any(list(set(ids)))
        )
    )
    return {number: Document.model_validate(document) for number, document in rows}


def names_by_version(session: Session, ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """What people know these versions by: the promotion's code, and the number among its versions, from 1 on."""
    version, older, tenant_id = PromotionVersion, aliased(PromotionVersion), tenant_of(session)
    number = (
        select(func.count())
        .where(
            older.tenant_id == tenant_id,
            older.promotion_id == version.promotion_id,
            older.id <= version.id,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(version.id, Promotion.code, number.label("number"))
        .join(Promotion, (Promotion.tenant_id == version.tenant_id) & (Promotion.id == version.promotion_id))
        .where(
            version.tenant_id == tenant_id,
            Promotion.tenant_id == tenant_id,
            version.id == func.any(list(set(ids))),
        )
    )
    return {row.id: (row.code, row.number) for row in rows}


def published_versions(session: Session, programme: Programme) -> list[Published]:
    """Every version of the programme's promotions, in the order of their numbers, in the pieces in which it holds."""
    version = PromotionVersion
    rows = session.execute(
        select(
            version.id,
            version.promotion_id,
            version.starts_at,
            version.ends_at,
            version.published_at,
            version.correcting,
        )
        .join(Promotion, (Promotion.tenant_id == version.tenant_id) & (Promotion.id == version.promotion_id))
        .where(
            version.tenant_id == tenant_of(session),
            Promotion.tenant_id == tenant_of(session),
            Promotion.programme_id == programme.id,
        )
        .order_by(version.id)
    ).all()
    documents = _documents_of(session, [(row.id, row.published_at) for row in rows])
    return in_force(
        Published(
            row.id,
            row.promotion_id,
            row.starts_at,
            row.ends_at,
            row.published_at,
            documents[row.id],
            row.correcting,
        )
        for row in rows
    )


def _documents_of(session: Session, versions: Sequence[tuple[int, datetime]]) -> dict[int, Document]:
    """The documents of versions, by number; what this process has read before is not read again.

    A version never changes. One that was rolled back can leave its number to another, but not its moment.
    """
    tenant_id = tenant_of(session)
    found = {
        number: document
        for number, published_at in versions
        if (document := _documents.get((tenant_id, number, published_at))) is not None
    }
    unread = {number: published_at for number, published_at in versions if number not in found}
    if unread:
        if len(_documents) >= DOCUMENTS_KEPT:
            _documents.clear()
        read = versions_by_id(session, unread)
        found |= read
        _documents.update({(tenant_id, number, unread[number]): read[number] for number in read})
    return found


def compiled(
    session: Session,
    programme: Programme,
    published: Iterable[Published],
    *,
    number: int,
    like: Index | None = None,
) -> Index:
    """An index of these versions under the programme's terms; made quicker where there is one `like` it."""
    return compile_index(
        published,
        number=number,
        setting=setting_of(session, programme),
        codes=codes_of(session),
        delay_days=programme.activation_delay_days,
        tiers=tiers_of(session, programme),
        deposits=_deposits(session, programme),
        like=like,
    )


def _deposits(session: Session, programme: Programme) -> dict[int, tuple[int, int]]:
    """The programme's deposits by participant: the purse, and since when it is there."""
    rows = session.scalars(
        select(Deposit).where(Deposit.tenant_id == tenant_of(session), Deposit.programme_id == programme.id)
    )
    return {row.participant_id: (-row.id, microseconds(row.opened_at)) for row in rows}


def tiers_of(session: Session, programme: Programme) -> TierTerms | TierHistory | None:
    """The programme's levels: as they always were, or as they followed each other."""
    rows = session.scalars(
        select(ProgrammeTiers)
        .where(ProgrammeTiers.tenant_id == tenant_of(session), ProgrammeTiers.programme_id == programme.id)
        .order_by(ProgrammeTiers.since)
    ).all()
    if rows:
        return TierHistory(tuple((row.since, _terms(row.document)) for row in rows))
    return _terms(programme.tiers)


def _terms(document: dict[str, Any] | None) -> TierTerms | None:
    return TierTerms.model_validate(document) if document else None


def promotions_by_code(session: Session, programme: Programme) -> dict[str, int]:
    """Numbers of the programme's promotions."""
    rows = session.execute(
        select(Promotion.code, Promotion.id).where(
            Promotion.tenant_id == tenant_of(session), Promotion.programme_id == programme.id
        )
    )
    return {row.code: row.id for row in rows}


def calendar_of(session: Session) -> Calendar:
    """The tenant's calendar, with its past."""
    return Calendar(Entry(row.day, row.since, row.off) for row in _holidays(session))


def newest_days(session: Session) -> dict[date, Holiday]:
    """What is known now of each day that is a day off, or was one."""
    return {row.day: row for row in _holidays(session)}


def _holidays(session: Session) -> Sequence[Holiday]:
    return session.scalars(
        select(Holiday).where(Holiday.tenant_id == tenant_of(session)).order_by(Holiday.day, Holiday.since)
    ).all()


def setting_of(session: Session, programme: Programme) -> Setting:
    """What documents of the programme are compiled for."""
    return Setting(
        units=Units(programme.scale, money.exponent(programme.currency)),
        zone=programme.zone,
        exchange=(programme.value_points, programme.value_minor),
        promotions=promotions_by_code(session, programme),
        holidays=calendar_of(session),
    )
