"""The fund's own page: what was given to it, what it gathers for, and what was transferred; nothing of who gave."""

from flask_admin import expose

from admin.desk import Answer, Cell, Column, Listing
from charity.queries import Gathered, Gift, Transferred, campaigns, funds_of, gifts_of, transfers_to
from partner_portal.cabinet.base import PortalView
from tenants.parts import Part, switched_off
from tenants.permissions import Permission
from tenants.translations import N_

STATES = {"waiting": N_("waits to be sent"), "sent": N_("on its way"), "paid": N_("transferred")}


class FundPages(PortalView):
    """The section of a participant that is a fund; others do not see it in their menu."""

    part = Part.CHARITY
    reads = Permission.PORTAL_FUND_READ
    icon = "heart"

    def is_visible(self) -> bool:
        """Whether the participant is a fund of this tenant, and charity is on."""
        own = self.actor.participant_id
        return (
            own is not None
            and Part.CHARITY not in switched_off(self.session)
            and bool(funds_of(self.session, own))
        )

    @expose("/")
    def index(self) -> Answer:
        """Every fund of the participant's."""
        w = self.visitor.w

        def said(name: dict[str, str]) -> str:
            return name.get(w.lang) or next(iter(name.values()), "")

        gathered = (
            Column[Gathered](N_("Collection"), lambda one: Cell(said(one.campaign.name))),
            Column[Gathered](
                N_("Goal"), lambda one: Cell(w.points(one.campaign.goal)), number=True, wide=True
            ),
            Column[Gathered](
                N_("Collected"), lambda one: Cell(w.points(one.points), w.money(one.minor)), number=True
            ),
            Column[Gathered](N_("Until"), lambda one: Cell(w.short_day(one.campaign.ends_on))),
        )
        gifts = (
            Column[Gift](N_("When"), lambda one: Cell(w.moment(one.at))),
            Column[Gift](N_("Collection"), lambda one: Cell(said(one.campaign.name)), wide=True),
            Column[Gift](N_("Sum"), lambda one: Cell(w.money(one.minor), w.points(one.points)), number=True),
            Column[Gift](N_("State"), lambda one: Cell(self.said(STATES.get(one.state, one.state)))),
        )
        transfers = (
            Column[Transferred](
                N_("Register"), lambda one: Cell(w.number(one.number), w.moment(one.made_at))
            ),
            Column[Transferred](N_("Sent"), lambda one: Cell(w.money(one.sent)), number=True),
            Column[Transferred](N_("Paid"), lambda one: Cell(w.money(one.paid)), number=True),
            Column[Transferred](
                N_("When"), lambda one: Cell(w.moment(one.paid_at) if one.paid_at else "—"), wide=True
            ),
        )
        everything = campaigns(self.session, None)
        shown = [
            (
                said(fund.name),
                Listing(gathered, [one for one in everything if one.fund.id == fund.id], (), "", None, None),
                Listing(transfers, transfers_to(self.session, fund.id), (), "", None, None),
                Listing(gifts, gifts_of(self.session, fund.id), (), "", None, None),
            )
            for fund in funds_of(self.session, self.own)
        ]
        return self.page("portal/fund.html", shown_funds=shown)
