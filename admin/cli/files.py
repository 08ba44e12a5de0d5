"""`coalition files`: a bank's card files by the command line."""

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.cli.flaws import stop_at
from admin.cli.house import house
from admin.cli.tenancy import acting, as_text, changed, json_option, telling, tenant_option
from admin.promotion_source import read_value
from coalition.programmes.queries import programme_by_id
from coalition.promotions.checking import unfit
from coalition.transactions.models import InboundFile
from coalition.transactions.profile_versions import add_profile, profile_version, profile_versions
from coalition.transactions.profiles import Profile
from coalition.transactions.receiving import Received, newest_profile, receive
from coalition.transactions.rereading import reread
from tenants.actor import SYSTEM
from tenants.branding.formats import amount
from tenants.runtime import queues
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal
from tenants.runtime.jobs import perform, waiting_ids
from tenants.runtime.models import OutboxJob

COUNTS = ("lines", "posted", "duplicate", "unmatched", "rejected")


@click.group()
def files() -> None:
    """Take in files of card transactions."""


@files.command("receive")
@tenant_option
@click.option("--profile", required=True, help="the form of the file, as the tenant declared it")
@click.option("--wait", is_flag=True, help="wait until the points are posted")
@json_option
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def receive_files(slug: str, profile: str, wait: bool, as_json: bool, paths: tuple[Path, ...]) -> None:
    """Receive files; workers post them. The same bytes twice, under any name, are one file."""
    with house():
        received = []
        for path in paths:
            with telling(path):
                found = changed(slug, partial(_receive, path, profile))
            received.append((path, found.file.id, found.already))
        _finish(slug, received, wait, as_json)


@files.command("reread")
@tenant_option
@click.option(
    "--file", "number", required=True, type=int, help="the file whose rejected lines are read again"
)
@click.option("--wait", is_flag=True, help="wait until the points are posted")
@json_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def reread_file(slug: str, number: int, wait: bool, as_json: bool, path: Path) -> None:
    """Read the rejected lines of a file again, by the newest version of its profile, from the same bytes."""
    with house():
        with telling(path):
            found = changed(slug, partial(_reread, path, number))
        received = (path, found.file.id, found.already)
        _finish(slug, [received], wait, as_json)


@files.group("profile")
def profiles() -> None:
    """Forms of files: each name has versions, and a file is read by the newest one."""


@profiles.command("add")
@tenant_option
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add(slug: str, path: Path) -> None:
    """Keep the profile in a YAML or JSON file as the next version of its name."""
    with telling(path):
        document = read_value(path)
    stop_at(path, unfit(Profile, document))
    with house():
        code, version = changed(slug, lambda session: _added(session, document))
    click.echo(f"{code}: version {version}. Files that come from now on are read by it.")


def _added(session: Session, document: Any) -> tuple[str, int]:
    found = add_profile(session, SYSTEM, document=document)
    return found.code, found.version


@profiles.command("list")
@tenant_option
@json_option
def list_profiles(slug: str, as_json: bool) -> None:
    """Every profile with its versions, the newest first."""
    with house(), acting(slug) as session:
        found = [
            {"profile": row.code, "version": row.version, "title": row.document.get("title", "")}
            for row in profile_versions(session)
        ]
    if as_json:
        click.echo(as_text(found))
        return
    for row in found:
        click.echo(f"{row['profile']} {row['version']}  {row['title']}".rstrip())
    if not found:
        click.echo("There is no profile.")


@profiles.command("show")
@tenant_option
@click.option("--version", type=int, help="without it, the newest")
@click.argument("code")
def show(slug: str, version: int | None, code: str) -> None:
    """The profile CODE, in the form that `add` takes."""
    with house(), acting(slug) as session:
        found = newest_profile(session, code) if version is None else profile_version(session, code, version)
        document = found.document
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _reread(path: Path, number: int, session: Session) -> Received:
    with path.open("rb") as stream:
        return reread(session, SYSTEM, file_id=number, name=path.name, stream=stream)


def _receive(path: Path, profile: str, session: Session) -> Received:
    with path.open("rb") as stream:
        return receive(session, SYSTEM, profile_code=profile, name=path.name, stream=stream)


def _finish(slug: str, received: list[tuple[Path, int, bool]], wait: bool, as_json: bool) -> None:
    """Wait if asked to, and say what became of the files."""
    if wait:
        _wait(slug, [number for _, number, _ in received])
    answers = [_answer(slug, path, number, already) for path, number, already in received]
    if as_json:
        click.echo(as_text(answers))
        return
    for answer in answers:
        numbers = ", ".join(f"{name} {answer[name]:,}" for name in COUNTS)
        before = " (received before)" if answer["already_received"] else ""
        points = amount(answer["points"], answer["exponent"], "en")
        click.echo(f"{answer['file']}: {answer['state']}{before}; {numbers}, points {points}")


def _wait(slug: str, numbers: list[int]) -> None:
    """Until all are done. Without workers in sight the work is done here: then this process is the worker."""
    for number in numbers:
        while True:
            with acting(slug) as session:
                file = session.get_one(InboundFile, (tenant_of(session), number))
                if file.state == "done":
                    break
                require_going_on(session, file)
                tenant_id, asked = tenant_of(session), [] if queues.workers() else waiting_ids(session)
            for asked_id in asked:
                perform(tenant_id, str(asked_id))
            if not asked:
                time.sleep(0.1)


def require_going_on(session: Session, file: InboundFile) -> None:
    """Refusal("file_stopped") when a job of this file failed for good, or of one that is posted before it."""
    before = select(InboundFile.id).where(
        InboundFile.tenant_id == file.tenant_id,
        InboundFile.programme_id == file.programme_id,
        InboundFile.id <= file.id,
        InboundFile.state != "done",
    )
    stopped = session.scalars(
        select(OutboxJob)
        .where(
            OutboxJob.tenant_id == file.tenant_id,
            OutboxJob.state == "failed",
            OutboxJob.name.startswith("files."),
            OutboxJob.arguments["file_id"].as_integer().in_(before),
        )
        .limit(1)
    ).first()
    if stopped is not None:
        raise Refusal(
            "file_stopped",
            name=file.name,
            job=stopped.name,
            error=stopped.error,
            id=stopped.arguments["file_id"],
        )


def _answer(slug: str, path: Path, number: int, already: bool) -> dict[str, Any]:
    with acting(slug) as session:
        file = session.get_one(InboundFile, (tenant_of(session), number))
        return {
            "file": str(path),
            "id": file.id,
            "state": file.state,
            "already_received": already,
            **{name: getattr(file, name) for name in COUNTS},
            "points": file.points,
            "exponent": programme_by_id(session, file.programme_id).scale,
        }
