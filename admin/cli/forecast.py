"""`coalition promotions forecast`: what a promotion would cost a partner, and what it would have to add."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from sqlalchemy.orm import Session

from admin import promotion_source
from admin.cli.backtest import replayed
from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, telling, tenant_option
from coalition import money
from coalition.backtests.forecast import Exchange, Forecast, is_bounded, require_points
from coalition.backtests.forecast import forecast as reckoned
from coalition.backtests.queries import backtest_by_id
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.promotions.checking import checked_document
from tenants.branding.formats import amount

ASSUMPTIONS = (
    "mechanical: points on the purchases that were made anyway, as the stored purchases give them",
    "assumed: turnover added to what the promotion pays for, in percent; it earns points as the other does",
    "points cost what they are worth in the programme; nothing of them expires",
)
UNBOUNDED = "the budget of the terms is not regarded: all sums are as if it had no end"


def _percents(_context: click.Context, _parameter: click.Parameter, value: str) -> list[int]:
    """Percents with commas between them, as hundredths of a percent."""
    try:
        return [money.in_units(Decimal(part.strip()), 2) for part in value.split(",")]
    except (InvalidOperation, ValueError):
        raise click.BadParameter(
            "write percents with two digits after the point at most, like 2,5,10"
        ) from None


def _rising(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    """Three of them: low, expected, high."""
    found = _percents(context, parameter, value)
    if len(found) != 3 or found != sorted(found) or found[0] < 0:
        raise click.BadParameter("write three percents that rise, like 2,5,10")
    return found


def _one(context: click.Context, parameter: click.Parameter, value: str) -> int:
    found = _percents(context, parameter, value)
    if len(found) != 1 or not 0 < found[0] <= 10_000:
        raise click.BadParameter("write one percent above 0, 100 at most")
    return found[0]


@click.command()
@tenant_option
@click.option(
    "--months", default=3, show_default=True, type=click.IntRange(1, 120), help="months of purchases"
)
@click.option(
    "--uplift",
    "uplifts",
    required=True,
    callback=_rising,
    help="added turnover in percent: LOW,EXPECTED,HIGH",
)
@click.option("--margin", required=True, callback=_one, help="the partner's margin in percent")
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def forecast(slug: str, months: int, uplifts: list[int], margin: int, as_json: bool, path: Path) -> None:
    """What the promotion in a file would cost on the last months' purchases, and what it would have to add."""
    with telling(path):
        source = promotion_source.read_file(path)
    stop_at(path, promotion_source.flaws_of(source))
    with house():
        with acting(slug) as session, telling(path):
            checked_document(session, the_programme(session, source.programme), source.document)
            require_points(source.document)
        number = replayed(slug, path, source, months, alone=False, quiet=as_json)
        with acting(slug) as session:
            programme = the_programme(session, source.programme)
            told = _told(session, programme, number, uplifts, margin)
    click.echo(as_text(told) if as_json else _said(told))


def _told(
    session: Session, programme: Programme, number: int, uplifts: list[int], margin: int
) -> dict[str, object]:
    found = backtest_by_id(session, number)
    digits = money.exponent(programme.currency)
    exchange = Exchange(programme.value_points, programme.value_minor)
    told = reckoned(found.tally, exchange, uplifts=uplifts, margin=margin, exponent=digits)
    return {
        "backtest": number,
        "first_day": found.backtest.first_day,
        "last_day": found.backtest.last_day,
        "currency": programme.currency,
        "exponent": digits,
        "scale": programme.scale,
        "assumptions": [*ASSUMPTIONS, *([UNBOUNDED] if is_bounded(found.backtest.document) else [])],
        "forecast": told,
    }


def _said(told: dict[str, object]) -> str:
    found = told["forecast"]
    assert isinstance(found, Forecast)
    return "\n".join(_lines(told, found))


def _lines(told: dict[str, object], found: Forecast) -> Iterator[str]:
    digits, scale, currency = int(str(told["exponent"])), int(str(told["scale"])), told["currency"]

    def written(minor: int | None) -> str:
        return "-" if minor is None else amount(minor, digits, "en")

    def points(units: int) -> str:
        return amount(units, scale, "en")

    def percent(hundredths: int | None) -> str:
        return "never" if hundredths is None else f"{amount(hundredths, 2, 'en')} %"

    yield f"{told['first_day']} to {told['last_day']}, money in {currency}"
    yield ""
    yield f"mechanical {'turnover':>16} {'points':>14} {'cost':>14}"
    for month in found.months:
        yield f"  {month.month:9}{written(month.turnover):>16} {points(month.points):>14} {written(month.cost):>14}"
    yield f"  {'in all':9}{written(found.turnover):>16} {points(found.points):>14} {written(found.cost):>14}"
    yield ""
    yield f"assumed    {'turnover':>16} {'margin':>14} {'points':>14} {'cost':>14}"
    for bound in found.bounds:
        yield (
            f"  {percent(bound.uplift):9}{written(bound.turnover):>16} {written(bound.margin):>14}"
            f" {points(bound.points):>14} {written(bound.cost):>14}"
        )
    yield ""
    yield f"break-even uplift: {percent(found.break_even)} at a margin of {percent(found.margin)}"
    yield f"cost for 1 {currency} of added turnover (of points given anyway, of points on what is added):"
    for bound in found.bounds:
        yield f"  {percent(bound.uplift):9}{written(bound.mechanical_per_unit):>16} {written(bound.added_per_unit):>14}"
    yield ""
    assumptions = told["assumptions"]
    assert isinstance(assumptions, list)
    for number, assumption in enumerate(assumptions, 1):
        yield f"{number}. {assumption}"
