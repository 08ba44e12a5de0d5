"""The desk in an application: its theme, its sections, its menu. Forms are guarded by the application's own guard."""

from flask import Flask, redirect, request, url_for
from flask_admin import Admin
from flask_admin.theme import Theme
from werkzeug.wrappers import Response as AnyResponse

from admin.claims.figures import ClaimFigures
from admin.claims.view import Claims
from admin.console.approvals import Approvals
from admin.console.audit import Audit
from admin.console.backtests import Backtests
from admin.console.benefits import Benefits
from admin.console.branding import Branding
from admin.console.codes import Codes
from admin.console.corrections import Corrections
from admin.console.deposits import Deposits
from admin.console.draws import Draws
from admin.console.facts import Facts
from admin.console.files import Files
from admin.console.forecasts import Forecasts
from admin.console.holidays import Holidays
from admin.console.home import Home
from admin.console.jobs import Jobs
from admin.console.own_categories import OwnCategories
from admin.console.payouts import Payouts
from admin.console.people import People
from admin.console.profile import Profile
from admin.console.promotion_templates import PromotionTemplates
from admin.console.promotions import Promotions
from admin.console.provider import StaffProviders
from admin.console.returns import Returns
from admin.console.roles import Roles
from admin.console.segments import Segments
from admin.console.sign_in import door, sign_in_ways
from admin.console.signing import to_sign_count
from admin.console.support import Support
from admin.console.suspects import Suspects
from admin.console.tiers import Tiers
from admin.contact_centre.members import Members
from admin.operator.tenants import Tenants
from admin.operator.wizard import Wizard
from tenants.roles import operates
from tenants.runtime.web import session
from tenants.translations import N_

FORM_BYTES_MAX = 1 << 20
"""Of any form; only the page that takes files allows more."""


def install(app: Flask) -> Admin:
    """Add the desk under /desk; the cabinet comes first, because it brings the guard of forms."""
    assert "csrf" in app.extensions, "forms of the desk need their guard"
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES_MAX
    app.register_blueprint(door)
    app.before_request(_to_the_operators)
    theme = Theme(folder="desk", base_template="desk/base.html")
    home = Home(name=N_("Today"), endpoint="desk", url="/desk")
    desk = Admin(app, name="desk", index_view=home, theme=theme)
    app.jinja_env.globals["to_sign_count"] = to_sign_count
    app.jinja_env.globals["sign_in_ways"] = sign_in_ways
    desk.add_view(Approvals(name=N_("Signatures"), endpoint="desk_approvals", url="approvals"))
    money, members = N_("Exchange and money"), N_("Members")
    desk.add_view(
        Members(name=N_("Contact centre"), category=members, endpoint="desk_members", url="members")
    )
    desk.add_view(Files(name=N_("Bank files"), category=money, endpoint="desk_files", url="files"))
    desk.add_view(Payouts(name=N_("Payouts"), category=money, endpoint="desk_payouts", url="payouts"))
    desk.add_view(
        Promotions(
            name=N_("Promotions"), category=N_("Programme"), endpoint="desk_promotions", url="promotions"
        )
    )
    desk.add_view(
        PromotionTemplates(
            name=N_("Promotions"), category=N_("Programme"), endpoint="desk_templates", url="templates"
        )
    )
    desk.add_view(
        Backtests(name=N_("Promotions"), category=N_("Programme"), endpoint="desk_backtests", url="backtests")
    )
    desk.add_view(
        Forecasts(name=N_("Promotions"), category=N_("Programme"), endpoint="desk_forecasts", url="forecasts")
    )
    desk.add_view(Deposits(name=N_("Deposits"), category=money, endpoint="desk_deposits", url="deposits"))
    desk.add_view(Claims(name=N_("Claims"), category=members, endpoint="desk_claims", url="claims"))
    desk.add_view(
        ClaimFigures(name=N_("Claims"), category=members, endpoint="desk_claim_figures", url="claims/figures")
    )
    desk.add_view(Codes(name=N_("Codes"), category=members, endpoint="desk_codes", url="codes"))
    desk.add_view(
        Benefits(name=N_("Benefits"), category=N_("Programme"), endpoint="desk_benefits", url="benefits")
    )
    desk.add_view(Draws(name=N_("Draws"), category=N_("Programme"), endpoint="desk_draws", url="draws"))
    desk.add_view(Tiers(name=N_("Levels"), category=N_("Programme"), endpoint="desk_tiers", url="tiers"))
    desk.add_view(
        Holidays(name=N_("Days off"), category=N_("Programme"), endpoint="desk_holidays", url="holidays")
    )
    desk.add_view(
        OwnCategories(
            name=N_("Own categories"), category=N_("Programme"), endpoint="desk_categories", url="categories"
        )
    )
    desk.add_view(Segments(name=N_("Segments"), category=members, endpoint="desk_segments", url="segments"))
    desk.add_view(Facts(name=N_("Facts of members"), category=members, endpoint="desk_facts", url="facts"))
    desk.add_view(
        Corrections(
            name=N_("Promotions"), category=N_("Programme"), endpoint="desk_corrections", url="corrections"
        )
    )
    desk.add_view(
        Returns(name=N_("Returns to decide"), category=members, endpoint="desk_returns", url="returns")
    )
    desk.add_view(
        Suspects(name=N_("One sale or two"), category=members, endpoint="desk_suspects", url="one-or-two")
    )
    house = N_("Staff and rights")
    desk.add_view(Jobs(name=N_("Background work"), category=money, endpoint="desk_jobs", url="jobs"))
    desk.add_view(People(name=N_("People"), category=house, endpoint="desk_people", url="people"))
    desk.add_view(Roles(name=N_("Roles"), category=house, endpoint="desk_roles", url="roles"))
    desk.add_view(
        StaffProviders(
            name=N_("Sign-in by the organisation"), category=house, endpoint="desk_provider", url="provider"
        )
    )
    desk.add_view(Audit(name=N_("Audit trail"), category=house, endpoint="desk_audit", url="audit"))
    desk.add_view(Branding(name=N_("Brand"), category=house, endpoint="desk_branding", url="branding"))
    desk.add_view(
        Support(name=N_("Access for operators"), category=house, endpoint="desk_support", url="support")
    )
    desk.add_view(Tenants(name=N_("Tenants"), endpoint="desk_tenants", url="tenants"))
    desk.add_view(Wizard(name=N_("Tenants"), endpoint="desk_opening", url="opening"))
    desk.add_view(Profile(name=N_("My profile"), endpoint="desk_profile", url="profile"))
    return desk


def _to_the_operators() -> AnyResponse | None:
    """The operators' own place has no members: its first page is the desk's."""
    if request.path != "/" or not operates(session()):
        return None
    return redirect(url_for("desk.index"), 303)
