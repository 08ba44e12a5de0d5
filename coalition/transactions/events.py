"""Events of the tenant's own: whether one is as promotions declare it, and booking it as an occasion."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.queries import member_by_id
from coalition.programmes.queries import programme_by_id
from coalition.promotions.checking import Flaw
from coalition.promotions.events import fields_at
from coalition.promotions.index import Index
from coalition.promotions.queries import index_of
from coalition.transactions.models import Occasion
from coalition.transactions.occasions import Happened, note_occasions, occasion_of
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

KEY_MAX = 200


def note_event(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    name: str,
    key: str,
    occurred_at: datetime,
    fields: Mapping[str, Any],
) -> Occasion:
    """Book an event of the tenant's own, once per member, name and `key`: the same again is the one that is there.

    Raises Refusal("event_invalid", field=..., why=..., flaws=[Flaw, ...]) for what no promotion in force at its time
    declares, field and reason of the first flaw; Refusal("in_the_future"), NotFound("member_unknown").
    """
    actor.must(Permission.DESK_EVENT_NOTE)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    if occurred_at > clock.now():
        raise Refusal("in_the_future", reference=key)
    index = index_of(session, programme)
    if found := [*_wrong_key(key), *_wrong(index, name, occurred_at, fields)]:
        raise Refusal("event_invalid", field=found[0].field, why=found[0].why, flaws=found)
    told = Happened(member_id, "event", key, occurred_at, dict(fields), name)
    booked = note_occasions(session, programme, [told])
    return booked[0] if booked else occasion_of(session, told)


def _wrong_key(key: str) -> Iterator[Flaw]:
    if not 0 < len(key) <= KEY_MAX or not key.isprintable():
        yield Flaw("key", "unprintable", f"a key has 1 to {KEY_MAX} printable characters", {})


def _wrong(index: Index, name: str, at: datetime, fields: Mapping[str, Any]) -> Iterator[Flaw]:
    """Where an event is not as it is declared: every field that is unknown, missing or of another kind."""
    kinds = fields_at(index, name, at)
    if kinds is None:
        yield Flaw("name", "event_unknown", f"no promotion is for an event {name!r}", {})
        return
    for unknown in sorted(fields.keys() - kinds.keys()):
        yield Flaw(f"fields.{unknown}", "extra_forbidden", "the event has no such field", {})
    for one, kind in sorted(kinds.items()):
        if one not in fields:
            yield Flaw(f"fields.{one}", "missing", "it is missing", {})
        elif not kind.holds(fields[one]):
            yield Flaw(f"fields.{one}", f"event_{kind}", f"it is no {kind}", {})
