"""Everything that is held about a member as one ZIP, opened where it was sealed: tables in her words, and JSON.

It lies sealed in the files store, under the id of its request, for some days.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select, update
from sqlalchemy.orm import Session

from coalition.claims.attaching import kept_bytes
from coalition.claims.models import ClaimFile
from coalition.members.queries import member_by_id
from coalition.privacy.models import PrivacyRequest
from coalition.privacy.plan import MASKED, OWNER, SEALED, TITLES
from coalition.privacy.queries import hold_person, request_by_id
from coalition.privacy.readable import Reader
from coalition.privacy.terms import COPY_KEPT_DAYS
from coalition.programmes.queries import programme_by_id
from tenants.models import Branding
from tenants.runtime import clock, files
from tenants.runtime.db import Base, tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.jobs import every, job
from tenants.runtime.language import LANGUAGES, translate
from tenants.runtime.tables import write_csv
from tenants.translations import N_
from tenants.vault import vault_of

_PLACE = "privacy.copy"
_README = N_(
    "Everything that is held about you on %(day)s. In the folder %(words)s it is in tables, to be read; in the folder "
    "%(folder)s it is whole, for programs: ids stand there for things that the other files name, and moments are in "
    "UTC. Numbers of cards are without all but their last digits, certificates without their codes: the cabinet shows "
    "those."
)
_FOLDER = N_("In words")
_LOST = N_("%(name)s is not in here: the file is not kept any more")


@job("privacy.copy", bulk=True)
def make_copy(session: Session, request_id: str) -> None:
    """Make the copy that a request asks for; of one that is over, or of who was erased, there is nothing to make."""
    found = request_by_id(session, UUID(request_id))
    there = hold_person(session, found.member_id, whole=False)
    session.refresh(found, with_for_update=True)  # an erasure that came first has ended it
    if not there or found.state != "open" or found.waits_for_signature:
        return
    content = packed(session, found.member_id)
    end_copies(session, found.member_id)  # the new one takes the place of those before it
    found.state, found.digest = "done", sha256(content).digest()
    found.ended_at = clock.now()
    found.kept_until = found.ended_at + timedelta(days=COPY_KEPT_DAYS)
    session.flush()  # the table's checks are met before anything is written beside the database
    sealed = vault_of(session).seal_bytes(content, _PLACE, found.id)
    with files.written(_place(session, found.id)) as stream:
        stream.write(sealed)


@job("privacy.tidy", bulk=True)
def tidy(session: Session) -> None:
    """Remove copies whose days are over."""
    over = select(PrivacyRequest.id).where(
        PrivacyRequest.tenant_id == tenant_of(session), PrivacyRequest.kept_until <= clock.now()
    )
    for request_id in session.scalars(over):
        drop_copy(session, request_id)


def open_copy(session: Session, request: PrivacyRequest) -> bytes:
    """The ZIP; NotFound("privacy_copy_over") where there is none, or none any more."""
    place = _place(session, request.id)
    if request.kept_until is None or request.kept_until <= clock.now() or not place.exists():
        raise NotFound("privacy_copy_over")
    return vault_of(session).open_bytes(place.read_bytes(), _PLACE, request.id)


def packed(session: Session, member_id: UUID) -> bytes:
    """Everything about a member, as the bytes of a ZIP."""
    brand = session.get(Branding, tenant_of(session))
    lang = brand.language if brand else LANGUAGES[0]
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    reader, words = Reader(session, programme, lang), translate(lang, _FOLDER)
    buffer, told = io.BytesIO(), []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in gathered(session, member_id):
            title = translate(lang, TITLES[name])
            told.append(f"{title} ({len(rows)}): {name}.json")
            archive.writestr(f"data/{name}.json", json.dumps(rows, ensure_ascii=False, indent=1))
            if (table := reader.table(name, rows)) is not None:
                archive.writestr(f"{words}/{_named(title)}.csv", "\N{BOM}" + _csv(*table, lang))
        for row in _claim_files(session, member_id):
            name = f"files/{row.id}.{row.kind}"
            try:
                archive.writestr(name, kept_bytes(session, row))
            except NotFound:  # lost with the files store, which is no reason to hand over nothing
                told.append(translate(lang, _LOST, name=name))
        head = translate(lang, _README, day=reader.w.written_day(reader.w.today), folder="data", words=words)
        archive.writestr("README.txt", "\N{BOM}" + "\n".join([head, "", *told, ""]))
    return buffer.getvalue()


def gathered(session: Session, member_id: UUID) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The tables that hold something about the member, with their rows, opened and plain."""
    for name in TITLES:
        table = Base.metadata.tables.get(name)
        if table is None:  # of an extension that is not there
            continue
        found = session.execute(
            select(table).where(*of_member(session, table, member_id)).order_by(*table.primary_key.columns)
        ).mappings()
        if rows := [_plain(session, name, row) for row in found]:
            yield name, rows


def drop_copy(session: Session, request_id: UUID) -> None:
    """Remove a copy from the files store, where it is still there."""
    files.drop(_place(session, request_id))


def of_member(session: Session, table: Table, member_id: UUID) -> list[ColumnElement[bool]]:
    """What a table's rows about a member have in common."""
    conditions = [
        table.c.tenant_id == tenant_of(session),
        table.c[OWNER.get(table.name, "member_id")] == member_id,
    ]
    if table.name == "sign_in":
        conditions.append(table.c.kind == "member")
    return conditions


def end_copies(session: Session, member_id: UUID) -> None:
    """Hand out no copy that is kept until now; `tidy` removes them."""
    now = clock.now()
    session.execute(
        update(PrivacyRequest)
        .where(
            PrivacyRequest.tenant_id == tenant_of(session),
            PrivacyRequest.member_id == member_id,
            PrivacyRequest.kind == "copy",
            PrivacyRequest.kept_until > now,
        )
        .values(kept_until=now)
    )


def _plain(session: Session, table: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    told = {}
    for column, value in row.items():
        if column == "tenant_id":
            continue
        if (table, column) in SEALED and value:
            place, *names = SEALED[table, column]
            value = vault_of(session).open(value, place, *(row[name] for name in names))
            if (table, column) in MASKED:
                shown = MASKED[table, column]
                value = "•" * 4 + (value[-shown:] if shown else "")
        told[str(column)] = _json(value)
    return told


def _json(value: Any) -> Any:
    match value:
        case bytes():
            return value.hex()
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case list() | tuple():
            return [_json(one) for one in value]
    return value


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> str:
    stream = io.StringIO(newline="")
    write_csv(stream, header, rows, delimiter=";" if lang == "ru" else ",")
    return stream.getvalue()


def _named(title: str) -> str:
    """A title as a file can be called wherever the archive is unpacked."""
    return title.replace(":", " \N{EN DASH}").replace("/", "-")


def _claim_files(session: Session, member_id: UUID) -> Sequence[ClaimFile]:
    return session.scalars(
        select(ClaimFile).where(ClaimFile.tenant_id == tenant_of(session), ClaimFile.member_id == member_id)
    ).all()


def _place(session: Session, request_id: UUID) -> Path:
    return files.folder(tenant_of(session), "privacy") / request_id.hex


every(86_400, "privacy.tidy")
