"""Events of the tenant's own: which there are, and what fields each has, as promotions in force declare them.

All promotions that are in force at one moment declare an event alike, which is asked at publication. What `trigger`s
and `activation`s do with an event stands with them; booking one is `transactions.events`.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.promotions.activation import AfterEvent
from coalition.promotions.checking import Flaw
from coalition.promotions.document import Document
from coalition.promotions.index import Index, Rule, microseconds
from coalition.promotions.models import Promotion, PromotionVersion
from coalition.promotions.triggers.event import Event, FieldKind
from tenants.runtime.db import tenant_of


def fields_at(index: Index, name: str, at: datetime) -> Mapping[str, FieldKind] | None:
    """The fields of an event that happened at the moment, by the versions in force then; nothing if none is for it.

    An event for which points wait, and which no trigger declares, has no fields.
    """
    moment = microseconds(at)
    declared = [
        rule.trigger.fields
        for rule in index.on("event", moment)
        if isinstance(rule.trigger, Event) and rule.trigger.name == name
    ]
    if declared:
        return declared[-1]
    waited = any(rule.starts <= moment and _waits_for(rule, name) for rule in index.rules.values())
    return {} if waited else None


def declared_otherwise(
    session: Session,
    programme: Programme,
    *,
    code: str,
    document: Document,
    starts_at: datetime,
    ends_at: datetime | None,
) -> list[Flaw]:
    """What is wrong with an event's fields: another promotion of the same time declares others for that name."""
    trigger, version = document.trigger, PromotionVersion
    if not isinstance(trigger, Event):
        return []
    stored = version.document["trigger"]
    others = session.execute(
        select(Promotion.code, stored["fields"])
        .join(version, (Promotion.tenant_id == version.tenant_id) & (Promotion.id == version.promotion_id))
        .where(
            version.tenant_id == tenant_of(session),
            Promotion.tenant_id == tenant_of(session),
            Promotion.programme_id == programme.id,
            Promotion.code != code,
            stored["kind"].as_string() == trigger.kind,
            stored["name"].as_string() == trigger.name,
            version.ends_at.is_(None)
            | ((version.ends_at > starts_at) & (version.ends_at > version.starts_at)),
            *([version.starts_at < ends_at] if ends_at is not None else []),
        )
        .order_by(version.id)
    )
    for other, fields in others:
        if fields != trigger.fields:
            return [
                Flaw(
                    "trigger.fields",
                    "event_declared",
                    f"the promotion {other} declares other fields for this event",
                    {"promotion": other},
                )
            ]
    return []


def _waits_for(rule: Rule, name: str) -> bool:
    condition = rule.waits.condition if rule.waits is not None else None
    return isinstance(condition, AfterEvent) and condition.name == name
