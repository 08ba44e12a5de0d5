"""What the tenant states of a member: the newest statement of a name holds."""

from datetime import date
from typing import Literal

from sqlalchemy import Subquery, select
from sqlalchemy.dialects.postgresql import distinct_on

from coalition.members.models import FactKind, MemberFact
from coalition.segments.criteria.base import Code, Codes, Criterion, Found, Scope


class Attribute(Criterion):
    """The member's attribute `name` has one of the values."""

    kind: Literal["attribute"] = "attribute"
    name: Code
    any_of: Codes

    def compile(self, scope: Scope) -> Found:
        """Members by the newest value."""
        newest = _newest(scope, FactKind.ATTRIBUTE, self.name)
        return Found(select(newest.c.member_id).where(newest.c.value.in_(self.any_of)))


class Entitlement(Criterion):
    """The right of that `code` is valid today; its last day counts."""

    kind: Literal["entitlement"] = "entitlement"
    code: Code

    def compile(self, scope: Scope) -> Found:
        """Members by the last day that was stated last."""
        newest = _newest(scope, FactKind.ENTITLEMENT, self.code)
        last: date = scope.today
        return Found(select(newest.c.member_id).where(newest.c.until.is_(None) | (newest.c.until >= last)))


def _newest(scope: Scope, kind: FactKind, name: str) -> Subquery:
    return (
        select(MemberFact.member_id, MemberFact.value, MemberFact.until)
        .ext(distinct_on(MemberFact.member_id))
        .where(MemberFact.tenant_id == scope.tenant_id, MemberFact.kind == str(kind), MemberFact.name == name)
        .order_by(MemberFact.member_id, MemberFact.since.desc(), MemberFact.ordinal.desc())
        .subquery()
    )
