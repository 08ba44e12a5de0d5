"""Certificates from a list: what would be loaded is shown first, and only that is."""

from datetime import date

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.desk import Answer, TakesFiles, asks
from admin.problems import refusal
from admin.uploads import list_refused, no_file, sent_file
from coalition.redemption.models import Reward
from coalition.redemption.queries import reward_of_any_state
from coalition.redemption.stocking import CODES_MAX, Line, Plan, bring_certificates, plan_certificates
from tenants.approvals.papers import keep_paper, open_paper
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

LIST_MEGABYTES = 16
LINES_SHOWN = 100
LINES = {
    "bad_day": N_("Write the day like 2026-12-31 or 31.12.2026"),
    "bad_encoding": N_(
        "Some characters cannot be read: save the list in one encoding, UTF-8 or Windows-1251"
    ),
    "cell_count": N_("A line holds a code and its last day, nothing else"),
    "code_length": N_("A code has 4 to 64 characters"),
    "code_repeated": N_("The code stands above already"),
    "code_spaces": N_("A code has no spaces"),
    "day_missing": N_("There is no last day, neither in the line nor in the form"),
    "day_over": N_("The last day is over already"),
}


class Certificates(TakesFiles):
    """The pages of a list of certificate codes."""

    reads = permission = Permission.DESK_REWARD_EDIT
    icon = "bag-heart"
    within = "desk_rewards"
    upload_megabytes = LIST_MEGABYTES

    @expose("/")
    def index(self) -> Answer:
        """Certificates are a reward's: lead to them."""
        return redirect(url_for("desk_rewards.index"), 303)

    @expose("/<reward_code>")
    def ask(self, reward_code: str) -> Answer:
        """Ask for a list."""
        return self._form(self._known(reward_code))

    @expose("/<reward_code>", methods=["POST"])
    def look(self, reward_code: str) -> Answer:
        """Say what the list would load, and keep it, sealed, until somebody says so."""
        one, file, written = self._known(reward_code), sent_file(), self._written()
        day, errors = day_of_form(written), no_file() if file is None else {}
        if written and day is None:
            errors["valid_to"] = _("Write the day as year, month and day, like 2026-12-31")
        elif day and day < self.visitor.w.today:
            errors["valid_to"] = _(LINES["day_over"])
        if errors or file is None:
            return self._form(one, errors), 422
        try:
            plan = plan_certificates(
                self.session, self.actor, reward_code=reward_code, stream=file.stream, valid_to=day
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            told = list_refused(no, self.visitor.w.lang)
            return self._form(self._known(reward_code), {"file": told}), 422
        return self._told(one, plan, keep_paper(self.session, file.stream) if plan.new else "")

    @expose("/<reward_code>/load", methods=["POST"])
    @asks(Permission.DESK_REWARD_EDIT)
    def load(self, reward_code: str) -> Answer:
        """Load exactly the certificates that were shown."""
        try:
            plan = bring_certificates(
                self.session,
                self.actor,
                reward_code=reward_code,
                stream=open_paper(self.session, request.form.get("file", "")),
                valid_to=day_of_form(self._written()),
                meant=request.form.get("meant", ""),
            )
        except (NotFound, Forbidden):
            raise
        except Refusal:
            roll_back()
            return self._form(self._known(reward_code), {"": refusal(Conflict("import_differs"))}), 409
        said = ngettext(
            "%(number)s certificate is loaded",
            "%(number)s certificates are loaded",
            plan.new,
            number=self.visitor.w.number(plan.new),
        )
        flash(said, "good")
        return redirect(url_for("desk_rewards.reward", reward_code=reward_code), 303)

    def _known(self, reward_code: str) -> Reward:
        found = reward_of_any_state(self.session, reward_code)
        if found.kind != "certificate":
            raise NotFound("reward_unknown")
        return found

    def _written(self) -> str:
        return request.form.get("valid_to", "")[:10]

    def _told(self, one: Reward, plan: Plan, kept: str) -> str:
        w = self.visitor.w
        return self.page(
            "certificates_look.html",
            one=one,
            name=called(one, w.lang),
            plan=plan,
            kept=kept,
            valid_to=self._written(),
            first=[(number, code, w.day(day)) for number, code, day in plan.first],
            days=[(w.day(day), count) for day, count in plan.days],
            lines=[(line.line_no, self._why(line)) for line in plan.bad[:LINES_SHOWN]],
        )

    def _why(self, line: Line) -> str:
        return _(LINES[line.why])

    def _form(self, one: Reward, errors: dict[str, str] | None = None) -> str:
        w = self.visitor.w
        return self.page(
            "certificates.html",
            one=one,
            name=called(one, w.lang),
            valid_to=self._written(),
            errors=errors or {},
            most=w.number(CODES_MAX),
        )


def called(one: Reward, lang: str) -> str:
    """A reward's name for the desk."""
    return str(one.name.get(lang) or one.code)


def day_of_form(text: str) -> date | None:
    """The day that a form's field holds."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
