"""A card that was linked (seed 001: points for the first registration of a card)."""

from typing import Literal

from coalition.promotions.triggers.occasion import OccasionTrigger


class CardActivation(OccasionTrigger):
    """Pays for each bank card that is linked to the member, with `once` for the first."""

    kind: Literal["card_activation"] = "card_activation"
