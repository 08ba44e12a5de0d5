"""`coalition aggregator`: networks of shops: added, asked for their shops and orders, and one of our own to try it."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.cli.house import house
from admin.cli.saying import counted
from admin.cli.tenancy import acting, as_text, changed, json_option, participant_number, slugs, tenant_option
from admin.demo.network import LOOPBACK, SEED, SHOPS, demonstrate
from coalition.offers import actions
from coalition.offers.models import Coupon, Order, Shop, ShopChange
from coalition.offers.networks import kinds
from coalition.offers.queries import alerts, network_by_code, networks
from coalition.offers.signing import sign_postbacks
from coalition.programmes.queries import the_programme
from partner_portal.aggregator import jobs
from partner_portal.aggregator.loopback.serving import main as serve
from partner_portal.aggregator.walking import Step, pause_of, reconcile_step, sync_step
from tenants.actor import SYSTEM
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.jobs import ask

DECLARED = (jobs,)
WAIT_SECONDS = 0.5
_tenant = click.option(
    "--tenant", "slug", help="the tenant's short name; all tenants that have networks without it"
)
_network = click.option("--network", "code", help="the network's code; all of the tenant's without it")


@click.group()
def aggregator() -> None:
    """Shops of affiliate networks in a tenant's programme."""


@aggregator.command("add")
@tenant_option
@click.option("--participant", required=True, help="the code of who pays for the points")
@click.option("--kind", required=True, help="whose shapes it speaks, as admitad")
@click.option("--name", required=True, help="what members and staff read")
@click.option(
    "--access", multiple=True, metavar="NAME=VALUE", help="what it needs to let us in, sealed at once"
)
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="what else is said of it")
@click.option("--demonstration", is_flag=True, help="nothing of it is real, and its shops say so")
@click.argument("code")
@click.argument("address")
def add(slug: str, participant: str, kind: str, name: str, access: tuple[str, ...], options: tuple[str, ...],
        demonstration: bool, code: str, address: str) -> None:  # fmt: skip
    """Add the network CODE that answers at ADDRESS; says the word that its postbacks are signed with, this once."""

    def made(session: Session) -> str:
        _, word = actions.add_network(
            session,
            SYSTEM,
            programme_id=the_programme(session).id,
            participant_id=participant_number(session, participant),
            code=code,
            name=name,
            kind=kind,
            address=address,
            access=_pairs(access),
            options=_pairs(options),
            demonstration=demonstration,
        )
        return word

    with house():
        word = changed(slug, made)
    click.echo(f"postbacks: /postback/{code}?key={word}\nKeep this address now: it is not shown again.")


