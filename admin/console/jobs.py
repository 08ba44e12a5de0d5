"""Work in the background: what was asked for, what became of it, what runs when; what failed is asked for anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from flask import redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import true

from admin.console import words
from admin.desk import Answer, Cell, Column, DeskList, Pill
from tenants.actions import retry_job
from tenants.permissions import Permission
from tenants.runtime.jobs import schedules
from tenants.runtime.models import OutboxJob
from tenants.translations import N_

STATES = {
    "asked": ("wait", "hourglass-split", N_("Waits its turn")),
    "done": ("good", "check-circle", N_("Done")),
    "failed": ("bad", "exclamation-triangle-fill", N_("Has stopped")),
}
REASON_MOST = 40
OF_THE_RELAY = "outbox.tidy"
"""Routine, too; it is declared in the relay's own process alone."""


class Jobs(DeskList):
    """The section of work in the background."""

    reads = Permission.DESK_JOB_READ
    permission = Permission.DESK_JOB_RETRY
    icon = "arrow-repeat"
    pills = (
        Pill("failed", N_("Stopped"), OutboxJob.state == "failed"),
        Pill("asked", N_("Waiting"), OutboxJob.state == "asked"),
        Pill("all", N_("With routine work"), true()),
    )

    @expose("/")
    def index(self) -> Answer:
        """The newest first; and what runs by the clock."""
        routine = [*(one.name for one in schedules()), OF_THE_RELAY]
        others = (
            ()
            if request.args.get("show")
            else (~OutboxJob.name.in_(routine) | (OutboxJob.state == "failed"),)
        )
        listing = self.listing(OutboxJob, self._columns(), *others, key=UUID)
        stopped = [row for row in listing.rows if row.state == "failed"]
        return self.page(
            "jobs.html", listing=listing, stopped=stopped, what=words.work, every=_every, why=_why,
            schedules=sorted(schedules(), key=lambda one: (one.seconds, one.name)),
        )  # fmt: skip

    @expose("/<uuid:job_id>/retry", methods=["POST"])
    def retry(self, job_id: UUID) -> Answer:
        """Have it done again."""
        self.attempt(
            lambda: retry_job(self.session, self.actor, job_id=job_id),
            _("The work is asked for again. It begins within a minute"),
        )
        return redirect(url_for("desk_jobs.index", show=request.args.get("show") or None), 303)

    def _columns(self) -> Sequence[Column[OutboxJob]]:
        w = self.visitor.w

        def at(moment: datetime | None) -> str:
            return w.moment(moment) if moment else "—"

        return (
            Column(N_("Work"), lambda one: Cell(words.work(one.name), one.name)),
            Column(N_("State"), _state),
            Column(
                N_("Why it stopped"), lambda one: Cell(_why(one) if one.state != "done" else ""), wide=True
            ),
            Column(N_("Not before"), lambda one: Cell(at(one.run_after)), wide=True),
            Column(N_("Finished"), lambda one: Cell(at(one.finished_at))),
            Column(N_("Tries that failed"), lambda one: Cell(w.number(one.attempts)), number=True, wide=True),
        )


def _state(one: OutboxJob) -> Cell:
    tone, icon, text = STATES[one.state]
    return Cell(_(text), tone=tone, icon=icon)


def _why(one: OutboxJob) -> str:
    """The kind of the error alone: its text may quote what it was about."""
    return (one.error or "").partition("(")[0].partition(":")[0][:REASON_MOST]


def _every(seconds: int) -> str:
    """How often."""
    once = {86_400: _("every day"), 3600: _("every hour"), 60: _("every minute")}
    if seconds in once:
        return once[seconds]
    if seconds < 60:
        return str(ngettext("every %(number)s second", "every %(number)s seconds", seconds, number=seconds))
    if seconds % 86_400 == 0:
        days = seconds // 86_400
        return str(ngettext("every %(number)s day", "every %(number)s days", days, number=days))
    if seconds % 3600 == 0:
        hours = seconds // 3600
        return str(ngettext("every %(number)s hour", "every %(number)s hours", hours, number=hours))
    minutes = seconds // 60
    return str(ngettext("every %(number)s minute", "every %(number)s minutes", minutes, number=minutes))
