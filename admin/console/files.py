"""Bank files: what came, how far its posting is, what was wrong with it; and a form to bring one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import flash, make_response, redirect, request, send_file, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.console import words
from admin.console.lists import shown
from admin.desk import Answer, Cell, Column, DeskList, Pill, TakesFiles, asks
from admin.problems import UPLOAD_MEGABYTES
from admin.uploads import no_file, sent_file
from coalition.reports.lists import REJECTED, UNMATCHED
from coalition.reports.lists.base import Register
from coalition.transactions.models import FileChunk, FileProfile, InboundFile, RejectedLine
from coalition.transactions.queries import file_by_id, stopped_jobs
from coalition.transactions.receiving import newest_profile, receive
from coalition.transactions.results import result_path
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

REJECTS_SHOWN = 100
POLL_SECONDS, POLL_SECONDS_LATER = 2, 5  # the second after the first minute
STATES = {
    "received": ("wait", "hourglass-split", N_("Waits its turn")),
    "posting": ("note", "arrow-repeat", N_("Being posted")),
    "done": ("good", "check-circle", N_("Done")),
}


@dataclass(frozen=True)
class Progress:
    """How far a file is: lines whose end is known, and whether its work has stopped."""

    file: InboundFile
    settled: int
    stopped: bool

    @property
    def hundredths(self) -> int:
        """Of a percent."""
        return 10_000 * self.settled // self.file.lines if self.file.lines else 0

    @property
    def poll_seconds(self) -> int | None:
        """When to ask again; None when there is nothing more to come."""
        if self.file.state == "done" or self.stopped:
            return None
        young = clock.now() - self.file.received_at < timedelta(minutes=1)
        return POLL_SECONDS if young else POLL_SECONDS_LATER


class Files(TakesFiles, DeskList):
    """The section of bank files."""

    reads = Permission.DESK_FILE_READ
    permission = Permission.DESK_FILE_RECEIVE
    icon = "file-earmark-text"
    upload_megabytes = UPLOAD_MEGABYTES
    pills = (
        Pill("working", N_("In progress"), InboundFile.state != "done"),
        Pill("rejected", N_("With rejected lines"), InboundFile.rejected > 0),
        Pill("unmatched", N_("With cards nobody has"), InboundFile.unmatched > 0),
    )

    @expose("/")
    def index(self) -> Answer:
        """All files, newest first."""
        return self.page("files.html", listing=self.listing(InboundFile, columns(self.visitor.w)))

    @expose("/new")
    @asks(Permission.DESK_FILE_RECEIVE)
    def new(self) -> Answer:
        """Ask for a file and its profile."""
        return self._form()

    @expose("/new", methods=["POST"])
    def bring(self) -> Answer:
        """Receive the file; a job posts it."""
        sent, profile = sent_file(), request.form.get("profile", "")
        if sent is None:
            return self._form(profile, no_file()), 422
        try:
            found = receive(
                self.session,
                self.actor,
                profile_code=profile,
                name=sent.name,
                stream=sent.stream,
            )
        except Refusal as refusal:
            roll_back()
            field = "profile" if refusal.code == "profile_unknown" else "file"
            return self._form(profile, {field: words.refused_file(refusal, self.visitor.w)}), 422
        if found.already:
            flash(_("These very bytes were received before, so nothing was added. This is that file"), "note")
        return redirect(url_for("desk_files.file", file_id=found.file.id), 303)

    @expose("/<int:file_id>")
    def file(self, file_id: int) -> Answer:
        """One file: its progress and totals, then the lines that were rejected."""
        file = file_by_id(self.session, file_id)
        return self.page(
            "file.html",
            file=file,
            progress=progress_of(self.session, file),
            chip=state_cell(file),
            profile=dict(profiles(self.session)).get(file.profile_code, file.profile_code),
            rejects=_rejects(self.session, file_id),
            why=words.reject,
            rejects_shown=REJECTS_SHOWN,
            again=_again(self.session, file_id),
            may_retry=self._may_retry,
            newer=_newer(self.session, file),
        )

    @expose("/<int:file_id>/rejected")
    def rejected(self, file_id: int) -> Answer:
        """All lines that were rejected."""
        return self._lines(REJECTED, file_id)

    @expose("/<int:file_id>/unmatched")
    def unmatched(self, file_id: int) -> Answer:
        """All lines of cards that nobody had."""
        return self._lines(UNMATCHED, file_id)

    @expose("/<int:file_id>/progress")
    def progress(self, file_id: int) -> Answer:
        """The moving part of the page alone; once the file is done, the whole page is asked for."""
        file = file_by_id(self.session, file_id)
        found = progress_of(self.session, file)
        shown = {"file": file, "progress": found, "chip": state_cell(file), "may_retry": self._may_retry}
        answer = make_response(self.page("progress.html", **shown))
        if found.poll_seconds is None:
            answer.headers["HX-Refresh"] = "true"
        return answer

    @expose("/<int:file_id>/result.csv")
    def result(self, file_id: int) -> Answer:
        """The file that the bank gets back."""
        file = file_by_id(self.session, file_id)
        path = result_path(file.tenant_id, file.id)
        if file.state != "done" or not path.is_file():
            raise NotFound("result_unknown")
        return send_file(path, "text/csv", as_attachment=True, download_name=f"{file.name}.result.csv")

    @property
    def _may_retry(self) -> bool:
        return self.visitor.may(Permission.DESK_JOB_RETRY)

    def _lines(self, register: Register[Any], file_id: int) -> str:
        file = file_by_id(self.session, file_id)
        up = (url_for("desk_files.file", file_id=file.id), file.name)
        return shown(self, register, {"file": str(file.id)}, back=up)

    def _form(self, profile: str = "", errors: dict[str, str] | None = None) -> str:
        return self.page(
            "file_new.html",
            profiles=profiles(self.session),
            profile=profile,
            errors=errors or {},
            most=UPLOAD_MEGABYTES,
        )


def columns(w: Words) -> Sequence[Column[InboundFile]]:
    """Of the list of files."""
    return (
        Column(
            N_("File"),
            lambda file: Cell(file.name, file.profile_code, href=url_for("desk_files.file", file_id=file.id)),
        ),
        Column(N_("Received"), lambda file: Cell(w.moment(file.received_at)), wide=True),
        Column(N_("State"), state_cell),
        Column(N_("Lines"), lambda file: Cell(w.number(file.lines)), number=True),
        Column(N_("Posted"), lambda file: Cell(w.number(file.posted)), number=True, wide=True),
        Column(N_("Known already"), lambda file: Cell(w.number(file.duplicate)), number=True, wide=True),
        Column(N_("Nobody's card"), lambda file: Cell(w.number(file.unmatched)), number=True, wide=True),
        Column(N_("Rejected"), lambda file: Cell(w.number(file.rejected)), number=True, wide=True),
        Column(N_("Points given"), lambda file: Cell(w.amount(file.points)), number=True, wide=True),
    )


def state_cell(file: InboundFile) -> Cell:
    """The state as a chip."""
    tone, icon, text = STATES[file.state]
    return Cell(_(text), tone=tone, icon=icon)


def progress_of(session: Session, file: InboundFile) -> Progress:
    """How far the posting is, by the checkpoints of its chunks."""
    tenant_id = tenant_of(session)
    settled = session.scalar(
        select(func.coalesce(func.sum(FileChunk.lines), 0)).where(
            FileChunk.tenant_id == tenant_id, FileChunk.file_id == file.id, FileChunk.done_at.is_not(None)
        )
    )
    stopped = file.state != "done" and stopped_jobs(session, file)
    done = file.lines if file.state == "done" else file.rejected + int(settled or 0)
    return Progress(file, done, bool(stopped))


def totals(file: InboundFile, w: Words) -> str:
    """What became of the file's lines, in one sentence."""
    lines = ngettext("%(number)s line", "%(number)s lines", file.lines, number=w.number(file.lines))
    return _(
        "%(lines)s: posted %(posted)s, known already %(duplicate)s, nobody's card %(unmatched)s, "
        "rejected %(rejected)s. Given: %(points)s",
        lines=lines,
        posted=w.number(file.posted),
        duplicate=w.number(file.duplicate),
        unmatched=w.number(file.unmatched),
        rejected=w.number(file.rejected),
        points=w.points(file.points),
    )


def profiles(session: Session) -> Sequence[tuple[str, str]]:
    """Code and title of every profile, in its newest version."""
    rows = session.scalars(
        select(FileProfile)
        .where(FileProfile.tenant_id == tenant_of(session))
        .order_by(FileProfile.code, FileProfile.version)
    )
    return list({row.code: str(row.document.get("title") or row.code) for row in rows}.items())


def _rejects(session: Session, file_id: int) -> Sequence[RejectedLine]:
    return session.scalars(
        select(RejectedLine)
        .where(RejectedLine.tenant_id == tenant_of(session), RejectedLine.file_id == file_id)
        .order_by(RejectedLine.line)
        .limit(REJECTS_SHOWN)
    ).all()


def _newer(session: Session, file: InboundFile) -> bool:
    """Whether the file's profile has a version that it was not read by."""
    return newest_profile(session, file.profile_code).version > file.profile_version


def _again(session: Session, file_id: int) -> Sequence[InboundFile]:
    """Files that hold lines of this one which were read again."""
    return session.scalars(
        select(InboundFile)
        .where(InboundFile.tenant_id == tenant_of(session), InboundFile.reread_of == file_id)
        .order_by(InboundFile.id)
    ).all()
