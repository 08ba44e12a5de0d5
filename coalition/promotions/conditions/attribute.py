"""What the tenant knows of a member under a name of its own (seed 002, golden P1: segmented accrual)."""

from typing import Annotated, ClassVar, Literal

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Code, Codes, Requirement
from tenants.translations import N_


class Attribute(Requirement):
    """The member's attribute `name` has one of the values; one who has none does not qualify."""

    several = True

    personal: ClassVar[bool] = True
    of_purchase: ClassVar[bool] = False
    kind: Annotated[Literal["attribute"], named(attribute=N_("Attribute of the member"))] = "attribute"
    name: Annotated[Code, Asks(N_("Name of the attribute"))]
    any_of: Annotated[Codes, Asks(N_("Any of these values"), help=N_("Several with commas between them"))]

    def compile(self, setting: Setting) -> Check:
        """The attribute's value among those named."""
        name, any_of, named = self.name, frozenset(self.any_of), ", ".join(self.any_of)

        def check(case: Case) -> Failed | None:
            value = case.profile.attributes.get(name)
            return None if value in any_of else Failed("attribute", named, value)

        return check
