"""A file once more: its rejected lines read by a newer version of its profile, its work taken up where it stopped."""

from flask import flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console import words
from admin.desk import Answer, TakesFiles, asks
from admin.problems import UPLOAD_MEGABYTES
from admin.uploads import no_file, sent_file
from coalition.transactions.queries import file_by_id
from coalition.transactions.receiving import newest_profile
from coalition.transactions.rereading import go_on, reread
from tenants.permissions import Permission
from tenants.runtime.errors import Refusal
from tenants.runtime.web import roll_back


class FileAgain(TakesFiles):
    """What can be done about a file that did not come to its end."""

    reads = Permission.DESK_FILE_RECEIVE
    permission = Permission.DESK_FILE_RECEIVE
    within = "desk_files"
    upload_megabytes = UPLOAD_MEGABYTES

    @expose("/")
    def index(self) -> Answer:
        """It is begun at a file."""
        return redirect(url_for("desk_files.index"), 303)

    @expose("/<int:file_id>")
    def form(self, file_id: int) -> Answer:
        """Ask for the same bytes."""
        return self._form(file_id)

    @expose("/<int:file_id>", methods=["POST"])
    def bring(self, file_id: int) -> Answer:
        """Read its rejected lines again."""
        if (sent := sent_file()) is None:
            return self._form(file_id, no_file()), 422
        try:
            found = reread(
                self.session,
                self.actor,
                file_id=file_id,
                name=sent.name,
                stream=sent.stream,
            )
        except Refusal as refusal:
            roll_back()
            return self._form(file_id, {"file": words.refused_file(refusal, self.visitor.w)}), 422
        if found.already:
            flash(_("These lines were read again before, so nothing was added. This is that file"), "note")
        return redirect(url_for("desk_files.file", file_id=found.file.id), 303)

    @expose("/<int:file_id>/continue", methods=["POST"])
    @asks(Permission.DESK_JOB_RETRY)
    def go_on(self, file_id: int) -> Answer:
        """Have the work tried from where it stopped."""
        self.attempt(
            lambda: go_on(self.session, self.actor, file_id=file_id),
            _("The work is asked for again. It begins within a minute"),
        )
        return redirect(url_for("desk_files.file", file_id=file_id), 303)

    def _form(self, file_id: int, errors: dict[str, str] | None = None) -> str:
        file = file_by_id(self.session, file_id)
        newest = newest_profile(self.session, file.profile_code)
        return self.page(
            "file_again.html", file=file, newest=newest, errors=errors or {}, most=UPLOAD_MEGABYTES
        )
