"""What promotions can grant beside points: the tenant's benefits, and using what a member shows at the desk."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from admin.console import benefit_form
from admin.console.benefit_form import FIELDS, KINDS
from admin.console.promotion_told import title_of
from admin.desk import Answer, Cell, Column, DeskList, asks
from admin.problems import refusal
from coalition import money
from coalition.benefits.actions import LANGUAGES, add_benefit, refusals, use_code
from coalition.benefits.models import Benefit, BenefitKind, Grant
from coalition.benefits.queries import benefit_by_id, grant_by_code
from coalition.benefits.terms import Terms, is_endless
from coalition.cabinet.kinds.base import read_units
from coalition.programmes.queries import the_programme
from coalition.promotions.overview import promotions
from coalition.promotions.retiring import granting_promotions, retire_benefit
from tenants.branding.words import Words
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.web import roll_back
from tenants.translations import N_


class Benefits(DeskList):
    """The section of benefits."""

    reads = Permission.DESK_BENEFIT_READ
    permission = Permission.DESK_BENEFIT_EDIT
    icon = "gift"

    @expose("/")
    def index(self) -> Answer:
        """Every benefit, the newest first, with what was granted and used of it."""
        sums, w, granting = self._sums(), self.visitor.w, granting_promotions(self.session)

        def named(one: Benefit) -> Cell:
            return Cell(_said(one, w), one.code, href=url_for("desk_benefits.benefit", benefit_id=one.id))

        columns = (
            Column[Benefit](N_("Name"), named),
            Column[Benefit](N_("State"), lambda one: state_cell(one, granting, w.today)),
            Column[Benefit](N_("Kind"), lambda one: Cell(_(KINDS[BenefitKind(one.kind)])), wide=True),
            Column[Benefit](N_("Terms"), lambda one: Cell(terms_said(one, w)), wide=True),
            Column[Benefit](N_("Granted"), lambda one: Cell(self._quantity(one, sums, 0)), number=True),
            Column[Benefit](
                N_("Used"), lambda one: Cell(self._quantity(one, sums, 1)), number=True, wide=True
            ),
        )
        listing = self.listing(Benefit, columns)
        may_edit = self.visitor.may(Permission.DESK_BENEFIT_EDIT)
        may_use = self.visitor.may(Permission.DESK_BENEFIT_USE)
        return self.page("benefits.html", listing=listing, may_edit=may_edit, may_use=may_use)

    @expose("/new")
    @asks(Permission.DESK_BENEFIT_EDIT)
    def new(self) -> Answer:
        """The form of a benefit."""
        self.actor.must(Permission.DESK_BENEFIT_EDIT)
        return self._form(dict.fromkeys(FIELDS, "") | {"kind": BenefitKind.COUPON}, {})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Add it, or show the form again with everything that is wrong."""
        self.actor.must(Permission.DESK_BENEFIT_EDIT)
        w, form = self.visitor.w, {name: request.form.get(name, "").strip()[:200] for name in FIELDS}
        terms, unread = benefit_form.read_terms(form, w)
        programme = the_programme(self.session)
        wanted: dict[str, Any] = {
            "code": form["code"],
            "kind": form["kind"],
            "name": {lang: form[f"name_{lang}"] for lang in LANGUAGES},
            "terms": terms,
        }
        found = refusals(self.session, programme, **wanted)
        if errors := benefit_form.wrong(found, unread, form["kind"], w):
            return self._form(form, errors), 422
        add_benefit(self.session, self.actor, programme_id=programme.id, **wanted)
        flash(_("Promotions can grant it now"), "good")
        return redirect(url_for("desk_benefits.index"), 303)

    @expose("/<int:benefit_id>")
    def benefit(self, benefit_id: int) -> Answer:
        """One benefit: its terms, what there is of it, which promotions grant it."""
        return self._page_of("benefit.html", benefit_by_id(self.session, benefit_id))

    @expose("/<int:benefit_id>/retire")
    @asks(Permission.DESK_BENEFIT_EDIT)
    def ask_retire(self, benefit_id: int) -> Answer:
        """Say what retiring means, or what is in the way."""
        self.actor.must(Permission.DESK_BENEFIT_EDIT)
        one = benefit_by_id(self.session, benefit_id)
        if one.retired_at is not None:
            return redirect(url_for("desk_benefits.benefit", benefit_id=one.id), 303)
        return self._page_of("benefit_retire.html", one)

    @expose("/<int:benefit_id>/retire", methods=["POST"])
    def retire(self, benefit_id: int) -> Answer:
        """Retire a benefit that no live promotion grants."""
        code = benefit_by_id(self.session, benefit_id).code
        said = _("The benefit is retired. What members have of it stays theirs")
        self.attempt(lambda: retire_benefit(self.session, self.actor, code=code), said)
        return redirect(url_for("desk_benefits.benefit", benefit_id=benefit_id), 303)

    @expose("/use")
    @asks(Permission.DESK_BENEFIT_USE)
    def use(self) -> Answer:
        """What a code is for, before anything is used of it."""
        code = request.args.get("code", "").strip()[:40]
        found, errors = None, {}
        if code:
            try:
                found = grant_by_code(self.session, code)
            except NotFound:
                errors["code"] = _("No coupon has this code, or it was taken back with its purchase")
        elif "code" in request.args:
            errors["code"] = _("Write the code that the member shows")
        return self.page(
            "benefit_use.html",
            code=code,
            errors=errors,
            found=found,
            said=found and _said(found.benefit, self.visitor.w),
            left=found and self._left(found.benefit, found.left),
            is_money=found is not None and found.benefit.kind == BenefitKind.CERTIFICATE,
            is_usable=found is not None and found.usable(self.visitor.w.today),
            request_id=str(new_id()),
        )

    @expose("/use", methods=["POST"])
    @asks(Permission.DESK_BENEFIT_USE)
    def used(self) -> Answer:
        """Use it: once, or a certificate for so much money."""
        code, said = request.form.get("code", "")[:40], request.form.get("quantity", "1")
        request_id, w = request.form.get("request_id", ""), self.visitor.w
        if not 0 < len(request_id) <= 64:  # without a name of its own every use would be the same one
            raise NotFound("page_unknown")
        found = grant_by_code(self.session, code)
        is_money = found.benefit.kind == BenefitKind.CERTIFICATE
        quantity = _used_quantity(said, is_money, w)
        if quantity <= 0:
            flash(_("Write how much is used, as a number. Nothing was used"), "note")
            return redirect(url_for("desk_benefits.use", code=code), 303)
        try:
            with self.session.begin_nested():
                used = use_code(
                    self.session,
                    self.actor,
                    code=code,
                    quantity=quantity,
                    request_id=request_id,
                )
        except Refusal as refused:
            roll_back()
            flash(refusal(refused), "note")
            return redirect(url_for("desk_benefits.use", code=code), 303)
        shown = w.money(used) if is_money else w.number(used)
        flash(_("Used: %(quantity)s of “%(name)s”", quantity=shown, name=_said(found.benefit, w)), "good")
        return redirect(url_for("desk_benefits.use"), 303)

    def _page_of(self, template: str, one: Benefit) -> str:
        w, granting, sums = self.visitor.w, granting_promotions(self.session), self._sums()
        codes, now = granting.get(one.code, []), clock.now()
        by = self.session.get(Staff, (one.tenant_id, one.retired_by)) if one.retired_by else None
        return self.page(
            template,
            one=one,
            name=_said(one, w),
            chip=state_cell(one, granting, w.today),
            kind=_(KINDS[BenefitKind(one.kind)]),
            terms=terms_said(one, w),
            granted=self._quantity(one, sums, 0),
            used=self._quantity(one, sums, 1),
            granting=[
                (found.code, title_of(found, now, w.lang)) for found in promotions(self.session, codes)
            ],
            retired_by=by.name if by else "",
            sees_promotions=self.visitor.may(Permission.DESK_PROMOTION_READ),
            may_edit=self.visitor.may(Permission.DESK_BENEFIT_EDIT),
        )

    def _form(self, form: Mapping[str, str], errors: Mapping[str, str]) -> str:
        kinds, w = [(kind.value, _(title)) for kind, title in KINDS.items()], self.visitor.w
        return self.page("benefit_new.html", form=form, errors=errors, kinds=kinds, currency=w.symbol)

    def _sums(self) -> dict[int, tuple[int, int]]:
        rows = self.session.execute(
            select(Grant.benefit_id, func.sum(Grant.quantity), func.sum(Grant.used))
            .where(Grant.tenant_id == tenant_of(self.session))
            .group_by(Grant.benefit_id)
        )
        return {number: (int(granted), int(used)) for number, granted, used in rows}

    def _quantity(self, one: Benefit, sums: Mapping[int, tuple[int, int]], place: int) -> str:
        value, w = sums.get(one.id, (0, 0))[place], self.visitor.w
        return w.money(value) if one.kind == BenefitKind.CERTIFICATE else w.number(value)

    def _left(self, one: Benefit, left: int | None) -> str:
        w = self.visitor.w
        if left is None:
            return _("as often as the member likes")
        return w.money(left) if one.kind == BenefitKind.CERTIFICATE else w.number(left)


