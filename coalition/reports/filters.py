"""Conditions of lists that people keep under names: their own, and those that somebody keeps for everybody."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from coalition.reports.lists import register_by_code
from coalition.reports.models import SavedFilter
from tenants.actor import Actor
from tenants.audit import record
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import new_id

NAME_MOST = 60
KEPT_MOST = 200
"""Filters of one person."""


def save_filter(
    session: Session, actor: Actor, *, list_code: str, name: str, conditions: Mapping[str, str], shared: bool
) -> SavedFilter:
    """Keep conditions under a name; the same ones twice are kept once.

    Raises Refusal("filter_name"), "filter_empty", "filters_too_many", Conflict("filter_name_taken").
    """
    actor.must(Permission.DESK_LIST_SAVE)
    register = register_by_code(list_code)
    actor.must(register.reads)
    name, kept = _name(name), register.clean(conditions)
    _alone(session, actor)
    if not kept or register.within:
        raise Refusal("filter_empty")
    known = _named(session, actor, list_code, name)
    if known is not None:
        if (known.conditions, known.shared) == (kept, shared):
            return known
        raise Conflict("filter_name_taken", name=name)
    own = (SavedFilter.tenant_id == tenant_of(session), SavedFilter.staff_id == actor.id)
    if session.execute(select(func.count()).select_from(SavedFilter).where(*own)).scalar_one() >= KEPT_MOST:
        raise Refusal("filters_too_many", most=KEPT_MOST)
    assert actor.id is not None, "who may save filters is somebody"
    row = SavedFilter(
        tenant_id=tenant_of(session), id=new_id(), staff_id=actor.id, list_code=list_code, name=name,
        conditions=kept, shared=shared, saved_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    record(session, actor, "filter.save", f"filter {row.id}", after={"list": list_code, "for_all": shared})
    return row


def rename_filter(session: Session, actor: Actor, *, filter_id: UUID, name: str) -> SavedFilter:
    """Call an own filter something else. Raises NotFound("filter_unknown"), Conflict("filter_name_taken")."""
    actor.must(Permission.DESK_LIST_SAVE)
    name = _name(name)
    _alone(session, actor)
    row = own_filter(session, actor.id, filter_id)
    if row.name == name:
        return row
    if _named(session, actor, row.list_code, name) is not None:
        raise Conflict("filter_name_taken", name=name)
    row.name = name
    record(session, actor, "filter.rename", f"filter {row.id}")
    return row


def remove_filter(session: Session, actor: Actor, *, filter_id: UUID) -> None:
    """Forget a filter that is the actor's to remove. Raises NotFound("filter_unknown")."""
    actor.must(Permission.DESK_LIST_SAVE)
    row = removable_filter(session, actor, filter_id)
    session.delete(row)
    told = {"list": row.list_code, "for_all": row.shared}
    record(session, actor, "filter.remove", f"filter {row.id}", before=told)


def own_filter(session: Session, staff_id: UUID | None, filter_id: UUID) -> SavedFilter:
    """A filter that the person keeps; NotFound("filter_unknown")."""
    row = session.get(SavedFilter, (tenant_of(session), filter_id))
    if row is None or row.staff_id != staff_id:
        raise NotFound("filter_unknown")
    return row


def removable_filter(session: Session, actor: Actor, filter_id: UUID) -> SavedFilter:
    """An own filter or, for who makes the roles, one that anybody shares; NotFound("filter_unknown")."""
    actor.must(Permission.DESK_LIST_SAVE)
    row = session.get(SavedFilter, (tenant_of(session), filter_id))
    if row is None or row.staff_id == actor.id or not row.shared:
        return own_filter(session, actor.id, filter_id)
    if Permission.DESK_ROLE_EDIT not in actor.permissions:
        raise NotFound("filter_unknown")
    actor.must(register_by_code(row.list_code).reads)
    return row


def others_filters(session: Session, staff_id: UUID) -> Sequence[SavedFilter]:
    """What others keep for everybody, of all lists: also who has left."""
    query = select(SavedFilter).where(
        SavedFilter.tenant_id == tenant_of(session), SavedFilter.shared, SavedFilter.staff_id != staff_id
    )
    return session.scalars(query.order_by(SavedFilter.list_code, SavedFilter.name, SavedFilter.id)).all()


def filters_of(session: Session, staff_id: UUID, list_code: str | None = None) -> Sequence[SavedFilter]:
    """What the person keeps, of one list or of all; of one list what others keep for everybody, too."""
    query = select(SavedFilter).where(SavedFilter.tenant_id == tenant_of(session))
    own = SavedFilter.staff_id == staff_id
    if list_code is None:
        query = query.where(own)
    else:
        query = query.where(SavedFilter.list_code == list_code, or_(own, SavedFilter.shared))
    return session.scalars(query.order_by(SavedFilter.list_code, SavedFilter.name, SavedFilter.id)).all()


def _alone(session: Session, actor: Actor) -> None:
    """Wait until nobody else keeps or renames filters of this person: two of one name would be one too many."""
    mine = select(Staff.id).where(Staff.tenant_id == tenant_of(session), Staff.id == actor.id)
    session.execute(mine.with_for_update(key_share=True))


def _name(said: str) -> str:
    name = " ".join(said.replace("\0", "").split())
    if not name or len(name) > NAME_MOST:
        raise Refusal("filter_name", most=NAME_MOST)
    return name


def _named(session: Session, actor: Actor, list_code: str, name: str) -> SavedFilter | None:
    return session.scalars(
        select(SavedFilter).where(
            SavedFilter.tenant_id == tenant_of(session),
            SavedFilter.staff_id == actor.id,
            SavedFilter.list_code == list_code,
            SavedFilter.name == name,
        )
    ).one_or_none()
