"""What every mechanic is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A piece of a promotion document: frozen, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Units(NamedTuple):
    """Digits after the point: of the programme's points, and of its currency."""

    scale: int
    exponent: int


class Linear(NamedTuple):
    """points = flat + amount // unit * numerator // denominator, in whole units, the remainder lost."""

    flat: int
    unit: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Special:
    """A mechanic that needs the member: `points(opened_on, day)` gives (base, points)."""

    points: Callable[[date | None, date], tuple[int, int]]
