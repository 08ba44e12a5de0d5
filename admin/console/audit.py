"""The audit trail at the desk: what was done, by whom and when, the newest first; and the whole of it as CSV."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from flask import current_app, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from admin import audit_words
from admin.desk import Answer, Cell, Column, DeskList
from coalition.ledger.post import day_start
from tenants.models import AuditEntry, Staff
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.runtime.tables import write_csv
from tenants.translations import N_

HOUSE = "house"
"""Who is meant by the one who is nobody of the staff: the command line and the work of the house itself."""
TEXT_MOST = 160
BATCH = 500
HEADER = (
    "number", "at", "actor", "name", "address", "verb", "subject", "before", "after", "reason", "previous", "digest",
)  # fmt: skip


class Audit(DeskList):
    """The section of the audit trail."""

    reads = Permission.DESK_AUDIT_READ
    icon = "shield-check"
    conditions = ("who", "verb", "day")

    @expose("/")
    def index(self) -> Answer:
        """The newest entries, or those of one person, one kind and one day."""
        people = self._people()
        asked = {name: request.args.get(name, "") for name in self.conditions}
        listing = self.listing(AuditEntry, self._columns(people), *self._narrowed(), by="number")
        return self.page(
            "audit.html",
            listing=replace(listing, chosen="narrowed") if any(asked.values()) else listing,
            asked=asked,
            people=sorted(people.items(), key=lambda one: one[1]),
            verbs=sorted(
                ((code, _(said)) for code, said in audit_words.VERBS.items()), key=lambda one: one[1]
            ),
            house=HOUSE,
            narrowed={name: said for name, said in asked.items() if said},
        )

    @expose("/<int:entry_number>")
    def entry(self, entry_number: int) -> Answer:
        """One entry with everything that it holds."""
        found = self.session.scalars(
            select(AuditEntry).where(
                AuditEntry.tenant_id == tenant_of(self.session), AuditEntry.number == entry_number
            )
        ).one_or_none()
        if found is None:
            raise NotFound("entry_unknown")
        people = self._people()
        return self.page(
            "audit_entry.html",
            entry=found,
            what=audit_words.verb(found.verb),
            who=_who(found),
            subject=audit_words.subject(found.subject, people),
            href=audit_words.page_of(found.subject, url_for),
            changes=list(audit_words.changes(found.before, found.after, self.visitor.w)),
        )

    @expose("/trail.csv")
    def download(self) -> Answer:
        """The entries that the list is narrowed to, the oldest first, as they are read: nothing is held in memory."""
        answer = current_app.response_class(
            _csv(tenant_of(self.session), self._narrowed()), mimetype="text/csv"
        )
        answer.headers["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
        return answer

    def _columns(self, people: Mapping[str, str]) -> Sequence[Column[AuditEntry]]:
        w = self.visitor.w

        def changed(one: AuditEntry) -> Cell:
            told = "; ".join(change.in_words for change in audit_words.changes(one.before, one.after, w))
            return Cell(told if len(told) <= TEXT_MOST else f"{told[:TEXT_MOST].rstrip()}…", one.reason)

        return (
            Column(
                N_("When"),
                lambda one: Cell(
                    w.moment(one.at),
                    _("No. %(number)s", number=w.number(one.number)),
                    url_for("desk_audit.entry", entry_number=one.number),
                ),
            ),
            Column(N_("Who"), lambda one: Cell(_who(one), one.address)),
            Column(
                N_("What"),
                lambda one: Cell(audit_words.verb(one.verb), audit_words.subject(one.subject, people)),
            ),
            Column(N_("Before → after"), changed, wide=True),
        )

    def _narrowed(self) -> Sequence[ColumnElement[bool]]:
        """What the address asks of the entries; what cannot be read asks nothing."""
        found: list[ColumnElement[bool]] = []
        who, verb = request.args.get("who", ""), request.args.get("verb", "")
        if who == HOUSE:
            found.append(AuditEntry.actor_kind == "system")
        elif person := request.args.get("who", type=UUID):
            found.append(AuditEntry.actor_id == person)
        if verb:
            found.append(AuditEntry.verb == verb[:64])
        if day := request.args.get("day", type=date.fromisoformat):
            first, after = (day_start(one, self.visitor.w.zone) for one in (day, day + timedelta(days=1)))
            found += [AuditEntry.at >= first, AuditEntry.at < after]
        return found

    def _people(self) -> dict[str, str]:
        rows = self.session.execute(
            select(Staff.id, Staff.name).where(Staff.tenant_id == tenant_of(self.session))
        )
        return {str(number): name for number, name in rows}


def _who(entry: AuditEntry) -> str:
    return entry.actor_name or (_("The house") if entry.actor_kind == "system" else _("Nobody known"))


def _csv(tenant_id: int, narrowed: Sequence[ColumnElement[bool]]) -> Iterator[str]:
    """In a transaction of its own: that of the request is over when its answer is read."""
    with db.transaction(tenant_id) as session:
        rows = session.execute(
            select(AuditEntry.__table__)
            .where(AuditEntry.tenant_id == tenant_id, *narrowed)
            .order_by(AuditEntry.number)
            .execution_options(yield_per=BATCH)
        ).mappings()
        yield _lines([HEADER])
        for part in rows.partitions():
            yield _lines([_line(dict(row)) for row in part])


def _line(row: Mapping[str, object]) -> Sequence[object]:
    def document(name: str) -> str:
        return "" if row[name] is None else json.dumps(row[name], ensure_ascii=False, sort_keys=True)

    digest, previous = row["digest"], row["previous"]
    assert isinstance(digest, bytes)
    assert isinstance(previous, bytes)
    at = row["at"]
    return (
        row["number"], at.isoformat() if hasattr(at, "isoformat") else "", row["actor_id"] or row["actor_kind"],
        row["actor_name"], row["address"], row["verb"], row["subject"], document("before"), document("after"),
        row["reason"], previous.hex(), digest.hex(),
    )  # fmt: skip


def _lines(rows: Sequence[Sequence[object]]) -> str:
    stream = io.StringIO(newline="")
    write_csv(stream, [str(cell) for cell in rows[0]], rows[1:])
    return stream.getvalue()
