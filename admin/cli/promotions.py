"""`coalition promotions`: check a promotion's file, publish it, list what there is, print schema and templates."""

import json
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy.orm import Session

from admin import promotion_source
from admin.cli.backtest import backtest
from admin.cli.correct import correct
from admin.cli.explain import explain_purchase
from admin.cli.flaws import stop_at
from admin.cli.forecast import forecast
from admin.cli.house import house
from admin.cli.saying import iso, wall
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from admin.cli.trying import try_sale
from admin.promotion_source import Source
from coalition.programmes.models import Programme
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.promotions.actions import publish as publish_version
from coalition.promotions.checking import Flaw, as_far_as_sound, checked_document
from coalition.promotions.document import Document
from coalition.promotions.fitting import flaws_beside_others, flaws_in_time
from coalition.promotions.models import PromotionVersion
from coalition.promotions.overview import Overview, Stage, promotion_by_code
from coalition.promotions.overview import promotions as all_promotions
from coalition.promotions.queries import codes_of, setting_of
from coalition.promotions.templates import families, templates
from tenants.actor import SYSTEM
from tenants.runtime import clock
from tenants.runtime.language import LANGUAGES

_file = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def promotions() -> None:
    """Promotions as files: YAML or JSON."""


@promotions.command()
@click.option("--tenant", "slug", help="ask also whether it fits this tenant: partners, payers, units, clock")
@_file
def check(slug: str | None, path: Path) -> None:
    """Say everything that is wrong with a file."""
    with telling(path):
        source = promotion_source.read_file(path)
    if slug is None:
        stop_at(path, promotion_source.flaws_to_publish(source))
        click.echo(f"{path}: nothing is wrong with it by itself; --tenant asks whether it fits a tenant.")
        return
    with house(), acting(slug) as session, telling(path):
        stop_at(path, _flaws_in(session, source))
    click.echo(f"{path}: nothing is wrong with it.")


@promotions.command()
@tenant_option
@click.option("--code", help="the promotion's code; without it the one in the file")
@_file
def publish(slug: str, code: str | None, path: Path) -> None:
    """Make the promotion in a file live, as the house itself: nobody else needs to approve it."""
    with telling(path):
        source = promotion_source.read_file(path)
    source = source._replace(code=code or source.code)
    with house(), telling(path):
        answer = changed(slug, lambda session: _publish(session, path, source))
    click.echo(answer)


@promotions.command("list")
@tenant_option
@json_option
@click.option("--lang", default="en", type=click.Choice(LANGUAGES), show_default=True, help="of the titles")
def list_promotions(slug: str, as_json: bool, lang: str) -> None:
    """Every promotion with its state."""
    with house(), acting(slug) as session:
        told = [_told(session, found, lang) for found in all_promotions(session)]
    if as_json:
        click.echo(as_text(told))
        return
    for one in told:
        draft = f"  (draft: {one['draft']})" if one["draft"] and one["state"] != Stage.DRAFT else ""
        click.echo(f"{one['code']!s:24} {one['state']!s:10} {_period(one):54} {one['title']}{draft}")
    if not told:
        click.echo("There is no promotion.")


def _period(told: dict[str, object]) -> str:
    """From when until when, on the programme's clock; nothing where no version is."""
    if told["starts_at"] is None:
        return ""
    starts, ends = (str(told[name] or "").replace("T", " ")[:16] for name in ("starts_at", "ends_at"))
    return f"{starts} to {ends or 'open':16} {told['zone']}"


@promotions.command()
def schema() -> None:
    """Print the JSON Schema of a promotion's document."""
    click.echo(schema_text(), nl=False)


@promotions.command("templates")
@json_option
def list_templates(as_json: bool) -> None:
    """Every template of the catalogue; in JSON with its fields, its document and its example."""
    if as_json:
        click.echo(as_text([one.model_dump(mode="json") for one in templates().values()]))
        return
    for family in families().values():
        click.echo(family.en)
        for one in templates().values():
            if one.family == family.code:
                click.echo(f"  {one.code:24} {one.title.en:42} {one.title.ru}")