def _pairs(said: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in said:
        name, equals, value = one.partition("=")
        if not equals:
            raise click.BadParameter(f"{one!r}: write NAME=VALUE")
        found[name] = value
    return found


@aggregator.command()
@_tenant
@_network
@click.option(
    "--accept-missing", is_flag=True, help="close what is not told any more, however many shops that are"
)
@json_option
def sync(slug: str | None, code: str | None, accept_missing: bool, as_json: bool) -> None:
    """Ask networks for their shops and coupons; goes on where a walk that was cut off has stopped."""

    def step(session: Session, network_id: int) -> Step:
        return sync_step(session, network_id, believed=accept_missing)

    _walked(slug, code, step, _shops_told, as_json)


@aggregator.command()
@_tenant
@_network
@json_option
def reconcile(slug: str | None, code: str | None, as_json: bool) -> None:
    """Ask networks what has become of orders, and post what that comes to."""
    _walked(slug, code, reconcile_step, _orders_told, as_json)


def _walked(
    slug: str | None,
    code: str | None,
    step: Callable[[Session, int], Step],
    told: Callable[[Session, int, float], dict[str, Any]],
    as_json: bool,
) -> None:
    with house():
        found = [_walk(*one, step, told) for one in list(_chosen(slug, code))]
    if as_json:
        click.echo(as_text(found))
    else:
        for row in found:
            click.echo(
                ", ".join(
                    f"{name.replace('_', ' ')}: {value}" for name, value in row.items() if value is not None
                )
            )
        if not found:
            click.echo("There is no network.")
    if any(row["state"] != Step.DONE.value for row in found):
        sys.exit(1)


def _chosen(slug: str | None, code: str | None) -> Iterator[tuple[str, int, str]]:
    """Tenants with the numbers and codes of their networks that were asked for."""
    for one in [slug] if slug else slugs():
        with acting(one) as session:
            if code and slug and network_by_code(session, code) is None:
                raise NotFound("network_unknown", network=code)
            yield from [(one, row.id, row.code) for row in networks(session) if code in (None, row.code)]


def _walk(slug: str, network_id: int, code: str, step: Any, told: Any) -> dict[str, Any]:
    begun, pages = time.perf_counter(), 0
    while True:
        found: Step = changed(slug, lambda session: step(session, network_id))
        pages += 1
        if found is Step.MORE:
            with acting(slug) as session:
                pause = pause_of(session, network_id)
            time.sleep(pause.total_seconds())
        if found is Step.BUSY:  # a worker is at it
            time.sleep(WAIT_SECONDS)
        elif found is not Step.MORE:
            break
    with acting(slug) as session:
        network = network_by_code(session, code)
        assert network is not None
        seconds = round(time.perf_counter() - begun, 2)
        return {
            "tenant": slug, "network": code, "state": found.value, "pages": pages, "seconds": seconds,
            **told(session, network_id, seconds), "failure": network.failure,
        }  # fmt: skip


def _shops_told(session: Session, network_id: int, _seconds: float) -> dict[str, Any]:
    tenant = tenant_of(session)
    mine = (Shop.tenant_id == tenant, Shop.network_id == network_id)
    states = dict(session.execute(select(Shop.state, func.count()).where(*mine).group_by(Shop.state)).all())
    coupons = select(func.count()).where(Coupon.tenant_id == tenant, Coupon.network_id == network_id)
    changes = select(func.count()).select_from(ShopChange).where(ShopChange.tenant_id == tenant)
    return {
        "shops": states.get("active", 0), "closed": states.get("closed", 0), "coupons": session.scalar(coupons),
        "changes": session.scalar(changes),
    }  # fmt: skip


def _orders_told(session: Session, network_id: int, _seconds: float) -> dict[str, Any]:
    rows = session.execute(
        select(Order.state, func.count())
        .where(Order.tenant_id == tenant_of(session), Order.network_id == network_id)
        .group_by(Order.state)
    )
    return {"orders": dict(rows.all())}


@aggregator.command("list")
@tenant_option
@json_option
def list_networks(slug: str, as_json: bool) -> None:
    """Networks with what is known of them, and what asks for somebody."""
    with house(), acting(slug) as session:
        told = alerts(session)
        found = [
            {
                "network": one.code, "kind": one.adapter, "address": one.address, "synced_at": one.synced_at,
                "reconciled_until": one.reconciled_until, "failing_since": one.failing_since,
                "alerts": {alert.kind: alert.many for alert in told if alert.network is one},
            }
            for one in networks(session)
        ]  # fmt: skip
    if as_json:
        click.echo(as_text(found))
        return
    for row in found:
        said = ", ".join(f"{kind} {count}" for kind, count in row["alerts"].items()) or "nothing to look at"
        click.echo(f"{row['network']} ({row['kind']}): {said}")
    if not found:
        click.echo(f"There is no network. Kinds: {', '.join(sorted(kinds()))}.")


@aggregator.command("word")
@tenant_option
@click.argument("code")
def renew(slug: str, code: str) -> None:
    """Give the network CODE's postbacks another word, shown this once; the one before is believed no more."""
    with house():
        word = changed(
            slug, lambda session: actions.renew_word(session, SYSTEM, network_id=_number(session, code))
        )
    click.echo(f"postbacks: /postback/{code}?key={word}")


@aggregator.command("signature")
@tenant_option
@click.argument("code")
@click.argument("where", default="", metavar="[parameter:NAME|header:NAME]")
def sign(slug: str, code: str, where: str) -> None:
    """Believe the network CODE's postbacks by its own signature, as by the word; without a place, no more.

    It stands in that parameter or header. The secret that it is made with is asked for, and not shown.
    """
    asked = click.get_text_stream("stdin").isatty()
    secret = click.prompt("Secret", hide_input=asked, prompt_suffix=": " if asked else "") if where else ""
    with house():
        changed(
            slug,
            lambda session: sign_postbacks(
                session, SYSTEM, network_id=_number(session, code), where=where, secret=secret
            ),
        )
    click.echo(
        "Saved. It holds within a minute." if where else "Signatures are believed no more, within a minute."
    )


def _number(session: Session, code: str) -> int:
    found = network_by_code(session, code)
    if found is None:
        raise NotFound("network_unknown", network=code)
    return found.id


@aggregator.command()
@click.option("--port", default=8910, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--shops", "count", default=SHOPS, show_default=True, type=click.IntRange(1, 20_000))
@click.option("--seed", default=SEED, show_default=True)
@click.option("--into", "slug", help="the tenant of a demonstration that shows its shops")
def loopback(port: int, count: int, seed: int, slug: str | None) -> None:
    """Be a network on this machine, with invented shops, until Ctrl-C: a day of its orders lasts a minute."""
    words = ["--port", str(port), "--shops", str(count), "--seed", str(seed)]
    if slug:
        with house() as chosen:
            if not chosen.demo:
                raise Refusal("network_demo")
            word, host = changed(slug, lambda session: _shown(session, f"http://127.0.0.1:{port}"))
            words += [
                "--postbacks",
                f"http://127.0.0.1:{chosen.port}/postback/{LOOPBACK}?key={word}",
                "--host",
                host,
            ]
    click.echo(f"{counted(count, 'shop')} of a demonstration, at:", err=True)
    serve(words)


def _shown(session: Session, address: str) -> tuple[str, str]:
    """Let a tenant show the network's shops, and have it asked for them."""
    word, host = demonstrate(session, address)
    ask(session, "aggregator.sync", network_id=_number(session, LOOPBACK))
    return word, host
