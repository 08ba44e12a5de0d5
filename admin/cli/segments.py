"""`coalition segments`: segments as files, YAML or JSON like promotions; how large they are; lists of members."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from admin import promotion_source, words
from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.saying import counted, iso, local
from admin.cli.tenancy import (
    acting,
    as_text,
    changed,
    json_option,
    rejects_option,
    telling,
    tenant_option,
)
from admin.promotion_source import Source
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.promotions.checking import CODE, CODE_SAID, Flaw
from coalition.segments.actions import CODE_CHARS_MAX, Brought, bring_list, save_segment
from coalition.segments.checking import flaws, known_codes
from coalition.segments.definition import Definition
from coalition.segments.queries import Found, all_segments
from coalition.segments.sizing import LOOK_BACK_DAYS, PREVIEW_SECONDS, preview
from tenants.actor import SYSTEM
from tenants.runtime.tables import write_csv
from tenants.runtime.tables.rows import BaseReject

REJECTS_SHOWN = 20
_file = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def segments() -> None:
    """Segments: who belongs, and how many they are."""


@segments.command("list")
@tenant_option
@json_option
def list_segments(slug: str, as_json: bool) -> None:
    """Every segment with its size, its last refresh and the promotions that name it."""
    with house(), acting(slug) as session:
        zone = the_programme(session).zone
        told = [_told(found, zone) for found in all_segments(session)]
    if as_json:
        click.echo(as_text(told))
        return
    for one in told:
        named = f"  named by {', '.join(one['promotions'])}" if one["promotions"] else ""
        refreshed = f"  refreshed {_moment(one)}" if one["refreshed_at"] else ""
        size = "not counted yet" if one["size"] is None else counted(one["size"], "member")
        click.echo(f"{one['code']:32} {one['state']:12} {size:>18}{refreshed}{named}")
    if not told:
        click.echo("There is no segment.")


@segments.command("preview")
@tenant_option
@json_option
@_file
def preview_segment(slug: str, as_json: bool, path: Path) -> None:
    """Say how many members the definition in a file has; nothing is changed."""
    with telling(path):
        source = promotion_source.read_file(path)
    with house(), acting(slug) as session, telling(path):
        definition = _checked(session, path, source)
        found = preview(session, the_programme(session, source.programme), definition)
    if as_json:
        click.echo(as_text(found))
    elif found is None:
        click.echo(f"Counting took longer than {PREVIEW_SECONDS} seconds and was stopped.")
    else:
        share = f"{found.hundredths // 100}.{found.hundredths % 100:02}"
        click.echo(
            f"{found.size:,} of {counted(found.members, 'member')} ({share} %); {found.bought:,} bought in"
            f" {LOOK_BACK_DAYS} days"
        )


@segments.command("save")
@tenant_option
@click.option("--code", help="the segment's code; without it the one in the file")
@_file
def save(slug: str, code: str | None, path: Path) -> None:
    """Define the segment in a file, or define it anew; workers then mark its members."""
    with telling(path):
        source = promotion_source.read_file(path)
    source = source._replace(code=code or source.code)
    with house(), telling(path):
        changed(slug, lambda session: _save(session, path, source))
    click.echo(f"{source.code}: saved; its members are being marked.")


@segments.command("import")
@tenant_option
@click.option("--code", required=True, help="the list's code")
@click.option("--title", help="what it is called; without it as before, or by its code")
@click.option("--add", is_flag=True, help="add members to the list; without it only those of the file stay")
@rejects_option
@json_option
@_file
def import_list(
    slug: str, code: str, title: str | None, add: bool, rejects: Path | None, as_json: bool, path: Path
) -> None:
    """Make a segment of a CSV or XLSX file of handles; rows that mean nobody are told with their line."""
    with house(), telling(path):
        brought = changed(slug, lambda session: _bring(session, path, code, title, replace=not add))
    if rejects is not None:
        write_rejects(rejects, brought.rejects)
    if as_json:
        click.echo(as_text(brought))
        return
    rows = counted(brought.found, "row")
    click.echo(f"{rows} with a member: {brought.joined:,} join, {brought.gone:,} leave")
    tell_rejects(brought.rejects)


def _save(session: Session, path: Path, source: Source) -> None:
    _checked(session, path, source, coded=True)
    found = _found(session, str(source.code))
    save_segment(
        session,
        SYSTEM,
        programme_id=_programme(session, found, source.programme).id,
        code=str(source.code),
        document=source.document,
        revision=_revision(found),
    )


def _bring(session: Session, path: Path, code: str, title: str | None, *, replace: bool) -> Brought:
    found = _found(session, code)
    with path.open("rb") as stream:
        return bring_list(
            session,
            SYSTEM,
            programme_id=_programme(session, found, None).id,
            code=code,
            title=title or (found.title if found else code),
            stream=stream,
            replace=replace,
            revision=_revision(found),
        )


def tell_rejects(rejects: Any) -> None:
    """Say how many rows were left out, and why the first of them."""
    if rejects:
        click.echo(f"{counted(len(rejects), 'row is', 'rows are')} left out")
    for reject in rejects[:REJECTS_SHOWN]:
        where = f" ({reject.column})" if reject.column else ""
        said = f"  line {reject.line_no}: {words.reject(reject.code, 'en')}{where}. {reject.excerpt}"
        click.echo(said.rstrip())
    if len(rejects) > REJECTS_SHOWN:
        click.echo("  and so on; --rejects writes all of them")


def write_rejects(path: Path, rejects: Any) -> None:
    """Write rows that were left out as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = (
            (one.line_no, one.code, one.column, one.excerpt) for one in rejects if isinstance(one, BaseReject)
        )
        write_csv(stream, ["line", "reason", "column", "excerpt"], rows)


def _checked(session: Session, path: Path, source: Source, *, coded: bool = False) -> Definition:
    """The definition, or every flaw of the file and exit code 1."""
    found = [Flaw(name, "extra_forbidden", "there is no such field", {}) for name in source.others]
    for name in ("starts_at", "ends_at"):
        if getattr(source, name) is not None:
            found.append(Flaw(name, "extra_forbidden", "there is no such field", {}))
    if coded and not (CODE.fullmatch(source.code or "") and len(source.code or "") <= CODE_CHARS_MAX):
        found.append(Flaw("code", "code", CODE_SAID, {}))
    for flaw in flaws(source.document, known_codes(session)):
        found.append(flaw._replace(field=f"document.{flaw.field}".rstrip(".")))
    stop_at(path, found)
    return Definition.model_validate(source.document)


def _found(session: Session, code: str) -> Found | None:
    return next((one for one in all_segments(session) if one.code == code), None)


def _revision(found: Found | None) -> int:
    return found.terms.revision if found and found.terms else 0


def _programme(session: Session, found: Found | None, code: str | None) -> Programme:
    if code is None and found is not None and found.terms is not None:
        return programme_by_id(session, found.terms.programme_id)
    return the_programme(session, code)


def _moment(told: dict[str, Any]) -> str:
    return local(datetime.fromisoformat(told["refreshed_at"]), told["zone"])


def _told(found: Found, zone: str) -> dict[str, Any]:
    terms = found.terms
    if found.retired_at is not None:
        state = "retired"
    elif terms is None:
        state = "client base"
    else:
        state = "list" if terms.document["imported"] else "criteria"
    return {
        "code": found.code,
        "title": found.title,
        "state": state,
        "size": found.size,
        "zone": zone,
        "refreshed_at": iso(found.counted_at, zone) if found.counted_at else None,
        "joined": terms.joined if terms else 0,
        "left": terms.gone if terms else 0,
        "promotions": list(found.promotions),
    }
