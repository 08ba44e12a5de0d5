"""What the tenant knows of a member under a name of its own (seed 002, golden P1: segmented accrual)."""

from typing import ClassVar, Literal

from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Code, Codes, Requirement


class Attribute(Requirement):
    """The member's attribute `name` has one of the values; one who has none does not qualify."""

    several = True

    personal: ClassVar[bool] = True
    of_purchase: ClassVar[bool] = False
    kind: Literal["attribute"] = "attribute"
    name: Code
    any_of: Codes

    def compile(self, setting: Setting) -> Check:
        """The attribute's value among those named."""
        name, any_of, named = self.name, frozenset(self.any_of), ", ".join(self.any_of)

        def check(case: Case) -> Failed | None:
            value = case.profile.attributes.get(name)
            return None if value in any_of else Failed("attribute", named, value)

        return check
