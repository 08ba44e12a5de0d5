"""The partner's own outlets, which its people keep, and tills, which the programme's back office keeps."""

from flask import redirect, url_for
from flask_admin import expose

from admin.console.outlets import OutletPages
from admin.console.partner_import import PartnerImport
from admin.desk import Answer
from coalition.partners.importing import OWN_COLUMNS
from coalition.partners.models import Outlet, Partner
from coalition.partners.queries import outlet_by_code, partner_by_code, terminals_of
from partner_portal.cabinet.base import PortalView
from tenants.permissions import Permission
from tenants.runtime.errors import NotFound

TERMINALS_SHOWN = 200


class OutletImport(PortalView, PartnerImport):
    """Outlets of the company's own partners from a file: all rows or none."""

    reads = permission = Permission.PORTAL_OUTLET_EDIT
    within = "portal_outlets"
    upload_megabytes = 2
    home, columns, whole = "portal_outlets.index", OWN_COLUMNS, True
    begins = ("index", "look", "make")

    def sample_partner(self) -> str:
        """One of its own."""
        return next((one.code for one in self.partners.values()), "")


class Outlets(PortalView, OutletPages):
    """The section of outlets."""

    reads = Permission.PORTAL_OUTLET_READ
    permission = Permission.PORTAL_OUTLET_EDIT
    icon = "shop"
    begins = ("new_outlet", "add_outlet")

    @expose("/")
    def index(self) -> Answer:
        """The partners of the company; where there is one, it at once."""
        found = list(self.partners.values())
        if len(found) == 1:
            return redirect(url_for(".partner", code=found[0].code), 303)
        return self.page("portal/outlets.html", found=[(one.code, self.called(one)) for one in found])

    @expose("/code/<code>")
    def partner(self, code: str) -> Answer:
        """One partner: its outlets and tills."""
        one = self.partner_named(code)
        tills = terminals_of(self.session, one.id, limit=TERMINALS_SHOWN + 1)
        return self.page(
            "portal/partner.html",
            one=one,
            name=self.called(one),
            several=len(self.partners) > 1,
            outlets=self.outlets_of(one),
            tills=tills[:TERMINALS_SHOWN],
            more=len(tills) > TERMINALS_SHOWN,
        )

    def partner_named(self, code: str) -> Partner:
        """The company's own; NotFound("partner_unknown") for anybody else's."""
        found = partner_by_code(self.session, code)
        if found.id not in self.partners:
            raise NotFound("partner_unknown")
        return found

    def outlet_named(self, code: str) -> Outlet:
        """The company's own; NotFound("outlet_unknown") for anybody else's."""
        found = outlet_by_code(self.session, code)
        if found.partner_id not in self.partners:
            raise NotFound("outlet_unknown")
        return found
