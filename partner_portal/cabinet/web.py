"""The partner's place in an application: the form of those who apply, and its sections beside the desk's."""

from flask import Flask
from flask_admin import Admin

from partner_portal.cabinet.card import Card
from partner_portal.cabinet.claims import Claims
from partner_portal.cabinet.fund import FundPages
from partner_portal.cabinet.home import PortalHome
from partner_portal.cabinet.join import join
from partner_portal.cabinet.outlets import OutletImport, Outlets
from partner_portal.cabinet.people import People
from partner_portal.cabinet.plan import CommunicationsPlan
from partner_portal.cabinet.programs import Programs
from partner_portal.cabinet.promotions import OwnForecasts, Promotions, Templates
from partner_portal.cabinet.reports import Reports
from partner_portal.cabinet.sales import Sales
from partner_portal.cabinet.tickets import Tickets
from tenants.translations import N_

_GROUP = N_("Our company")
SECTIONS = (
    (PortalHome, N_("Our figures"), "portal", "own"),
    (Sales, N_("Sales"), "portal_sales", "own/sales"),
    (Reports, N_("Reports"), "portal_reports", "own/reports"),
    (Card, N_("Operations by hand"), "portal_card", "own/card"),
    (Claims, N_("Claims"), "portal_claims", "own/claims"),
    (Promotions, N_("Our promotions"), "portal_promotions", "own/promotions"),
    (Templates, N_("Our promotions"), "portal_templates", "own/templates"),
    (OwnForecasts, N_("Our promotions"), "portal_forecasts", "own/forecasts"),
    (CommunicationsPlan, N_("Communications plan"), "portal_plan", "own/plan"),
    (FundPages, N_("Our fund"), "portal_fund", "own/fund"),
    (Outlets, N_("Outlets and tills"), "portal_outlets", "own/outlets"),
    (OutletImport, N_("Outlets and tills"), "portal_outlet_import", "own/outlets-import"),
    (Programs, N_("Programs of the API"), "portal_programs", "own/programs"),
    (Tickets, N_("Questions"), "portal_tickets", "own/questions"),
    (People, N_("Our people"), "portal_people", "own/people"),
)
"""Every section in the order of the menu: its view, name, endpoint and address under /desk."""


def install(app: Flask, desk: Admin) -> None:
    """Add the form to the application and the sections to its desk, where people of participants see them alone."""
    app.register_blueprint(join)
    for view, name, endpoint, url in SECTIONS:
        desk.add_view(view(name=name, category=_GROUP, endpoint=endpoint, url=url))
    desk._menu.insert(1, desk._menu.pop())  # whoever sees the group begins there
