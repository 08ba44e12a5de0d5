"""Profiles of bank files: how each is to be read, in versions; a newer version takes a second person."""

import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from flask import flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin import promotion_words
from admin.console.approvals import asked
from admin.desk import Answer, Cell, Column, Listing, TakesFiles, asks
from admin.problems import refusal
from admin.promotion_source import read_text
from admin.uploads import no_file, sent_file
from coalition.promotions.checking import unfit
from coalition.transactions.models import FileProfile
from coalition.transactions.profile_versions import ask_for_profile, profile_version, profile_versions
from coalition.transactions.profiles import Profile
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

PROFILE_BYTES = 256 << 10


class FileProfiles(TakesFiles):
    """Pages of profiles, within the section of bank files."""

    reads = Permission.DESK_FILE_READ
    permission = Permission.DESK_PROGRAMME_EDIT
    within = "desk_files"
    upload_megabytes = 1

    @expose("/")
    def index(self) -> Answer:
        """Every version of every profile."""

        def named(one: FileProfile) -> Cell:
            href = url_for("desk_file_profiles.profile", code=one.code, version=one.version)
            return Cell(str(one.document.get("title") or one.code), one.code, href=href)

        columns = (
            Column[FileProfile](N_("Profile"), named),
            Column[FileProfile](
                N_("Version"), lambda one: Cell(self.visitor.w.number(one.version)), number=True
            ),
        )
        rows = list(profile_versions(self.session))
        return self.page("file_profiles.html", listing=Listing(columns, rows, (), "", None, None))

    @expose("/<code>/<int:version>")
    def profile(self, code: str, version: int) -> Answer:
        """One version, as it is kept."""
        one = profile_version(self.session, code, version)
        written = json.dumps(one.document, ensure_ascii=False, indent=2)
        return self.page("file_profile.html", one=one, written=written)

    @expose("/new")
    @asks(Permission.DESK_PROGRAMME_EDIT)
    def new(self) -> Answer:
        """Ask for a document."""
        return self._form({})

    @expose("/new", methods=["POST"])
    def bring(self) -> Answer:
        """Ask another person to sign a profile, or the next version of one."""
        if (file := sent_file()) is None:
            return self._form(no_file()), 422
        content = file.stream.read(PROFILE_BYTES + 1)
        if len(content) > PROFILE_BYTES:
            return self._form({"file": _("A profile is smaller: this file is no profile")}), 422
        try:
            document = read_text(content, json_only=PurePath(file.name).suffix == ".json")
        except Refusal as no:
            said = _("This is no JSON or YAML: it breaks off at line %(line)s", line=no.facts["line"])
            return self._form({"file": said}), 422
        if flaws := list(self._flaws(document)):
            return self._form({"file": _("The profile cannot be kept so")}, flaws), 422
        try:
            approval = ask_for_profile(self.session, self.actor, document=document)
        except Refusal as no:
            if isinstance(no, NotFound | Forbidden):
                raise
            roll_back()
            return self._form({"": refusal(no)}), no.status
        if approval is None:
            flash(_("The newest version says the same. Nothing was changed"), "note")
            return redirect(url_for("desk_file_profiles.index"), 303)
        return asked(approval)

    def _flaws(self, document: Any) -> Iterator[tuple[str, str]]:
        for one in unfit(Profile, document):
            yield one.field, promotion_words.flaw(one, self.visitor.w.lang)

    def _form(self, errors: dict[str, str], flaws: list[tuple[str, str]] | None = None) -> str:
        return self.page("file_profile_new.html", errors=errors, flaws=flaws or ())
