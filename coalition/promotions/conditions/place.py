"""Where the sale was: the outlet, its region, its brand or who runs it (seeds 001 and 003)."""

from operator import attrgetter
from typing import Literal

from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Codes, Requirement


class Place(Requirement):
    """The outlet is one of those that the tenant's codes name. A purchase whose outlet is not known is not."""

    kind: Literal["outlet", "region", "brand", "franchise"]
    codes: Codes

    def compile(self, setting: Setting) -> Check:
        """The outlet's code of this kind among those named."""
        kind, codes, named = self.kind, frozenset(self.codes), ", ".join(self.codes)
        code_of = attrgetter("code" if kind == "outlet" else kind)

        def check(case: Case) -> Failed | None:
            if case.receipt is None:
                return Failed("receipt")
            outlet = case.receipt.outlet
            if outlet is None:
                return Failed(kind, named)
            code = code_of(outlet)
            return None if code in codes else Failed(kind, named, code)

        return check
