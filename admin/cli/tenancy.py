"""What every command about a tenant shares: `--tenant SLUG`, `--json`, and the transaction behind them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.cli.saying import local
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import the_programme
from tenants.models import Tenant
from tenants.runtime import db
from tenants.runtime.circles import anew
from tenants.runtime.errors import NotFound, Problem, Refusal

Command = Callable[..., Any]
Done = TypeVar("Done")


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
        try:
            yield session
        except Problem as problem:
            _tell_moments(session, problem)
            raise


def _tell_moments(session: Session, problem: Problem) -> None:
    """Moments in a refusal are told on the programme's clock."""
    moments = {name: fact for name, fact in problem.facts.items() if isinstance(fact, datetime)}
    if moments:
        zone = the_programme(session).zone
        problem.facts.update((name, local(at, zone)) for name, at in moments.items())


def participant_number(session: Session, code: str) -> int:
    """The tenant's participant of that code; NotFound("participant_unknown") names those there are."""
    known = participants_by_code(session)
    if code not in known:
        raise NotFound("participant_unknown", known=", ".join(sorted(known)) or "none yet")
    return known[code]


def changed(slug: str, work: Callable[[Session], Done]) -> Done:
    """What `work` returns of a change in a transaction as the tenant; done anew where others' locks stopped it."""

    def once() -> Done:
        with acting(slug) as session:
            return work(session)

    return anew(once)


def rejects_option(command: Command) -> Command:
    """`--rejects PATH`: where rows that are left out go as CSV; a place that cannot be written is refused first."""
    return click.option(
        "--rejects",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=_writable,
        help="write the rows that are left out here as CSV",
    )(command)


def _writable(_context: click.Context, _parameter: click.Parameter, path: Path | None) -> Path | None:
    try:
        if path is not None:
            path.touch()
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written: {error.strerror}") from None
    return path


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
