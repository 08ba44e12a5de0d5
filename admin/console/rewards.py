"""Rewards: what members get for points, at what price, how many certificates are left."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from admin.console.approvals import asked
from admin.console.certificates import called
from admin.console.reward_new import NUMBERS, TEXTS, priced, read_new, read_terms
from admin.desk import Answer, Cell, Column, DeskView, Listing, asks
from admin.problems import refusal
from coalition.cabinet.kinds.base import read_units
from coalition.messages.mail import mail_goes_out
from coalition.partners.models import Participant
from coalition.partners.queries import all_participants
from coalition.programmes.queries import the_programme
from coalition.redemption import keeping, pricing
from coalition.redemption.keeping import ABOUT_MAX, LANGUAGES, NAME_MAX
from coalition.redemption.models import Reward
from coalition.redemption.queries import (
    expired_stock,
    reward_of_any_state,
    rewards_by_id,
    rewards_running_low,
    stock,
    stock_days,
)
from coalition.redemption.stocking import withdraw_expired
from coalition.reports.lists.sales import KINDS
from tenants.approvals.queries import waiting_of
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

FIELDS = ("name_ru", "name_en", "about_ru", "about_en", "alert_below", "alert_to")


class Low(NamedTuple):
    """A reward that runs low: where it is, how many are left and at how many that is told."""

    name: str
    href: str
    left: int
    bound: int


class Rewards(DeskView):
    """The section of rewards."""

    reads = Permission.DESK_REWARD_READ
    permission = Permission.DESK_REWARD_EDIT
    icon = "bag-heart"

    def waits(self) -> tuple[int, str]:
        """Rewards whose certificates run low."""
        number = len(rewards_running_low(self.session, self.visitor.w.today))
        return number, ngettext("reward runs low", "rewards run low", number)

    @expose("/")
    def index(self) -> Answer:
        """Every reward, in the order of the showcase."""
        w, left = self.visitor.w, stock(self.session, the_programme(self.session))
        low = {one.id for one in rewards_running_low(self.session, w.today)}

        def named(one: Reward) -> Cell:
            return Cell(
                called(one, w.lang), one.code, href=url_for("desk_rewards.reward", reward_code=one.code)
            )

        columns = (
            Column[Reward](N_("Name"), named),
            Column[Reward](N_("State"), state_cell),
            Column[Reward](N_("Kind"), lambda one: Cell(_(KINDS[one.kind])), wide=True),
            Column[Reward](N_("Price"), lambda one: Cell(price_said(one, w)), number=True, wide=True),
            Column[Reward](N_("In stock"), lambda one: _left_cell(one, left, one.id in low, w), number=True),
        )
        rows = sorted(rewards_by_id(self.session).values(), key=lambda one: (one.place, one.id))
        return self.page("rewards.html", listing=Listing(columns, rows, (), "", None, None, tells_all=True))

    @expose("/new/<kind>")
    @asks(Permission.DESK_REWARD_EDIT)
    def new(self, kind: str) -> Answer:
        """The form of a reward of that kind."""
        return self._new_page(kind, dict.fromkeys((*TEXTS, *_numbers(kind)), ""), {})

    @expose("/new/<kind>", methods=["POST"])
    def add(self, kind: str) -> Answer:
        """Ask for it, which another person signs, or show the form again with everything that is wrong."""
        form = {
            name: request.form.get(name, "").strip()[: 2 * ABOUT_MAX] for name in (*TEXTS, *_numbers(kind))
        }
        document, errors = read_new(form, kind, self.visitor.w)
        payers = {str(one.id): one.id for one in self._payers()}
        if form["participant"] not in payers:
            errors["participant"] = _("Choose who pays")
        if errors:
            return self._new_page(kind, form, errors), 422
        try:
            approval = pricing.ask_for_reward(
                self.session, self.actor, participant_id=payers[form["participant"]], **document
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._new_page(kind, form, {"code": refusal(no)}), no.status
        return asked(approval)

    def _new_page(self, kind: str, form: Mapping[str, str], errors: dict[str, str]) -> str:
        lang = self.visitor.w.lang
        owners = [(str(one.id), one.name.get(lang) or one.code) for one in self._payers()]
        most = (NAME_MAX, ABOUT_MAX)
        return self.page("reward_new.html", kind=kind, form=form, owners=owners, errors=errors, most=most)

    def _payers(self) -> Sequence[Participant]:
        """Who can pay for something new."""
        return [one for one in all_participants(self.session) if one.left_at is None]

    @expose("/<reward_code>")
    def reward(self, reward_code: str) -> Answer:
        """One reward: what members see of it, and its pool of codes."""
        return self._page(reward_of_any_state(self.session, reward_code))

    @expose("/<reward_code>", methods=["POST"])
    def change(self, reward_code: str) -> Answer:
        """Change it, or show the form again with everything that is wrong."""
        one = reward_of_any_state(self.session, reward_code)
        form = {name: request.form.get(name, "").strip()[: 2 * ABOUT_MAX] for name in FIELDS}
        form["offered"] = "1" if request.form.get("offered") else ""
        wanted, errors = self._read(form, one)
        found = keeping.wrong_with(
            **{key: wanted[key] for key in ("name", "about", "alert_below", "alert_to")}
        )
        for no in found:
            errors.setdefault(str(no.facts["field"]), refusal(no))
        if errors:
            ordered = {name: errors[name] for name in FIELDS if name in errors}
            return self._page(one, ordered, form), 422
        try:
            changed = keeping.change_reward(
                self.session,
                self.actor,
                reward_code=reward_code,
                offered=bool(form["offered"]),
                seen=request.form.get("seen", ""),
                **wanted,
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return self._page(reward_of_any_state(self.session, reward_code), {"": refusal(no)}, form), 409
        if changed:
            flash(_("Saved. Members see it so from now on"), "good")
        else:
            flash(_("That was so already. Nothing was changed"), "note")
        return redirect(url_for("desk_rewards.reward", reward_code=reward_code), 303)

    @expose("/<reward_code>/terms", methods=["POST"])
    def ask_terms(self, reward_code: str) -> Answer:
        """Ask for another price or other limits, which another person signs."""
        one = reward_of_any_state(self.session, reward_code)
        form = {name: request.form.get(name, "").strip()[:40] for name in priced(one.kind)}
        terms, errors = read_terms(form, self.visitor.w)
        if errors:
            return self._page(one, terms_form=form, terms_errors=errors), 422
        try:
            approval = pricing.ask_for_terms(
                self.session,
                self.actor,
                reward_code=reward_code,
                terms=terms,
                seen=request.form.get("seen", ""),
            )
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            again = reward_of_any_state(self.session, reward_code)
            return self._page(again, terms_form=form, terms_errors={"": refusal(no)}), no.status
        if approval is not None:
            return asked(approval)
        flash(_("That was so already. Nothing was changed"), "note")
        return redirect(url_for("desk_rewards.reward", reward_code=reward_code), 303)

    @expose("/<reward_code>/expired", methods=["POST"])
    def withdraw(self, reward_code: str) -> Answer:
        """Take codes out of the pool that nobody took in time."""
        count = withdraw_expired(self.session, self.actor, reward_code=reward_code)
        said = ngettext(
            "%(number)s certificate that is over was withdrawn",
            "%(number)s certificates that are over were withdrawn",
            count,
            number=self.visitor.w.number(count),
        )
        flash(said, "good" if count else "note")
        return redirect(url_for("desk_rewards.reward", reward_code=reward_code), 303)

    def _read(self, form: Mapping[str, str], one: Reward) -> tuple[dict[str, Any], dict[str, str]]:
        """What the form asks for, and what of it cannot be understood."""
        w, errors = self.visitor.w, dict[str, str]()
        below: int | None = None
        if one.kind == "certificate" and form["alert_below"]:
            try:
                below = read_units(form["alert_below"][:40], 0, w)
            except Refusal as no:
                errors["alert_below"] = refusal(no)
        texts: dict[str, Any] = {
            field: {lang: form[f"{field}_{lang}"] for lang in LANGUAGES} for field in ("name", "about")
        }
        to = re.split(r"[\s,;]+", form["alert_to"]) if one.kind == "certificate" else ()
        return {**texts, "alert_below": below, "alert_to": [each for each in to if each]}, errors

    def _page(
        self,
        one: Reward,
        errors: dict[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        *,
        terms_form: Mapping[str, str] | None = None,
        terms_errors: dict[str, str] | None = None,
    ) -> str:
        w = self.visitor.w
        payer = next(p for p in all_participants(self.session) if p.id == one.participant_id)
        return self.page(
            "reward.html",
            one=one,
            name=called(one, w.lang),
            chip=state_cell(one),
            kind=_(KINDS[one.kind]),
            particulars=particulars(one, w),
            payer=payer.name.get(w.lang) or payer.code,
            form=form or self._form(one),
            errors={**(errors or {}), **(terms_errors or {})},
            words_errors=errors or {},
            priced=priced(one.kind),
            terms=terms_form or _terms_form(one, w),
            terms_errors=terms_errors or {},
            waits=waiting_of(self.session, pricing.KIND, f"reward {one.code}") is not None,
            seen=keeping.version_of(one),
            left=stock(self.session, the_programme(self.session)).get(one.id, 0),
            low=any(low.id == one.id for low in rewards_running_low(self.session, w.today)),
            expired=expired_stock(self.session, w.today).get(one.id, 0),
            days=[(w.day(day), count) for day, count in stock_days(self.session, w.today, one.id)],
            most=(NAME_MAX, ABOUT_MAX),
            mail=mail_goes_out(),
        )

    def _form(self, one: Reward) -> dict[str, str]:
        texts = {f"name_{lang}": str(one.name.get(lang, "")) for lang in LANGUAGES}
        texts |= {f"about_{lang}": str(one.about.get(lang, "")) for lang in LANGUAGES}
        return texts | {
            "alert_below": "" if one.alert_below is None else str(one.alert_below),
            "alert_to": ", ".join(one.alert_to),
            "offered": "1" if one.offered else "",
        }


def _terms_form(one: Reward, w: Words) -> dict[str, str]:
    """The terms as the form has them."""
    return {
        name: str(one.terms[name]) if name == "days" else w.amount(one.terms[name])
        for name in priced(one.kind)
    }


def _numbers(kind: str) -> tuple[str, ...]:
    """The numbers that a kind's form asks for; another kind has no form."""
    if kind not in NUMBERS:
        raise NotFound("reward_unknown")
    return NUMBERS[kind]


