"""What pages of operations by hand share: what a form has sent, why it was refused, and how each page is drawn."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from admin.desk import Answer, Cell, Column, Listing
from coalition.cabinet.kinds.base import read_units
from coalition.cards.models import CardState
from coalition.partners.by_hand import limits_of
from coalition.partners.models import Outlet
from coalition.partners.queries import outlet_by_id, outlets_of_participant
from coalition.programmes.queries import programme_by_id
from coalition.redemption.paying import terms_of
from coalition.transactions.by_hand.actions import require_open_outlet
from coalition.transactions.by_hand.models import HandOperation, What
from coalition.transactions.by_hand.queries import OwnSale, latest_of_company
from partner_portal.api.operations import Call
from partner_portal.api.v1.codes import Given as CodeGiven
from partner_portal.api.v1.codes import Sent
from partner_portal.api.v1.members import balance, member_of
from partner_portal.cabinet import by_hand, card_words, hand_forms
from partner_portal.cabinet.base import PortalView
from partner_portal.cabinet.hand_forms import Drafted, Found, Opened
from tenants.branding import formats
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.staff import staff_by_id
from tenants.translations import N_

NUMBER_MOST = 40
Done = TypeVar("Done")


class CardPages(PortalView):
    """A section of operations by hand."""

    reads = Permission.PORTAL_CARD_OPERATE
    permission = Permission.PORTAL_CARD_OPERATE
    icon = "credit-card"

    def till_call(self) -> Call:
        """The person, where a till would call."""
        return by_hand.call_of(self.session, self.actor, self.visitor.w.lang)

    def found_sent(self) -> Found:
        """The member whom the form is about."""
        return hand_forms.found_in(self.session, self.actor, request.form.get("sealed", ""))[0]

    def back_sent(self) -> Opened:
        """The sale's number and the key of the form that brings it back."""
        return hand_forms.opened(self.session, self.actor, "back", request.form.get("sealed", ""))

    def draft_sent(self) -> Drafted:
        """The sale that the form confirms."""
        return hand_forms.draft_in(self.session, self.actor, request.form.get("sealed", ""))

    def tried(
        self, act: Callable[[], Done], refused: Callable[[dict[str, str], int], Answer]
    ) -> Done | Answer:
        """What it gives; where the answer is no, nothing is done, and the page says why at its field."""
        try:
            return act()
        except Forbidden:
            raise
        except Refusal as no:
            roll_back()
            wrong = {card_words.FIELDS.get(no.code, "amount"): card_words.sentence(no, self.visitor.w)}
            return refused(wrong, no.status)

    def entered(
        self, act: Callable[[], HandOperation], refused: Callable[[dict[str, str], int], Answer]
    ) -> Answer:
        """Enter it, and show what was done; where the answer is no, the page that says why."""
        one = self.tried(act, refused)
        if not isinstance(one, HandOperation):
            return one
        flash(_("Entered"), "good")
        return redirect(url_for(".done", key=one.id), 303)

    def drafted(self, found: Found, form: Mapping[str, str]) -> Drafted:
        """The sale that a form describes; Refusal("hand_number") and what its parts raise."""
        outlet = self.chosen_outlet()
        if not form["number"].isprintable() or len(form["number"]) > NUMBER_MOST:
            raise Refusal("hand_number")
        points = self._units(form["points"], self.visitor.w.scale) if form["points"] else 0
        return by_hand.draft(
            self.till_call(),
            found,
            outlet_id=outlet.id,
            outlet=outlet.code,
            number=form["number"],
            amount=self.money_of(form["amount"]),
            points=points,
        )

    def chosen_outlet(self) -> Outlet:
        """The outlet that was chosen: the company's own, and open."""
        chosen = request.form.get("outlet", "")
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
            raise NotFound("outlet_unknown")
        return require_open_outlet(self.session, self.actor, int(chosen))

    def chosen(self) -> dict[str, str]:
        """The outlet as it was chosen, for a form that is drawn anew."""
        return {"outlet": request.form.get("outlet", "")[:10]}

    def money_of(self, text: str) -> int:
        """Money as it was typed, in minor units; Refusal("amount_invalid") for none."""
        found = self._units(text, self.visitor.w.exponent)
        if not found:
            raise Refusal("amount_invalid")
        return found

    def _units(self, text: str, digits: int) -> int:
        return read_units(text, digits, self.visitor.w)

    def code_sent(self) -> CodeGiven | None:
        """The code as it was typed, with which it is."""
        typed = "".join(request.form.get("code", "").split())[:12]
        try:
            number = UUID(request.form.get("code_id", ""))
        except ValueError:
            return None
        return CodeGiven(code_id=number, code=typed) if typed else None

    def _outlets(self, partner_id: int | None = None) -> list[tuple[int, str]]:
        found = outlets_of_participant(self.session, self.own)
        return [(one.id, self.called(one)) for one in found if partner_id in (None, one.partner_id)]

    def called(self, outlet: Outlet) -> str:
        """What an outlet is called."""
        return str(outlet.name.get(self.visitor.w.lang) or outlet.code)

    def sum_of(self, one: HandOperation) -> Cell:
        """What came in, or with a minus went back."""
        minor = -one.amount if one.what == What.RETURN else one.amount
        return Cell(self.visitor.w.money(minor) if minor else "—")

    def index_page(self, form: Mapping[str, str], errors: dict[str, str]) -> str:
        """The first page."""
        w, limits = self.visitor.w, limits_of(self.owner)
        may = limits is not None and self.owner.left_at is None
        latest = latest_of_company(self.session, self.own)
        outlets = {
            number: self.called(outlet_by_id(self.session, number))
            for number in {one.outlet_id for one in latest}
        }
        people = {
            number: staff_by_id(self.session, number).name for number in {one.staff_id for one in latest}
        }
        columns: Sequence[Column[HandOperation]] = (
            Column(
                N_("When"),
                lambda one: Cell(w.moment(one.at), href=url_for(".done", key=one.id) if may else ""),
            ),
            Column(N_("What"), lambda one: Cell(_(card_words.DONE[one.what]), one.number)),
            Column(N_("Sum"), self.sum_of, number=True),
            Column(N_("Outlet"), lambda one: Cell(outlets[one.outlet_id]), wide=True),
            Column(N_("Who entered it"), lambda one: Cell(people[one.staff_id]), wide=True),
        )
        return self.page(
            "portal/card.html",
            form={"handle": "", "sale": "", **form},
            errors=errors,
            limits=limits,
            listing=Listing(columns, latest, (), "", None, None, tells_all=True),
            handle_most=by_hand.HANDLE_MOST,
            number_most=NUMBER_MOST,
        )

    def member_page(self, found: Found, form: Mapping[str, str], errors: dict[str, str]) -> str:
        """The page of a member that was found."""
        call = self.till_call()
        member = member_of(self.session, call.caller, found.member_id)
        return self.page(
            "portal/card_member.html",
            **self._who(found),
            has=balance(self.session, member),
            pays=terms_of(programme_by_id(self.session, member.programme_id)) is not None,
            issued=found.state is CardState.ISSUED,
            outlets=self._outlets(),
            form={"outlet": "", "amount": "", "number": "", "points": "", **form},
            errors=errors,
            number_most=NUMBER_MOST,
        )

    def quote_page(self, one: Drafted, sent: Sent | None, errors: dict[str, str]) -> str:
        """What a sale gives, and the form that confirms it."""
        return self.page(
            "portal/card_quote.html",
            **self._who(one.found),
            one=one,
            outlet=self.called(outlet_by_id(self.session, one.outlet_id)),
            quoted=by_hand.quote(self.till_call(), one),
            sealed_sale=hand_forms.seal_draft(self.session, self.actor, one),
            sent=sent,
            errors=errors,
        )

    def give_page(
        self, found: Found, form: Mapping[str, str], sent: Sent | None, errors: dict[str, str]
    ) -> str:
        """The form of one more card."""
        return self.page(
            "portal/card_give.html",
            **self._who(found),
            outlets=self._outlets(),
            form=form,
            sent=sent,
            errors=errors,
        )

    def back_page(self, sale: OwnSale, one: Opened, form: Mapping[str, str], errors: dict[str, str]) -> str:
        """A sale, and the form that brings it back; whose it is is not told, by no name."""
        w, row = self.visitor.w, sale.purchase
        return self.page(
            "portal/card_back.html",
            number=one.values[0],
            sale=sale,
            sealed=hand_forms.sealed(self.session, self.actor, "back", one.since, *one.values),
            outlets=self._outlets(row.partner_id),
            form={"outlet": "", "amount": formats.amount(sale.left, w.exponent, w.lang), **form},
            errors=errors,
        )

    def _who(self, found: Found) -> dict[str, str]:
        """The member as a till sees her: by what she was found, and no name.

        That which the company's sales and reports have for her would join them to the phone that was typed.
        """
        return {
            "found": card_words.found_words(found.kind, found.ending),
            "sealed": hand_forms.seal_found(self.session, self.actor, found),
        }
