"""`coalition settlement`: by what terms participants settle, months closed, and what their statements say."""

import sys
from collections.abc import Mapping
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, cast

import click
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import (
    acting,
    as_text,
    changed,
    json_option,
    participant_number,
    telling,
    tenant_option,
)
from admin.promotion_source import read_value
from coalition.partners.queries import all_participants
from coalition.programmes.queries import the_programme
from coalition.settlement.closing import close
from coalition.settlement.days import span_of
from coalition.settlement.flows import ROWS, register
from coalition.settlement.liability import liability_on, worth
from coalition.settlement.models import Statement
from coalition.settlement.payments import mark_paid, order_payments
from coalition.settlement.queries import lines_of, statements_of
from coalition.settlement.terms import set_operator, set_terms
from tenants.actor import SYSTEM
from tenants.branding.formats import money, percent
from tenants.runtime.errors import Refusal
from tenants.runtime.tables import write_csv

_programme = click.option(
    "--programme", "code", help="the programme's code; without it the tenant's first one"
)
_COLUMNS = ("occurred_at", "booked_at", "member_id", "id", "points", "minor")


MISFITS = {
    "reference": "it has no reference",
    "unknown": "no statement has this reference",
    "state": "the statement is not agreed",
    "paid": "the statement is paid already, by another payment",
    "direction": "it goes the other way",
    "currency": "it is another currency",
    "sum": "the statement says another sum",
    "not_booked": "the bank has not booked it",
    "reversal": "it is a reversal",
}


class Month(click.ParamType):
    """A month, as 2026-10."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Its first day."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"{value!r} is no month; write it like 2026-10", param, ctx)


_period = click.option("--period", "month", required=True, type=Month(), help="the month, as 2026-10")


@click.group()
def settlement() -> None:
    """Who owes whom for a month of points."""


@settlement.command("terms")
@tenant_option
@_programme
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def set_all(slug: str, code: str | None, path: Path) -> None:
    """Say who operates the programme and by what terms the others settle, as a YAML or JSON file has it."""
    with telling(path):
        document = read_value(path)
    with house(), telling(path):
        count = changed(slug, lambda session: _set(session, code, document))
    click.echo(f"{counted(count, 'participant')} by these terms.")


@settlement.command("close")
@tenant_option
@_programme
@_period
@json_option
def close_month(slug: str, code: str | None, month: date, as_json: bool) -> None:
    """Draw up a month's statements; one that is closed shows those it has."""
    with house():
        told = changed(slug, lambda session: _closed(session, code, month))
    _tell(told, as_json)


@settlement.command()
@tenant_option
@_programme
@_period
@json_option
def show(slug: str, code: str | None, month: date, as_json: bool) -> None:
    """The statements of a closed month."""
    with house(), acting(slug) as session:
        programme = the_programme(session, code)
        told = _told(session, programme.currency, statements_of(session, programme.id, month))
    _tell(told, as_json)


@settlement.command("register")
@tenant_option
@_programme
@_period
@click.option("--participant", required=True, help="whose sum it is, by its code")
@click.option("--kind", required=True, type=click.Choice(sorted(ROWS)), help="what the sum is of")
def write_register(slug: str, code: str | None, month: date, participant: str, kind: str) -> None:
    """Every row behind one sum of a statement, as CSV."""
    with house(), acting(slug) as session:
        programme, number = the_programme(session, code), participant_number(session, participant)
        rows = register(session, programme, span_of(programme, month), number, kind)
    stream = cast(TextIOWrapper, sys.stdout)
    write_csv(stream, list(_COLUMNS), ([_cell(row[name]) for name in _COLUMNS] for row in rows))


@settlement.command()
@tenant_option
@_programme
@_period
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def pay(slug: str, code: str | None, month: date, path: Path) -> None:
    """Write the operator's payment orders for agreed statements, as ISO 20022 pain.001."""
    with house():
        content = changed(
            slug,
            lambda session: order_payments(
                session, SYSTEM, programme_id=the_programme(session, code).id, month=month
            ),
        )
    path.write_bytes(content)
    click.echo(f"{path}: {counted(content.count(b'<CdtTrfTxInf>'), 'payment')}.")


@settlement.command()
@tenant_option
@_programme
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def paid(slug: str, code: str | None, path: Path) -> None:
    """Mark statements as paid by a bank's statement of the operator's account, ISO 20022 camt.053."""
    content = path.read_bytes()
    with house(), telling(path):
        found = changed(
            slug,
            lambda session: mark_paid(
                session, SYSTEM, programme_id=the_programme(session, code).id, content=content
            ),
        )
    for one in found.misfits:
        entry = one.entry
        click.echo(
            f"  {entry.day} {entry.end_to_end or '—'} {entry.amount} {entry.currency}: {MISFITS[one.why]}"
        )
    click.echo(f"{len(found.paid)} paid, {found.known} known before, {len(found.misfits)} did not fit.")