def schema_text() -> str:
    """The schema as docs/promotion.schema.json keeps it."""
    return json.dumps(Document.model_json_schema(), ensure_ascii=False, indent=2) + "\n"


promotions.add_command(backtest)
promotions.add_command(try_sale)
promotions.add_command(correct)
promotions.add_command(explain_purchase)
promotions.add_command(forecast)


def _flaws_in(session: Session, source: Source) -> list[Flaw]:
    """Everything that is wrong with a file for the tenant's programme that it names."""
    programme = the_programme(session, source.programme)
    found = promotion_source.flaws_to_publish(source, codes_of(session), setting_of(session, programme))
    document = as_far_as_sound(source.document)
    if document is None:
        return found
    code = source.code or ""
    beside = flaws_beside_others(session, programme, code=code, document=document)
    if any(one.field in ("starts_at", "ends_at") for one in found):
        return [*found, *_in_document(beside)]
    starts_at, ends_at = promotion_source.dates_of(source, programme.zone)
    in_time = flaws_in_time(
        session,
        programme,
        code=code,
        document=document,
        starts_at=starts_at,
        ends_at=ends_at,
        now=clock.now(),
    )
    return [*found, *_in_document([*beside, *in_time])]


def _in_document(flaws: Sequence[Flaw]) -> list[Flaw]:
    """Flaws of a document by their places in its file."""
    return [one._replace(field=f"document.{one.field}") for one in flaws]


def _publish(session: Session, path: Path, source: Source) -> str:
    flaws = _flaws_in(session, source)
    if source.code is None:
        flaws = [*flaws, Flaw("code", "missing", "this field is missing", {})]
    stop_at(path, flaws)
    programme = the_programme(session, source.programme)
    starts_at, ends_at = promotion_source.dates_of(source, programme.zone)
    if (same := _published_already(session, programme, source)) is not None:
        return f"{source.code}: the file holds what version {same} says already; nothing was changed."
    version = publish_version(
        session,
        SYSTEM,
        programme_id=programme.id,
        code=str(source.code),
        document=source.document,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    number = promotion_by_code(session, str(source.code)).number_of(version)
    return f"{source.code}: version {number} {_span(version, programme.zone)}."


def _published_already(session: Session, programme: Programme, source: Source) -> int | None:
    """The number of the live or coming version that the file would only repeat: the same terms and dates.

    A file without a start means now, which a version that is live already is; without an end, none.
    """
    found, now = all_promotions(session, [str(source.code)]), clock.now()
    starts_at, ends_at = promotion_source.dates_of(source, programme.zone)
    document = checked_document(session, programme, source.document)
    for version in found[0].versions if found else ():
        if version.correcting or found[0].stage_of(version, now) not in (Stage.LIVE, Stage.SCHEDULED):
            continue
        same_start = version.starts_at == starts_at or (starts_at is None and version.starts_at <= now)
        if (
            same_start
            and version.ends_at == ends_at
            and Document.model_validate(version.document) == document
        ):
            return found[0].number_of(version)
    return None


def _span(version: PromotionVersion, zone: str) -> str:
    """Since when it is live and how long, or that it will be."""
    state = "is scheduled, will be live from" if version.starts_at > clock.now() else "is live from"
    until = f" until {wall(version.ends_at, zone)}" if version.ends_at else ""
    return f"{state} {wall(version.starts_at, zone)}{until} ({zone})"


def _told(session: Session, found: Overview, lang: str) -> dict[str, object]:
    now = clock.now()
    version = found.shown(now)
    whose = found.promotion or found.draft
    assert whose is not None, "a promotion, or the draft of one"
    zone = programme_by_id(session, whose.programme_id).zone
    document = version.document if version else (found.draft.document if found.draft else {})
    title = document.get("title")
    return {
        "code": found.code,
        "state": found.stage(now),
        "version": found.number_of(version) if version else None,
        "starts_at": iso(version.starts_at, zone) if version else None,
        "ends_at": iso(version.ends_at, zone) if version and version.ends_at else None,
        "zone": zone,
        "title": str(title.get(lang, "")) if isinstance(title, dict) else "",
        "draft": found.draft.state if found.draft else None,
    }
