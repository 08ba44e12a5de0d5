"""A card that comes into use (seed 001: points for the first registration of a card)."""

from typing import Literal

from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger


class CardActivation(OccasionTrigger):
    """Pays for each `bank` card that is linked, or `loyalty` card that is activated, with `once` for the first."""

    kind: Literal["card_activation"] = "card_activation"
    card: Literal["bank", "loyalty"] = "bank"

    def compile(self, setting: Setting) -> Counting:
        """The kind of card."""
        wanted = self.card

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            used = case.occasion.data.get("card", "bank")
            return None if used == wanted else Failed("occasion", wanted, used)

        return counting
