"""Something of the tenant's own: a survey answered, an app installed (seed 002: points for what members do)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Counting, Failed, Setting
from coalition.promotions.triggers.occasion import OccasionTrigger
from tenants.translations import N_

TEXT_MAX = 200
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class FieldKind(StrEnum):
    """What a field of an event holds."""

    TEXT = "text"
    WHOLE = "whole"
    FLAG = "flag"
    DATE = "date"

    def holds(self, value: Any) -> bool:
        """Whether the value is of this kind: a text of 200 characters at most, a whole number, yes or no, a day."""
        match self:
            case FieldKind.TEXT:
                return isinstance(value, str) and len(value) <= TEXT_MAX and _can_be_kept(value)
            case FieldKind.WHOLE:
                return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
            case FieldKind.FLAG:
                return isinstance(value, bool)
            case FieldKind.DATE:
                return isinstance(value, str) and _is_day(value)


FIELD_KINDS = {
    "text": N_("a text"),
    "whole": N_("a whole number"),
    "flag": N_("yes or no"),
    "date": N_("a date"),
}
"""What they are called where one is chosen."""


def _can_be_kept(text: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


class Event(OccasionTrigger):
    """Pays for the event `name`, with `having` only for one whose fields hold these values.

    `fields` declare what the event tells: all of them, and nothing else.
    """

    kind: Annotated[Literal["event"], named(event=N_("An event"))] = "event"
    name: Annotated[
        _Name, Asks(N_("Name of the event"), help=N_("Small Latin letters, digits and underscores"))
    ]
    fields: Annotated[
        dict[_Name, FieldKind],
        Asks(
            N_("What the event tells"), key=N_("Name of the field"), value=N_("It holds"), choices=FIELD_KINDS
        ),
    ] = Field(default_factory=dict, max_length=30)
    having: Annotated[
        dict[_Name, StrictBool | StrictInt | str],
        Asks(N_("Only with these values"), key=N_("Name of the field"), value=N_("Value")),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _declared(self) -> "Event":
        for name, value in self.having.items():
            if name not in self.fields:
                raise ValueError(f"the event has no field {name!r}")
            if not self.fields[name].holds(value):
                raise ValueError(f"the field {name!r} holds no such value")
        return self

    def compile(self, setting: Setting) -> Counting:
        """The name and the values."""
        name, having = self.name, self.having

        def counting(case: Case, promotion: int) -> Failed | None:
            assert case.occasion is not None, "only occasions come here"
            if case.occasion.name != name:
                return Failed("occasion", name, case.occasion.name)
            for field, wanted in having.items():
                if case.occasion.data.get(field) != wanted:
                    return Failed("occasion", f"{name}.{field}", case.occasion.data.get(field))
            return None

        return counting
