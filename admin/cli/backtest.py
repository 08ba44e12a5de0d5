"""`coalition promotions backtest`: a promotion tried on the purchases that are stored."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from admin import promotion_source
from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from admin.promotion_source import Source
from coalition import money
from coalition.backtests.actions import places_of, start_backtest
from coalition.backtests.jobs import find_places, replay_slice
from coalition.backtests.models import Backtest
from coalition.backtests.queries import (
    Found,
    backtest_by_id,
    budget_ends,
    newest_day,
    places_end,
    sales_span,
)
from coalition.backtests.tally import Pair, Tally
from coalition.members.queries import segments_by_code
from coalition.partners.queries import all_partners, participants_by_code
from coalition.programmes.models import Programme
from coalition.programmes.queries import the_programme
from coalition.programmes.words import words_in
from coalition.promotions.queries import promotions_by_code
from coalition.promotions.tiers import TierTerms
from tenants.actor import SYSTEM
from tenants.branding.formats import amount
from tenants.branding.words import Words

_SHOWN = 10


@click.command()
@tenant_option
@click.option(
    "--months", default=3, show_default=True, type=click.IntRange(1, 120), help="months of purchases"
)
@click.option("--alone", is_flag=True, help="the promotion by itself, not as a change to what is live")
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def backtest(slug: str, months: int, alone: bool, as_json: bool, path: Path) -> None:
    """Replay the last months of purchases with the promotion in a file; nothing that members have is touched."""
    with telling(path):
        source = promotion_source.read_file(path)
    stop_at(path, promotion_source.flaws_of(source))
    with house():
        number = replayed(slug, path, source, months, alone=alone, quiet=as_json)
        with acting(slug) as session:
            programme = the_programme(session, source.programme)
            told = _told(session, programme, backtest_by_id(session, number))
            words = words_in("en", programme)
    click.echo(as_text(told) if as_json else _said(told, words))


def replayed(slug: str, path: Path, source: Source, months: int, *, alone: bool, quiet: bool) -> int:
    """Replay the last months of purchases with the promotion of a file; returns the backtest's number."""
    with telling(path):
        started = changed(slug, lambda session: _start(session, source, months, alone=alone))
    jobs = (find_places, replay_slice) if places_of(started.document) else (replay_slice,)
    steps = [
        partial(job, backtest_id=started.id, number=part) for job in jobs for part in range(started.slices)
    ]
    with click.progressbar(steps, label="Replaying", hidden=quiet) as parts:
        for step in parts:
            changed(slug, step)
    return started.id


def _start(session: Session, source: Source, months: int, *, alone: bool) -> Backtest:
    programme = the_programme(session, source.programme)
    first, last = _days(session, programme, months)
    return start_backtest(
        session,
        SYSTEM,
        programme_id=programme.id,
        code=source.code or "",
        document=source.document,
        first_day=first,
        last_day=last,
        alone=alone,
    )


