"""What the pages show: plain values, ready to be written. Amounts that a template writes stay integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from coalition.reports.offers import Offer


@dataclass(frozen=True)
class Line:
    """One movement of points: who, the reason in one sentence, how many (signed, as text), its state or time."""

    icon: str
    tone: str  # of the icon: good, wait, bad or none
    who: str
    why: str
    sum: str
    shade: str  # of the figure: plus, pend, minus, lost
    state: str
    href: str = ""
    was: str = ""  # the figure that `sum` stands in the place of, corrected since
    whole_page: bool = False  # where the address leads is no sheet


@dataclass(frozen=True)
class Day:
    """The lines of one day, the newest first."""

    on: date
    lines: Sequence[Line]


@dataclass(frozen=True)
class Burning:
    """What is lost first."""

    points: int
    on: date
    when: str
    worth: int


@dataclass(frozen=True)
class Waiting:
    """What is given but cannot be spent yet."""

    points: int
    when: str


@dataclass(frozen=True)
class Term:
    """A stretch of the strip of terms: where it begins and how long it is, in percent."""

    points: int
    until: str
    shade: str
    left: str
    width: str


@dataclass(frozen=True)
class Home:
    """The first page."""

    available: int
    worth: int
    held: int
    debt: int
    burning: Burning | None
    calm: str
    waiting: Waiting | None
    conditional: Sequence[Waiting]
    ordered: Waiting | None
    strip: Sequence[Term]
    days: Sequence[Day]
    offers: Sequence[Offer]
    offer_count: int


@dataclass(frozen=True)
class Cut:
    """What a limit left and cut, as parts of a bar in percent."""

    label: str
    kept: str
    off_from: str
    off: str


@dataclass(frozen=True)
class Step:
    """One step of the sum."""

    title: str
    rule: str
    value: str
    cut: Cut | None = None


@dataclass(frozen=True)
class Told:
    """A sentence that matters, with its status."""

    tone: str
    icon: str
    text: str


@dataclass(frozen=True)
class Miss:
    """A promotion that did not apply, and by how much."""

    title: str
    gap: str


@dataclass(frozen=True)
class Why:
    """The reason of a line of points."""

    title: str
    where: str
    steps: Sequence[Step]
    total_label: str
    total: str
    terms: Sequence[Told] = ()
    near: Sequence[Miss] = ()
    card: str = ""
    taken: bool = False
    version: str = ""
    dispute: str = ""  # where it is disputed


@dataclass(frozen=True)
class Quick:
    """A sum that can be chosen with one tap."""

    points: int
    text: str
    chosen: bool = False


@dataclass(frozen=True)
class Cashback:
    """The form that turns points into money."""

    code: str
    written: str
    hint: str
    quick: Sequence[Quick]
    pairs: Sequence[tuple[str, str]]
    button: str
    promise: str
    wrong: str = ""


@dataclass(frozen=True)
class CertificateOffer:
    """A certificate on the shelf; `href` only when it can be had now."""

    face: str
    short: str
    name: str
    about: str
    points: int
    out: str = ""
    href: str = ""


@dataclass(frozen=True)
class Shelf:
    """One way of spending on the page of rewards: its own template draws the items."""

    code: str
    title: str
    heading: str
    template: str
    items: Sequence[object]


@dataclass(frozen=True)
class Asked:
    """The question before points move: what will be, what remains, and the two answers."""

    title: str
    code: str = ""
    request_id: str = ""
    points: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] = ()
    promise: str = ""
    button: str = ""
    keep: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class Link:
    """An address and what pressing it does."""

    href: str
    text: str


@dataclass(frozen=True)
class Done:
    """What became of a redemption."""

    title: str
    tone: str
    icon: str
    text: str
    pairs: Sequence[tuple[str, str]]
    code: str = ""
    download: Link | None = None
    cancel: Link | None = None


@dataclass(frozen=True)
class OwnCertificate:
    """A certificate the member has."""

    name: str
    code: str
    until: str
    state: str
    tone: str
    icon: str
    href: str


@dataclass(frozen=True)
class Spent:
    """A redemption in the list."""

    href: str
    icon: str
    tone: str
    name: str
    about: str
    sum: str
    state: str


@dataclass(frozen=True)
class TillCode:
    """The member's card, to be scanned."""

    number: str
    bars: Markup
    qr: Markup


@dataclass(frozen=True)
class Problem:
    """Something that went wrong, in words: what is safe and what to do now."""

    title: str
    text: str
    href: str
    button: str
