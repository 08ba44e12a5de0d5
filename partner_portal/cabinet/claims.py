"""Claims that the company takes part in: for its own sales, and those about which the programme asks it.

Of a claim the sale is shown, with the member under the name that only this company sees, what its people wrote and
added, what they were asked, and where it stands. What the member or the programme's people wrote is not; of a sale that
nobody told its day, its order's number and its sum are, without which nobody could look for it.
"""

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.desk import Answer, Cell, Column, Listing, TakesFiles, asks
from admin.problems import refusal
from coalition.cabinet import claim_words
from coalition.cabinet.claim_files import field_of, kept, sent_files
from coalition.claims import of_partner
from coalition.claims.attaching import FILES_MAX
from coalition.claims.kinds import OF_A_PURCHASE, TITLES, ClaimFacts, Kind
from coalition.claims.models import Claim
from coalition.claims.queries import events_of
from coalition.claims.states import OPEN, State, Verb
from coalition.claims.texts import WORDS_MAX, name_of, remark_of, words_of
from coalition.papers import MEGABYTES_MAX
from coalition.reports.of_partner import seen_as
from coalition.transactions.models import Purchase
from partner_portal.cabinet.base import PortalView
from tenants.parts import Part
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back
from tenants.translations import N_

_LOOKED_INTO = ("wait", "search", N_("Being looked into"))
_STATES: dict[State, tuple[str, str, str]] = claim_words.FOR_STAFF | {
    State.NEW: ("wait", "hourglass-split", N_("Waits its turn")),
    State.TAKEN: _LOOKED_INTO,
    State.ASKED_MEMBER: _LOOKED_INTO,
    State.SIGNING: _LOOKED_INTO,
    State.ASKED_PARTNER: ("note", "chat-left-text", N_("You are asked")),
    State.WITHDRAWN: ("still", "arrow-return-left", N_("Withdrawn")),
}


