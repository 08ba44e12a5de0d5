"""A percentage in the category that the member chose for the month (seed 000: favourite categories)."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Failed, Setting, Special, Worth
from coalition.promotions.mechanics.base import Arithmetic, Rate, fraction
from coalition.promotions.part import Mcc
from tenants.translations import N_


class CategoryOfMonth(Arithmetic):
    """`rate` percent of purchases whose MCC is of the chosen category; `categories` say the MCCs of each code.

    The choice is the member's attribute "category:yyyymm", for the month of the business day.
    """

    personal: ClassVar[bool] = True
    kind: Annotated[
        Literal["category_of_month"], named(category_of_month=N_("Percent in the category of the month"))
    ] = "category_of_month"
    rate: Annotated[Rate, Asks(N_("Rate, %"))]
    categories: Annotated[
        dict[str, Annotated[tuple[Mcc, ...], Field(min_length=1)]],
        Asks(N_("Categories to choose from"), key=N_("Code of the category"), value=N_("Categories (MCC)")),
    ] = Field(min_length=1, max_length=100)

    def percents(self) -> list[tuple[str, Decimal]]:
        """The one rate."""
        return [("rate", self.rate)]

    def compile(self, setting: Setting) -> Special:
        """The month's choice, then its MCCs."""
        numerator, denominator = fraction(self.rate, setting)
        categories = {name: frozenset(map(int, codes)) for name, codes in self.categories.items()}

        def worth(case: Case, amount: int, promotion: int) -> Worth | Failed:
            chosen = case.profile.attributes.get(f"category:{case.line.period}")
            if chosen is None or case.line.mcc not in categories.get(chosen, ()):
                return Failed("category", chosen, case.line.mcc)
            counted = max(amount, 0)
            return Worth(counted, counted * numerator // denominator)

        return worth
