"""Roles: what people of the staff may do, together. Built-in ones stand here in one list, a tenant's own in its table.

A built-in role gets a row when somebody has it or when its second factor is decided about; what it may do is always
read here, so that a new permission reaches everybody who should have it. "Operator" is a role of the operators'
own place alone, where it is the only one built in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.models import Role, StaffRole, Tenant
from tenants.permissions import OF_OPERATORS, OF_PARTICIPANTS, OF_ROLES, READING, Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.language import translate
from tenants.translations import N_

P = Permission
LANGUAGES = ("ru", "en")
_SECTIONS = READING - {P.DESK_AUDIT_READ, P.DESK_MEMBER_READ, P.DESK_STAFF_READ}


@dataclass(frozen=True)
class Known:
    """A role as it is told: its code, its name in each language, and what it may do."""

    code: str
    names: Mapping[str, str]
    permissions: frozenset[Permission]
    second_factor: bool = False
    built_in: bool = False


def _built(code: str, title: str, *permissions: Permission, also: Iterable[Permission] = ()) -> Known:
    names = {lang: translate(lang, title) for lang in LANGUAGES}
    return Known(code, names, frozenset({*permissions, *also}), built_in=True)


def built_in() -> dict[str, Known]:
    """The roles that every tenant has, by their codes."""
    agent = (P.DESK_MEMBER_READ, P.DESK_MEMBER_ENROL, P.DESK_BENEFIT_READ, P.DESK_BENEFIT_USE, P.DESK_CODE_READ,
             P.DESK_PROMOTION_READ, P.DESK_PROGRAMME_READ, P.DESK_CARD_BLOCK, P.DESK_CARD_EDIT, P.DESK_CLAIM_OPEN,
             P.DESK_CLAIM_READ, P.DESK_MEMBER_NOTE, P.DESK_MEMBER_REVEAL, P.DESK_MESSAGE_SEND,
             P.DESK_POINTS_GRANT)  # fmt: skip
    found = (
        _built("administrator", N_("Tenant administrator"), P.DESK_AUDIT_READ, P.DESK_STAFF_READ,
               P.DESK_STAFF_EDIT, P.DESK_ROLE_EDIT, P.DESK_BRANDING_EDIT, P.DESK_CLIENT_EDIT,
               P.DESK_CLIENT_LIMIT,
               P.DESK_PARTNER_EDIT, P.DESK_PROGRAMME_EDIT, P.DESK_SANDBOX_MOVE, P.DESK_CHANGE_APPROVE,
               P.DESK_SUPPORT_GRANT, P.DESK_JOB_RETRY, P.DESK_PRIVACY_EDIT, P.DESK_LIST_EXPORT, P.DESK_LIST_SAVE,
               P.DESK_APPLICATION_DECIDE, P.DESK_NETWORK_EDIT, P.DESK_SHOP_EDIT, also=_SECTIONS),
        _built("marketer", N_("Marketer"), P.DESK_PROMOTION_READ, P.DESK_PROMOTION_EDIT,
               P.DESK_PROMOTION_APPROVE, P.DESK_PROMOTION_PUBLISH, P.DESK_BENEFIT_READ, P.DESK_BENEFIT_EDIT,
               P.DESK_DRAW_READ, P.DESK_SEGMENT_READ, P.DESK_SEGMENT_EDIT, P.DESK_PROGRAMME_READ,
               P.DESK_PROGRAMME_EDIT, P.DESK_DEPOSIT_READ, P.DESK_REWARD_READ,
               P.DESK_REWARD_EDIT, P.DESK_PARTNER_READ, P.DESK_FUND_EDIT,
               P.DESK_CHANGE_APPROVE, P.DESK_FIGURE_READ, P.DESK_SHOP_READ, P.DESK_SHOP_EDIT,
               P.DESK_MAILING_READ, P.DESK_MAILING_DECIDE),
        _built("back-office", N_("Back office"), P.DESK_FILE_READ, P.DESK_FILE_RECEIVE, P.DESK_RETURN_READ,
               P.DESK_LEDGER_ADJUST, P.DESK_MEMBER_READ, P.DESK_MEMBER_ENROL, P.DESK_CARD_BLOCK, P.DESK_CARD_EDIT,
               P.DESK_PARTNER_EDIT, P.DESK_PARTNER_READ, P.DESK_PROMOTION_APPROVE, P.DESK_PROMOTION_READ,
               P.DESK_APPLICATION_DECIDE, P.DESK_APPLICATION_READ, P.DESK_TICKET_ANSWER, P.DESK_TICKET_READ,
               P.DESK_SEGMENT_READ, P.DESK_CLIENT_READ, P.DESK_CLIENT_LIMIT,
               P.DESK_PAYOUT_READ, P.DESK_DEPOSIT_READ, P.DESK_CODE_READ, P.DESK_CHANGE_APPROVE,
               P.DESK_FIGURE_READ, P.DESK_JOB_READ, P.DESK_JOB_RETRY, P.DESK_REWARD_READ, P.DESK_REWARD_EDIT,
               P.DESK_PRIVACY_READ, P.DESK_PRIVACY_EDIT, P.DESK_PURCHASE_READ, P.DESK_REDEMPTION_READ,
               P.DESK_CARD_READ, P.DESK_MESSAGE_READ, P.DESK_LIST_EXPORT, P.DESK_LIST_SAVE, P.DESK_SHOP_READ,
               P.DESK_MAILING_READ),
        _built("agent", N_("Contact-centre agent"), *agent),
        _built("senior-agent", N_("Senior agent of the contact centre"), *agent, P.DESK_CARD_UNBLOCK,
               P.DESK_EVENT_NOTE, P.DESK_RETURN_READ, P.DESK_POINTS_UNDO, P.DESK_PRIVACY_READ, P.DESK_PRIVACY_EDIT,
               P.DESK_PURCHASE_READ, P.DESK_REDEMPTION_READ, P.DESK_CARD_READ, P.DESK_MESSAGE_READ,
               P.DESK_LIST_SAVE),
        _built("claims-officer", N_("Claims officer"), P.DESK_MEMBER_READ, P.DESK_PROMOTION_READ,
               P.DESK_BENEFIT_READ, P.DESK_RETURN_READ, P.DESK_LEDGER_ADJUST, P.DESK_PURCHASE_RECORD,
               P.DESK_FILE_READ, P.DESK_CLAIM_READ, P.DESK_CLAIM_OPEN, P.DESK_CLAIM_DECIDE, P.DESK_CLAIM_APPROVE,
               P.DESK_PURCHASE_READ, P.DESK_REDEMPTION_READ, P.DESK_MESSAGE_READ, P.DESK_LIST_SAVE),
        _built("accountant", N_("Accountant"), P.DESK_PAYOUT_READ, P.DESK_PAYOUT_SETTLE, P.DESK_DEPOSIT_READ,
               P.DESK_DEPOSIT_EDIT, P.DESK_FILE_READ, P.DESK_PROMOTION_READ, P.DESK_FIGURE_READ,
               P.DESK_SETTLEMENT_READ, P.DESK_SETTLEMENT_EDIT, P.DESK_SETTLEMENT_CLOSE,
               P.DESK_SETTLEMENT_PAY,
               P.DESK_PURCHASE_READ, P.DESK_REDEMPTION_READ, P.DESK_LIST_EXPORT, P.DESK_LIST_SAVE),
        _built("auditor", N_("Auditor"), also=READING),
        _built("partner-manager", N_("Manager of a partner"),
               also=OF_PARTICIPANTS - {P.PORTAL_CARD_OPERATE}),
        _built("partner-reader", N_("Reader of a partner"),
               also=(one for one in OF_PARTICIPANTS if one.endswith(":read"))),
    )  # fmt: skip
    return {role.code: role for role in found}


def operator() -> dict[str, Known]:
    """The one role of the operators' own place; it always asks for a second factor."""
    role = _built("operator", N_("Operator of the deployment"), P.DESK_AUDIT_READ, P.DESK_STAFF_READ,
                  P.DESK_STAFF_EDIT, P.DESK_ROLE_EDIT, also=OF_OPERATORS)  # fmt: skip
    return {role.code: replace(role, second_factor=True)}