@settlement.command()
@tenant_option
@_programme
@click.option(
    "--as-of", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="the day, as 2026-10-31"
)
@json_option
def liability(slug: str, code: str | None, day: datetime, as_json: bool) -> None:
    """What members' points stood for at the end of a day, by the month of earning, and what of them had burnt."""
    with house(), acting(slug) as session:
        programme = the_programme(session, code)
        found = liability_on(session, programme, day.date())
        value = worth(programme, found.whole.owed)
        currency = programme.currency
    rows = [("all", found.whole), *((f"{one.month:%Y-%m}", one) for one in found.cohorts)]
    names = ("given", "left", "held", "spent", "burnt", "other", "breakage")
    if as_json:
        told = [{"month": month} | {name: getattr(one, name) for name in names} for month, one in rows]
        click.echo(as_text({"day": f"{found.day}", "worth": value, "debt": found.debt, "months": told}))
        return
    click.echo(
        f"{found.day}: {found.whole.owed:,} points, {money(value, currency, 'en')}; debts {found.debt:,}"
    )
    click.echo(f"{'':8}" + "".join(f"{name:>14}" for name in names[:-1]) + "  breakage")
    for month, one in rows:
        figures = "".join(f"{getattr(one, name):>14,}" for name in names[:-1])
        click.echo(f"{month:8}{figures}  {percent(one.breakage, 'en'):>8}")


def _set(session: Session, code: str | None, document: Any) -> int:
    """All of a document, or nothing of it; Refusal("settlement_terms") for one of another shape."""
    programme = the_programme(session, code)
    if not isinstance(document, Mapping) or not isinstance(document.get("participants"), list):
        raise Refusal("settlement_terms", field="participants", why="a list of participants belongs there")
    told = {"programme_id": programme.id}
    operator = participant_number(session, str(document.get("operator", "")))
    set_operator(session, SYSTEM, participant_id=operator, terms=document.get("terms") or {}, **told)
    for place, one in enumerate(document["participants"]):
        try:
            whose, since = participant_number(session, str(one["participant"])), _day(one["since"])
        except (KeyError, TypeError, ValueError):
            raise Refusal(
                "settlement_terms",
                field=f"participants.{place}",
                why="`participant` and `since` belong there",
            ) from None
        set_terms(session, SYSTEM, participant_id=whose, since=since, terms=one.get("terms") or {}, **told)
    return len(document["participants"])


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _closed(session: Session, code: str | None, month: date) -> dict[str, Any]:
    programme = the_programme(session, code)
    found = close(session, SYSTEM, programme_id=programme.id, month=month)
    return _told(session, programme.currency, found)


def _told(session: Session, currency: str, statements: Any) -> dict[str, Any]:
    names = {one.id: one.code for one in all_participants(session)}
    return {
        "currency": currency,
        "statements": [
            {
                "number": one.number,
                "month": f"{one.month:%Y-%m}",
                "participant": names[one.participant_id],
                "operator": names[one.operator_id],
                "owes": one.owes,
                "owed": one.owed,
                "pay_by": one.pay_by.isoformat(),
                "sha256": one.digest.hex(),
                "lines": _lines(session, one),
            }
            for one in statements
        ],
    }


def _lines(session: Session, statement: Statement) -> list[dict[str, Any]]:
    return [
        {"side": ("owes", "owed")[row.side - 1], "kind": row.kind, "count": row.count, "points": row.points,
         "minor": row.minor, "rate": row.rate, "base": row.base}
        for row in lines_of(session, statement)
    ]  # fmt: skip


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(as_text(told))
        return
    for one in told["statements"]:
        net = one["owes"] - one["owed"]
        pays, gets = (
            (one["participant"], one["operator"]) if net >= 0 else (one["operator"], one["participant"])
        )
        whole = money(abs(net), told["currency"], "en")
        click.echo(f"{one['number']}. {one['participant']}: {pays} pays {gets} {whole} by {one['pay_by']}")
        for line in one["lines"]:
            value = money(line["minor"], told["currency"], "en")
            click.echo(f"   {line['side']:4}  {line['kind']:17} {line['count']:>9,}  {value:>16}")
    if not told["statements"]:
        click.echo("Nobody owes anybody anything.")
