"""Refusals of the core as sentences a member can act on: what happened, what is safe, what to do now."""

from flask_babel import gettext as _
from flask_babel import ngettext

from tenants.branding.words import Words
from tenants.runtime.errors import Problem


def sentence(problem: Problem, w: Words) -> str:
    """The sentence for a refusal; an unknown code gets a plain one, never the code's own name."""
    facts = problem.facts
    match problem.code:
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
        case "points_unclear":
            return _("Write a whole number") if w.scale == 0 else _("Write a number")
        case "worth_nothing":
            return _("That is less than the smallest coin. Take more")
        case "sold_out":
            return _("The last code has just been taken. Nothing was spent")
        case "campaign_over":
            return _("This collection has ended. Nothing was spent")
        case "payout_on_its_way":
            return _("The money is already on its way, so this cannot be cancelled")
        case "certificate_given":
            return _("A code that was shown cannot be given back")
        case "redemption_ended":
            return _("This is already over")
        case "request_reused":
            return _("This was already sent with another amount. Look at what you spent on, then begin again")
        case "email_invalid":
            return _("Write an address like name@example.com")
        case "handle_taken":
            return _("Another member has this address")
        case "not_enough_units":
            return _("You have fewer of them than that. Nothing was taken")
        case "exchange_not_offered":
            return _("This exchange is not offered now. Nothing was taken")
        case "promo_code_unknown":
            return _("There is no such code now. Look at it once more: it may be over")
        case "referral_unknown":
            return _("Nobody has this code. Look at it once more")
        case "referral_known":
            return _("Who brought you is known already")
        case "referral_self":
            return _("This is your own code, or that of somebody with your phone, e-mail, card or browser")
        case "referral_newer":
            return _("Only somebody who was here before you can have brought you")
        case "referral_late":
            return ngettext(
                "The code is named within %(num)s day of joining, before the first purchase",
                "The code is named within %(num)s days of joining, before the first purchase",
                facts["days"],
            )
        case "referral_closed":
            return _("There is no offer for friends now")
        case "offer_unknown":
            return _("This offer is over. Nothing was changed")
        case "reward_unknown":
            return _("This reward is not offered any more. Nothing was spent")
    return _("This cannot be done now. Nothing was changed")
