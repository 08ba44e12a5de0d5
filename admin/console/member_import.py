"""New members from a file: who would join is said first, another person signs, and then they join."""

import re
from pathlib import PurePath

from flask import request
from flask_admin import expose
from flask_babel import gettext as _

from admin import words
from admin.desk import Answer, TakesFiles
from admin.problems import refusal
from admin.uploads import list_refused, no_file, sent_file
from coalition.members.enrol_import import COLUMNS, NAME_MAX, ROWS_MAX, Enrolled, ask_for_members, try_members
from coalition.programmes.queries import the_programme
from tenants.approvals.models import Approval
from tenants.approvals.papers import open_paper
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back

FILE_MEGABYTES = 8
REJECTS_SHOWN = 100
_REGIONS = {"RUB": "RU", "GBP": "GB", "KZT": "KZ", "BYN": "BY"}
"""Whose phones are most likely written without a country code, by the programme's currency."""


class MemberImport(TakesFiles):
    """The section of files of new members."""

    reads = permission = Permission.DESK_MEMBER_ENROL
    icon = "person-check"
    upload_megabytes = FILE_MEGABYTES

    @expose("/")
    def index(self) -> Answer:
        """Ask for a file."""
        return self._form()

    @expose("/", methods=["POST"])
    def bring(self) -> Answer:
        """Ask for them to be enrolled, or with the other button only say who would be."""
        file, trying = sent_file(), request.form.get("do") == "try"
        region = request.form.get("region", "").strip().upper()[:2]
        errors = no_file() if file is None else {}
        if not re.fullmatch("[A-Z]{2}", region):
            errors["region"] = _("Write the country's two letters, like RU")
        if errors or file is None:
            return self._form(errors), 422
        programme_id, stream = the_programme(self.session).id, file.stream
        approval = None
        try:
            if trying:
                found = try_members(
                    self.session, self.actor, programme_id=programme_id, stream=stream, region=region
                )
            else:
                approval, found = ask_for_members(
                    self.session,
                    self.actor,
                    programme_id=programme_id,
                    stream=stream,
                    region=region,
                    name=_named(file.name),
                )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._form({"file": list_refused(no, self.visitor.w.lang)}), no.status
        return self._told(found, approval, trying=trying, region=region, name=_named(file.name))

    @expose("/kept", methods=["POST"])
    def ask(self) -> Answer:
        """Ask for the file that was tried to be signed: the very bytes that are kept of it."""
        region, name = request.form.get("region", "")[:2], _named(request.form.get("name", ""))
        try:
            stream = open_paper(self.session, request.form.get("file", ""))
            approval, found = ask_for_members(
                self.session,
                self.actor,
                programme_id=the_programme(self.session).id,
                stream=stream,
                region=region,
                name=name,
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            gone = no.code == "approval_differs"
            return self._form(
                {"file": _("The file is kept no more: bring it again") if gone else refusal(no)}
            ), 409
        return self._told(found, approval, trying=False, region=region, name=name)

    def _told(
        self, found: Enrolled, approval: Approval | None, *, trying: bool, region: str, name: str
    ) -> str:
        lang = self.visitor.w.lang
        return self.page(
            "member_import_told.html",
            found=found,
            trying=trying,
            approval=approval,
            region=region,
            name=name,
            rejects=found.rejects[:REJECTS_SHOWN],
            why=lambda reject: words.reject_of_list(reject.code, lang),
        )

    def _form(self, errors: dict[str, str] | None = None) -> str:
        usual = _REGIONS.get(the_programme(self.session).currency, "")
        w = self.visitor.w
        return self.page(
            "member_import.html",
            errors=errors or {},
            form={"region": request.form.get("region", usual)},
            columns=", ".join(COLUMNS),
            rows=w.number(ROWS_MAX),
        )


def _named(name: str) -> str:
    """The file's name as it can be shown and kept."""
    return "".join(one for one in PurePath(name).name if one.isprintable())[:NAME_MAX]
