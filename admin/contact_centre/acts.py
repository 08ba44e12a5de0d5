"""What is done for a member: points of goodwill, a card blocked or replaced, a link or a certificate sent, a note.

Each moves points or a card only after a page that tells what was and what will be.
"""

from uuid import UUID, uuid4

from flask import flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.contact_centre.page import MemberView
from admin.contact_centre.rows import BLOCKED
from admin.desk import Answer, asks
from admin.problems import refusal
from coalition.cabinet.kinds.base import card_digits, read_points
from coalition.cabinet.visit import Visit
from coalition.cards.actions import block_card, replace_card
from coalition.cards.models import BlockReason, Card
from coalition.cards.queries import number_of
from coalition.care.actions import NOTE_MOST, grant_points, note, undo_grant
from coalition.care.queries import Room, goodwill_by_id, room_for
from coalition.care.sending import send_certificate, send_link
from coalition.care.terms import goodwill_terms, payer_of
from coalition.ledger.queries import balance_of
from coalition.programmes.terms import NEVER, expires_on
from tenants.permissions import Permission
from tenants.runtime.errors import Forbidden, NotFound, Refusal
from tenants.runtime.web import roll_back

_CARDS = {
    "what": {
        "block": (Permission.DESK_MEMBER_READ, Permission.DESK_CARD_BLOCK),
        "replace": (Permission.DESK_MEMBER_READ, Permission.DESK_CARD_EDIT),
    }
}


