"""A tenant's own categories, such as "Groceries": what a sale is of, by its MCC or its partner. Pure.

A document names one by its code. When it is checked or published, what the code means then is written out in it, so
that a version keeps its meaning whatever the category becomes (`written_out`).
"""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from coalition.programmes.titles import Titles
from coalition.promotions.part import DASH, Part, Unfit, mcc_of

_DASH = re.compile(DASH)


class Sellers(NamedTuple):
    """Whose sales are of certain categories: those under any of the MCCs, and those of any of the partners."""

    mcc: frozenset[int]
    partners: frozenset[int]

    def hold(self, partner: int, mcc: int) -> bool:
        """Whether a sale at this partner and under this MCC is one."""
        return mcc in self.mcc or partner in self.partners


def _range(written: str) -> str:
    ends = [mcc_of(end) for end in _DASH.split(written, maxsplit=1)]
    if ends != sorted(ends):
        why = f"a range of MCCs begins with the lower one, not as {written!r}"
        raise Unfit("", why, "mcc_range", written=written, turned="-".join(sorted(ends)))
    return "-".join(ends)


MccRange = Annotated[str, AfterValidator(_range)]
"""An MCC, or the first and the last one of a range: "5411", "5811-5814", with any dash between them."""


class Category(Part):
    """Sales under any of the MCCs and those of any of the partners; one that is only named has neither yet."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    name: Titles | None = None
    mcc: tuple[MccRange, ...] = Field(default=(), max_length=1000)
    partners: tuple[str, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="after")
    def _named_where_it_means_something(self) -> "Category":
        if self.means_something != (self.name is not None):
            raise ValueError("a category has a name and MCCs or partners, or is a code alone")
        return self

    @property
    def means_something(self) -> bool:
        """Whether it says which sales are of it."""
        return bool(self.mcc or self.partners)

    @property
    def mark(self) -> str:
        """Of all that it means: under another mark it means something else."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    def called(self, lang: str) -> str:
        """Its name in the reader's language."""
        if self.name is None:
            return self.code
        return self.name.ru if lang == "ru" else self.name.en


def _of_code(written: Any) -> Any:
    return {"code": written} if isinstance(written, str) else written


Named = Annotated[Category, BeforeValidator(_of_code, json_schema_input_type=str | Category)]
"""A category as documents write it: its code, or with all it means."""


def sellers_of(categories: tuple[Category, ...], partner_of: Callable[[str], int]) -> Sellers | None:
    """Whose sales are of any of the categories; nothing where none is asked for."""
    if not categories:
        return None
    codes = {mcc for category in categories for written in category.mcc for mcc in _numbers(written)}
    return Sellers(
        frozenset(codes), frozenset(partner_of(code) for category in categories for code in category.partners)
    )


def mcc_of_both(one: Category, other: Category) -> list[str]:
    """The MCCs that both hold: sales under them are of either."""
    held, others = ({mcc for written in each.mcc for mcc in _numbers(written)} for each in (one, other))
    return [f"{mcc:04}" for mcc in sorted(held & others)]


def written_out(document: dict[str, Any], own: Mapping[str, Category]) -> dict[str, Any]:
    """A sound document with what its categories mean now in the place of codes; what is written out already stays."""
    conditions = document.get("conditions") or {}
    if not conditions.get("categories"):
        return document
    meant = [_meant(one, own) for one in conditions["categories"]]
    return document | {"conditions": conditions | {"categories": meant}}


def named_again(document: dict[str, Any], own: Mapping[str, Category]) -> dict[str, Any]:
    """A document with the codes in the place of what the tenant's categories meant; others stay written out."""
    conditions: Any = document.get("conditions")
    named = conditions.get("categories") if isinstance(conditions, dict) else None
    if not isinstance(named, list | tuple):
        return document
    codes = [one["code"] if isinstance(one, dict) and one.get("code") in own else one for one in named]
    return document | {"conditions": conditions | {"categories": codes}}


def _meant(written: Any, own: Mapping[str, Category]) -> Any:
    category = Category.model_validate(_of_code(written))
    if not category.means_something:
        category = own[category.code]
    return category.model_dump(mode="json")


def _numbers(written: str) -> range:
    ends = [int(end) for end in written.split("-")]
    return range(ends[0], ends[-1] + 1)
