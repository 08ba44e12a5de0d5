"""Files made of lists: how far each is, having it, removing it. Everybody sees the own ones alone."""

from collections.abc import Mapping
from uuid import UUID

from flask import Response, current_app, flash, make_response, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.console.lists import list_href, told
from admin.desk import Answer, DeskView
from admin.problems import refusal
from coalition.reports.exports.actions import ask_export, export_bytes, remove_export
from coalition.reports.exports.queries import exports_of, own_export, stopped_exports
from coalition.reports.exports.writing import FORMS
from coalition.reports.lists import register_by_code
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back

POLL_SECONDS = 2


class Exports(DeskView):
    """The section of files made of lists."""

    reads = Permission.DESK_LIST_EXPORT
    permission = Permission.DESK_LIST_EXPORT
    icon = "download"

    @expose("/")
    def index(self) -> Answer:
        """The own files, the newest first."""
        return self.page("exports.html", **self._progress())

    @expose("/progress")
    def progress(self) -> Answer:
        """The moving part of the page alone."""
        return make_response(self.page("exports_progress.html", **self._progress()))

    @expose("/", methods=["POST"])
    def ask(self) -> Answer:
        """Have a file made of a list as it is narrowed."""
        register = register_by_code(request.form.get("list", ""))
        conditions = {name: said for name, said in request.form.items() if name not in ("list", "form")}
        try:
            ask_export(
                self.session,
                self.actor,
                list_code=register.code,
                conditions=conditions,
                form=request.form.get("form", ""),
                language=self.visitor.w.lang,
            )
        except (Forbidden, NotFound):
            raise
        except Refusal as no:
            roll_back()
            flash(refusal(no), "note")
        return redirect(url_for("desk_exports.index"), 303)

    @expose("/<uuid:export_id>/file")
    def file(self, export_id: UUID) -> AnyResponse:
        """The file."""
        row, pieces = export_bytes(self.session, self.actor, export_id=export_id)
        answer: Response = current_app.response_class(pieces, mimetype=FORMS[row.form])
        answer.headers["Content-Disposition"] = (
            f'attachment; filename="{row.list_code}-{row.asked_at:%Y-%m-%d}.{row.form}"'
        )
        answer.headers["Content-Length"] = str(row.size)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @expose("/<uuid:export_id>/remove")
    def ask_remove(self, export_id: UUID) -> Answer:
        """Say what removing means."""
        row = own_export(self.session, self.actor.id, export_id)
        return self.page("export_remove.html", row=row, title=_(register_by_code(row.list_code).title))

    @expose("/<uuid:export_id>/remove", methods=["POST"])
    def remove(self, export_id: UUID) -> Answer:
        """Remove it."""
        remove_export(self.session, self.actor, export_id=export_id)
        flash(_("The file is removed"), "good")
        return redirect(url_for("desk_exports.index"), 303)

    def _progress(self) -> Mapping[str, object]:
        stopped, found, w = stopped_exports(self.session), [], self.visitor.w
        for row in exports_of(self.session, self.actor.id):
            register = register_by_code(row.list_code)
            may_have = self.visitor.may(register.reads)
            found.append(
                {
                    "row": row,
                    "title": _(register.title),
                    "told": told(self.session, register, row.conditions, w) if may_have else "",
                    "href": list_href(register, row.conditions) if may_have else "",
                    "may_have": may_have,
                    "stopped": row.state == "working" and str(row.id) in stopped,
                    "hundredths": min(10_000 * row.rows // row.total, 10_000) if row.total else 0,
                    "days": max((row.expires_at - clock.now()).days, 0),
                }
            )
        moving = any(one["row"].state == "working" and not one["stopped"] for one in found)
        return {"found": found, "poll_seconds": POLL_SECONDS if moving else None}
