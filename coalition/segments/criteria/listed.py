"""Lists that were imported, and groups that came with the client base."""

from typing import Literal

from sqlalchemy import select

from coalition.members.models import Member
from coalition.segments.criteria.base import Codes, Criterion, Found, Scope


class Listed(Criterion):
    """The member is on one of the lists. A segment with criteria is none: so no refresh waits for another."""

    kind: Literal["listed"] = "listed"
    any_of: Codes

    def names(self) -> dict[str, tuple[str, ...]]:
        """Lists."""
        return {"any_of": self.any_of}

    def compile(self, scope: Scope) -> Found:
        """Members by their bits."""
        mask = sum(1 << scope.segments[code] for code in set(self.any_of))
        return Found(
            select(Member.id).where(
                Member.tenant_id == scope.tenant_id,
                Member.programme_id == scope.programme_id,
                Member.segments.op("&")(mask) != 0,
            )
        )
