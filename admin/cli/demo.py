"""`coalition demo`: two invented banks and a coalition, loaded through the same doors as anybody's data."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.cli.files import require_going_on
from admin.cli.house import house
from admin.cli.saying import counted
from admin.demo import avacha, avacha_terms, opening, plyos_terms, wexley, wexley_terms
from admin.demo.claims import open_claims
from admin.demo.plyos import Calendar, plyos_base
from admin.demo.plyos_opening import open_plyos
from admin.opening.addresses import port_here
from charity.models import Campaign
from coalition.claims.models import Claim
from coalition.ledger.models import Balance
from coalition.ledger.queries import richest
from coalition.members.queries import member_by_handle, person_of
from coalition.programmes.models import Programme
from coalition.redemption.actions import redeem
from coalition.reports.audit import audit
from coalition.reports.counting import count_figures
from coalition.transactions.models import InboundFile
from coalition.transactions.receiving import receive
from tenants import operators as places
from tenants.actor import SYSTEM
from tenants.models import Tenant
from tenants.runtime import clock, db, settings
from tenants.runtime.errors import Refusal

GIVERS = 40
TENANTS = {"wexley": "Wexley Municipal Bank", "avacha": "Авача Банк", "plyos": "Коалиция «Плёс»"}
"""By their short names, in the order of telling."""
HEADINGS = "   lines =   posted + duplicate + unmatched + rejected         points"


@click.group()
def demo() -> None:
    """Two invented banks with real and generated card files, and an invented coalition."""


@demo.command()
def load() -> None:
    """Open the banks and the coalition with all that they lived through; what is there already is left as it is."""
    with house():
        begun = time.perf_counter()
        if "plyos" not in _slugs():
            _live_coalition()  # before the banks: PostgreSQL has yet to learn how little of its tables is this one's
        if "wexley" not in _slugs():
            _load_bank(TENANTS["wexley"], opening.open_wexley, wexley.wexley_base(), wexley_terms.SEGMENTS)
        _files("wexley", "wexley-cards", [(path.name, path.open("rb")) for path in wexley.FILES])
        if "avacha" not in _slugs():
            _load_bank(TENANTS["avacha"], opening.open_avacha, avacha.avacha_base(), avacha_terms.SEGMENTS)
        _files("avacha", "avacha-cards", [("avacha-2026-11.csv", BytesIO(avacha.avacha_month()))])
        _operators()
        for slug in ("wexley", "avacha"):
            _give(slug)
            _dispute(slug)
        for slug in TENANTS:
            with db.transaction(_tenant(slug)) as session:
                count_figures(session, anew=True)
        _summary(time.perf_counter() - begun)


def whom_to_sign_in_as() -> None:
    """Say clients and staff of the banks and the coalition, in a house that is open and has them."""
    port = port_here()
    for slug, name in TENANTS.items():
        with db.transaction(_tenant(slug)) as session:
            orders = (
                member_by_handle(session, str(plyos_base()[0].person.phone)).id if slug == "plyos" else None
            )
            person = person_of(session, orders or richest(session)[0])
        address = f"http://{slug}.localhost:{port}"
        click.echo(f"\n{name}: {address}")
        click.echo(f"  a client:  {person.name}, phone {person.phone} (the code is shown on the screen)")
        signs = [f"login {login}, password {password}" for login, password, *_ in opening.STAFF]
        click.echo(f"  the staff: {address}/desk  {signs[0]}")
        click.echo(f"             and who signs promotions: {signs[1]}")
        click.echo(f"             one of each role: {', '.join(login for login, *_ in opening.STAFF[2:])}")
        if slug == "plyos":
            for login, password, _, whose in plyos_terms.MANAGERS:
                company = plyos_terms.PARTICIPANTS[whose]["ru"]
                click.echo(
                    f"  the place of {company}: {address}/desk/own  login {login}, password {password}"
                )
    with db.transaction(None) as session:
        if places.the_place(session) is None:
            return
    login, password, _name = opening.OPERATOR
    click.echo(f"\nThe operators of the deployment: http://{opening.OPERATOR_HOST}:{port}/desk")
    click.echo(f"  login {login}, password {password}; a second factor is set up at the first sign-in")


def _operators() -> None:
    """The operators' own place with an operator in it; one that is there already is left as it is."""
    with db.transaction(None) as session:
        if places.the_place(session) is None:
            places.open_place(session, hosts=[opening.OPERATOR_HOST])
            opening.invite_operator(session)


def _load_bank(name: str, open_bank, rows, titles) -> None:  # type: ignore[no-untyped-def]
    with (
        db.transaction(None) as session,
        click.progressbar(length=len(rows), label=f"{name}: {counted(len(rows), 'client')}".ljust(36)) as bar,
    ):
        programme = open_bank(session)
        opening.enrol_all(session, programme, rows, lambda _: bar.update(1))
        opening.bring_segments(session, programme, rows, titles)


