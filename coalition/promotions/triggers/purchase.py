"""Every purchase."""

from typing import Annotated, Literal

from coalition.programmes.asks import named
from coalition.promotions.case import Setting
from coalition.promotions.part import Part
from tenants.translations import N_


class Purchase(Part):
    """Pays for every purchase that meets the conditions."""

    kind: Annotated[Literal["purchase"], named(purchase=N_("Every purchase"))] = "purchase"

    def compile(self, setting: Setting) -> None:
        """Nothing to count."""
