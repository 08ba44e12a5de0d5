"""A promo code and the purchases after it (seed 001, golden C1: the code binds on entry, the k-th purchase pays)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.members.codes import canonical
from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counters, Counting, Failed, Setting
from coalition.promotions.part import Part
from coalition.promotions.triggers.counting import next_number, numbered
from tenants.translations import N_


class PromoCode(Part):
    """Pays for purchase number `kth` at or after the moment when the member entered the code, however it was typed."""

    personal: ClassVar[bool] = True
    kind: Annotated[Literal["promo_code"], named(promo_code=N_("A purchase after a promo code"))] = (
        "promo_code"
    )
    code: Annotated[str, Asks(N_("Promo code"))] = Field(min_length=1, max_length=64)
    kth: Annotated[int, Asks(N_("Which purchase after it"))] = Field(default=1, ge=1, le=10_000)

    def counts(self) -> tuple[object, ...]:
        """Purchases after the code."""
        return ("promo_code", self.code)

    def is_over(self, counters: Counters, promotion: int) -> bool:
        """The purchase that pays has come."""
        return numbered(counters, promotion) >= self.kth

    def compile(self, setting: Setting) -> Counting:
        """Count what was bought since the entry."""
        code = canonical(self.code)

        def counting(case: Case, promotion: int) -> Failed | None:
            entered = case.profile.codes.get(code)
            if entered is None or case.line.at < entered:
                return Failed("promo_code", self.code)
            number = next_number(case, promotion)
            return None if number == self.kth else Failed("nth", self.kth, number)

        return counting
