"""Promotions that a member accepts first (seed 003, golden N2: only purchases at or after the acceptance)."""

from typing import Annotated, ClassVar, Literal

from coalition.programmes.asks import named
from coalition.promotions.case import Case, Check, Failed, Setting, moment_of
from coalition.promotions.conditions.base import Requirement
from tenants.translations import N_


class OptIn(Requirement):
    """The member had accepted the promotion when she bought."""

    personal: ClassVar[bool] = True
    of_purchase: ClassVar[bool] = False
    kind: Annotated[Literal["opt_in"], named(opt_in=N_("The member takes part"))] = "opt_in"

    def compile(self, setting: Setting) -> Check:
        """The moment of acceptance against that of the sale; what failed is told with the moment, if there is one."""
        promotion = setting.promotion

        def check(case: Case) -> Failed | None:
            accepted = case.profile.accepted.get(promotion)
            if accepted is not None and accepted <= case.line.at:
                return None
            return Failed("opt_in", None, None if accepted is None else moment_of(accepted).isoformat())

        return check
