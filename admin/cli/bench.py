"""`coalition bench`: measurements, as ratios in one run."""

import json
from importlib import import_module

import click

from admin.cli.house import EVERYONE
from admin.cli.served import served
from bench import aggregator as aggregator_bench
from bench import base
from bench import desk as desk_bench
from bench import engine as engine_bench
from bench import file as file_bench
from bench import online as online_bench
from bench import scale as scale_bench
from bench import settlement as settlement_bench
from tenants.runtime import settings

GOALS = {200: 0.60, 10_000: 0.40}


@click.group()
def bench() -> None:
    """Measure the product against the database's own limit."""


@bench.command("file")
@click.option(
    "--lines", default=1_000_000, show_default=True, type=click.IntRange(min=10), help="lines of the file"
)
@click.option("--promotions", default=(200, 10_000), multiple=True, show_default=True, type=click.IntRange(min=1),
              help="live promotions")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON at the end")
def file(lines: int, promotions: tuple[int, ...], as_json: bool) -> None:
    """A bank's file from bytes to committed points, two workers, against COPY and one INSERT ... SELECT."""
    import_module(EVERYONE)
    figures = {}
    with served(settings.current()) as (chosen, _):
        click.echo(f"{lines:,} lines, {file_bench.seed.MEMBERS:,} members; {base.machine()}")
        for count in promotions:
            click.echo(f"\n{count:,} live promotions")
            found = figures[count] = file_bench.measure(chosen, lines=lines, promotions=count)
            goal = f" (goal {GOALS[count]:.2f})" if count in GOALS else ""
            click.echo(f"ours / limit   {found['ratio']:7.2f}{goal}")
            click.echo(f"cost per line, against a tenth of the lines: {found['cost_growth']:.2f}")
    if as_json:
        click.echo(json.dumps(figures))


@bench.command("online")
@click.option(
    "--members", default=online_bench.seed.MEMBERS, show_default=True, type=click.IntRange(min=1000)
)
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(min=1), help="of each load")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON at the end")
def online(members: int, seconds: float, as_json: bool) -> None:
    """A till's purchase over HTTP, 16 connections, against pgbench with the statement that books it."""
    import_module(EVERYONE)
    with served(settings.current()) as (chosen, _):
        click.echo(f"{members:,} members, {online_bench.PROMOTIONS:,} live promotions; {base.machine()}")
        found = online_bench.measure(chosen, members=members, seconds=seconds)
    for name, load in (
        ("purchase", found.purchases),
        ("quote", found.quotes),
        ("balance", found.balances),
        ("one card only", found.hot),
    ):
        click.echo(
            f"{name:14} {load.rate:7,.0f} a second, ms: p50 {load.percentile(50):.1f}, p95 {load.percentile(95):.1f},"
            f" p99 {load.percentile(99):.1f}; {load.failed} failed"
        )
    _stop_at(found.failed)
    ratios = {
        "purchase / limit": (found.purchases.rate / found.limit, 0.25),
        "quote / purchase": (found.quotes.rate / found.purchases.rate, 1.3),
        "balance / limit": (found.balances.rate / found.balance_limit, 0.35),
    }
    click.echo(f"limits         {found.limit:7,.0f} purchases, {found.balance_limit:7,.0f} balances a second")
    for name, (ratio, goal) in ratios.items():
        click.echo(f"{name:17} {ratio:5.2f} (goal {goal:.2f})")
    if as_json:
        click.echo(json.dumps({name: ratio for name, (ratio, _) in ratios.items()}))


def _stop_at(failed: int) -> None:
    """A refusal can be quicker than what it refuses: rates with any in them are no measure."""
    if failed:
        raise click.ClickException(f"{failed:,} answers were no success, so there is nothing to compare")


@bench.command("scale")
@click.option("--few", default=100_000, show_default=True, type=click.IntRange(min=1000), help="members")
@click.option("--many", default=1_000_000, show_default=True, type=click.IntRange(min=1000), help="members")
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(min=1), help="of each load")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON at the end")
def scale(few: int, many: int, seconds: float, as_json: bool) -> None:
    """A till's purchase over HTTP among few members and among many, each with ten purchases behind her."""
    import_module(EVERYONE)
    with served(settings.current()) as (chosen, _):
        click.echo(f"{online_bench.PROMOTIONS:,} live promotions; {base.machine()}")
        found = scale_bench.measure(chosen, few=few, many=many, seconds=seconds)
    for members, rounds in ((few, found.few), (many, found.many)):
        rates = ", ".join(f"{one.rate:,.0f}" for one in rounds)
        failed = sum(one.failed for one in rounds)
        click.echo(
            f"{members:9,} members, {members * scale_bench.MONTHS:10,} purchases: {rates} a second; {failed} failed"
        )
    _stop_at(found.failed)
    click.echo(f"many / few {found.ratio:5.2f} (goal 0.80)")
    if as_json:
        click.echo(json.dumps({"many / few": found.ratio}))


