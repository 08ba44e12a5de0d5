"""What the back office keeps of partners: names, place in the showcase, outlets, terminals; closing, opening again."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from coalition.partners.models import Outlet, Participant, Partner, Terminal
from coalition.partners.queries import company_here, outlet_by_id, participant_here, partner_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import digest, next_numbers

LANGUAGES = ("ru", "en")
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
NAME_MAX, ABOUT_MAX = 120, 300
OUTLET_TEXTS = {"region": 32, "brand": 64, "franchise": 64}
"""The tenant's own words about an outlet, and how long each may be."""
MID_MAX, TID_MAX = 32, 16
Names = Mapping[str, str]


def unnamed(field: str, names: Names) -> list[Refusal]:
    """A refusal for each language in which a name is missing, too long, or holds what cannot be seen."""
    texts = {f"{field}_{lang}": names.get(lang, "").strip() for lang in LANGUAGES}
    return [
        Refusal("partner_name", field=at) for at, text in texts.items() if not 0 < len(text) <= NAME_MAX
    ] + _hidden(texts)


def wrong_with_partner(name: Names, about: Names, legal: Names) -> list[Refusal]:
    """Everything that is wrong with a partner's words, each with its field."""
    texts = {f"about_{lang}": about.get(lang, "").strip() for lang in LANGUAGES}
    long = [Refusal("partner_about", field=at) for at, text in texts.items() if len(text) > ABOUT_MAX]
    return [*unnamed("name", name), *long, *_hidden(texts), *unnamed("legal", legal)]


def _hidden(texts: Names) -> list[Refusal]:
    return [Refusal("hidden_sign", field=field) for field, text in texts.items() if not text.isprintable()]


def wrong_with_outlet(name: Names, zone: str, texts: Mapping[str, str]) -> list[Refusal]:
    """Everything that is wrong with an outlet, each with its field."""
    found = unnamed("name", name)
    try:
        clock.zone(zone)
    except ZoneInfoNotFoundError:
        found.append(Refusal("zone_unknown", field="zone", zone=zone))
    words = {field: texts.get(field, "").strip() for field in OUTLET_TEXTS}
    long = [
        Refusal("outlet_text", field=field, most=most)
        for field, most in OUTLET_TEXTS.items()
        if len(words[field]) > most
    ]
    return found + long + _hidden(words)


def change_partner(
    session: Session,
    actor: Actor,
    *,
    partner_id: int,
    name: Names,
    about: Names,
    category: str,
    icon: str,
    legal: Names,
    seen: str,
) -> bool:
    """Change what members see of a partner, and what its legal entity is called; whether anything is another now.

    `seen` is `version_of` what was looked at: Conflict("partner_changed") where somebody has changed it since.
    """
    actor.must(Permission.DESK_PARTNER_EDIT)
    partner = partner_by_id(session, partner_id)
    for no in wrong_with_partner(name, about, legal):
        raise no
    participant = session.get_one(Participant, (partner.tenant_id, partner.participant_id))
    session.refresh(participant, with_for_update=True)
    session.refresh(partner, with_for_update=True)
    before = told_of(partner, participant)
    if version_of(before) != seen:
        raise Conflict("partner_changed")
    partner.name, partner.about = _stripped(name), _stripped(about)
    partner.category, partner.icon, participant.name = category, icon, _stripped(legal)
    if (after := told_of(partner, participant)) == before:
        return False
    record(session, actor, "partner.change", f"partner {partner.code}", before=before, after=after)
    return True


def close_partner(session: Session, actor: Actor, *, partner_id: int) -> bool:
    """Show a partner to members no more; sales that still come are recognised. Returns whether it was open."""
    actor.must(Permission.DESK_PARTNER_EDIT)
    partner = partner_by_id(session, partner_id)
    if changes := _turn(partner, clock.now()):
        record(session, actor, "partner.close", f"partner {partner.code}")
    return changes


def reopen_partner(session: Session, actor: Actor, *, partner_id: int) -> bool:
    """Show it to members again; returns whether it was closed. Conflict("participant_left")."""
    actor.must(Permission.DESK_PARTNER_EDIT)
    partner = partner_by_id(session, partner_id)
    participant_here(session, partner.participant_id)
    if changes := _turn(partner, None):
        record(session, actor, "partner.reopen", f"partner {partner.code}")
    return changes


def change_outlet(
    session: Session,
    actor: Actor,
    *,
    outlet_id: int,
    name: Names,
    zone: str,
    texts: Mapping[str, str],
    seen: str,
) -> bool:
    """Change an outlet's name, time zone and words; whether anything is another now.

    `seen` is `version_of` what was looked at: Conflict("outlet_changed") where somebody has changed it since.
    """
    actor.must(Permission.DESK_PARTNER_EDIT, own=Permission.PORTAL_OUTLET_EDIT)
    outlet = outlet_by_id(session, outlet_id)
    actor.must_belong(partner_by_id(session, outlet.partner_id).participant_id)
    for no in wrong_with_outlet(name, zone, texts):
        raise no
    next_numbers(session, "outlet", 0)  # no file changes it meanwhile
    session.refresh(outlet, with_for_update=True)
    before = told_of_outlet(outlet)
    if version_of(before) != seen:
        raise Conflict("outlet_changed")
    outlet.name, outlet.zone = _stripped(name), zone
    for field in OUTLET_TEXTS:
        setattr(outlet, field, texts.get(field, "").strip())
    if (after := told_of_outlet(outlet)) == before:
        return False
    record(session, actor, "outlet.change", f"outlet {outlet.code}", before=before, after=after)
    return True


