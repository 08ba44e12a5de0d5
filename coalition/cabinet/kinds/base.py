"""What a kind of redemption shows, and what several kinds say alike."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from flask_babel import gettext as _

from coalition import money
from coalition.cabinet.views import Asked, Done, Shelf
from coalition.cabinet.visit import Visit
from coalition.members.models import HandleKind
from coalition.members.queries import handles_of
from coalition.programmes.terms import NEVER
from coalition.redemption.actions import Quote
from coalition.redemption.models import Redemption, Reward
from tenants.branding.formats import MINUS, NO_BREAK, plain_number
from tenants.branding.letterhead import Document
from tenants.branding.words import Words
from tenants.runtime.errors import Refusal

Choice = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A redemption in one line; `state` is empty when its time says enough."""

    who: str
    why: str
    state: str = ""


class Face(Protocol):
    """One kind as members see it; texts are in the visit's language."""

    kind: str
    icon: str

    def shelf(self, visit: Visit, asked: Mapping[str, str]) -> Shelf | None:
        """Its part of the page of rewards, for what `asked` already says; None when it has nothing to offer."""

    def choice(self, visit: Visit, said: Mapping[str, str]) -> Choice:
        """The member's choice from a form; a Refusal when it cannot be understood."""

    def asked(self, visit: Visit, reward: Reward, choice: Choice, quote: Quote) -> Asked:
        """The question before points move."""

    def told(self, visit: Visit, reward: Reward, redemption: Redemption) -> Told:
        """The redemption in one line."""

    def done(self, visit: Visit, reward: Reward, redemption: Redemption) -> Done:
        """What became of it."""

    def paper(self, visit: Visit, reward: Reward, redemption: Redemption) -> Document | None:
        """Its certificate or receipt, if the kind has one."""


_WRITTEN = re.compile(r"0*([0-9]+)(?:\.([0-9]*))?")
_DIGITS_MOST = 15
_faces: dict[str, Face] = {}


def add_face(face: Face) -> None:
    """Add a kind's face; each kind has one."""
    assert face.kind not in _faces, f"two faces for {face.kind}"
    _faces[face.kind] = face


def face_of(kind: str) -> Face:
    """The face of a kind."""
    return _faces[kind]


def faces() -> Iterable[Face]:
    """All faces, in the order of the page of rewards."""
    return _faces.values()


def read_points(text: str, w: Words) -> int:
    """Points as a person writes them, as `read_units` has it."""
    return read_units(text, w.scale, w)


def read_units(text: str, digits: int, w: Words) -> int:
    """A number with so many digits after the point, as a person writes it (`formats.plain_number`).

    Raises Refusal("points_unclear"), Refusal("amount_digits", digits=...) for more digits after the point, or
    Refusal("amount_large").
    """
    found = _WRITTEN.fullmatch(plain_number(text, w.lang))
    if found is None:
        raise Refusal("points_unclear")
    whole, fraction = found[1], found[2] or ""
    if len(whole) > _DIGITS_MOST:
        raise Refusal("amount_large")
    if len(fraction) > digits:
        raise Refusal("amount_digits", digits=digits)
    return money.in_units(f"{whole}.{fraction or 0}", digits)


def spent_first(quote: Quote, w: Words) -> list[tuple[str, str]]:
    """Which points go first, as labelled lines."""
    labels = [_("Spent first"), _("then")]
    lots = quote.lots[:2] if len(quote.lots) <= 2 else quote.lots[:1]
    pairs = [(label, _of_lot(points, last, w)) for label, (last, points) in zip(labels, lots, strict=False)]
    if len(quote.lots) > 2:
        rest = sum(points for _last, points in quote.lots[1:])
        pairs.append((labels[1], _("%(points)s of later ones", points=w.amount(rest))))
    return pairs


def _of_lot(points: int, last: date, w: Words) -> str:
    if last == NEVER:
        return _("%(points)s with no last day", points=w.amount(points))
    return _("%(points)s valid to %(day)s", points=w.amount(points), day=w.short_day(last))


def remains(quote: Quote, w: Words) -> tuple[str, str]:
    """Before and after, as the last line of a question."""
    before, points = w.amount(quote.available), w.amount(quote.points)
    return _("Will remain"), f"{before} {MINUS} {points} = {w.points(quote.left)}"


def card_hint(visit: Visit) -> str:
    """The member's bank card as people know it: empty when its token ends with no four digits."""
    cards = [h for h in handles_of(visit.session, visit.member_id) if h.kind == HandleKind.CARD_TOKEN]
    return card_digits(cards[0].hint) if cards else ""


def card_digits(hint: str) -> str:
    """The end of a card as people know it; a bank's token may end with anything, which would tell nobody. Pure."""
    return f"••{NO_BREAK}{hint}" if len(hint) == 4 and hint.isascii() and hint.isdigit() else ""
