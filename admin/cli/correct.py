"""`coalition promotions correct`: what should have held of a promotion on days that are past, previewed and posted."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
from sqlalchemy.orm import Session

from admin import promotion_source
from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from coalition import money
from coalition.partners.queries import participants_by_code
from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.transactions.corrections.actions import (
    approve_correction,
    begin_correction,
    discard_correction,
    send_correction,
)
from coalition.transactions.corrections.jobs import due_slices, post_slice, preview_slice
from coalition.transactions.corrections.queries import (
    Bound,
    correction_by_id,
    days_not_live,
    needed_bounds,
    short_bounds,
)
from coalition.transactions.corrections.tally import Tally
from tenants.actor import SYSTEM
from tenants.branding.formats import amount
from tenants.branding.words import Words

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
@click.option("--propose", is_flag=True, help="leave it at the desk, for somebody to sign")
@click.option("--post", is_flag=True, help="sign and post it as the house itself")
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def correct(
    slug: str,
    code: str | None,
    first: datetime,
    last: datetime,
    debt: Literal["never", "allowed"],
    propose: bool,
    post: bool,
    as_json: bool,
    path: Path,
) -> None:
    """Say what it would change if a promotion had had a file's terms on past days; with --post, change it.

    Without --propose or --post nothing is left of it.
    """
    if propose and post:
        raise click.UsageError("--propose leaves it to be signed, --post signs it: name one of them.")
    with telling(path):
        source = promotion_source.read_file(path)
    stop_at(path, promotion_source.flaws_of(source))
    with house():
        with telling(path):
            begun = changed(
                slug,
                lambda session: begin_correction(
                    session,
                    SYSTEM,
                    code=code or source.code or "",
                    document=source.document,
                    first_day=first.date(),
                    last_day=last.date(),
                    debt=debt,
                    note=_other_file(path, code, source.code),
                ),
            )
        try:
            with click.progressbar(range(begun.slices), label="Previewing", hidden=as_json) as numbers:
                for part in numbers:
                    changed(slug, partial(preview_slice, correction_id=begun.id, number=part))
        finally:
            if not (propose or post):
                changed(slug, partial(_given_up, number=begun.id))
        if propose:
            changed(slug, partial(_proposed, number=begun.id))
        if post:
            _post(slug, begun.id, quiet=as_json)
        with acting(slug) as session:
            told, words = _told(session, begun.id)
    told["file_of"] = source.code if _other_file(path, code, source.code) else None
    click.echo(as_text(told) if as_json else _said(told, words))


def _post(slug: str, number: int, *, quiet: bool) -> None:
    """Sign it as the house itself, and post all its slices."""
    changed(slug, partial(send_correction, actor=SYSTEM, correction_id=number))
    changed(slug, partial(approve_correction, actor=SYSTEM, correction_id=number))
    with click.progressbar(_due(slug, number), label="Posting", hidden=quiet) as due:
        for part, turn in due:
            changed(slug, partial(post_slice, correction_id=number, number=part, turn=turn))


def _given_up(session: Session, number: int) -> None:
    """Discard it, also where it has ended by itself: it could still be sent. Not what somebody has sent meanwhile."""
    if correction_by_id(session, number).correction.state in ("asked", "idle"):
        discard_correction(session, SYSTEM, correction_id=number)


def _proposed(session: Session, number: int) -> None:
    """Send it to be signed, unless it has ended by itself."""
    if correction_by_id(session, number).correction.state == "asked":
        send_correction(session, SYSTEM, correction_id=number)


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


def _told(session: Session, number: int) -> tuple[dict[str, Any], Words]:
    found = correction_by_id(session, number)
    programme = programme_by_id(session, found.correction.programme_id)
    payers = {str(payer): code for code, payer in participants_by_code(session).items()}

    def figures(tally: Tally) -> dict[str, Any]:
        net = money.worth(abs(tally.net), programme.value_minor, programme.value_points)
        net = net if tally.net >= 0 else -net
        return {
            **{name: value for name, value in vars(tally).items() if name != "needs"},
            "net": tally.net,
            "net_minor": net,
            "net_money": f"{amount(net, money.exponent(programme.currency), 'en', signed=True)} {programme.currency}",
            "funders": {payers.get(key, key): sums for key, sums in tally.funders.items()},
        }

    unposted = found.correction.state in ("sent", "discarded")
    short = short_bounds(session, found) if unposted else []
    told = {
        "correction": number,
        "promotion": found.code,
        "first_day": found.correction.first_day,
        "last_day": found.correction.last_day,
        "debt": found.correction.debt,
        "state": found.correction.state,
        "currency": programme.currency,
        "exponent": programme.scale,
        "preview": figures(found.preview),
        "posted": figures(found.done) if found.correction.state == "done" else None,
        "differs": found.differs,
        "not_live": days_not_live(session, found.correction),
        "needs": [bound._asdict() for bound in needed_bounds(session, found)],
        "short": [bound._asdict() for bound in short],
    }
    return told, words_in("en", programme)


def _said(told: dict[str, Any], words: Words) -> str:
    lines = [f"{told['promotion']} from {told['first_day']} to {told['last_day']}", *_doubts(told)]
    for name in ("preview", "posted"):
        if told[name] is not None:
            lines += ["", *_figures(name, told[name], words)]
    lines += [_short(Bound(**bound), words) for bound in told["short"]]
    if told["differs"]:
        lines.append("posted differs from the preview: purchases or returns came between")
    ended = told["state"] in ("idle", "discarded")
    if ended and not told["preview"]["members"]:
        lines.append("it would change nobody's points: there is nothing to sign, and nothing is changed")
    elif ended:
        lines.append("nothing is changed: --propose leaves it at the desk to be signed, --post posts it")
    if told["state"] == "sent":
        lines.append(
            f"nothing is changed yet: correction {told['correction']} waits at the desk to be signed"
        )
    return "\n".join(lines)


def _short(bound: Bound, words: Words) -> str:
    if bound.kind == "places":
        return f"the places of {bound.code} are too few for {counted(bound.units, 'member')}"
    return f"the {bound.kind} of {bound.code} is {words.points(bound.units)} too small"


def _doubts(told: dict[str, Any]) -> Iterator[str]:
    """What may be a mistake of whoever asks."""
    if told["file_of"]:
        yield f"note: the file is that of another promotion, {told['file_of']}"
    if runs := told["not_live"]:
        days = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in runs)
        yield f"note: the promotion was not live on {days}; for these days it gives what nobody was promised"


def _figures(name: str, told: dict[str, Any], words: Words) -> Iterator[str]:
    gainers = counted(told["gainers"], "gets", "get")
    losers = counted(told["losers"], "gets", "get")
    yield (
        f"{name}: {counted(told['members'], 'member')}, {gainers} more, {losers} less;"
        f" net {words.points(told['net'], signed=True)} ({told['net_money']})"
    )
    given, taken, debt, lost = (words.points(told[key]) for key in ("given", "taken", "debt", "written_off"))
    yield (
        f"  given {given}, taken {taken}, owed by {counted(told['owing'], 'member')} {debt}, written off {lost}"
    )
    if told["waiting"] or told["lapsed"]:
        waiting, lapsed = (words.points(told[key], signed=True) for key in ("waiting", "lapsed"))
        yield f"  of it in all: {waiting} wait for a condition, {lapsed} have lapsed without theirs"
    for group, heads in (("funders", ("given", "taken", "written off")), ("days", ("given", "taken"))):
        sums = told[group]
        if sums:
            yield f"  {f'{group}, {words.point_word(0)}':30}" + "".join(f"{head:>14}" for head in heads)
        for key in sorted(sums):
            yield f"    {key:28}" + "".join(f"{words.amount(points):>14}" for points in sums[key])