def close_outlet(session: Session, actor: Actor, *, outlet_id: int) -> bool:
    """Mark an outlet as closed; what was sold there keeps it. Returns whether it was open."""
    actor.must(Permission.DESK_PARTNER_EDIT, own=Permission.PORTAL_OUTLET_EDIT)
    outlet = outlet_by_id(session, outlet_id)
    actor.must_belong(partner_by_id(session, outlet.partner_id).participant_id)
    if changes := _turn(outlet, clock.now()):
        record(session, actor, "outlet.close", f"outlet {outlet.code}")
    return changes


def reopen_outlet(session: Session, actor: Actor, *, outlet_id: int) -> bool:
    """Mark it as open again; returns whether it was closed. Conflict("company_left") to people of one that left."""
    actor.must(Permission.DESK_PARTNER_EDIT, own=Permission.PORTAL_OUTLET_EDIT)
    outlet = outlet_by_id(session, outlet_id)
    actor.must_belong(partner_by_id(session, outlet.partner_id).participant_id)
    company_here(session, actor.of_participant)
    if changes := _turn(outlet, None):
        record(session, actor, "outlet.reopen", f"outlet {outlet.code}")
    return changes


def add_terminal(session: Session, actor: Actor, *, partner_id: int, mid: str, tid: str) -> bool:
    """Recognise a till's sales as the partner's from now on; an empty TID stands for every till of the MID.

    Returns whether it is new. Raises Refusal("terminal_invalid") or Conflict("terminal_taken").
    """
    actor.must(Permission.DESK_PARTNER_EDIT)
    partner = partner_by_id(session, partner_id)
    if not is_terminal(mid, tid):
        raise Refusal("terminal_invalid")
    next_numbers(session, "outlet", 0)  # nobody else, and no file, adds tills meanwhile
    known = session.get(Terminal, (partner.tenant_id, mid, tid), populate_existing=True)
    if known is not None:
        if known.partner_id != partner_id:
            raise Conflict("terminal_taken")
        return False
    session.add(Terminal(tenant_id=partner.tenant_id, mid=mid, tid=tid, partner_id=partner_id))
    told = {"mid": mid, "tid": tid}
    record(session, actor, "terminal.add", f"partner {partner.code}", after=told)
    return True


def remove_terminal(session: Session, actor: Actor, *, partner_id: int, mid: str, tid: str) -> None:
    """Recognise a till's sales no more; those that are posted stay the partner's. NotFound("terminal_unknown")."""
    actor.must(Permission.DESK_PARTNER_EDIT)
    partner = partner_by_id(session, partner_id)
    known = session.get(Terminal, (tenant_of(session), mid, tid), with_for_update=True)
    if known is None or known.partner_id != partner_id:
        raise NotFound("terminal_unknown")
    session.delete(known)
    told = {"mid": mid, "tid": tid}
    record(session, actor, "terminal.remove", f"partner {partner.code}", before=told)


def is_terminal(mid: str, tid: str) -> bool:
    """Whether these can be a till's ids: printable, without spaces, not too long; the TID may be empty."""
    text = mid + tid
    fits = 0 < len(mid) <= MID_MAX and len(tid) <= TID_MAX
    return fits and text.isprintable() and not any(sign.isspace() for sign in text)


def told_of(partner: Partner, participant: Participant) -> dict[str, Any]:
    """What can be changed of a partner, as it stands."""
    return {
        "title": dict(partner.name),
        "about": dict(partner.about),
        "category": partner.category,
        "icon": partner.icon,
        "legal": dict(participant.name),
    }


def told_of_outlet(outlet: Outlet) -> dict[str, Any]:
    """What can be changed of an outlet, as it stands."""
    texts = {field: getattr(outlet, field) for field in OUTLET_TEXTS}
    return {"title": dict(outlet.name), "zone": outlet.zone, **texts}


def version_of(told: Mapping[str, Any]) -> str:
    """What `told_of` and `told_of_outlet` say, in short."""
    return digest(json.dumps(told, sort_keys=True)).hex()


def _stripped(names: Names) -> dict[str, str]:
    return {lang: names.get(lang, "").strip() for lang in LANGUAGES}


def _turn(one: Partner | Outlet, at: datetime | None) -> bool:
    """Close it at a moment, or with None open it again; whether it was not so already."""
    changes = (one.closed_at is None) != (at is None)
    if changes:
        one.closed_at = at
    return changes