def _live_coalition() -> None:
    """In one transaction, so that no worker asks its network by another clock meanwhile."""
    now = clock.now()
    days = len(list(Calendar.of(now).evenings()))
    with (
        db.transaction(None) as session,
        click.progressbar(length=days, label=f"{TENANTS['plyos']}: {counted(days, 'day')}".ljust(36)) as bar,
    ):
        open_plyos(session, now, lambda _: bar.update(1), network=settings.current().demo)


def _files(slug: str, profile: str, sources: list[tuple[str, BinaryIO]]) -> None:
    tenant_id = _tenant(slug)
    received = []
    for name, stream in sources:
        with db.transaction(tenant_id) as session, stream:
            found = receive(session, SYSTEM, profile_code=profile, name=name, stream=stream)
            received.append(found.file.id)
    with db.transaction(tenant_id) as session:
        total = sum(_file(session, number).lines for number in received)
    with click.progressbar(
        length=total, label=f"{slug}: {counted(total, 'line')} of {counted(len(received), 'file')}".ljust(36)
    ) as bar:
        done = 0
        while True:
            with db.transaction(tenant_id) as session:
                files = [_file(session, number) for number in received]
                require_going_on(session, files[-1])
                now = sum(f.posted + f.duplicate + f.unmatched + f.rejected for f in files)
            bar.update(now - done)
            done = now
            if all(f.state == "done" for f in files):
                break
            time.sleep(0.2)


def _give(slug: str) -> None:
    """Some clients give to the campaigns, so that the funds' pages have something to show."""
    with db.transaction(_tenant(slug)) as session:
        tenant_id = db.tenant_of(session)
        programme = session.scalars(select(Programme).where(Programme.tenant_id == tenant_id)).one()
        campaigns = session.scalars(
            select(Campaign).where(Campaign.tenant_id == tenant_id).order_by(Campaign.id)
        ).all()
        codes = ["hospice", "riverbank"] if slug == "wexley" else ["bolshaya-semya", "luchik"]
        members = session.scalars(
            select(Balance.member_id)
            .where(Balance.tenant_id == tenant_id, Balance.available > 0)
            .order_by(Balance.available.desc(), Balance.member_id)
            .offset(1)
            .limit(GIVERS)
        ).all()
    each = {"wexley": 2_000, "avacha": 150}[slug]
    for number, member_id in enumerate(members):
        campaign = campaigns[number % 3 % 2]
        choice = {"points": each + number * 5, "campaign": campaign.id}
        with db.transaction(_tenant(slug)) as session:
            try:
                redeem(
                    session,
                    SYSTEM,
                    member_id=member_id,
                    reward_code=f"fund-{codes[number % 3 % 2]}",
                    choice=choice,
                    request_id=f"demo-gift-{number}",
                )
            except Refusal as refusal:
                if refusal.code != "not_enough_points":
                    raise
    assert programme


def _dispute(slug: str) -> None:
    """Some clients dispute something, once."""
    with db.transaction(_tenant(slug)) as session:
        if not session.scalar(select(func.count()).where(Claim.tenant_id == db.tenant_of(session))):
            open_claims(session)


def _summary(seconds: float) -> None:
    click.echo()
    for slug in TENANTS:
        with db.transaction(_tenant(slug)) as session:
            rows = session.scalars(
                select(InboundFile)
                .where(InboundFile.tenant_id == db.tenant_of(session))
                .order_by(InboundFile.id)
            ).all()
            findings = audit(session)
        if rows:
            _told_files(slug, rows)
        broken = [finding.rule for finding in findings if finding.broken]
        checked = sum(finding.checked for finding in findings)
        verdict = (
            f"BROKEN: {', '.join(broken)}" if broken else f"clean ({len(findings)} rules, {checked:,} rows)"
        )
        click.echo(f"audit of {slug}: {verdict}\n")
    click.echo(f"The demo was loaded in {seconds:.0f} s, at {datetime.now(UTC):%H:%M} UTC.")


def _told_files(slug: str, rows: Sequence[InboundFile]) -> None:
    """A line for each file and one for all of them."""
    click.echo(f"{slug:24} {HEADINGS}")
    counts = ("lines", "posted", "duplicate", "unmatched", "rejected", "points")
    for row in rows:
        click.echo(_line(row.name, [getattr(row, name) for name in counts]))
    click.echo(_line("all files", [sum(getattr(row, name) for row in rows) for name in counts]))


def _line(name: str, numbers: list[int]) -> str:
    lines, posted, duplicate, unmatched, rejected, points = numbers
    return f"{name:24} {lines:>8,} = {posted:>8,} + {duplicate:>9,} + {unmatched:>9,} + {rejected:>8,}   {points:>12,}"


def _slugs() -> set[str]:
    with db.transaction(None) as session:
        return set(session.scalars(select(Tenant.slug)))


def _tenant(slug: str) -> int:
    with db.transaction(None) as session:
        return session.scalars(select(Tenant.id).where(Tenant.slug == slug)).one()


def _file(session: Session, number: int) -> InboundFile:
    return session.get_one(InboundFile, (db.tenant_of(session), number), populate_existing=True)
