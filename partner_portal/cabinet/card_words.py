"""What the pages of operations by hand say: who was found, what was done, and why something was not."""

from flask_babel import gettext as _

from admin.problems import refusal
from coalition.transactions.by_hand.models import What
from tenants.branding.words import Words
from tenants.runtime.errors import Refusal
from tenants.translations import N_

DONE = {What.SALE: N_("Purchase"), What.RETURN: N_("Return"), What.CARD: N_("Card")}
"""What was entered, as it is called."""
_FOUND = {
    "card_number": N_("Card ending in %(last)s"),
    "card_token": N_("Payment card"),
    "phone": N_("Phone ending in %(last)s"),
    "email": N_("Found by e-mail"),
}
_SENTENCES = {
    "member_unknown": N_("Nobody is found by this. Check the card, phone or e-mail"),
    "card_unknown": N_("There is no card of this number. Check the number"),
    "card_blocked": N_("The card is blocked. Find the member by her phone"),
    "card_number_foreign": N_("This programme takes no card with such a number"),
    "handle_taken": N_("This card is another member's already"),
    "hand_find_empty": N_("Write a card's number, a phone or a code"),
    "hand_not_let": N_("The programme does not let your company enter operations. Nothing was entered"),
    "hand_outlet_closed": N_("This outlet is closed. Choose another one: nothing was entered"),
    "hand_outlet_other": N_("The sale was at another partner of yours. Choose an outlet of that one"),
    "outlet_unknown": N_("Choose one of your outlets"),
    "hand_number_taken": N_(
        "A sale of this number was told already, by a till or by hand. Nothing was entered: look at your sales"
    ),
    "hand_number": N_("A number has 40 characters at most"),
    "hand_sale_unknown": N_("Your company has no sale of this number"),
    "hand_sale_twice": N_(
        "Two sales of your tills have this number. Bring it back at the till that sold it: nothing was entered"
    ),
    "points_not_taken": N_("Points do not pay for purchases in this programme"),
    "worth_nothing": N_("So few points are worth no money. Take more"),
    "code_needed": N_("Send the member a code, and enter it: points are spent by nothing else"),
    "code_wrong": N_("The code is not right. Let her read it again"),
    "code_over": N_("The code is over, or was tried too often. Send a new one"),
    "codes_not_sent": N_("Codes do not go out from here yet, so points cannot be spent by hand"),
    "phone_missing": N_("She has no phone here, so no code can be sent"),
    "too_many_codes": N_("Too many codes for now. Wait an hour"),
    "too_many_tries": N_("Too many unknown cards and phones, or wrong codes. Wait an hour"),
    "participant_left": N_("Your company has left the coalition: nothing can be entered"),
}
FIELDS = {
    "member_unknown": "handle",
    "hand_find_empty": "handle",
    "too_many_tries": "handle",
    "hand_found_over": "handle",
    "card_unknown": "handle",
    "card_blocked": "handle",
    "outlet_unknown": "outlet",
    "hand_outlet_closed": "outlet",
    "hand_outlet_other": "outlet",
    "hand_number": "number",
    "hand_number_taken": "number",
    "hand_sale_unknown": "sale",
    "hand_sale_twice": "sale",
    "points_not_taken": "points",
    "points_over_limit": "points",
    "not_enough_points": "points",
    "worth_nothing": "points",
    "code_needed": "code",
    "code_wrong": "code",
    "code_over": "code",
    "handle_taken": "card",
    "card_number_foreign": "card",
}
"""The field of a form that a refusal belongs to; any other belongs to the sum."""


def found_words(kind: str, ending: str) -> str:
    """By what a member was found."""
    return _(_FOUND[kind], last=ending)


def sentence(no: Refusal, w: Words) -> str:
    """Why it was not done."""
    facts = no.facts
    match no.code:
        case "hand_over_limit":
            most = w.money(facts["most"])
            return _(
                "At most %(most)s can be entered at once. A larger one is the till's or the programme's",
                most=most,
            )
        case "hand_day_over":
            left = w.money(facts["left"])
            return _(
                "Of what you may enter in a day %(left)s is left. Another person of yours enters it, or a till",
                left=left,
            )
        case "hand_cards_over":
            return _(
                "You have entered %(most)s cards today already. Go on tomorrow", most=w.number(facts["most"])
            )
        case "hand_found_over":
            most = w.number(facts["most"])
            return _(
                "%(most)s members an hour are found by hand at most. Wait, or let the till do it", most=most
            )
        case "hand_return_more":
            return _("Of this sale %(most)s can be brought back yet", most=w.money(facts["most"]))
        case "points_over_limit":
            return _("Points may pay at most %(most)s of it", most=w.points(facts["most"]))
        case "not_enough_points":
            return _("She has %(points)s", points=w.points(facts["available"]))
    return _(_SENTENCES[no.code]) if no.code in _SENTENCES else refusal(no)
