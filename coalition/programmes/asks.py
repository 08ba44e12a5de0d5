"""How a form asks for a field of a document: the field itself says it, so a new part has its form by its fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Choices = Mapping[str, str]
"""What each value is called, as messages of the catalogue."""


@dataclass(frozen=True)
class Asks:
    """Stands in a field's annotation; all texts are messages of the catalogue.

    `unit` says what a number is in: "points" (whatever a promotion gives) or "money". `of` says of what a code is:
    partner, segment and so on. `choices` name the values there are, `key` and `value` the two sides of a mapping.
    """

    label: str
    help: str = ""
    unit: str = ""
    of: str = ""
    key: str = ""
    value: str = ""
    choices: Choices = field(default_factory=dict, hash=False)


def named(**kinds: str) -> Asks:
    """Stands in the annotation of a part's `kind`: what the part is called where one is chosen."""
    return Asks("", choices=kinds)
