"""`coalition benefits`: what promotions can grant beside points."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from admin.promotion_source import read_fields
from coalition.benefits.actions import add_benefit, use_code
from coalition.benefits.models import BenefitKind
from coalition.benefits.queries import benefits as all_benefits
from coalition.benefits.queries import grant_by_code
from coalition.programmes.queries import programme_by_id, the_programme
from coalition.programmes.words import words_in
from tenants.actor import SYSTEM
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import new_id


@click.group()
def benefits() -> None:
    """Coupons, certificates, privileges, game units, tickets of draws."""


@benefits.command("list")
@tenant_option
@json_option
def list_benefits(slug: str, as_json: bool) -> None:
    """Every benefit of the tenant, by code."""
    with house(), acting(slug) as session:
        found = [
            {
                "code": one.code,
                "kind": one.kind,
                "name": one.name,
                "terms": one.terms,
                "retired": one.retired_at is not None,
            }
            for one in all_benefits(session)
        ]
    if as_json:
        click.echo(as_text(found))
        return
    for one in found:
        click.echo(f"{one['code']:24} {one['kind']:12} {one['name']['en']}{', retired' * one['retired']}")
    if not found:
        click.echo("There is no benefit.")


@benefits.command()
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add(slug: str, path: Path) -> None:
    """Add the benefit of a YAML or JSON file: `code`, `kind`, `name` with ru and en, `terms`."""
    with telling(path):
        fields = read_fields(path)
    names, terms = fields.get("name"), fields.get("terms") or {}
    with house(), telling(path):
        if not isinstance(terms, dict):
            raise Refusal("benefit_value", field="terms")
        added = changed(
            slug,
            lambda session: add_benefit(
                session,
                SYSTEM,
                programme_id=the_programme(session).id,
                code=str(fields.get("code", "")),
                kind=str(fields.get("kind", "")),
                name={lang: str(text) for lang, text in names.items()} if isinstance(names, dict) else {},
                terms=terms,
            ),
        )
    click.echo(f"Promotions can grant {added.code} now.")


@benefits.command()
@tenant_option
@click.option("--code", required=True, help="what the member shows")
@click.option(
    "--quantity",
    default=1,
    show_default=True,
    type=click.IntRange(1, 10**15),
    help="how many pieces; of a certificate, how much in the smallest units of money",
)
@click.option("--request", "request_id", help="the same request again is the same use; without it, a new one")
def use(slug: str, code: str, quantity: int, request_id: str | None) -> None:
    """Use what a code is for, and say how much was used."""
    request = request_id or str(new_id())
    with house():
        answer = changed(slug, lambda session: _use(session, code, quantity, request))
    click.echo(answer)


def _use(session: Session, code: str, quantity: int, request: str) -> str:
    used = use_code(session, SYSTEM, code=code, quantity=quantity, request_id=request)
    found = grant_by_code(session, code)
    words = words_in("en", programme_by_id(session, found.benefit.programme_id))
    name = found.benefit.name["en"]
    if found.benefit.kind == BenefitKind.CERTIFICATE:
        left = words.money(found.left or 0)
        return f"Used: {words.money(used)} of {name}; left: {left}."
    left = "as often as one likes" if found.left is None else words.number(found.left)
    return f"Used: {words.number(used)} × {name}; left: {left}."