class Claims(PortalView, TakesFiles):
    """The section of claims."""

    part = Part.CLAIMS
    reads = Permission.PORTAL_CLAIM_READ
    permission = Permission.PORTAL_CLAIM_EDIT
    icon = "chat-left-text"
    upload_megabytes = FILES_MAX * MEGABYTES_MAX + 1

    def waits(self) -> tuple[int, str]:
        """How many claims wait for the company's answer."""
        number = of_partner.asked_of_participant(self.session, self.own)
        return number, ngettext("claim waits for your answer", "claims wait for your answer", number)

    @expose("/")
    def index(self) -> Answer:
        """Those that wait for an answer, then the newest."""
        w = self.visitor.w
        columns = (
            Column[Claim](
                N_("Claim"),
                lambda one: Cell(
                    claim_words.name_of(one),
                    _(TITLES[Kind(one.kind)]),
                    href=url_for(".claim", claim=one.number),
                ),
            ),
            Column[Claim](N_("State"), _state),
            Column[Claim](N_("Opened"), lambda one: Cell(w.moment(one.opened_at)), wide=True),
        )
        found = of_partner.claims_of_participant(self.session, self.own)
        return self.page(
            "portal/claims.html", listing=Listing(columns, found, (), "", None, None, tells_all=True)
        )

    @expose("/<int:claim>")
    def claim(self, claim: int) -> Answer:
        """One claim, as far as it concerns the company."""
        return self._claim_page(of_partner.claim_of_participant(self.session, self.own, claim), {})

    @expose("/<int:claim>/files/<uuid:paper_id>")
    def file(self, claim: int, paper_id: UUID) -> Answer:
        """A file that the company added."""
        found = of_partner.read_own_file(self.session, self.actor, number=claim, file_id=paper_id)
        return kept(found.content, found.media, found.name)

    @expose("/<int:claim>/answer", methods=["POST"])
    def answer(self, claim: int) -> Answer:
        """Answer what was asked, with papers."""
        words = request.form.get("words", "")

        def act() -> None:
            of_partner.answer_as_partner(self.session, self.actor, number=claim, words=words)
            self._attach(claim)

        if (wrong := self._tried(act)) is None:
            flash(_("Your answer is sent. The programme continues with the claim"), "good")
            return redirect(url_for(".claim", claim=claim), 303)
        found = of_partner.claim_of_participant(self.session, self.own, claim)
        return self._claim_page(found, wrong, words), 422

    @expose("/<int:claim>/files", methods=["POST"])
    def add_files(self, claim: int) -> Answer:
        """Add papers to an open claim."""
        of_partner.claim_of_participant(self.session, self.own, claim)
        if (wrong := self._tried(lambda: self._attach(claim))) is None:
            flash(_("The files were added"), "good")
            return redirect(url_for(".claim", claim=claim), 303)
        found = of_partner.claim_of_participant(self.session, self.own, claim)
        return self._claim_page(found, wrong), 422

    @expose("/new/<uuid:sale_id>")
    @asks(Permission.PORTAL_CLAIM_EDIT)
    def new(self, sale_id: UUID) -> Answer:
        """The form of a claim for a sale of the company's own; where there is one that it knows, that one."""
        sale = of_partner.sale_of_participant(self.session, self.own, sale_id)
        known = of_partner.claims_of_sales(self.session, self.own, [sale.id]).get(sale.id)
        if known is not None:
            return redirect(url_for(".claim", claim=known.number), 303)
        return self._new_page(sale, {})

    @expose("/new/<uuid:sale_id>", methods=["POST"])
    def opened(self, sale_id: UUID) -> Answer:
        """Open it."""
        kind = next((one for one in OF_A_PURCHASE if one == request.form.get("kind")), None)
        words = request.form.get("words", "")
        number = 0

        def act() -> None:
            nonlocal number
            if kind is None:
                raise Refusal("claim_kind")
            number = of_partner.open_for_sale(
                self.session, self.actor, purchase_id=sale_id, kind=kind, words=words
            ).number
            self._attach(number)

        if (wrong := self._tried(act)) is None:
            flash(_("The claim is open. Its progress and the answer will appear here"), "good")
            return redirect(url_for(".claim", claim=number), 303)
        sale = of_partner.sale_of_participant(self.session, self.own, sale_id)
        return self._new_page(sale, wrong, kind or "", words), 422

    def _attach(self, number: int) -> None:
        if brought := sent_files():
            of_partner.attach_as_partner(self.session, self.actor, number=number, brought=brought)

    def _tried(self, act: Callable[[], None]) -> dict[str, str] | None:
        """Act; where the answer is no, nothing is done, and this says why at its field."""
        try:
            act()
        except (NotFound, Forbidden):
            raise
        except Refusal as no:
            roll_back()
            return {"kind" if no.code == "claim_kind" else field_of(no): refusal(no)}
        return None

    def _sale(self, sale: Purchase) -> list[tuple[str, str]]:
        """The company's own sale, as its list shows it."""
        w = self.visitor.w
        name = self.partners[sale.partner_id].name if sale.partner_id in self.partners else {}
        return [
            (_("Sale"), w.moment(sale.occurred_at)),
            (_("Partner"), str(name.get(w.lang, ""))),
            (_("Sum"), w.money(sale.amount)),
            (_("Member"), seen_as(self.session, self.own, [sale.member_id])[sale.member_id]),
        ]

    def _told(self, one: Claim) -> list[tuple[str, str]]:
        """The sale that nobody told, as it can be looked for at the company: its day, its order, its sum."""
        told, w = ClaimFacts.model_validate(one.facts), self.visitor.w
        found = [
            (_("When"), w.day(told.day) if told.day else ""),
            (_("Order"), told.order),
            (_("Sum"), w.money(told.amount) if told.amount else ""),
        ]
        return [(name, value) for name, value in found if value]

    def _new_page(self, sale: Purchase, errors: dict[str, str], kind: str = "", words: str = "") -> str:
        return self.page(
            "portal/claim_new.html",
            sale=sale,
            pairs=self._sale(sale),
            kinds={code: _(TITLES[code]) for code in OF_A_PURCHASE},
            kind=kind,
            said=words[:WORDS_MAX],
            errors=errors,
            **_BOUNDS,
        )

    def _claim_page(self, one: Claim, errors: dict[str, str], words: str = "") -> str:
        opened, w = self.session, self.visitor.w
        pairs = [(_("Opened"), w.moment(one.opened_at))]
        if one.purchase_id is not None:
            pairs += self._sale(of_partner.sale_of_participant(opened, self.own, one.purchase_id))
        pairs += self._told(one)
        return self.page(
            "portal/claim.html",
            one=one,
            name=claim_words.name_of(one),
            title=_(TITLES[Kind(one.kind)]),
            state=_state(one),
            pairs=pairs,
            words=words_of(opened, one) if one.opened_by == "partner" else "",
            talk=self._talk(one),
            files=[(row.id, name_of(opened, row)) for row in of_partner.own_files(opened, self.own, one)],
            asked=one.state == State.ASKED_PARTNER,
            open=one.state in OPEN,
            said=words[:WORDS_MAX],
            errors=errors,
            **_BOUNDS,
        )

    def _talk(self, one: Claim) -> list[tuple[str, str, str]]:
        """What the company was asked and has answered: when, which of the two, and the words."""
        w, found = self.visitor.w, []
        for event in events_of(self.session, one):
            if event.verb == Verb.ASK_PARTNER and event.facts.get(of_partner.TOLD):
                found.append((w.moment(event.at), _("The programme asks"), remark_of(self.session, event)))
            elif event.verb == Verb.HEAR_PARTNER:
                found.append((w.moment(event.at), _("Your answer"), remark_of(self.session, event)))
        return found


_BOUNDS = {"files_max": FILES_MAX, "megabytes_max": MEGABYTES_MAX, "words_max": WORDS_MAX}


def _state(one: Claim) -> Cell:
    tone, icon, text = _STATES[State(one.state)]
    return Cell(_(text), tone=tone or "still", icon=icon)
