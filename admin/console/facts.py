"""What promotions ask of members beside their purchases: attributes and rights, brought as a file."""

from flask import request
from flask_admin import expose

from admin import words
from admin.desk import Answer, TakesFiles
from admin.problems import refusal
from admin.uploads import no_file, sent_file
from coalition.members.fact_import import COLUMNS, ask_for_facts, try_facts
from coalition.members.handles import HANDLE
from coalition.programmes.queries import the_programme
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.web import roll_back

FACTS_MEGABYTES = 32
REJECTS_SHOWN = 100


class Facts(TakesFiles):
    """The section of facts."""

    reads = permission = Permission.DESK_MEMBER_ENROL
    icon = "patch-check"
    upload_megabytes = FACTS_MEGABYTES

    @expose("/")
    def index(self) -> Answer:
        """Ask for a file."""
        return self._form()

    @expose("/", methods=["POST"])
    def bring(self) -> Answer:
        """Ask for what is news in it to be stated, or with the other button only say what would be."""
        file, trying = sent_file(), request.form.get("do") == "try"
        if file is None:
            return self._form(no_file()), 422
        told = {
            "programme_id": the_programme(self.session).id,
            "stream": file.stream,
        }
        approval = None
        try:
            if trying:
                found = try_facts(self.session, self.actor, **told)
            else:
                approval, found = ask_for_facts(self.session, self.actor, **told)
        except Conflict as no:
            roll_back()
            return self._form({"": refusal(no)}), 409
        except Refusal as no:
            roll_back()
            return self._form({"file": words.refused_list(no, self.visitor.w.lang)}), 422
        lang = self.visitor.w.lang
        return self.page(
            "facts_brought.html",
            found=found,
            trying=trying,
            approval=approval,
            rejects=found.rejects[:REJECTS_SHOWN],
            why=lambda reject: words.reject_of_list(reject.code, lang),
        )

    def _form(self, errors: dict[str, str] | None = None) -> str:
        columns = ", ".join((HANDLE, *COLUMNS))
        return self.page("facts.html", errors=errors or {}, most=FACTS_MEGABYTES, columns=columns)