def operates(session: Session) -> bool:
    """Whether this is the operators' own place."""
    return session.get_one(Tenant, tenant_of(session)).operates


def roles(session: Session) -> dict[str, Known]:
    """All roles of the tenant by their codes: the built-in ones first."""
    found = operator() if operates(session) else built_in()
    for row in session.scalars(select(Role).where(Role.tenant_id == tenant_of(session)).order_by(Role.code)):
        if row.code in found:
            known = found[row.code]
            found[row.code] = replace(known, second_factor=known.second_factor or row.second_factor)
        elif row.names is not None:
            permissions = frozenset(one for one in OF_ROLES if one in (row.permissions or ()))
            found[row.code] = Known(row.code, row.names, permissions, row.second_factor)
    return found


def roles_of(session: Session, staff_id: UUID) -> list[Known]:
    """What roles a person has."""
    codes = set(
        session.scalars(
            select(StaffRole.role).where(
                StaffRole.tenant_id == tenant_of(session), StaffRole.staff_id == staff_id
            )
        )
    )
    return [role for role in roles(session).values() if role.code in codes] if codes else []


def holders(session: Session) -> dict[UUID, list[str]]:
    """Codes of their roles by people."""
    found: dict[UUID, list[str]] = {}
    for staff_id, role in session.execute(
        select(StaffRole.staff_id, StaffRole.role)
        .where(StaffRole.tenant_id == tenant_of(session))
        .order_by(StaffRole.role)
    ):
        found.setdefault(staff_id, []).append(role)
    return found


def together(found: Iterable[Known]) -> frozenset[Permission]:
    """What all of them may do."""
    return frozenset(one for role in found for one in role.permissions)
