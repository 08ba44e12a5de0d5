"""A card that comes into use (seed 001: points for the first registration of a card)."""

from typing import Annotated, Literal

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_


class CardActivation(OccasionTrigger):
    """Pays for each `bank` card that is linked, or `loyalty` card that is activated, with `once` for the first."""

    kind: Annotated[Literal["card_activation"], named(card_activation=N_("A card comes into use"))] = (
        "card_activation"
    )
    card: Annotated[
        Literal["bank", "loyalty"],
        Asks(
            N_("Which card"),
            choices={"bank": N_("a bank card is linked"), "loyalty": N_("a loyalty card is activated")},
        ),
    ] = "bank"

    def compile(self, setting: Setting) -> Counting:
        """The kind of card."""
        wanted = self.card

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            used = case.occasion.data.get("card", "bank")
            return None if used == wanted else Failed("occasion", wanted, used)

        return counting
