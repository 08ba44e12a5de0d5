"""Filters of lists that a person keeps: opened, called something else, forgotten."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.lists import filter_href, told
from admin.desk import Answer, DeskView
from admin.problems import refusal
from coalition.reports.filters import (
    filters_of,
    others_filters,
    own_filter,
    removable_filter,
    remove_filter,
    rename_filter,
    save_filter,
)
from coalition.reports.lists import register_by_code
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back


class Filters(DeskView):
    """The own filters; their pages are reached from the lists."""

    reads = Permission.DESK_LIST_SAVE
    permission = Permission.DESK_LIST_SAVE
    icon = "star"
    within = "desk_exports"

    @expose("/")
    def index(self) -> Answer:
        """All that the person keeps, by list; for who makes the roles, what others keep for everybody, too."""
        assert self.actor.id is not None, "only staff is here"
        kept = [*filters_of(self.session, self.actor.id)]
        if self.visitor.may(Permission.DESK_ROLE_EDIT):
            kept += others_filters(self.session, self.actor.id)
        rows = [
            (
                one,
                register,
                told(self.session, register, one.conditions, self.visitor.w),
                filter_href(register, one),
            )
            for one in kept
            if self.visitor.may((register := register_by_code(one.list_code)).reads)
        ]
        return self.page("filters.html", rows=rows, own=self.actor.id)

    @expose("/", methods=["POST"])
    def save(self) -> Answer:
        """Keep the conditions of a list."""
        register = register_by_code(request.form.get("list", ""))
        conditions = register.clean(request.form)
        try:
            save_filter(
                self.session,
                self.actor,
                list_code=register.code,
                name=request.form.get("name", ""),
                conditions=conditions,
                shared=request.form.get("for") == "all",
            )
        except (Forbidden, NotFound):
            raise
        except Refusal as no:
            roll_back()
            flash(refusal(no), "note")
        else:
            flash(_("The filter is saved. It stands above the list"), "good")
        if register.within:
            return redirect(url_for("desk_files.index"), 303)
        return redirect(url_for(f"desk_{register.code}.index", **conditions), 303)

    @expose("/<uuid:filter_id>")
    def edit(self, filter_id: UUID) -> Answer:
        """Ask for another name."""
        row = own_filter(self.session, self.actor.id, filter_id)
        return self.page("filter.html", row=row, name=row.name)

    @expose("/<uuid:filter_id>", methods=["POST"])
    def rename(self, filter_id: UUID) -> Answer:
        """Call it something else."""
        name = request.form.get("name", "")
        try:
            rename_filter(self.session, self.actor, filter_id=filter_id, name=name)
        except (Forbidden, NotFound):
            raise
        except Refusal as no:
            roll_back()
            row = own_filter(self.session, self.actor.id, filter_id)
            return self.page("filter.html", row=row, name=name, errors={"name": refusal(no)}), 422
        flash(_("The filter has its new name"), "good")
        return redirect(url_for("desk_filters.index"), 303)

    @expose("/<uuid:filter_id>/remove")
    def ask_remove(self, filter_id: UUID) -> Answer:
        """Say what removing means."""
        row = removable_filter(self.session, self.actor, filter_id)
        return self.page("filter_remove.html", row=row)

    @expose("/<uuid:filter_id>/remove", methods=["POST"])
    def remove(self, filter_id: UUID) -> Answer:
        """Forget it."""
        remove_filter(self.session, self.actor, filter_id=filter_id)
        flash(_("The filter is removed"), "good")
        return redirect(url_for("desk_filters.index"), 303)
