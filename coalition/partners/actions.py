"""Writes of partners."""

from collections.abc import Sequence
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.partners.models import Outlet, Participant, Partner, Terminal
from coalition.partners.queries import company_here, participant_here, partner_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import next_numbers


def admit_participant(session: Session, actor: Actor, *, code: str, name: dict[str, str]) -> Participant:
    """Take a legal entity into the coalition; Conflict("participant_code_taken")."""
    actor.must(Permission.DESK_PARTNER_EDIT)
    number = next_numbers(session, "participant")  # nobody else takes one in meanwhile
    _free(session, Participant, code, "participant_code_taken")
    participant = Participant(tenant_id=tenant_of(session), id=number, code=code, name=name)
    session.add(participant)
    session.flush()  # partners and rewards refer to it
    record(session, actor, "participant.admit", f"participant {code}", after={"title": name})
    return participant


def add_partner(
    session: Session,
    actor: Actor,
    *,
    participant_id: int,
    code: str,
    name: dict[str, str],
    about: dict[str, str],
    category: str,
    icon: str = "shop",
    terminals: Sequence[tuple[str, str]] = (),
) -> Partner:
    """Add a participant's shop with its (MID, TID) pairs; an empty TID stands for every till of the MID.

    Raises Conflict("partner_code_taken"), and what `participant_here` raises.
    """
    actor.must(Permission.DESK_PARTNER_EDIT)
    tenant_id, number = tenant_of(session), next_numbers(session, "partner")
    participant_here(session, participant_id)
    _free(session, Partner, code, "partner_code_taken")
    partner = Partner(
        tenant_id=tenant_id,
        id=number,
        participant_id=participant_id,
        code=code,
        name=name,
        about=about,
        category=category,
        icon=icon,
    )
    session.add(partner)
    session.flush()  # terminals and promotions refer to it
    session.add_all(
        Terminal(tenant_id=tenant_id, mid=mid, tid=tid, partner_id=partner.id) for mid, tid in terminals
    )
    told = {"title": name, "about": about, "category": category, "icon": icon, "terminals": len(terminals)}
    record(session, actor, "partner.add", f"partner {code}", after=told)
    return partner


def open_outlet(
    session: Session,
    actor: Actor,
    *,
    partner_id: int,
    code: str,
    name: dict[str, str],
    zone: str,
    region: str = "",
    brand: str = "",
    franchise: str = "",
) -> Outlet:
    """Add a place of sale of a partner.

    Raises Refusal("zone_unknown") for a zone that IANA does not know, Conflict("outlet_code_taken"), and
    Conflict("company_left") to people of a participant that has left.
    """
    actor.must(Permission.DESK_PARTNER_EDIT, own=Permission.PORTAL_OUTLET_EDIT)
    actor.must_belong(partner_by_id(session, partner_id).participant_id)
    company_here(session, actor.of_participant)
    try:
        clock.zone(zone)
    except ZoneInfoNotFoundError:
        raise Refusal("zone_unknown", zone=zone) from None
    number = next_numbers(session, "outlet")
    _free(session, Outlet, code, "outlet_code_taken")
    outlet = Outlet(
        tenant_id=tenant_of(session),
        id=number,
        partner_id=partner_id,
        code=code,
        name=name,
        region=region,
        brand=brand,
        franchise=franchise,
        zone=zone,
    )
    session.add(outlet)
    session.flush()
    told = {"title": name, "zone": zone, "region": region, "brand": brand, "franchise": franchise}
    record(session, actor, "outlet.open", f"outlet {code}", after=told)
    return outlet


def _free(
    session: Session, kind: type[Participant] | type[Partner] | type[Outlet], code: str, taken: str
) -> None:
    """Raise Conflict where there is such a code; who has the numbering's lock learns it for good."""
    known = select(kind.id).where(kind.tenant_id == tenant_of(session), kind.code == code)
    if session.scalar(known) is not None:
        raise Conflict(taken)
