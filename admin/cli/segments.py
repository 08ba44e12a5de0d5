"""`coalition segments`: segments as files, YAML or JSON like promotions; how large they are; lists of members."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from admin import promotion_source, promotion_words, words
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, telling, tenant_option
from admin.promotion_source import Source
from coalition.members.rows import BaseReject
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.promotions.checking import CODE, CODE_SAID, Flaw
from coalition.segments.actions import CODE_CHARS_MAX, bring_list, save_segment
from coalition.segments.checking import flaws, known_codes
from coalition.segments.definition import Definition
from coalition.segments.queries import Found, all_segments
from coalition.segments.sizing import PREVIEW_SECONDS, preview
from tenants.actor import SYSTEM
from tenants.runtime.tables import write_csv

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
        told = [_told(found) for found in all_segments(session)]
    if as_json:
        click.echo(as_text(told))
        return
    for one in told:
        named = f"  named by {', '.join(one['promotions'])}" if one["promotions"] else ""
        click.echo(
            f"{one['code']:32} {one['state']:12} {one['size']:>10,}  {one['refreshed_at'] or '':16.16}{named}"
        )


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
        counted = preview(session, the_programme(session, source.programme), definition)
    if as_json:
        click.echo(as_text(counted))
    elif counted is None:
        click.echo(f"Counting took longer than {PREVIEW_SECONDS} seconds and was stopped.")
    else:
        share = f"{counted.hundredths // 100}.{counted.hundredths % 100:02}"
        click.echo(
            f"{counted.size:,} of {counted.members:,} members ({share} %); {counted.bought:,} bought in 30 days"
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
    with house(), acting(slug) as session, telling(path):
        _checked(session, path, source, coded=True)
        found = _found(session, str(source.code))
        programme = _programme(session, found, source.programme)
        save_segment(
            session, SYSTEM, programme_id=programme.id, code=str(source.code), document=source.document,
            revision=found.terms.revision if found and found.terms else 0,
        )  # fmt: skip
    click.echo(f"{source.code}: saved; its members are being marked.")


@segments.command("import")
@tenant_option
@click.option("--code", required=True, help="the list's code")
@click.option("--title", help="what it is called; without it as before, or by its code")
@click.option("--add", is_flag=True, help="add members to the list; without it only those of the file stay")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path),
              help="write the rows that were left out here as CSV")  # fmt: skip
@json_option
@_file
def import_list(
    slug: str, code: str, title: str | None, add: bool, rejects: Path | None, as_json: bool, path: Path
) -> None:
    """Make a segment of a CSV or XLSX file of handles; rows that mean nobody are told with their line."""
    with house(), acting(slug) as session, telling(path), path.open("rb") as stream:
        found = _found(session, code)
        brought = bring_list(
            session, SYSTEM, programme_id=_programme(session, found, None).id, code=code,
            title=title or (found.title if found else code), stream=stream, replace=not add,
            revision=found.terms.revision if found and found.terms else 0,
        )  # fmt: skip
    if rejects is not None:
        write_rejects(rejects, brought.rejects)
    if as_json:
        click.echo(as_text(brought))
        return
    click.echo(f"{brought.found:,} rows with a member: {brought.joined:,} join, {brought.gone:,} leave")
    tell_rejects(brought.rejects)


def tell_rejects(rejects: Any) -> None:
    """Say how many rows were left out, and why the first of them."""
    if rejects:
        click.echo(f"{len(rejects):,} rows are left out")
    for reject in rejects[:REJECTS_SHOWN]:
        click.echo(f"  line {reject.line_no}: {words.reject(reject.code, 'en')}. {reject.excerpt}")


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
    for flaw in found:
        click.echo(f"{path}: {flaw.field}: {promotion_words.flaw(flaw, 'en')}.", err=True)
    if found:
        raise click.exceptions.Exit(1)
    return Definition.model_validate(source.document)


def _found(session: Session, code: str) -> Found | None:
    return next((one for one in all_segments(session) if one.code == code), None)


def _programme(session: Session, found: Found | None, code: str | None) -> Programme:
    if code is None and found is not None and found.terms is not None:
        return programme_by_id(session, found.terms.programme_id)
    return the_programme(session, code)


def _told(found: Found) -> dict[str, Any]:
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
        "refreshed_at": str(terms.refreshed_at) if terms and terms.refreshed_at else None,
        "joined": terms.joined if terms else 0,
        "left": terms.gone if terms else 0,
        "promotions": list(found.promotions),
    }
