"""`coalition promotions correct`: what should have held of a promotion on days that are past, previewed and posted."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

import click
from sqlalchemy.orm import Session

from admin import promotion_source
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, json_option, telling, tenant_option
from coalition import money
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import programme_by_id
from coalition.promotions.queries import promotions_by_code
from coalition.transactions.corrections.actions import approve_correction, begin_correction
from coalition.transactions.corrections.jobs import due_slices, post_slice, preview_slice
from coalition.transactions.corrections.queries import correction_by_id, days_not_live, short_budgets
from coalition.transactions.corrections.tally import Tally
from tenants.actor import SYSTEM
from tenants.branding.formats import amount

_day = click.DateTime(["%Y-%m-%d"])


@click.command()
@tenant_option
@click.option("--code", help="the promotion's code; without it the one in the file")
@click.option("--from", "first", required=True, type=_day, help="the first business day, like 2026-11-01")
@click.option("--to", "last", required=True, type=_day, help="the last business day")
@click.option(
    "--debt",
    default="never",
    type=click.Choice(["never", "allowed"]),
    show_default=True,
    help="whether members may owe what they have spent",
)
@click.option("--post", is_flag=True, help="sign and post it as the house itself")
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def correct(
    slug: str,
    code: str | None,
    first: datetime,
    last: datetime,
    debt: Literal["never", "allowed"],
    post: bool,
    as_json: bool,
    path: Path,
) -> None:
    """Say what it would change if a promotion had had a file's terms on past days; with --post, change it."""
    with telling(path):
        source = promotion_source.read_file(path)
    with house():
        with acting(slug) as session, telling(path):
            begun = begin_correction(
                session,
                SYSTEM,
                code=code or source.code or "",
                document=source.document,
                first_day=first.date(),
                last_day=last.date(),
                debt=debt,
                note=_other_file(path, code, source.code),
            )
            number, slices = begun.id, begun.slices
        with click.progressbar(range(slices), label="Previewing", hidden=as_json) as numbers:
            for part in numbers:
                with acting(slug) as session:
                    preview_slice(session, number, part)
        if post:
            with acting(slug) as session:
                approve_correction(session, SYSTEM, correction_id=number)
            with click.progressbar(_due(slug, number), label="Posting", hidden=as_json) as due:
                for part, turn in due:
                    with acting(slug) as session:
                        post_slice(session, number, part, turn)
        with acting(slug) as session:
            told = _told(session, number)
    told["file_of"] = source.code if _other_file(path, code, source.code) else None
    click.echo(as_text(told) if as_json else _said(told))


def _other_file(path: Path, code: str | None, written: str | None) -> str:
    """A note for whoever signs, where the file says of itself that it is another promotion's."""
    if not code or written in (None, code):
        return ""
    return f"{path.name} is the file of another promotion: {written}"


def _due(slug: str, number: int) -> Iterator[tuple[int, int]]:
    """Slices that are still to be posted, until there are none."""
    while True:
        with acting(slug) as session:
            due = due_slices(session, number)
        if not due:
            return
        yield from due


def _told(session: Session, number: int) -> dict[str, object]:
    found = correction_by_id(session, number)
    programme = programme_by_id(session, found.correction.programme_id)
    codes = {str(promotion): code for code, promotion in promotions_by_code(session, programme).items()}
    payers = {str(payer): code for code, payer in participants_by_code(session).items()}

    def figures(tally: Tally) -> dict[str, object]:
        net = money.worth(abs(tally.net), programme.value_minor, programme.value_points)
        net = net if tally.net >= 0 else -net
        return {
            **vars(tally),
            "net": tally.net,
            "net_minor": net,
            "net_money": f"{amount(net, money.exponent(programme.currency), 'en', signed=True)} {programme.currency}",
            "funders": {payers.get(key, key): sums for key, sums in tally.funders.items()},
            "needs": {codes.get(key, key): points for key, points in tally.needs.items()},
        }

    return {
        "correction": number,
        "promotion": found.code,
        "first_day": found.correction.first_day,
        "last_day": found.correction.last_day,
        "debt": found.correction.debt,
        "state": found.correction.state,
        "currency": programme.currency,
        "preview": figures(found.preview),
        "posted": figures(found.done) if found.correction.state == "done" else None,
        "differs": found.differs,
        "not_live": days_not_live(session, found.correction),
        "budget_short": short_budgets(session, found) if found.correction.state == "asked" else {},
    }


def _said(told: dict[str, object]) -> str:
    lines = [f"{told['promotion']} from {told['first_day']} to {told['last_day']}", *_doubts(told)]
    for name in ("preview", "posted"):
        figures = told[name]
        if isinstance(figures, dict):
            lines += ["", *_figures(name, figures)]
    short = told["budget_short"]
    assert isinstance(short, dict)
    lines += [f"the budget of {code} is {points:,} points too small" for code, points in short.items()]
    if told["differs"]:
        lines.append("posted differs from the preview: purchases or returns came between")
    if told["state"] == "asked":
        lines.append(f"nothing is changed: sign correction {told['correction']} at the desk, or use --post")
    return "\n".join(lines)


def _doubts(told: dict[str, object]) -> Iterator[str]:
    """What may be a mistake of whoever asks."""
    if told["file_of"]:
        yield f"note: the file is that of another promotion, {told['file_of']}"
    runs = told["not_live"]
    assert isinstance(runs, list)
    if runs:
        days = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in runs)
        yield f"note: the promotion was not live on {days}; for these days it gives what nobody was promised"


def _figures(name: str, told: dict[str, object]) -> Iterator[str]:
    yield (
        f"{name}: {told['members']:,} members, {told['gainers']:,} get more, {told['losers']:,} get less;"
        f" net {told['net']:+,} points ({told['net_money']})"
    )
    yield (
        f"  given {told['given']:,}, taken {told['taken']:,}, owed by {told['owing']:,} members {told['debt']:,},"
        f" written off {told['written_off']:,}"
    )
    for group, heads in (("funders", ("given", "taken", "written off")), ("days", ("given", "taken"))):
        sums = told[group]
        assert isinstance(sums, dict)
        if sums:
            yield f"  {group:30}" + "".join(f"{head:>14}" for head in heads)
        for key in sorted(sums):
            yield f"    {key:28}" + "".join(f"{points:14,}" for points in sums[key])
