"""Writes of benefits: offering one, using what a member has of it, giving a use back."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.held import Had, had
from coalition.benefits.models import Benefit, BenefitKind, Grant, GrantUse
from coalition.benefits.queries import benefit_by_code, benefits_by_code, free_of, grant_by_code
from coalition.benefits.terms import Terms, is_endless, unfit
from coalition.ledger.bulk import lock_balances
from coalition.members.queries import member_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import derived_id, digest, next_numbers
from tenants.vault import vault_of

LANGUAGES = ("ru", "en")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def add_benefit(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    code: str,
    kind: str,
    name: dict[str, str],
    terms: dict[str, Any],
) -> Benefit:
    """Something that promotions can grant from now on.

    Raises the first of what `refusals` finds.
    """
    actor.must(Permission.DESK_BENEFIT_EDIT)
    programme = programme_by_id(session, programme_id)
    number = next_numbers(session, "benefit")  # from here on nobody else takes a code
    for no in refusals(session, programme, code=code, kind=kind, name=name, terms=terms):
        raise no
    benefit = Benefit(
        tenant_id=tenant_of(session),
        id=number,
        programme_id=programme.id,
        code=code,
        kind=kind,
        name={lang: name[lang].strip() for lang in LANGUAGES},
        terms=Terms.model_validate(terms).model_dump(mode="json", exclude_none=True),
    )
    session.add(benefit)
    session.flush()  # promotions and grants refer to it
    told = {"kind": kind, "terms": benefit.terms, "title": benefit.name}
    record(session, actor, "benefit.add", f"benefit {code}", after=told)
    return benefit


def refusals(
    session: Session,
    programme: Programme,
    *,
    code: str,
    kind: str,
    name: Mapping[str, str],
    terms: dict[str, Any],
) -> list[Refusal]:
    """Everything for which a benefit cannot be added, each with its field: what is typed can be put right at once.

    "benefit_code", Conflict("benefit_known"), "benefit_name" for either language, and what `terms.unfit` finds.
    """
    found: list[Refusal] = []
    if not _CODE.fullmatch(code):
        found.append(Refusal("benefit_code", field="code"))
    elif code in benefits_by_code(session):
        found.append(Conflict("benefit_known", field="code"))
    found += [
        Refusal("benefit_name", field=f"name.{lang}")
        for lang in LANGUAGES
        if not 0 < len(name.get(lang, "").strip()) <= 120
    ]
    if kind in set(BenefitKind):
        return found + unfit(BenefitKind(kind), terms, clock.business_day(programme.zone))
    return [*found, Refusal("benefit_terms", field="kind")]


def use_code(
    session: Session,
    actor: Actor,
    *,
    code: str,
    quantity: int,
    request_id: str,
    programme_id: int | None = None,
) -> int:
    """Use what a code (of a programme, where one is named) is for; returns how much was used.

    The same request again is the same use.

    A certificate gives what it still has, if that is less (golden C3); everything else is used as asked or not at all.
    Raises NotFound("grant_unknown"), Refusal("grant_expired", last_day=...), Refusal("grant_used_up", left=...).
    """
    actor.must(Permission.DESK_BENEFIT_USE)
    found = grant_by_code(session, code, programme_id=programme_id)
    lock_balances(session, [found.grant.member_id])
    session.refresh(found.grant, with_for_update=True)
    request = UUID(bytes=digest("benefit.use", request_id))
    known = _uses(session, found.grant.member_id, request)
    if known:
        if any(use.grant_id != found.grant.id for use in known):
            raise Conflict("request_reused")
        return sum(use.quantity for use in known)
    free = free_of(session, found.grant.member_id, found.benefit.id)
    used = _use(
        session, had(vault_of(session), found.grant, found.benefit, free), quantity, request, actor.client_id
    )
    told = {"benefit": found.benefit.code, "grant": found.grant.id, "quantity": used}
    record(session, actor, "benefit.use", f"member {found.grant.member_id}", after=told)
    return used


def spend_units(
    session: Session, actor: Actor, *, member_id: UUID, benefit_code: str, quantity: int, request_id: str
) -> None:
    """Use a member's game units, those that end first first; Refusal("not_enough_units", left=...).

    The same request again is the same use; with another quantity it is Conflict("request_reused").
    """
    actor.must(Permission.CABINET_REDEMPTION_MAKE, member_id=member_id)
    if quantity <= 0:
        raise Refusal("quantity_invalid")
    benefit = benefit_by_code(session, benefit_code)
    lock_balances(session, [member_id])
    request = UUID(bytes=digest("benefit.spend", request_id))
    known = _uses(session, member_id, request)
    if known:
        if sum(use.quantity for use in known) != quantity:
            raise Conflict("request_reused")
        return
    today = clock.business_day(programme_by_id(session, member_by_id(session, member_id).programme_id).zone)
    grants = session.scalars(
        select(Grant)
        .where(
            Grant.tenant_id == tenant_of(session),
            Grant.member_id == member_id,
            Grant.benefit_id == benefit.id,
            Grant.quantity > Grant.used,
            Grant.last_day >= today,
        )
        .order_by(Grant.last_day, Grant.id)
        .with_for_update()
    ).all()
    left = min(sum(grant.quantity - grant.used for grant in grants), free_of(session, member_id, benefit.id))
    if benefit.kind != BenefitKind.UNITS or quantity > left:
        raise Refusal("not_enough_units", left=left)
    for grant in grants:
        part = min(grant.quantity - grant.used, quantity)
        if part:
            _note(session, grant, part, request)
            quantity -= part


def give_back(session: Session, actor: Actor, *, member_id: UUID, request_id: str) -> None:
    """Undo a use, as when the sale that it was for is returned; twice is once."""
    actor.must(Permission.DESK_BENEFIT_USE)
    lock_balances(session, [member_id])
    undone = UUID(bytes=digest("benefit.undo", request_id))
    if _uses(session, member_id, undone):
        return
    uses = _uses(session, member_id, UUID(bytes=digest("benefit.use", request_id)))
    for use in uses:
        grant = session.get_one(Grant, (use.tenant_id, member_id, use.grant_id), with_for_update=True)
        _note(session, grant, -use.quantity, undone, use.client_id)
    if uses:
        told = {"grants": [use.grant_id for use in uses], "quantity": sum(use.quantity for use in uses)}
        record(session, actor, "benefit.give_back", f"member {member_id}", before=told)


def give_code_back(
    session: Session, actor: Actor, *, code: str, request_id: str, programme_id: int | None = None
) -> None:
    """Undo a use of a code, whose goods came back; twice is once. NotFound("grant_unknown")."""
    actor.must(Permission.DESK_BENEFIT_USE)
    found = grant_by_code(session, code, programme_id=programme_id)
    give_back(session, actor, member_id=found.grant.member_id, request_id=request_id)


def _uses(session: Session, member_id: UUID, request: UUID) -> list[GrantUse]:
    return list(
        session.scalars(
            select(GrantUse).where(
                GrantUse.tenant_id == tenant_of(session),
                GrantUse.member_id == member_id,
                GrantUse.request == request,
            )
        )
    )


def _use(session: Session, found: Had, quantity: int, request: UUID, client_id: str | None) -> int:
    grant, kind = found.grant, BenefitKind(found.benefit.kind)
    if quantity <= 0:
        raise Refusal("quantity_invalid")
    zone = programme_by_id(session, found.benefit.programme_id).zone
    if grant.last_day < clock.business_day(zone):
        raise Refusal("grant_expired", last_day=grant.last_day)
    if found.left is not None:
        if kind is BenefitKind.CERTIFICATE:
            quantity = min(quantity, found.left)
        if not 0 < quantity <= found.left:
            raise Refusal("grant_used_up", left=found.left)
    _note(session, grant, quantity, request, client_id)
    return quantity


def _note(session: Session, grant: Grant, quantity: int, request: UUID, client_id: str | None = None) -> None:
    benefit = session.get_one(Benefit, (grant.tenant_id, grant.benefit_id))
    if not is_endless(BenefitKind(benefit.kind), Terms.model_validate(benefit.terms)):
        grant.used += quantity
    now = clock.now()
    session.add(
        GrantUse(
            tenant_id=grant.tenant_id,
            member_id=grant.member_id,
            id=derived_id(now, request, grant.id),
            grant_id=grant.id,
            request=request,
            quantity=quantity,
            at=now,
            client_id=client_id,
        )
    )
    session.flush()  # the next look at the same grant or request sees it
