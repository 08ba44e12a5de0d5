"""What of a purchase counts: some of its goods, or shares by the way it was paid (seeds 001 and 003).

A purchase that came without a receipt has neither: it counts for nothing, and the explanation says so.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from coalition.programmes.asks import Asks
from coalition.promotions.case import Case, Item, Receipt, Setting
from coalition.promotions.part import Part
from tenants.translations import N_


def paid_by_way(receipt: Receipt) -> dict[str, int]:
    """What was paid in each way, change taken off; ways in which nothing was paid are left out."""
    ways: dict[str, int] = {}
    for name, amount in receipt.payments:
        ways[name] = ways.get(name, 0) + amount
    return {name: amount for name, amount in ways.items() if amount > 0}


class Goods(Part):
    """Lines of a receipt: any of what is named in each field that is given, and none of what is excepted."""

    skus: Annotated[tuple[str, ...], Asks(N_("Articles"), help=N_("Several with commas between them"))] = ()
    brands: Annotated[
        tuple[str, ...], Asks(N_("Brands of goods"), help=N_("Several with commas between them"))
    ] = ()
    categories: Annotated[
        tuple[str, ...], Asks(N_("Categories of goods"), help=N_("Several with commas between them"))
    ] = ()
    tags: Annotated[
        tuple[str, ...], Asks(N_("Tags of goods"), help=N_("Several with commas between them"))
    ] = ()
    except_categories: Annotated[
        tuple[str, ...], Asks(N_("But not these categories"), help=N_("Several with commas between them"))
    ] = ()
    except_tags: Annotated[
        tuple[str, ...], Asks(N_("But not these tags"), help=N_("Several with commas between them"))
    ] = ()

    def match(self) -> Callable[[Item], bool]:
        """The test of one line."""
        skus, brands, categories = frozenset(self.skus), frozenset(self.brands), frozenset(self.categories)
        tags, not_categories, not_tags = map(frozenset, (self.tags, self.except_categories, self.except_tags))

        def fits(item: Item) -> bool:
            return (
                (not skus or item.sku in skus)
                and (not brands or item.brand in brands)
                and (not categories or item.category in categories)
                and (not tags or not tags.isdisjoint(item.tags))
                and item.category not in not_categories
                and not_tags.isdisjoint(item.tags)
            )

        return fits


class Base(Part):
    """The amount that the mechanic reckons with: the goods' lines, weighted by shares of payment types in percent.

    Payment types that are not named count whole. Lines of negative sums count for nothing.
    """

    goods: Annotated[Goods | None, Asks(N_("Only these goods"))] = None
    payments: Annotated[
        dict[str, Decimal],
        Asks(
            N_("Shares by the way of paying"),
            help=N_("Ways that are not named count whole"),
            key=N_("Way of paying"),
            value=N_("Counts, %"),
        ),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> "Base":
        if self.goods is None and not self.payments:
            raise ValueError("a base names goods or payment types")
        if any(not 0 <= share <= 100 for share in self.payments.values()):
            raise ValueError("shares of payment types are 0 to 100 percent")
        return self

    def compile(self, setting: Setting) -> Callable[[Case], int]:
        """Minor units that count, the remainder lost once, at the end."""
        fits = self.goods.match() if self.goods else None
        shares = {name: int(share * 100) for name, share in self.payments.items()}

        def amount(case: Case) -> int:
            receipt, whole = case.receipt, case.line.amount
            if receipt is None or whole <= 0:
                return 0
            counted = whole
            if fits:
                counted = min(
                    whole, sum(item.amount for item in receipt.items if item.amount > 0 and fits(item))
                )
            if shares:
                ways = paid_by_way(receipt)
                paid = sum(ways.values())
                weighted = sum(sum_ * shares.get(name, 10_000) for name, sum_ in ways.items())
                counted = counted * weighted // (paid * 10_000) if paid > 0 else 0
            return counted

        return amount
