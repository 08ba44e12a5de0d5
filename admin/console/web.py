"""The desk in an application: its theme, its sections, its menu. Forms are guarded by the application's own guard."""

from collections.abc import Callable, Iterator
from functools import partial

from flask import Flask, redirect, request, url_for
from flask_admin import Admin
from flask_admin.theme import Theme
from werkzeug.wrappers import Response as AnyResponse

from admin.claims.figures import ClaimFigures
from admin.claims.view import Claims
from admin.console.applications import Applications
from admin.console.approvals import Approvals
from admin.console.audit import Audit
from admin.console.backtests import Backtests
from admin.console.benefits import Benefits
from admin.console.branding import Branding
from admin.console.certificates import Certificates
from admin.console.clients import Clients
from admin.console.codes import Codes
from admin.console.corrections import Corrections
from admin.console.deposits import Deposits
from admin.console.draws import Draws
from admin.console.exports import Exports
from admin.console.facts import Facts
from admin.console.file_again import FileAgain
from admin.console.file_profiles import FileProfiles
from admin.console.files import Files
from admin.console.filters import Filters
from admin.console.forecasts import Forecasts
from admin.console.funds import Funds
from admin.console.holidays import Holidays
from admin.console.home import Home
from admin.console.jobs import Jobs
from admin.console.liability import LiabilityPage
from admin.console.lists import ListPage
from admin.console.mailings import Mailings
from admin.console.member_import import MemberImport
from admin.console.own_categories import OwnCategories
from admin.console.participants import Participants
from admin.console.partner_import import PartnerImport
from admin.console.partners import Partners
from admin.console.payouts import Payouts
from admin.console.people import People
from admin.console.privacy import Privacy
from admin.console.profile import Profile
from admin.console.programme import ProgrammeTerms
from admin.console.promotion_calendar import PromotionCalendar
from admin.console.promotion_templates import PromotionTemplates
from admin.console.promotions import Promotions
from admin.console.provider import StaffProviders
from admin.console.returns import Returns
from admin.console.rewards import Rewards
from admin.console.roles import Roles
from admin.console.segments import Segments
from admin.console.settlement import SettlementPages
from admin.console.settlement_payments import SettlementPayments
from admin.console.shop_reports import ShopChanges, ShopOrders, ShopRules
from admin.console.shops import Shops
from admin.console.sign_in import door, sign_in_ways
from admin.console.statements import StatementWay
from admin.console.support import Support
from admin.console.suspects import Suspects
from admin.console.tickets import Tickets
from admin.console.tiers import Tiers
from admin.contact_centre.members import Members
from admin.desk import DeskView
from admin.operator.tenants import Tenants
from admin.operator.wizard import Wizard
from coalition.reports.lists import LISTS
from tenants.roles import operates
from tenants.runtime.web import session
from tenants.translations import N_

LIST_ICONS = {
    "all_members": "people",
    "purchases": "basket",
    "redemptions": "gift",
    "cards": "credit-card",
    "messages": "envelope",
}
"""Lists that have a place of their own in the menu; the others stand within the section of what they are about."""
FORM_BYTES_MAX = 1 << 20
"""Of any form; only the page that takes files allows more."""
_MONEY, _MEMBERS, _PROGRAMME = N_("Exchange and money"), N_("Members"), N_("Programme")
_HOUSE = N_("Staff and rights")
_LISTS = N_("Lists")
Section = tuple[Callable[..., DeskView], str, str | None, str, str]


def _lists() -> Iterator[Section]:
    """Lists that are sections of their own: those that have an icon."""
    for register in LISTS:
        if icon := LIST_ICONS.get(register.code):
            made = partial(ListPage, register, icon)
            yield made, register.title, _LISTS, f"desk_{register.code}", f"lists/{register.code}"


