"""Every purchase."""

from typing import Literal

from coalition.promotions.case import Setting
from coalition.promotions.part import Part


class Purchase(Part):
    """Pays for every purchase that meets the conditions."""

    kind: Literal["purchase"] = "purchase"

    def compile(self, setting: Setting) -> None:
        """Nothing to count."""
