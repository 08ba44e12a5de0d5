"""A grant as people see it: its code, and what is left of it. Pure."""

from dataclasses import dataclass
from datetime import date

from coalition.benefits.codes import SHOWN, code_of
from coalition.benefits.models import Benefit, BenefitKind, Grant
from coalition.benefits.terms import Terms, is_endless
from tenants.vault import Vault


@dataclass(frozen=True)
class Had:
    """A grant with its benefit; `left` is what can be used of it, nothing for one that can be used without end."""

    grant: Grant
    benefit: Benefit
    code: str | None
    left: int | None

    def usable(self, today: date) -> bool:
        """Whether something can be used today."""
        return self.left != 0 and self.grant.quantity > 0 and self.grant.last_day >= today


def had(vault: Vault, grant: Grant, benefit: Benefit, free: int) -> Had:
    """The grant with its code, where it is shown at tills, and what is left; `free` is what the member owes none of."""
    kind = BenefitKind(benefit.kind)
    endless = is_endless(kind, Terms.model_validate(benefit.terms))
    return Had(
        grant,
        benefit,
        code_of(vault, grant.id) if kind in SHOWN else None,
        None if endless else min(max(grant.quantity - grant.used, 0), free),
    )