@bench.command("desk")
@click.option("--few", default=10_000, show_default=True, type=click.IntRange(min=1000), help="members")
@click.option("--many", default=1_000_000, show_default=True, type=click.IntRange(min=1000), help="members")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON at the end")
def desk(few: int, many: int, as_json: bool) -> None:
    """The desk's pages among few members and among many, each with ten purchases behind her."""
    import_module(EVERYONE)
    with served(settings.current()) as (chosen, _):
        click.echo(f"{few:,} and {many:,} members, ten purchases each; {base.machine()}")
        found = desk_bench.measure(chosen, few=few, many=many)
    for page in found:
        click.echo(f"{page.name:36} {page.few:7.1f} {page.many:7.1f} ms, {page.many / page.few:5.2f}")
    slow, worst = max(page.many for page in found), max(page.many / page.few for page in found)
    click.echo(f"slowest {slow:.0f} ms (goal 300), many / few at most {worst:.2f} (goal 3.00)")
    if as_json:
        click.echo(json.dumps([page._asdict() for page in found]))


@bench.command("engine")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON")
def engine(as_json: bool) -> None:
    """The promotion engine by itself, in memory: against 10 and 10,000 live promotions, and a replay of the past."""
    found = engine_bench.measure()
    if as_json:
        click.echo(json.dumps(found._asdict()))
        return
    click.echo(base.machine())
    click.echo(f"one purchase, {engine_bench.FEW:,} live promotions      {found.few * 1e6:9.2f} us")
    click.echo(f"one purchase, {engine_bench.MANY:,} live promotions  {found.many * 1e6:9.2f} us")
    click.echo(f"many / few                               {found.many / found.few:9.2f} (goal 1.50)")
    click.echo(f"compiling {engine_bench.MANY:,} promotions            {found.compiled:9.2f} s (goal 0.20)")
    click.echo(f"and again, with one more published    {found.compiled_again:9.2f} s")
    click.echo(f"their index                              {found.index_mb:9.1f} MB (goal 100)")
    click.echo(
        f"replayed in a second, one core, 200      {found.replayed_200:9,.0f} purchases (goal 100,000)"
    )
    click.echo(f"replayed in a second, one core, 10,000   {found.replayed_10_000:9,.0f} purchases")


@bench.command("settlement")
@click.option(
    "--transfers", default=10_000_000, show_default=True, type=click.IntRange(min=1000), help="of a month"
)
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON at the end")
def settlement(transfers: int, as_json: bool) -> None:
    """A month of one coalition with 600 participants, closed, against one sequential count of its transfers."""
    import_module(EVERYONE)
    with served(settings.current()) as (chosen, _):
        click.echo(f"{transfers:,} transfers, {settlement_bench.PARTICIPANTS} participants; {base.machine()}")
        found = settlement_bench.measure(chosen, transfers=transfers)
    ratio = found.closing / found.counting
    click.echo(f"{found.transfers:,} transfers counted in {found.counting:.2f} s")
    click.echo(f"its days, one after another: {found.days:.2f} s, the longest {found.day:.2f} s")
    click.echo(f"{found.statements:,} statements closed in {found.closing:.2f} s")
    click.echo(f"days / counting    {found.days / found.counting:7.2f}")
    click.echo(f"closing / counting {ratio:7.2f} (goal 6.00)")
    click.echo(f"peak of memory     {found.megabytes:7.0f} MB (goal 500)")
    if as_json:
        click.echo(json.dumps(found._asdict() | {"ratio": ratio}))


@bench.command("aggregator")
@click.option("--seconds", default=10.0, show_default=True, type=click.FloatRange(min=1), help="of each load")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON at the end")
def aggregator(seconds: float, as_json: bool) -> None:
    """A postback against an empty POST to the same server; a walk through 1,000 shops against its network's answers."""
    import_module(EVERYONE)
    with served(settings.current()) as (chosen, _):
        click.echo(base.machine())
        found = aggregator_bench.measure(chosen, seconds=seconds)
    for name, load in (("postback", found.postbacks), ("empty POST", found.empty)):
        click.echo(
            f"{name:12} {load.rate:7,.0f} a second, ms: p50 {load.percentile(50):.1f}, p99 {load.percentile(99):.1f};"
            f" {load.failed} failed"
        )
    _stop_at(found.postbacks.failed + found.empty.failed)
    click.echo(f"postbacks stored: {found.stored:,} of {len(found.postbacks.took_ms):,} answered")
    click.echo(f"postback / empty POST   {found.ratio:5.2f} (goal 0.40)")
    for name, walk in (("first walk", found.first), ("second walk", found.second)):
        click.echo(
            f"{name:12} {walk.shops:,} shops, {walk.coupons:,} coupons, {walk.pages} pages: {walk.seconds:.2f} s,"
            f" of which the network {walk.network:.2f} s ({walk.network / walk.seconds:.2f})"
        )
    if as_json:
        click.echo(json.dumps({"postback / empty": found.ratio, "network / walk": found.second.part}))
