"""Questions that may take long, asked with an end: who waits for a page is told so instead of waiting."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

_CANCELLED = "57014"  # PostgreSQL's own code for a statement that took too long
Found = TypeVar("Found")


def within(session: Session, seconds: float, ask: Callable[[], Found]) -> Found | None:
    """What `ask` finds; nothing where one of its statements took longer than that. The transaction goes on."""
    try:
        with session.begin_nested():  # a statement that is stopped spoils what it stands in
            session.execute(text(f"set local statement_timeout = {int(seconds * 1000)}"))
            found = ask()
            session.execute(text("set local statement_timeout to default"))
            return found
    except OperationalError as stopped:
        if getattr(stopped.orig, "sqlstate", None) != _CANCELLED:
            raise
        return None