SECTIONS: tuple[Section, ...] = (
    (Approvals, N_("Signatures"), None, "desk_approvals", "approvals"),
    (Members, N_("Contact centre"), _MEMBERS, "desk_members", "members"),
    (Files, N_("Bank files"), _MONEY, "desk_files", "files"),
    (FileAgain, N_("Bank files"), _MONEY, "desk_file_again", "files/again"),
    (FileProfiles, N_("File profiles"), _MONEY, "desk_file_profiles", "file-profiles"),
    (Payouts, N_("Payouts"), _MONEY, "desk_payouts", "payouts"),
    (Promotions, N_("Promotions"), _PROGRAMME, "desk_promotions", "promotions"),
    (PromotionCalendar, N_("Promotions"), _PROGRAMME, "desk_calendar", "calendar"),
    (PromotionTemplates, N_("Promotions"), _PROGRAMME, "desk_templates", "templates"),
    (Backtests, N_("Promotions"), _PROGRAMME, "desk_backtests", "backtests"),
    (Forecasts, N_("Promotions"), _PROGRAMME, "desk_forecasts", "forecasts"),
    (SettlementPages, N_("Settlement"), _MONEY, "desk_settlement", "settlement"),
    (SettlementPayments, N_("Settlement"), _MONEY, "desk_settlement_payments", "settlement-payments"),
    (LiabilityPage, N_("Settlement"), _MONEY, "desk_liability", "liability"),
    (StatementWay, N_("Settlement"), _MONEY, "desk_statements", "statements"),
    (Deposits, N_("Deposits"), _MONEY, "desk_deposits", "deposits"),
    (Claims, N_("Claims"), _MEMBERS, "desk_claims", "claims"),
    (ClaimFigures, N_("Claims"), _MEMBERS, "desk_claim_figures", "claims/figures"),
    (Codes, N_("Codes"), _MEMBERS, "desk_codes", "codes"),
    (Benefits, N_("Benefits"), _PROGRAMME, "desk_benefits", "benefits"),
    (Draws, N_("Draws"), _PROGRAMME, "desk_draws", "draws"),
    (Rewards, N_("Rewards"), _PROGRAMME, "desk_rewards", "rewards"),
    (Funds, N_("Funds"), _PROGRAMME, "desk_funds", "funds"),
    (Certificates, N_("Rewards"), _PROGRAMME, "desk_certificates", "certificates"),
    (Partners, N_("Partners"), _PROGRAMME, "desk_partners", "partners"),
    (Participants, N_("Participants"), _PROGRAMME, "desk_participants", "participants"),
    (Applications, N_("Applications of partners"), _PROGRAMME, "desk_applications", "applications"),
    (Tickets, N_("Questions of partners"), _PROGRAMME, "desk_tickets", "questions"),
    (Mailings, N_("Mailings of partners"), _PROGRAMME, "desk_mailings", "mailings"),
    (PartnerImport, N_("Partners"), _PROGRAMME, "desk_partner_import", "partners/import"),
    (Shops, N_("Online shops"), _PROGRAMME, "desk_shops", "shops"),
    (ShopRules, N_("Online shops"), _PROGRAMME, "desk_shop_rules", "shops/rules"),
    (ShopChanges, N_("Online shops"), _PROGRAMME, "desk_shop_changes", "shops/changes"),
    (ShopOrders, N_("Online shops"), _PROGRAMME, "desk_shop_orders", "shops/orders"),
    (ProgrammeTerms, N_("Programme terms"), _PROGRAMME, "desk_programme", "programme"),
    (Tiers, N_("Levels"), _PROGRAMME, "desk_tiers", "tiers"),
    (Holidays, N_("Days off"), _PROGRAMME, "desk_holidays", "holidays"),
    (OwnCategories, N_("Own categories"), _PROGRAMME, "desk_categories", "categories"),
    (Segments, N_("Segments"), _MEMBERS, "desk_segments", "segments"),
    (Facts, N_("Facts of members"), _MEMBERS, "desk_facts", "facts"),
    (MemberImport, N_("New members"), _MEMBERS, "desk_member_import", "new-members"),
    (Corrections, N_("Promotions"), _PROGRAMME, "desk_corrections", "corrections"),
    (Returns, N_("Returns to decide"), _MEMBERS, "desk_returns", "returns"),
    (Suspects, N_("One sale or two"), _MEMBERS, "desk_suspects", "one-or-two"),
    (Privacy, N_("Personal data requests"), _MEMBERS, "desk_privacy", "privacy"),
    *_lists(),
    (Exports, N_("Files of lists"), _LISTS, "desk_exports", "exports"),
    (Filters, N_("Saved filters"), _LISTS, "desk_filters", "filters"),
    (Jobs, N_("Background work"), _MONEY, "desk_jobs", "jobs"),
    (People, N_("People"), _HOUSE, "desk_people", "people"),
    (Roles, N_("Roles"), _HOUSE, "desk_roles", "roles"),
    (StaffProviders, N_("Sign-in by the organisation"), _HOUSE, "desk_provider", "provider"),
    (Clients, N_("Programs of the API"), _HOUSE, "desk_clients", "clients"),
    (Audit, N_("Audit trail"), _HOUSE, "desk_audit", "audit"),
    (Branding, N_("Brand"), _HOUSE, "desk_branding", "branding"),
    (Support, N_("Access for operators"), _HOUSE, "desk_support", "support"),
    (Tenants, N_("Tenants"), None, "desk_tenants", "tenants"),
    (Wizard, N_("Tenants"), None, "desk_opening", "opening"),
    (Profile, N_("My profile"), None, "desk_profile", "profile"),
)
"""Every section in the order of the menu: its view, name, group of the menu, endpoint and address under /desk."""


def install(app: Flask) -> Admin:
    """Add the desk under /desk; the cabinet comes first, because it brings the guard of forms."""
    assert "csrf" in app.extensions, "forms of the desk need their guard"
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES_MAX
    app.register_blueprint(door)
    app.before_request(_to_the_operators)
    theme = Theme(folder="desk", base_template="desk/base.html")
    home = Home(name=N_("Today"), endpoint="desk", url="/desk")
    desk = Admin(app, name="desk", index_view=home, theme=theme)
    app.jinja_env.globals["sign_in_ways"] = sign_in_ways
    for view, name, category, endpoint, url in SECTIONS:
        desk.add_view(view(name=name, category=category, endpoint=endpoint, url=url))
    return desk


def _to_the_operators() -> AnyResponse | None:
    """The operators' own place has no members: its first page is the desk's."""
    if request.path != "/" or not operates(session()):
        return None
    return redirect(url_for("desk.index"), 303)