def _days(session: Session, programme: Programme, months: int) -> tuple[date, date]:
    """The months up to the newest purchase; Refusal("backtest_nothing") where there is none."""
    last = newest_day(session, programme)
    month = last.year * 12 + last.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    days = (date((month + 1) // 12, (month + 1) % 12 + 1, 1) - first).days
    return first.replace(day=min(last.day, days)) + timedelta(days=1), last


def _told(session: Session, programme: Programme, found: Found) -> dict[str, Any]:
    tally, asked = found.tally, found.backtest
    was, would = tally.whole
    span = sales_span(session, asked.id)
    payers = {str(number): code for code, number in participants_by_code(session).items()}
    funders = {payers.get(key, key): pair for key, pair in tally.funders.items()}

    def worth(pair: Pair) -> int:
        minor = money.worth(abs(pair[1] - pair[0]), programme.value_minor, programme.value_points)
        return minor if pair[1] >= pair[0] else -minor

    def written(minor: int) -> str:
        digits = money.exponent(programme.currency)
        return f"{amount(minor, digits, 'en', signed=True)} {programme.currency}"

    return {
        "backtest": asked.id,
        "first_day": asked.first_day,
        "last_day": asked.last_day,
        "sales_from": span[0] if span else None,
        "sales_to": span[1] if span else None,
        **_named(session, programme, asked, tally),
        "difference": would - was,
        "funders": funders,
        "difference_minor": worth(tally.whole),
        "difference_money": written(worth(tally.whole)),
        "settlement_minor": {code: worth(pair) for code, pair in funders.items()},
        "settlement": {code: written(worth(pair)) for code, pair in funders.items()},
        "outstanding": would - was,
        "currency": programme.currency,
        "exponent": programme.scale,
        "places_end": places_end(session, asked.id),
        "budget_ends": None if tally.own else budget_ends(session, asked.id),
        "own": _own(session, programme, asked, tally.own) if tally.own else None,
    }


def _own(session: Session, programme: Programme, asked: Backtest, tally: Tally) -> dict[str, object]:
    """What a document that gives no points would have done, in its own unit."""
    gives = (asked.document or {})["gives"]
    digits = money.exponent(programme.currency) if gives["kind"] == "discount" else 0
    return {
        "unit": gives.get("code", programme.currency),
        "exponent": digits,
        **_named(session, programme, asked, tally),
        "budget_ends": budget_ends(session, asked.id),
    }


def _named(session: Session, programme: Programme, asked: Backtest, tally: Tally) -> dict[str, object]:
    """A tally with partners, promotions, levels and segments by their codes."""
    names = {str(partner.id): partner.code for partner in all_partners(session)} | {"0": "elsewhere"}
    codes = {str(number): code for code, number in promotions_by_code(session, programme).items()}
    levels = TierTerms.model_validate(programme.tiers).levels if programme.tiers else ()
    tiers = {str(number): level.code for number, level in enumerate(levels)}
    segments = {str(bit): code for code, bit in segments_by_code(session).items()}
    return {
        **asdict(tally),
        "tiers": {tiers.get(key, "without a level"): pair for key, pair in tally.tiers.items()},
        "segments": {segments.get(key, f"segment {key}"): pair for key, pair in tally.segments.items()},
        "partners": {names.get(key, key): pair for key, pair in tally.partners.items()},
        "promotions": {codes.get(key, asked.code or key): pair for key, pair in tally.promotions.items()},
    }


def _said(told: dict[str, Any], words: Words) -> str:
    was, would = told["whole"]
    purchases, members = counted(told["purchases"], "purchase"), counted(told["bought"], "member")
    gainers = counted(told["gainers"], "member")
    lines = [
        f"{told['first_day']} to {told['last_day']}: {purchases} of {members}, {_sold(told)}",
        (
            f"given then {words.points(was)}, would be {words.points(would)}:"
            f" {words.amount(told['difference'], signed=True)} ({told['difference_money']})"
        ),
        (
            f"{gainers} would get more ({words.points(told['gained'], signed=True)}),"
            f" {told['losers']:,} less ({words.points(-told['lost'])})"
        ),
        f"outstanding: {words.points(told['outstanding'], signed=True)}, if nothing of it is spent or expires",
    ]
    if told["own"]:
        lines += _own_lines(told["own"])
    else:
        lines.append(_awarded(words.points(told["points"]), told))
    if told["places_end"]:
        lines.append(f"its places would all have been taken on {told['places_end']}")
    if told["budget_ends"]:
        lines.append(f"its budget would have ended on {told['budget_ends']}")
    lines += [f"{code} would owe {difference}" for code, difference in told["settlement"].items()]
    for group in ("promotions", "funders", "partners", "tiers", "segments"):
        lines += _table(group, told[group], words)
    return "\n".join(lines)


def _sold(told: dict[str, Any]) -> str:
    return f"sales from {told['sales_from']} to {told['sales_to']}" if told["sales_from"] else "no sales"


def _table(group: str, pairs: dict[str, Pair], words: Words) -> Iterator[str]:
    """What was given and would be, of those where it differs most."""
    if pairs:
        heading = f"{group}, {words.point_word(0)}"
        yield f"\n{heading:32} {'then':>14} {'would be':>14} {'difference':>14}"
    for key, (was, would) in sorted(pairs.items(), key=lambda item: -abs(item[1][1] - item[1][0]))[:_SHOWN]:
        difference = words.amount(would - was, signed=True)
        yield f"  {key:30} {words.amount(was):>14} {words.amount(would):>14} {difference:>14}"


def _awarded(given: str, told: dict[str, Any]) -> str:
    awards, members = counted(told["awards"], "award"), counted(told["reached"], "member")
    return f"the promotion: {given} in {awards} to {members}"


def _own_lines(own: Any) -> Iterator[str]:
    """What is not points, in a column of its own."""

    def written(units: int, *, signed: bool = False) -> str:
        return f"{amount(units, own['exponent'], 'en', signed=signed)} {own['unit']}"

    was, would = own["whole"]
    yield f"given then {written(was)}, would be {written(would)}: {written(would - was, signed=True)}"
    yield _awarded(written(own["points"]), own)
    if own["unknown"]:
        yield (
            f"of {counted(own['unknown'], 'purchase')} what it asks for is not stored (receipt's lines, channel,"
            " payments, outlet): nothing is counted for that"
        )
    if own["bare"]:
        bare = counted(own["bare"], "purchase")
        yield f"{written(own['bare_points'])} of it for {bare} without a receipt, by the sum alone"
    if own["budget_ends"]:
        yield f"its budget would have ended on {own['budget_ends']}"
    for group in ("partners", "tiers", "segments", "days"):
        for key, (before, after) in sorted(
            own[group].items(), key=lambda item: -abs(item[1][1] - item[1][0])
        )[:_SHOWN]:
            yield f"  {group[:-1]} {key}: then {written(before)}, would be {written(after)}"
