"""A segment's definition: one validated document, data and not code."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from coalition.segments.criteria import AnyCriterion

PLACES = ("all_of", "any_of", "none_of")
Several = Annotated[tuple[AnyCriterion, ...], Field(max_length=20)]


class Definition(BaseModel):
    """Who belongs: those for whom `all_of` hold, at least one of `any_of` if there are any, and none of `none_of`.

    An `imported` segment has no criteria: it is the list of members that was brought last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=120)
    imported: bool = False
    all_of: Several = ()
    any_of: Several = ()
    none_of: Several = ()
    schema_version: Literal[1] = 1

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.imported == any(True for _ in self.criteria()):
            raise ValueError("a segment has criteria, or it is an imported list")
        return self

    def criteria(self) -> Iterator[tuple[str, int, AnyCriterion]]:
        """Every criterion with the field and the place where it stands."""
        for field in PLACES:
            for number, criterion in enumerate(getattr(self, field)):
                yield field, number, criterion

    @property
    def follows_purchases(self) -> bool:
        """Whether what a member buys can bring her in or out."""
        return any(criterion.follows_purchases for _, _, criterion in self.criteria())

    def lists(self) -> set[str]:
        """The codes of the lists that it looks at."""
        return {
            code
            for *_, criterion in self.criteria()
            if criterion.kind == "listed"
            for code in criterion.any_of
        }
