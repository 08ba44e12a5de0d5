"""Sales of a till and lines of a bank's file that may be one sale: a person says whether they are."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.console.payouts import tail
from admin.console.returns import merchant_name
from admin.desk import Answer, Cell, Column, DeskView, Listing
from coalition.members.queries import person_of
from coalition.programmes.queries import the_programme
from coalition.transactions.of_orders.actions import decide_order
from coalition.transactions.of_orders.queries import (
    Doubtful,
    doubtful_order,
    doubtful_orders,
    doubtful_orders_count,
)
from coalition.transactions.of_orders.terms import order_terms
from coalition.transactions.two_channels.actions import decide_suspect
from coalition.transactions.two_channels.queries import Suspected, suspect_by_ids, suspects, suspects_count
from coalition.transactions.two_channels.terms import same_sale_terms
from tenants.permissions import Permission
from tenants.runtime.errors import Conflict, NotFound
from tenants.translations import N_

SHOWN = 50
WHY = {
    "several": N_("Several fit equally well"),
    "amount": N_("The sums differ"),
    "time": N_("The times are far apart"),
    "place": N_("The file's seller is not known as this partner"),
    "card": N_("It is not known to be the same card"),
    "reference": N_("The references of the payment differ"),
    "part": N_("The bank's line is only a part of what was paid"),
    "discount": N_("The till took a discount off"),
}
PAYS = {
    "first": N_("the one that was known first keeps its points, and the other one's are taken back"),
    "till": N_("the till's sale keeps its points, and those of the bank's line are taken back"),
    "bank": N_("the bank's line keeps its points, and those of the till's sale are taken back"),
}
ORDER_PAYS = {
    "order": N_("the order's points stand, and those of the purchase are taken back"),
    "sale": N_("the purchase's points stand, and those of the order are taken back"),
    "greater": N_("whichever is worth more points stands, and the other one's are taken back"),
}


class Suspects(DeskView):
    """The section of doubtful sales; the queue empties from its oldest end, so it needs no pages."""

    reads = Permission.DESK_RETURN_READ
    permission = Permission.DESK_LEDGER_ADJUST
    icon = "layers"

    @expose("/")
    def index(self) -> Answer:
        """The queue, oldest first."""
        w = self.visitor.w
        columns = (
            Column[Suspected](N_("At the till"), self._at_till),
            Column[Suspected](
                N_("In the bank's file"),
                lambda one: Cell(w.moment(one.line.occurred_at), sub=merchant_name(self.session, one.line)),
            ),
            Column[Suspected](
                N_("Why it is not certain"), lambda one: Cell(_(WHY[one.suspect.why])), wide=True
            ),
            Column[Suspected](N_("Member"), lambda one: Cell(self._who(one)), wide=True),
            Column[Suspected](
                N_("Sum"), lambda one: Cell(w.money(one.sale.amount), sub=self._other_sum(one)), number=True
            ),
        )
        listing = Listing(columns, suspects(self.session, limit=SHOWN), (), "", None, None)
        doubtful = doubtful_orders(self.session, limit=SHOWN)
        return self.page(
            "suspects.html",
            listing=listing,
            count=suspects_count(self.session),
            orders=Listing(self._of_orders(), doubtful, (), "", None, None) if doubtful else None,
            orders_count=doubtful_orders_count(self.session),
        )

    def _of_orders(self) -> tuple[Column[Doubtful], ...]:
        w = self.visitor.w

        def order(one: Doubtful) -> Cell:
            numbers = {name: getattr(one.row, name) for name in ("member_id", "order_id", "sale_id")}
            href = url_for("desk_suspects.decide_order", **numbers)
            return Cell(w.moment(one.order.ordered_at), sub=one.shop.name, href=href)

        return (
            Column(N_("Order"), order),
            Column(
                N_("Purchase"),
                lambda one: Cell(w.moment(one.sale.occurred_at), sub=merchant_name(self.session, one.sale)),
            ),
            Column(N_("Why it is not certain"), lambda one: Cell(_(WHY[one.row.why or ""])), wide=True),
            Column(N_("Member"), lambda one: Cell(self._named(one.row.member_id)), wide=True),
            Column(
                N_("Sum"),
                lambda one: Cell(w.money(one.order.sale), sub=w.money(one.sale.amount)),
                number=True,
            ),
        )

    @expose("/orders/<uuid:member_id>/<uuid:order_id>/<uuid:sale_id>")
    def decide_order(self, member_id: UUID, order_id: UUID, sale_id: UUID) -> Answer:
        """An order and a purchase beside each other, and what each decision means."""
        one = doubtful_order(self.session, member_id, order_id, sale_id)
        if one is None:
            raise NotFound("suspect_unknown")
        if one.row.decision is not None:
            raise Conflict("suspect_decided", decision=one.row.decision)
        terms = order_terms(the_programme(self.session))
        return self.page(
            "suspect_order.html",
            one=one,
            who=self._named(member_id),
            why=_(WHY[one.row.why or ""]),
            place=merchant_name(self.session, one.sale),
            pays=_(ORDER_PAYS[terms.pays]) if terms else "",
        )

    @expose("/orders/<uuid:member_id>/<uuid:order_id>/<uuid:sale_id>", methods=["POST"])
    def decided_order(self, member_id: UUID, order_id: UUID, sale_id: UUID) -> Answer:
        """Decide about them."""
        said = request.form.get("decision")
        if said not in ("same", "two"):
            raise NotFound("decision_unknown")
        numbers = {"member_id": member_id, "order_id": order_id, "sale_id": sale_id}
        decide_order(self.session, self.actor, same=said == "same", **numbers)
        return _done(said == "same")

    @expose("/<uuid:member_id>/<uuid:sale_id>/<uuid:line_id>")
    def decide(self, member_id: UUID, sale_id: UUID, line_id: UUID) -> Answer:
        """Both beside each other, and what each decision means."""
        one = suspect_by_ids(self.session, member_id, sale_id, line_id)
        if one is None:
            raise NotFound("suspect_unknown")
        if one.suspect.decision is not None:
            raise Conflict("suspect_decided", decision=one.suspect.decision)
        terms = same_sale_terms(the_programme(self.session))
        return self.page(
            "suspect.html",
            one=one,
            who=self._who(one),
            why=_(WHY[one.suspect.why]),
            places=[merchant_name(self.session, sale) for sale in (one.sale, one.line)],
            pays=_(PAYS[terms.pays]) if terms else "",
        )

    @expose("/<uuid:member_id>/<uuid:sale_id>/<uuid:line_id>", methods=["POST"])
    def decided(self, member_id: UUID, sale_id: UUID, line_id: UUID) -> Answer:
        """Decide."""
        said = request.form.get("decision")
        if said not in ("same", "two"):
            raise NotFound("decision_unknown")
        decide_suspect(
            self.session,
            self.actor,
            member_id=member_id,
            sale_id=sale_id,
            line_id=line_id,
            same=said == "same",
        )
        return _done(said == "same")

    def _at_till(self, one: Suspected) -> Cell:
        row = one.suspect
        address = url_for(
            "desk_suspects.decide", member_id=row.member_id, sale_id=row.sale_id, line_id=row.line_id
        )
        moment = self.visitor.w.moment(one.sale.occurred_at)
        return Cell(moment, sub=merchant_name(self.session, one.sale), href=address)

    def _other_sum(self, one: Suspected) -> str:
        """The line's sum, where it is another."""
        return self.visitor.w.money(one.line.amount) if one.line.amount != one.sale.amount else ""

    def _who(self, one: Suspected) -> str:
        return self._named(one.suspect.member_id)

    def _named(self, member_id: UUID) -> str:
        """The member's name for those who may see it; else the end of the number."""
        if not self.visitor.may(Permission.DESK_MEMBER_READ):
            return tail(member_id)
        try:
            return person_of(self.session, member_id).name
        except NotFound:
            return tail(member_id)


def _done(same: bool) -> Answer:
    flash(_("It is one sale now, and pays once") if same else _("They are two sales, and both pay"), "good")
    return redirect(url_for("desk_suspects.index"), 303)
