"""Where the sale was: the outlet, its region, its brand or who runs it (seeds 001 and 003)."""

from operator import attrgetter
from typing import Annotated, Literal

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Codes, Requirement
from tenants.translations import N_


class Place(Requirement):
    """The outlet is one of those that the tenant's codes name. A purchase whose outlet is not known is not."""

    kind: Annotated[
        Literal["outlet", "region", "brand", "franchise"],
        named(
            outlet=N_("Outlets"),
            region=N_("Regions"),
            brand=N_("Brands of outlets"),
            franchise=N_("Who runs the outlets"),
        ),
    ]
    codes: Annotated[Codes, Asks(N_("Which"), of="place")]

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
