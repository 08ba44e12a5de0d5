"""What every command about a tenant shares: `--tenant SLUG`, `--json`, and the transaction behind them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.models import Tenant
from tenants.runtime import db
from tenants.runtime.errors import NotFound, Refusal

Command = Callable[..., Any]


def tenant_option(command: Command) -> Command:
    """`--tenant SLUG`, required."""
    return click.option("--tenant", "slug", required=True, help="the tenant's short name, as in its address")(
        command
    )


def json_option(command: Command) -> Command:
    """`--json`: the answer for a program."""
    return click.option("--json", "as_json", is_flag=True, help="answer in JSON")(command)


def language_option(command: Command) -> Command:
    """`--lang ru|en`."""
    return click.option("--lang", default="en", type=click.Choice(["ru", "en"]), show_default=True)(command)


@contextmanager
def acting(slug: str) -> Iterator[Session]:
    """A transaction as the tenant of that name; NotFound("tenant_unknown") names the ones there are."""
    with db.transaction(None) as outside:
        known = dict(outside.execute(select(Tenant.slug, Tenant.id)).all())
    if slug not in known:
        raise NotFound("tenant_unknown", slug=slug, known=", ".join(sorted(known)) or "none yet")
    with db.transaction(known[slug]) as session:
        yield session


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """A refusal of what is done with a file names the file."""
    try:
        yield
    except Refusal as refusal:
        refusal.facts.setdefault("path", path)
        raise


def slugs() -> list[str]:
    """Every tenant's short name."""
    with db.transaction(None) as outside:
        return list(outside.scalars(select(Tenant.slug).order_by(Tenant.id)))


def as_text(value: Any) -> str:
    """JSON of plain values, rows and dates."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, (UUID, date)):
        return str(value)
    raise TypeError(type(value))