def running_low(session: Session, w: Words) -> Sequence[Low]:
    """Rewards whose certificates run low, for the desk's first page."""
    found = rewards_running_low(session, w.today)
    if not found:
        return ()
    left = stock(session, the_programme(session))
    return [
        Low(
            called(one, w.lang),
            url_for("desk_rewards.reward", reward_code=one.code),
            left.get(one.id, 0),
            one.alert_below or 0,
        )
        for one in found
    ]


def state_cell(one: Reward) -> Cell:
    """Whether members are offered it, as a chip."""
    if one.kind == "cheque":
        return Cell(_("At tills alone"), tone="still", icon="shop")
    if one.offered:
        return Cell(_("Offered"), tone="good", icon="check-circle")
    return Cell(_("Withdrawn"), tone="still", icon="slash-circle")


def price_said(one: Reward, w: Words) -> str:
    """What it costs."""
    match one.kind:
        case "certificate":
            return w.points(one.terms["points"])
        case "cashback" | "donation":
            least, most = w.amount(one.terms["points_min"]), w.points(one.terms["points_max"])
            return _("%(least)s to %(most)s", least=least, most=most)
    return "—"


def particulars(one: Reward, w: Words) -> list[tuple[str, str]]:
    """Its terms beside the price of a certificate."""
    match one.kind:
        case "certificate":
            return [(_("Face value"), w.money(one.terms["minor"]))]
        case "cashback":
            days = one.terms["days"]
            takes = ngettext("%(count)s day", "%(count)s days", days, count=w.number(days))
            return [(_("Points at once"), price_said(one, w)), (_("The bank pays within"), takes)]
        case "donation":
            return [(_("Points at once"), price_said(one, w))]
    return []


def _left_cell(one: Reward, left: Mapping[int, int], low: bool, w: Words) -> Cell:
    if one.kind != "certificate":
        return Cell("—")
    count = left.get(one.id, 0)
    if not count and one.offered:
        return Cell(_("Sold out for now"), tone="bad", icon="exclamation-triangle-fill")
    if low:
        return Cell(w.number(count), tone="wait", icon="exclamation-triangle-fill")
    return Cell(w.number(count))
