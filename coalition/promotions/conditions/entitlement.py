"""A right that the member holds until a day: a resident's or a guest's card (seed 003, golden N5)."""

from typing import Annotated, ClassVar, Literal

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Code, Requirement
from tenants.translations import N_


class Entitlement(Requirement):
    """The entitlement is valid on the purchase's business day; its last day counts."""

    several = True

    personal: ClassVar[bool] = True
    of_purchase: ClassVar[bool] = False
    kind: Annotated[Literal["entitlement"], named(entitlement=N_("Right of the member"))] = "entitlement"
    code: Annotated[Code, Asks(N_("Code of the right"))]

    def compile(self, setting: Setting) -> Check:
        """The last day against the purchase's; what failed is told with the last day, where there was one."""
        code = self.code

        def check(case: Case) -> Failed | None:
            until = case.profile.entitlements.get(code)
            if until is not None and case.day <= until:
                return None
            return Failed("entitlement", code, until.isoformat() if until else None)

        return check
