"""Refusals of the core as sentences a member can act on: what happened, what is safe, what to do now."""

from flask_babel import gettext as _
from flask_babel import ngettext

from coalition.cabinet import claim_words
from tenants.branding.words import Words
from tenants.runtime.errors import Problem
from tenants.translations import N_

_SENTENCES = {
    "worth_nothing": N_("That is less than the smallest coin. Take more"),
    "sold_out": N_("The last code has just been taken. Nothing was spent"),
    "campaign_over": N_("This collection has ended. Nothing was spent"),
    "campaign_early": N_("This collection has not begun yet. Nothing was spent"),
    "giving_unknown": N_("This is stopped already"),
    "giving_points": N_("Choose one of the amounts"),
    "giving_day": N_("Choose a day from 1 to 28"),
    "fund_unknown": N_("This fund takes no gifts now. Nothing was changed"),
    "payout_on_its_way": N_("The money is already on its way, so this cannot be cancelled"),
    "certificate_given": N_("A code that was shown cannot be given back"),
    "redemption_ended": N_("This is already over"),
    "request_reused": N_(
        "This was already sent with another amount. Look at what you spent on, then begin again"
    ),
    "amount_large": N_("That is more than there can be. Write a smaller number"),
    "email_invalid": N_("Write an address like name@example.com"),
    "handle_taken": N_("Another member has this address"),
    "not_enough_units": N_("You have fewer of them than that. Nothing was taken"),
    "exchange_not_offered": N_("This exchange is not offered now. Nothing was taken"),
    "promo_code_unknown": N_("There is no such code now. Look at it once more: it may be over"),
    "referral_unknown": N_("Nobody has this code. Look at it once more"),
    "referral_known": N_("Who brought you is known already"),
    "referral_self": N_(
        "This is your own code, or that of somebody with your phone, e-mail, card or browser"
    ),
    "referral_newer": N_("Only somebody who was here before you can have brought you"),
    "referral_bought": N_("A friend's code is named before the first purchase, and there is one already"),
    "referral_closed": N_("There is no offer for friends now"),
    "offer_unknown": N_("This offer is over. Nothing was changed"),
    "lost_reference": N_("Write the number of the order, as the shop sent it"),
    "lost_sale": N_("Write the sum of the order, as 1500"),
    "lost_day": N_("The order cannot be of a day before you went to the shop, nor of one to come"),
    "lost_early": N_("A shop needs a day to tell of an order. Come back then"),
    "lost_not_taken": N_(
        "This shop's network answers no such questions. Open a claim, and we look for the order"
    ),
    "lost_open": N_("The network looks for an order of this visit already. Ask again when it has answered"),
    "lost_many": N_("You have asked about ten orders within a month. Open a claim, and we look for this one"),
    "lost_late": N_("That is too long ago: networks answer about the last 90 days"),
    "reward_unknown": N_("This reward is not offered any more. Nothing was spent"),
}
"""What is said of a refusal whose sentence needs none of its facts."""


def sentence(problem: Problem, w: Words) -> str:
    """The sentence for a refusal; an unknown code gets a plain one, never the code's own name."""
    facts = problem.facts
    if told := claim_words.sentence(problem):
        return told
    match problem.code:
        case "price_changed":
            return _(
                "The price has changed meanwhile: it is %(points)s now. Nothing was spent",
                points=w.points(facts["points"]),
            )
        case "not_enough_points":
            return _(
                "Not enough: %(asked)s are needed, you have %(available)s. Nothing was spent",
                asked=w.points(facts["asked"]),
                available=w.points(facts["available"]),
            )
        case "points_too_few":
            return _("The minimum is %(least)s", least=w.points(facts["least"]))
        case "points_too_many":
            return _("The maximum at one time is %(most)s", most=w.points(facts["most"]))
        case "points_unclear" | "amount_digits":
            return _("Write a whole number") if w.scale == 0 else _("Write a number")
        case "referral_late":
            return ngettext(
                "A friend's code is named within %(num)s day of joining, and that time is over",
                "A friend's code is named within %(num)s days of joining, and that time is over",
                facts["days"],
            )
    return _(_SENTENCES.get(problem.code, N_("This cannot be done now. Nothing was changed")))
