"""Operations on a member's card by hand: found as at a till, a purchase or a return entered, a card activated or given.

The section is there for whom a role lets operate; what the company may enter is let by two people of the programme.
"""

from uuid import UUID

from flask import request
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer
from coalition.cards.queries import cards_of
from coalition.members.phones import REGIONS
from coalition.partners.by_hand import Limits
from coalition.partners.queries import outlet_by_id
from coalition.transactions.by_hand.actions import require_let, require_new_number, require_within
from coalition.transactions.by_hand.models import HandOperation, What
from coalition.transactions.by_hand.queries import (
    OwnSale,
    entered_by_company,
    own_sale,
)
from coalition.transactions.sales import points_given_back, points_moved, points_paid
from partner_portal.api.v1.codes import Sent
from partner_portal.cabinet import by_hand, card_words, hand_forms
from partner_portal.cabinet.card_pages import NUMBER_MOST, CardPages
from partner_portal.cabinet.hand_forms import Drafted, Found, Opened
from tenants.branding.web import branding_of
from tenants.runtime import clock
from tenants.runtime.errors import Refusal
from tenants.runtime.ids import new_id
from tenants.staff import staff_by_id


class Card(CardPages):
    """The section of operations by hand."""

    @expose("/")
    def index(self) -> Answer:
        """The field that finds a member, that of a return, and what was entered before."""
        return self.index_page({}, {})

    @expose("/find", methods=["POST"])
    def find(self) -> Answer:
        """Find a member, as a till does."""
        written = request.form.get("handle", "")[: by_hand.HANDLE_MOST]
        region = REGIONS[branding_of(self.session).language]

        def act() -> Found:
            require_let(self.session, self.actor)
            return by_hand.find(self.till_call(), written, region)

        found = self.tried(act, lambda wrong, status: (self.index_page({"handle": written}, wrong), status))
        return found if not isinstance(found, Found) else self.member_page(found, {}, {})

    @expose("/quote", methods=["POST"])
    def quote(self) -> Answer:
        """What a purchase would give, with the reasons, before it is made."""
        form = {
            name: request.form.get(name, "").strip()[:60] for name in ("outlet", "amount", "number", "points")
        }
        person, found = self.actor, self.found_sent()

        def act() -> Drafted:
            drafted = self.drafted(found, form)
            require_within(self.session, person, what=What.SALE, amount=drafted.amount)
            require_new_number(self.session, person, drafted.number)
            by_hand.quote(self.till_call(), drafted)
            return drafted

        one = self.tried(act, lambda wrong, status: (self.member_page(found, form, wrong), status))
        return one if not isinstance(one, Drafted) else self.quote_page(one, None, {})

    @expose("/code", methods=["POST"])
    def code(self) -> Answer:
        """Send the member the code by which she lets points pay for the purchase."""
        one = self.draft_sent()
        sent = self.tried(
            lambda: by_hand.code_for(self.till_call(), one),
            lambda wrong, status: (self.quote_page(one, None, wrong), status),
        )
        return self.quote_page(one, sent, {}) if isinstance(sent, Sent) else sent

    @expose("/sell", methods=["POST"])
    def sell(self) -> Answer:
        """Make the purchase, once."""
        one, code = self.draft_sent(), self.code_sent()
        sent = Sent.model_construct(code_id=code.code_id, demo_code=None) if code else None
        return self.entered(
            lambda: by_hand.sell(self.till_call(), one, code),
            lambda wrong, status: (self.quote_page(one, sent, wrong), status),
        )

    @expose("/activate", methods=["POST"])
    def activate(self) -> Answer:
        """Let the card that was found be used."""
        found, key = hand_forms.found_in(self.session, self.actor, request.form.get("sealed", ""))
        return self.entered(
            lambda: by_hand.activate_card(
                self.till_call(), found, key=key, outlet_id=self.chosen_outlet().id
            ),
            lambda wrong, status: (self.member_page(found, self.chosen(), wrong), status),
        )

    @expose("/give", methods=["POST"])
    def give(self) -> Answer:
        """Give the member one more card: first the code goes out, then the card is given."""
        found, key = hand_forms.found_in(self.session, self.actor, request.form.get("sealed", ""))
        form = self.chosen() | {"card": request.form.get("card", "").replace(" ", "")[:19]}

        def refused(wrong: dict[str, str], status: int) -> Answer:
            return self.give_page(found, form, None, wrong), status

        if request.form.get("step") == "code":
            sent = self.tried(lambda: by_hand.code_for_card(self.till_call(), found), refused)
            return self.give_page(found, form, sent, {}) if isinstance(sent, Sent) else sent
        code = self.code_sent()
        sent_before = Sent.model_construct(code_id=code.code_id, demo_code=None) if code else None

        def no(wrong: dict[str, str], status: int) -> Answer:
            return self.give_page(found, form, sent_before, wrong), status

        return self.entered(
            lambda: by_hand.give_card(
                self.till_call(),
                found,
                key=key,
                outlet_id=self.chosen_outlet().id,
                number=form["card"],
                code=code,
            ),
            no,
        )

    @expose("/back", methods=["POST"])
    def back(self) -> Answer:
        """A sale of the company's own by its number, and the form that brings it back."""
        number = request.form.get("sale", "").strip()[:NUMBER_MOST]

        def act() -> OwnSale:
            require_let(self.session, self.actor)
            return own_sale(self.session, self.own, number)

        sale = self.tried(act, lambda wrong, status: (self.index_page({"sale": number}, wrong), status))
        if not isinstance(sale, OwnSale):
            return sale
        return self.back_page(sale, Opened(clock.now(), [number, new_id()]), {}, {})

    @expose("/return", methods=["POST"])
    def bring_back(self) -> Answer:
        """Bring it back, once."""
        one = self.back_sent()
        number, key = one.values
        form = self.chosen() | {"amount": request.form.get("amount", "").strip()[:60]}

        def act() -> HandOperation:
            sale, outlet = own_sale(self.session, self.own, number), self.chosen_outlet()
            if outlet.partner_id != sale.purchase.partner_id:
                raise Refusal("hand_outlet_other")
            told = {"outlet_id": outlet.id, "outlet": outlet.code, "number": number}
            return by_hand.bring_back(
                self.till_call(), key=UUID(key), amount=self.money_of(form["amount"]), **told
            )

        def refused(wrong: dict[str, str], status: int) -> Answer:
            sale = own_sale(self.session, self.own, number)
            return self.back_page(sale, one, form, wrong), status

        return self.entered(act, refused)

    @expose("/done/<uuid:key>")
    def done(self, key: UUID) -> Answer:
        """What was entered: its number, what it gave or took, and nothing that the member has since."""
        one, w = entered_by_company(self.session, self.own, key), self.visitor.w
        let = self.tried(
            lambda: require_let(self.session, self.actor),
            lambda wrong, status: (self.index_page({}, wrong), status),
        )
        if not isinstance(let, Limits):
            return let
        moved = 0 if one.what == What.CARD else points_moved(self.session, one.member_id, one.cause_id)
        paid = points_paid(self.session, one.member_id, one.cause_id) if one.what == What.SALE else 0
        back = points_given_back(self.session, one.member_id, one.cause_id) if one.what == What.RETURN else 0
        cards = cards_of(self.session, one.member_id) if one.what == What.CARD else ()
        return self.page(
            "portal/card_done.html",
            one=one,
            card=next((card for card in cards if card.id == one.cause_id), None),
            title=_(card_words.DONE[one.what]),
            outlet=self.called(outlet_by_id(self.session, one.outlet_id)),
            person=staff_by_id(self.session, one.staff_id).name,
            moved=w.points(moved, signed=True) if moved else "",
            back=w.points(back, signed=True) if back else "",
            paid=w.points(-paid, signed=True) if paid else "",
        )
