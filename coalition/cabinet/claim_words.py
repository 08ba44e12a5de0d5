"""What claims are called and how they stand, for members and for the desk, and what is said of what is refused."""

from flask_babel import gettext as _
from flask_babel import ngettext

from coalition.claims.kinds import ClaimFacts
from coalition.claims.models import Claim
from coalition.claims.states import State
from tenants.branding.words import Words
from tenants.runtime.errors import Problem
from tenants.translations import N_

Chip = tuple[str, str, str]
"""Tone, icon and a message."""
FOR_MEMBERS: dict[State, Chip] = {
    State.NEW: ("wait", "hourglass-split", N_("Waits its turn")),
    State.TAKEN: ("wait", "search", N_("Being looked into")),
    State.ASKED_MEMBER: ("note", "chat-left-text", N_("We have asked you")),
    State.ASKED_PARTNER: ("wait", "shop", N_("The shop is asked")),
    State.SIGNING: ("wait", "search", N_("Being looked into")),
    State.IN_FAVOUR: ("good", "check-circle", N_("Decided in your favour")),
    State.PARTLY: ("good", "check-circle", N_("Decided in part in your favour")),
    State.AGAINST: ("", "slash-circle", N_("Refused")),
    State.WITHDRAWN: ("", "arrow-return-left", N_("Withdrawn")),
    State.CLOSED: ("", "check2", N_("Closed")),
}
FOR_STAFF: dict[State, Chip] = {
    State.NEW: ("note", "bell", N_("In nobody's hand")),
    State.TAKEN: ("wait", "hourglass-split", N_("In hand")),
    State.ASKED_MEMBER: ("", "chat-left-text", N_("The member is asked")),
    State.ASKED_PARTNER: ("wait", "shop", N_("The partner is asked")),
    State.SIGNING: ("wait", "pencil", N_("Waits for a second signature")),
    State.IN_FAVOUR: ("good", "check-circle", N_("In the member's favour")),
    State.PARTLY: ("good", "check-circle", N_("In part in the member's favour")),
    State.AGAINST: ("", "slash-circle", N_("Refused")),
    State.WITHDRAWN: ("", "arrow-return-left", N_("Withdrawn by the member")),
    State.CLOSED: ("", "check2", N_("Closed")),
}
_SENTENCES = {
    "words_missing": N_("Write in a few words what is wrong"),
    "card_number": N_("Leave the number of the payment card out: it must not be kept here"),
    "claims_too_many": N_("Many of your claims are open already. Wait for an answer to one of them"),
    "claim_of_sale": N_("This sale is disputed already. Nothing was opened"),
    "claim_later": N_("No claim of this member can be opened now: others wait for their answer"),
    "claim_kind": N_("Choose what is wrong"),
    "claim_state": N_("The claim has gone another step meanwhile. Nothing was changed"),
    "claim_has_purchase": N_("The purchase of this claim is there already. Nothing was recorded"),
    "claim_gives_more": N_(
        "By now the purchase gives more than was decided. Nothing was posted: weigh it anew"
    ),
    "proposal_changed": N_("Something else is proposed by now. Nothing was signed: read it again"),
    "attachment_unknown": N_("There is no such file"),
}
_NEEDED = {
    "shop": N_("Write where you bought"),
    "day": N_("Write the day, like 2026-11-15"),
    "amount": N_("Write the sum of the purchase"),
    "order": N_("Write the number of the order"),
    "purchase": N_("Choose the purchase in your history: its reason has a button “Dispute”"),
    "redemption": N_("Choose it in “My spending”: it has a button “Dispute”"),
}


def name_of(claim: Claim) -> str:
    """What people call a claim by."""
    return _("C-%(number)s", number=claim.number)


def facts(claim: Claim, w: Words) -> list[tuple[str, str]]:
    """What the member told of it, as labelled lines."""
    told = ClaimFacts.model_validate(claim.facts)
    lines = [
        (_("Where"), told.shop),
        (_("When"), w.day(told.day) if told.day else ""),
        (_("Order"), told.order),
        (_("Sum"), w.money(told.amount) if told.amount else ""),
        (_("Points expected"), w.points(told.points) if told.points else ""),
    ]
    return [(label, value) for label, value in lines if value]


def sentence(problem: Problem) -> str:
    """The sentence for a refusal that claims know; nothing for others."""
    facts = problem.facts
    match problem.code:
        case "claim_incomplete":
            return _(_NEEDED[facts["field"]])
        case "claim_known":
            return _("You have disputed this already: claim C-%(number)s is open", number=facts["number"])
        case "claim_answered":
            return _(
                "It was answered already: claim C-%(number)s. The answer can be disputed there while its time lasts",
                number=facts["number"],
            )
        case "words_long":
            return _("That is too long: %(most)s characters at most", most=facts["most"])
        case "reopen_late":
            return ngettext(
                "An answer can be disputed for %(num)s day, and that time is over",
                "An answer can be disputed for %(num)s days, and that time is over",
                facts["days"],
            )
        case "claims_of_company":
            return _(
                "%(most)s claims of your company wait for their answer. Wait for some of them",
                most=facts["most"],
            )
        case "claim_taken":
            return _("%(name)s has taken this claim already. Nothing was changed", name=facts["by"])
        case "claim_owned":
            return _(
                "%(name)s has this claim in hand. Take it over first. Nothing was changed", name=facts["by"]
            )
        case "claim_decided":
            return _("%(name)s has decided this claim already. Nothing was changed", name=facts["by"])
        case "attachments_many":
            return _("A claim has %(most)s files at most. None was added", most=facts["most"])
        case "attachment_large":
            return _(
                "%(name)s is too large: a file may have %(most)s MB", name=facts["name"], most=facts["most"]
            )
        case "attachment_type":
            return _("%(name)s is no whole JPEG, PNG or PDF file", name=facts["name"])
    return _(_SENTENCES[problem.code]) if problem.code in _SENTENCES else ""


def time_left(seconds: int, seconds_a_day: int) -> str:
    """Working time in words: what is left, or by how much somebody is late."""
    days, rest = divmod(abs(seconds), seconds_a_day)
    hours, minutes = rest // 3600, rest % 3600 // 60
    if days:
        told = ngettext("%(num)s day", "%(num)s days", days)
        told = _("%(days)s %(hours)s h", days=told, hours=hours) if hours else told
    elif hours:
        told = _("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{minutes:02}")
    else:
        told = _("%(minutes)s min", minutes=max(minutes, 1))
    return _("Late by %(time)s", time=told) if seconds <= 0 else told
