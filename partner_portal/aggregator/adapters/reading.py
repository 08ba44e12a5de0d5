"""What adapters share: rows of an answer read one by one, moments, and our word put into a link."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from coalition.offers.models import KEY_MAX, LINK_MAX
from coalition.offers.told import Page, kept
from tenants.runtime.errors import Outage, Refusal

Row = TypeVar("Row")
ORDERS_FROM, ORDERS_UNTIL = 2000, 2200


def page_of(
    rows: Iterable[Any], read: Callable[[Any], Row], after: int | None, name: str = "id"
) -> Page[Row]:
    """The rows that can be read, and what those that cannot have as their `name`."""
    found, unread = [], []
    for row in rows:
        try:
            found.append(read(row))
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            unread.append(kept(str(row.get(name, "") if isinstance(row, dict) else ""))[:KEY_MAX])
    return Page(found, after, unread)


def rows_of(body: Any) -> list[Any]:
    """A list of rows; Outage("network_away") for anything else."""
    if not isinstance(body, list):
        raise Outage("network_away", why="its answer has no rows")
    return body


def moment(said: object, written: str) -> datetime:
    """A moment as the network writes it, in UTC; ValueError for what is none."""
    if not isinstance(said, str):
        raise ValueError("a moment")
    return datetime.strptime(said, written).replace(tzinfo=UTC)


def ordered(at: datetime) -> datetime:
    """The moment of an order; ValueError for one that is of no age in which there are orders."""
    if not ORDERS_FROM <= at.year < ORDERS_UNTIL:
        raise ValueError("a moment of an order")
    return at


def address(said: object) -> str:
    """An address of the web; ValueError for anything else."""
    text = said if isinstance(said, str) else ""
    if text.startswith("//"):
        text = f"https:{text}"
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or len(text) > LINK_MAX
        or not text.isprintable()
    ):
        raise ValueError("an address")
    return text


def number_of(options: Mapping[str, Any], name: str) -> str:
    """An option that is a number of the network's; Refusal("network_option") for anything else."""
    said = str(options[name])
    if not (said.isascii() and said.isdigit() and len(said) <= 20):
        raise Refusal("network_option", option=name, why="it has to be a number")
    return said


def with_query(link: str, **added: str) -> str:
    """A link with these values in its query, in place of those it has of the same names."""
    parts = urlsplit(link)
    kept = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in added
    ]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added.items()])))
