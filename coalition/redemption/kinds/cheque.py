"""Points that pay a part of a sale at a till. Not chosen in a showcase: `redemption.tills` makes and undoes it."""

from typing import Any

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from coalition.redemption.kinds.base import Price
from coalition.redemption.models import Redemption, Reward
from tenants.runtime.errors import NotFound, Refusal


class Cheque:
    """One reward of this kind for each participant that takes points; how much they pay, the programme's terms say."""

    code = "cheque"

    def check_terms(self, terms: dict[str, Any]) -> dict[str, Any]:
        """It has none of its own."""
        return {}

    def price(self, session: Session, programme: Programme, reward: Reward, choice: dict[str, Any]) -> Price:
        """Only a till asks for it, with a sale."""
        raise NotFound("reward_unknown")

    def fulfil(self, session: Session, programme: Programme, reward: Reward, redemption: Redemption) -> bool:
        """The sale does it."""
        return True

    def undo(self, session: Session, reward: Reward, redemption: Redemption) -> None:
        """Only goods that are brought back undo it."""
        raise Refusal("goods_come_back_first")
