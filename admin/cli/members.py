"""`coalition members`: clients of a tenant by the command line."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from admin.cli.house import house
from admin.cli.questionnaire import questionnaire
from admin.cli.saying import counted
from admin.cli.segments import tell_rejects, write_rejects
from admin.cli.tenancy import Done, as_text, changed, json_option, rejects_option, telling, tenant_option
from coalition.ledger.post import open_book
from coalition.members.enrol_import import enrol_rows
from coalition.members.fact_import import FactsBrought, bring_facts
from coalition.members.importing import BaseMapping, read_base
from coalition.members.names import index_names
from coalition.members.queries import member_by_handle
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.programmes.terms import NEVER
from coalition.programmes.words import words_in
from tenants.actor import SYSTEM
from tenants.audit import record
from tenants.branding.words import Words
from tenants.runtime import db
from tenants.runtime.errors import Refusal
from tenants.runtime.tables.rows import BaseReject
from tenants.vault import vault_of

_COLUMNS = ("available", "pending", "held", "debt")


@click.group()
def members() -> None:
    """Import clients, look at one, and say what is asked of who joins."""


members.add_command(questionnaire)


@members.command("import")
@tenant_option
@click.option("--mapping", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="JSON: which column holds what")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="say what would be, and change nothing")
@rejects_option
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_base(
    slug: str, mapping: Path, dry_run: bool, rejects: Path | None, as_json: bool, path: Path
) -> None:
    """Enrol the clients of a CSV or XLSX file; rows that cannot be enrolled are told with line and reason."""
    with house():
        found = _import(slug, path, _mapping(mapping), dry_run)
    if rejects is not None:
        write_rejects(rejects, found["rejects"])
    if as_json:
        click.echo(as_text(found))
        return
    verb = "would be enrolled" if dry_run else "enrolled"
    click.echo(f"{counted(found['rows'], 'row')}: {found['enrolled']:,} {verb}")
    tell_rejects(found["rejects"])


def _mapping(path: Path) -> BaseMapping:
    try:
        return BaseMapping.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise Refusal("mapping_invalid", path=path, field=field, why=first["msg"]) from None


class _Undo(Exception):
    """Ends a dry run: everything is tried for real, then rolled back."""


def _tried(slug: str, work: Callable[[db.Session], Done], dry_run: bool) -> Done:
    """What the work returns; a dry run does it all, and takes it back."""
    done: list[Done] = []

    def once(session: db.Session) -> None:
        done[:] = [work(session)]
        if dry_run:
            raise _Undo

    with suppress(_Undo):
        changed(slug, once)
    return done[0]


def _import(slug: str, path: Path, mapping: BaseMapping, dry_run: bool) -> dict[str, Any]:
    def enrol_all(session: db.Session) -> tuple[int, list[BaseReject]]:
        programme, key = the_programme(session), vault_of(session).derive("card")
        with path.open("rb") as stream:
            joined, rejects = enrol_rows(session, programme.id, read_base(stream, mapping, token_key=key))
        told = {"joined": len(joined), "rejected": len(rejects)}
        record(session, SYSTEM, "members.enrol", f"programme {programme.id}", after=told)
        return len(joined), rejects

    with telling(path):
        enrolled, rejects = _tried(slug, enrol_all, dry_run)
    return {"rows": enrolled + len(rejects), "enrolled": enrolled, "dry_run": dry_run, "rejects": rejects}


@members.command("facts")
@tenant_option
@click.option("--dry-run", is_flag=True, help="say what would be, and change nothing")
@rejects_option
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def state_facts(slug: str, dry_run: bool, rejects: Path | None, as_json: bool, path: Path) -> None:
    """State attributes and rights of members: a CSV or XLSX file with handle, kind, name, value and until."""
    with house():
        found = _facts(slug, path, dry_run)
    if rejects is not None:
        write_rejects(rejects, found.rejects)
    if as_json:
        click.echo(as_text(found))
        return
    one, many = ("would be", "would be") if dry_run else ("is", "are")
    stated = counted(found.stated, f"fact {one} stated", f"facts {many} stated")
    click.echo(f"{stated}, {found.known:,} known before")
    tell_rejects(found.rejects)


def _facts(slug: str, path: Path, dry_run: bool) -> FactsBrought:
    def bring(session: db.Session) -> FactsBrought:
        with path.open("rb") as stream:
            return bring_facts(session, SYSTEM, programme_id=the_programme(session).id, stream=stream)

    with telling(path):
        return _tried(slug, bring, dry_run)


@members.command("show")
@tenant_option
@click.option("--handle", required=True, help="card token, card number, phone or e-mail")
@json_option
def show(slug: str, handle: str, as_json: bool) -> None:
    """A member's balance and lots, brought up to today."""
    with house():
        found, words = changed(slug, lambda session: _shown(session, handle))
    if as_json:
        click.echo(as_text(found))
        return
    click.echo("  ".join(f"{name} {words.points(found[name])}" for name in _COLUMNS))
    for lot in found["lots"]:
        until = "its condition is met" if lot["active_on"] == NEVER else lot["active_on"]
        state = f"waits until {until}" if lot["pending"] else "available"
        remaining, points = words.amount(lot["remaining"]), words.points(lot["points"])
        click.echo(f"  {remaining:>10} of {points:>17}  {state}, last day {lot['expires_on']}")


def _shown(session: db.Session, handle: str) -> tuple[dict[str, Any], Words]:
    member = member_by_handle(session, handle)
    programme = programme_by_id(session, member.programme_id)
    book = open_book(session, member_id=member.id, zone=programme.zone)
    found = {
        "member": member.id,
        **{name: getattr(book.balance, name) for name in _COLUMNS},
        "unit": "points",
        "exponent": programme.scale,
        "lots": [
            {
                "points": lot.points,
                "remaining": lot.remaining,
                "pending": lot.pending,
                "active_on": lot.active_on,
                "expires_on": lot.expires_on,
                "funder": lot.funder_id,
            }
            for lot in sorted(book.lots, key=lambda lot: (lot.expires_on, lot.id))
            if lot.remaining
        ],
    }
    return found, words_in("en", programme)


@members.command("index-names")
@tenant_option
def index_members_names(slug: str) -> None:
    """Let members who joined before there was an index be found by name; as often as you like."""
    count, last = 0, None
    with house():
        while True:
            some, last = changed(slug, partial(index_names, after=last))
            if last is None:
                break
            count += some
    click.echo(f"{counted(count, 'member')} can be found by name.")
