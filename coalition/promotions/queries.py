"""Reads of promotions: the compiled index of this process, and versions by number."""

from collections.abc import Iterable
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition import money
from coalition.members.queries import segments_by_code
from coalition.partners.queries import all_outlets, participants_by_code, partners_by_code
from coalition.programmes.models import Programme
from coalition.promotions.case import Outlet, Setting, Units
from coalition.promotions.compiling import compile_index
from coalition.promotions.document import Document
from coalition.promotions.index import Codes, Index, Published
from coalition.promotions.models import Holiday, Promotion, PromotionClock, PromotionVersion
from coalition.promotions.tiers import TierTerms
from coalition.promotions.timeline import in_force
from tenants.runtime.db import tenant_of

_compiled: dict[tuple[int, int], Index] = {}
_compiling = Lock()


def promotions_number(session: Session, *, hold: bool = False) -> int:
    """The number of the tenant's newest publication, 0 before the first; with `hold` the next one waits."""
    query = select(PromotionClock.number).where(PromotionClock.tenant_id == tenant_of(session))
    if hold:
        query = query.with_for_update(read=True)
    return session.scalars(query).one_or_none() or 0


def index_of(session: Session, programme: Programme, *, hold: bool = False) -> Index:
    """The programme's compiled index, never older than what this transaction sees.

    Who books by it holds it: nothing is published, with an earlier moment, until the booking is committed.
    """
    key, number = (programme.tenant_id, programme.id), promotions_number(session, hold=hold)
    kept = _compiled.get(key)
    if kept is None or kept.number != number:
        with _compiling:
            kept = _compiled.get(key)
            if kept is None or kept.number != number:
                kept = _compiled[key] = compiled(
                    session, programme, published_versions(session, programme), number=number
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
    )


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
        row.code: Outlet(row.code, row.region, row.brand, row.franchise, row.zone)
        for row in all_outlets(session)
    }


def versions_by_id(session: Session, ids: Iterable[int]) -> dict[int, Document]:
    """The documents of versions, live or long over: what an explanation is read from."""
    rows = session.execute(
        select(PromotionVersion.id, PromotionVersion.document).where(
            PromotionVersion.tenant_id == tenant_of(session), PromotionVersion.id.in_(set(ids))
        )
    )
    return {number: Document.model_validate(document) for number, document in rows}


def published_versions(session: Session, programme: Programme) -> list[Published]:
    """Every version of the programme's promotions, in the order of their numbers, in the pieces in which it holds."""
    rows = session.scalars(
        select(PromotionVersion)
        .join(
            Promotion,
            (Promotion.tenant_id == PromotionVersion.tenant_id)
            & (Promotion.id == PromotionVersion.promotion_id),
        )
        .where(
            PromotionVersion.tenant_id == tenant_of(session),
            Promotion.tenant_id == tenant_of(session),
            Promotion.programme_id == programme.id,
        )
        .order_by(PromotionVersion.id)
    )
    return in_force(
        Published(
            row.id,
            row.promotion_id,
            row.starts_at,
            row.ends_at,
            row.published_at,
            Document.model_validate(row.document),
            row.correcting,
        )
        for row in rows
    )


def compiled(session: Session, programme: Programme, published: Iterable[Published], *, number: int) -> Index:
    """An index of these versions under the programme's terms."""
    return compile_index(
        published,
        number=number,
        setting=setting_of(session, programme),
        codes=codes_of(session),
        delay_days=programme.activation_delay_days,
        tiers=TierTerms.model_validate(programme.tiers) if programme.tiers else None,
    )


def promotions_by_code(session: Session, programme: Programme) -> dict[str, int]:
    """Numbers of the programme's promotions."""
    rows = session.execute(
        select(Promotion.code, Promotion.id).where(
            Promotion.tenant_id == tenant_of(session), Promotion.programme_id == programme.id
        )
    )
    return {row.code: row.id for row in rows}


def setting_of(session: Session, programme: Programme) -> Setting:
    """What documents of the programme are compiled for."""
    tenant_id = tenant_of(session)
    return Setting(
        units=Units(programme.scale, money.exponent(programme.currency)),
        zone=programme.zone,
        exchange=(programme.value_points, programme.value_minor),
        promotions=promotions_by_code(session, programme),
        holidays=frozenset(session.scalars(select(Holiday.day).where(Holiday.tenant_id == tenant_id))),
    )