class Acts(MemberView):
    """Pages of one question each; `members.Members` is the section that has them."""

    @expose("/<uuid:member_id>/points")
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_POINTS_GRANT)
    def points(self, member_id: UUID) -> Answer:
        """Ask how many, and why."""
        return self._points(self.visit(member_id), {"points": "", "reason": "", "words": ""})

    @expose("/<uuid:member_id>/points", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_POINTS_GRANT)
    def given(self, member_id: UUID) -> Answer:
        """Ask once more with what was and what will be; at the second press, give."""
        visit = self.visit(member_id)
        form = {name: request.form.get(name, "").strip() for name in ("points", "reason", "words", "request")}
        try:
            points = read_points(form["points"], visit.w)
            key = UUID(form["request"])
            if request.form.get("do") != "give":
                return self._asked(visit, form, points)
            row = grant_points(
                visit.session,
                self.actor,
                member_id=member_id,
                points=points,
                reason=form["reason"],
                words=form["words"],
                request=key,
            )
        except ValueError:
            raise NotFound("request_unknown") from None
        except Forbidden:
            raise
        except Refusal as no:
            roll_back()
            again = self.visit(member_id)
            if no.code == "request_reused":
                form["request"] = ""  # what is typed now is another grant
            return self._points(again, form, {_field(no): self._why(no, again)}), 422
        flash(_("Given: %(points)s", points=visit.w.points(row.points)), "good")
        return self._home(member_id)

    def _asked(self, visit: Visit, form: dict[str, str], points: int) -> Answer:
        """The question with before and after; what passes a limit is told here already."""
        terms, room = goodwill_terms(visit.programme), self._room(visit)
        if points < 1:
            raise Refusal("goodwill_points")
        if form["reason"] not in terms.reasons:
            raise Refusal("goodwill_reason")
        if points > room.most:
            code = min(zip(room, ("per_grant", "per_month", "per_day"), strict=True))[1]
            raise Refusal(f"goodwill_{code}", most=room.most)
        balance, w = balance_of(visit.session, visit.member_id), visit.w
        repaid = min(points, balance.debt)
        last = expires_on(visit.programme, w.today)
        title = terms.reasons[form["reason"]]
        pairs = [
            (_("Available now"), w.points(balance.available)),
            *([(_("Pays the debt"), w.points(repaid))] if repaid else []),
            (_("Available then"), w.points(balance.available + points - repaid)),
            (_("Can be spent until"), _("no last day") if last == NEVER else w.written_day(last)),
            (_("Who pays"), visit.said(payer_of(visit.session, terms).name)),
            (_("Reason"), title.ru if w.lang == "ru" else title.en),
        ]
        return self.page(
            "member_points.html",
            w=w,
            member_id=visit.member_id,
            form=form,
            asked=points,
            pairs=pairs,
            room=room,
            choices={},
        )

    def _points(self, visit: Visit, form: dict[str, str], errors: dict[str, str] | None = None) -> str:
        terms, w = goodwill_terms(visit.programme), visit.w
        choices = {code: one.ru if w.lang == "ru" else one.en for code, one in terms.reasons.items()}
        return self.page(
            "member_points.html",
            w=w,
            member_id=visit.member_id,
            form={**form, "request": form.get("request") or str(uuid4())},
            asked=None,
            room=self._room(visit),
            choices=choices,
            errors=errors or {},
        )

    def _room(self, visit: Visit) -> Room:
        return room_for(
            visit.session,
            goodwill_terms(visit.programme),
            visit.programme.scale,
            member_id=visit.member_id,
            staff_id=self.actor.id,
            day=visit.w.today,
        )

    def _why(self, no: Refusal, visit: Visit) -> str:
        """A refusal, with what may be given and who can give more."""
        most = visit.w.points(int(no.facts.get("most", 0)))
        who = _("More is given by a decision on a claim")
        match no.code:
            case "goodwill_per_grant":
                return f"{_('At most %(most)s at once', most=most)}. {who}"
            case "goodwill_per_month":
                return f"{_('This month she may still be given %(most)s', most=most)}. {who}"
            case "goodwill_per_day":
                return f"{_('Today you may still give %(most)s', most=most)}. {who}"
        return refusal(no)

    @expose("/<uuid:member_id>/points/<uuid:goodwill_id>/undo")
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_POINTS_GRANT)
    def undo(self, member_id: UUID, goodwill_id: UUID) -> Answer:
        """What taking a grant back means."""
        visit = self.visit(member_id)
        row, balance = (
            goodwill_by_id(self.session, member_id, goodwill_id),
            balance_of(self.session, member_id),
        )
        w = visit.w
        after = balance.available - row.points
        pairs = [
            (_("Available now"), w.points(balance.available)),
            (_("Available then"), w.points(max(after, 0))),
            *([(_("Becomes a debt"), w.points(-after))] if after < 0 else []),
        ]
        return self._question(
            visit,
            _("Take back %(points)s of goodwill?", points=w.points(row.points)),
            pairs,
            _("Take back %(points)s", points=w.points(row.points)),
            "bad",
        )

    @expose("/<uuid:member_id>/points/<uuid:goodwill_id>/undo", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_POINTS_GRANT)
    def undone(self, member_id: UUID, goodwill_id: UUID) -> Answer:
        """Take it back."""
        visit = self.visit(member_id)
        row = undo_grant(self.session, self.actor, member_id=member_id, goodwill_id=goodwill_id)
        flash(_("Taken back: %(points)s", points=visit.w.points(row.points)), "good")
        return self._home(member_id)

    @expose("/<uuid:member_id>/cards/<uuid:card_id>/<what>")
    @asks(
        Permission.DESK_MEMBER_READ,
        what={
            "block": [Permission.DESK_MEMBER_READ, Permission.DESK_CARD_BLOCK],
            "replace": [Permission.DESK_MEMBER_READ, Permission.DESK_CARD_EDIT],
        },
    )
    def card(self, member_id: UUID, card_id: UUID, what: str) -> Answer:
        """What blocking or replacing a card means."""
        visit, card = self.visit(member_id), self._card(member_id, card_id, what)
        end = card_digits(card.last_four)
        if what == "block":
            title, button = _("Block the card %(end)s?", end=end), _("Block the card")
            pairs = [(_("Now"), _("The card works")), (_("Then"), _("Tills refuse it. The points stay hers"))]
        else:
            title, button = _("Replace the card %(end)s?", end=end), _("Replace the card")
            pairs = [
                (_("Now"), _("The card %(end)s", end=end)),
                (_("Then"), _("It is blocked for good, and she has a new number. The points stay hers")),
            ]
        return self._question(visit, title, pairs, button, "bad" if what == "block" else "primary", BLOCKED)

    @expose("/<uuid:member_id>/cards/<uuid:card_id>/<what>", methods=["POST"])
    @asks(
        Permission.DESK_MEMBER_READ,
        what={
            "block": [Permission.DESK_MEMBER_READ, Permission.DESK_CARD_BLOCK],
            "replace": [Permission.DESK_MEMBER_READ, Permission.DESK_CARD_EDIT],
        },
    )
    def carded(self, member_id: UUID, card_id: UUID, what: str) -> Answer:
        """Block or replace it."""
        visit, card = self.visit(member_id), self._card(member_id, card_id, what)
        try:
            reason = BlockReason(request.form.get("reason", ""))
        except ValueError:
            raise NotFound("reason_unknown") from None
        facts = {
            "programme_id": visit.programme.id,
            "number": number_of(self.session, card),
            "reason": reason,
        }
        if what == "block":
            block_card(self.session, self.actor, **facts)
            flash(_("The card %(end)s is blocked", end=card_digits(card.last_four)), "good")
        else:
            new = replace_card(self.session, self.actor, **facts)
            flash(_("The new card is %(end)s", end=card_digits(new.last_four)), "good")
        return self._home(member_id)

    def _card(self, member_id: UUID, card_id: UUID, what: str) -> Card:
        if what not in _CARDS["what"]:
            raise NotFound("page_unknown")
        card = self.session.get(Card, (self.visit(member_id).member.tenant_id, member_id, card_id))
        if card is None:
            raise NotFound("card_unknown")
        return card

    @expose("/<uuid:member_id>/cards/<uuid:card_id>/link", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_CARD_EDIT)
    def link(self, member_id: UUID, card_id: UUID) -> Answer:
        """Send the link that activates an issued card."""

        def address(token: str) -> str:
            return f"{request.scheme}://{request.host}/activate/{token}"

        self.attempt(
            lambda: send_link(
                self.session, self.actor, member_id=member_id, card_id=card_id, address=address
            ),
            _("The link is on its way to the member's phone"),
        )
        return self._home(member_id)

    @expose("/<uuid:member_id>/certificates/<uuid:redemption_id>", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_MESSAGE_SEND)
    def certificate(self, member_id: UUID, redemption_id: UUID) -> Answer:
        """Send a certificate's code once more."""
        self.attempt(
            lambda: send_certificate(
                self.session, self.actor, member_id=member_id, redemption_id=redemption_id
            ),
            _("The code is on its way to the member's phone"),
        )
        return self._home(member_id)

    @expose("/<uuid:member_id>/note")
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_MEMBER_NOTE)
    def note(self, member_id: UUID) -> Answer:
        """Ask for the note."""
        visit = self.visit(member_id)
        return self.page("member_note.html", w=visit.w, member_id=member_id, text="", most=NOTE_MOST)

    @expose("/<uuid:member_id>/note", methods=["POST"])
    @asks(Permission.DESK_MEMBER_READ, Permission.DESK_MEMBER_NOTE)
    def noted(self, member_id: UUID) -> Answer:
        """Keep it."""
        text = request.form.get("text", "")
        try:
            note(self.session, self.actor, member_id=member_id, text=text)
        except (Forbidden, NotFound):
            raise
        except Refusal as no:
            roll_back()
            errors = {"text": refusal(no)}
            visit = self.visit(member_id)
            page = self.page(
                "member_note.html", w=visit.w, member_id=member_id, text=text, most=NOTE_MOST, errors=errors
            )
            return page, 422
        flash(_("The note is kept"), "good")
        return self._home(member_id)

    def _question(
        self,
        visit: Visit,
        title: str,
        pairs: list[tuple[str, str]],
        button: str,
        tone: str,
        reasons: dict[str, str] | None = None,
    ) -> str:
        return self.page(
            "member_ask.html",
            w=visit.w,
            member_id=visit.member_id,
            title=title,
            pairs=pairs,
            button=button,
            tone=tone,
            reasons=reasons or {},
        )

    @staticmethod
    def _home(member_id: UUID) -> Response:
        return redirect(url_for("desk_members.member", member_id=member_id), 303)


def _field(no: Refusal) -> str:
    return {"goodwill_reason": "reason", "goodwill_words": "words", "card_number": "words"}.get(
        no.code, "points"
    )