def state_cell(one: Benefit, granting: Mapping[str, object], today: date) -> Cell:
    """Whether anything can and does grant it, as a chip."""
    last = Terms.model_validate(one.terms).valid_to
    if one.retired_at is not None:
        return Cell(_("Retired"), tone="still", icon="slash-circle")
    if last is not None and last < today:
        return Cell(_("Over"), tone="still", icon="slash-circle")
    if one.code in granting:
        return Cell(_("In use"), tone="good", icon="check-circle")
    return Cell(_("Not in use"), tone="note", icon="info-circle")


def terms_said(one: Benefit, w: Words) -> str:
    """A benefit's terms in words."""
    terms, said = Terms.model_validate(one.terms), []
    if terms.face is not None:
        said.append(w.money(money.in_units(terms.face, w.exponent)))
    if terms.uses is not None:
        said.append(ngettext("%(count)s use", "%(count)s uses", terms.uses, count=w.number(terms.uses)))
    elif is_endless(BenefitKind(one.kind), terms):
        said.append(_("as often as the member likes"))
    if terms.valid_days is not None:
        days = terms.valid_days
        said.append(
            ngettext("valid for %(count)s day", "valid for %(count)s days", days, count=w.number(days))
        )
    if terms.valid_to is not None:
        said.append(_("until %(day)s", day=w.day(terms.valid_to)))
    return ", ".join(said) or _("no end")


def _said(one: Benefit, w: Words) -> str:
    return str(one.name[w.lang])


def _used_quantity(said: str, is_money: bool, w: Words) -> int:
    """How much somebody says is used, in minor units of money or in pieces; 0 for what is no number."""
    try:
        return read_units(said[:40], w.exponent if is_money else 0, w)
    except Refusal:
        return 0
