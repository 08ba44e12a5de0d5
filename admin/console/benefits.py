"""What promotions can grant beside points: the tenant's benefits, and using what a member shows at the desk."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from admin.desk import Answer, Cell, Column, DeskList
from admin.problems import refusal
from coalition import money
from coalition.benefits.actions import add_benefit, use_code
from coalition.benefits.models import Benefit, BenefitKind, Grant
from coalition.benefits.queries import grant_by_code
from coalition.benefits.terms import Terms, is_endless
from coalition.programmes.queries import the_programme
from tenants.branding.words import Words
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.ids import new_id
from tenants.runtime.web import roll_back
from tenants.translations import N_

KINDS = {
    BenefitKind.COUPON: N_("Coupon"),
    BenefitKind.CERTIFICATE: N_("Certificate with a face value"),
    BenefitKind.PRIVILEGE: N_("Privilege"),
    BenefitKind.UNITS: N_("Game units"),
    BenefitKind.TICKET: N_("Tickets of a draw"),
}
_FIELDS = ("code", "kind", "name_ru", "name_en", "face", "uses", "valid_days", "valid_to")


class Benefits(DeskList):
    """The section of benefits."""

    permission = Permission.DESK_BENEFIT_USE
    icon = "gift"

    @expose("/")
    def index(self) -> Answer:
        """Every benefit, the newest first, with what was granted and used of it."""
        sums = self._sums()
        columns = (
            Column[Benefit](N_("Name"), lambda one: Cell(_said(one, self.visitor.w), sub=one.code)),
            Column[Benefit](N_("Kind"), lambda one: Cell(_(KINDS[BenefitKind(one.kind)])), wide=True),
            Column[Benefit](N_("Terms"), lambda one: Cell(terms_said(one, self.visitor.w)), wide=True),
            Column[Benefit](N_("Granted"), lambda one: Cell(self._quantity(one, sums, 0)), number=True),
            Column[Benefit](N_("Used"), lambda one: Cell(self._quantity(one, sums, 1)), number=True),
        )
        listing = self.listing(Benefit, columns)
        may_edit = self.visitor.may(Permission.DESK_BENEFIT_EDIT)
        return self.page("benefits.html", listing=listing, may_edit=may_edit)

    @expose("/new")
    def new(self) -> Answer:
        """The form of a benefit."""
        self.actor.must(Permission.DESK_BENEFIT_EDIT)
        return self._form(dict.fromkeys(_FIELDS, "") | {"kind": BenefitKind.COUPON}, {})

    @expose("/new", methods=["POST"])
    def add(self) -> Answer:
        """Add it, or show the form again with what is wrong."""
        form = {name: request.form.get(name, "").strip()[:200] for name in _FIELDS}
        terms, errors = read_terms(form)
        if not errors:
            try:
                with self.session.begin_nested():
                    add_benefit(
                        self.session,
                        self.actor,
                        programme_id=the_programme(self.session).id,
                        code=form["code"],
                        kind=form["kind"],
                        name={"ru": form["name_ru"], "en": form["name_en"]},
                        terms=terms,
                    )
            except (NotFound, Forbidden):
                raise
            except Refusal as refused:
                errors = wrong(refused)
        if errors:
            return self._form(form, errors), 422
        flash(_("Promotions can grant it now"), "good")
        return redirect(url_for("desk_benefits.index"), 303)

    @expose("/use")
    def use(self) -> Answer:
        """What a code is for, before anything is used of it."""
        code = request.args.get("code", "").strip()[:40]
        found = None
        if code:
            try:
                found = grant_by_code(self.session, code)
            except NotFound:
                return self.page("benefit_use.html", code=code, found=None, errors={"code": _no_such_code()})
        return self.page(
            "benefit_use.html",
            code=code,
            found=found,
            said=found and _said(found.benefit, self.visitor.w),
            left=found and self._left(found.benefit, found.left),
            is_money=found is not None and found.benefit.kind == BenefitKind.CERTIFICATE,
            is_usable=found is not None and found.usable(self.visitor.w.today),
            request_id=str(new_id()),
        )

    @expose("/use", methods=["POST"])
    def used(self) -> Answer:
        """Use it: once, or a certificate for so much money."""
        code, said = request.form.get("code", "")[:40], request.form.get("quantity", "1")
        w = self.visitor.w
        found = grant_by_code(self.session, code)
        is_money = found.benefit.kind == BenefitKind.CERTIFICATE
        quantity = _minor(said, w) if is_money else (int(said) if said.isdecimal() and len(said) < 6 else 0)
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
                    request_id=request.form.get("request_id", "")[:64],
                )
        except Refusal as refused:
            roll_back()
            flash(refusal(refused), "note")
            return redirect(url_for("desk_benefits.use", code=code), 303)
        shown = w.money(used) if is_money else w.number(used)
        flash(_("Used: %(quantity)s of “%(name)s”", quantity=shown, name=_said(found.benefit, w)), "good")
        return redirect(url_for("desk_benefits.use"), 303)

    def _form(self, form: Mapping[str, str], errors: Mapping[str, str]) -> str:
        kinds = [(kind.value, _(title)) for kind, title in KINDS.items()]
        return self.page("benefit_new.html", form=form, errors=errors, kinds=kinds)

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


def read_terms(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The terms that the fields say, and the sentence for each that cannot be understood."""
    terms: dict[str, Any] = {}
    errors = {}
    for name in ("uses", "valid_days"):
        if form[name]:
            if form[name].isdecimal() and len(form[name]) < 6 and int(form[name]):
                terms[name] = int(form[name])
            else:
                errors[name] = _("Write a whole number, 1 or more")
    if form["face"]:
        try:
            terms["face"] = str(Decimal(form["face"].replace(",", ".").replace(" ", "")))
        except InvalidOperation:
            errors["face"] = _("Write a sum like 1000 or 99.50")
    if form["valid_to"]:
        try:
            terms["valid_to"] = date.fromisoformat(form["valid_to"]).isoformat()
        except ValueError:
            errors["valid_to"] = _("A day is written like 2026-12-31")
    return terms, errors


def wrong(refused: Refusal) -> dict[str, str]:
    """Where the form is wrong, by its field."""
    match refused.code, refused.facts.get("field"):
        case "benefit_code", _field:
            return {"code": _("A code is small Latin letters, digits and hyphens, 64 at most")}
        case "benefit_known", _field:
            return {"code": _("There is a benefit of this code already")}
        case "benefit_name", _field:
            return {"name_ru": _("Write the name in both languages, 120 letters at most")}
        case "benefit_terms", "face":
            return {"face": _("A certificate has a face value, and nothing else has one")}
        case "benefit_terms", "uses":
            return {"uses": _("Only a privilege has a number of uses")}
        case "benefit_terms" | "benefit_value", str(field):
            return {field: _("This value cannot be taken")}
    return {"code": refusal(refused)}


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


def _minor(said: str, w: Words) -> int:
    """A sum as somebody writes it, in minor units; 0 for what is none."""
    try:
        value = Decimal(said.replace(",", ".").replace(" ", ""))
        return money.in_units(value, w.exponent) if abs(value) < 10**9 else 0
    except (InvalidOperation, ValueError):
        return 0


def _no_such_code() -> str:
    return _("No coupon has this code, or it was taken back with its purchase")
