"""Sales at the partner's own places, the newest first; who bought is masked."""

from uuid import UUID

from flask import request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, Listing
from coalition.cabinet import claim_words
from coalition.claims.models import Claim
from coalition.claims.of_partner import claims_of_sales
from coalition.reports.of_partner import ROWS, Sale, sales
from partner_portal.cabinet.base import PortalView
from tenants.permissions import Permission
from tenants.translations import N_


class Sales(PortalView):
    """The section of sales."""

    reads = Permission.PORTAL_SALE_READ
    icon = "basket"

    @expose("/")
    def index(self) -> Answer:
        """A page of them, on from a key."""
        found = sales(self.session, self.own, self.partners, older=request.args.get("older", type=UUID))
        shown, w = found[:ROWS], self.visitor.w
        columns: tuple[Column[Sale], ...] = (
            Column[Sale](N_("When"), lambda one: Cell(w.moment(one.purchase.occurred_at), one.seller)),
            Column[Sale](N_("Member"), lambda one: Cell(one.member), wide=True),
            Column[Sale](N_("Sum"), lambda one: Cell(w.money(one.purchase.amount)), number=True),
            Column[Sale](
                N_("Given back"),
                lambda one: Cell(w.money(one.back) if one.back else "—"),
                number=True,
                wide=True,
            ),
            Column[Sale](N_("Points at your expense"), lambda one: Cell(w.amount(one.points)), number=True),
        )
        if self.visitor.may(Permission.PORTAL_CLAIM_EDIT):
            known = claims_of_sales(self.session, self.own, [one.purchase.id for one in shown])
            columns += (
                Column[Sale](
                    N_("Wrong?"), lambda one: _claim_cell(one, known.get(one.purchase.id)), wide=True
                ),
            )
        older = url_for(".index", older=shown[-1].purchase.id) if len(found) > ROWS else None
        newest = url_for(".index") if request.args.get("older") else None
        ways = (N_("To the newest"), N_("Older"))
        listing = Listing(columns, shown, (), "", newest, older, ways, tells_all=True)
        return self.page("portal/sales.html", listing=listing)


def _claim_cell(one: Sale, known: Claim | None) -> Cell:
    """The way to the claim about a sale, or to opening one."""
    if known is not None:
        return Cell(claim_words.name_of(known), href=url_for("portal_claims.claim", claim=known.number))
    return Cell(_("Open a claim"), href=url_for("portal_claims.new", sale_id=one.purchase.id))
