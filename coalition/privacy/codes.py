"""Codes that stand in the tables of a member's copy, as she reads them."""

from collections.abc import Mapping
from typing import Any

from coalition.claims.states import State
from coalition.ledger.models import Account, Purpose
from coalition.members.models import FactKind, HandleKind
from tenants.translations import N_

Codes = Mapping[Any, str]

HANDLES: Codes = {
    HandleKind.CARD_TOKEN: N_("Bank card"),
    HandleKind.CARD_NUMBER: N_("Programme card"),
    HandleKind.PHONE: N_("Phone"),
    HandleKind.EMAIL: N_("E-mail"),
}
FACTS: Codes = {
    FactKind.ATTRIBUTE: N_("A property"),
    FactKind.ENTITLEMENT: N_("A right"),
    FactKind.OPT_IN: N_("An offer taken part in"),
    FactKind.PROMO_CODE: N_("A promo code entered"),
}
SEXES: Codes = {"female": N_("Female"), "male": N_("Male")}
CLAIM_STATES: Codes = {
    State.NEW: N_("Waits its turn"),
    State.TAKEN: N_("Being looked into"),
    State.ASKED_MEMBER: N_("We have asked you"),
    State.ASKED_PARTNER: N_("The shop is asked"),
    State.SIGNING: N_("Being looked into"),
    State.IN_FAVOUR: N_("Decided in your favour"),
    State.PARTLY: N_("Decided in part in your favour"),
    State.AGAINST: N_("Refused"),
    State.WITHDRAWN: N_("Withdrawn"),
    State.CLOSED: N_("Closed"),
}
OCCASIONS: Codes = {
    "anniversary": N_("An anniversary"),
    "birthday": N_("A birthday"),
    "card_activation": N_("A card comes into use"),
    "enrolment": N_("Somebody joins"),
    "event": N_("An event"),
    "exchange": N_("Game units are given"),
    "holiday": N_("A day of the calendar"),
    "prize": N_("A prize is won"),
    "profile_completed": N_("The profile is complete"),
    "referral": N_("A friend's first purchase"),
    "referral_back": N_("A friend's first purchase"),
    "tier_reached": N_("A new level"),
}
TEXT_STATES: Codes = {
    "waiting": N_("Waits its turn"),
    "sent": N_("Handed to the gateway"),
    "failed": N_("Was not sent"),
}
PURPOSES: Codes = {
    Purpose.AWARD: N_("Points of a purchase"),
    Purpose.RETURN: N_("Return"),
    Purpose.ACTIVATE: N_("Points can be spent"),
    Purpose.EXPIRE: N_("Expired"),
    Purpose.HOLD: N_("Set aside"),
    Purpose.CAPTURE: N_("Spent"),
    Purpose.RELEASE: N_("Set aside no more"),
    Purpose.CANCEL: N_("Spending was undone"),
    Purpose.REPAY: N_("A debt was paid"),
    Purpose.ADJUST: N_("Goodwill"),
    Purpose.IMPORT: N_("Opening balance"),
    Purpose.OCCASION: N_("Points without a purchase"),
    Purpose.LAPSE: N_("Lapsed"),
    Purpose.CORRECTION: N_("Correction"),
    Purpose.CLAIM: N_("Claim"),
    Purpose.ORDER: N_("Order at an online shop"),
    Purpose.ORDER_BACK: N_("The shop took an order back"),
}
ACCOUNTS: Codes = {
    Account.AVAILABLE: N_("Available"),
    Account.PENDING: N_("Waiting"),
    Account.HELD: N_("Set aside"),
    Account.DEBT: N_("Debt"),
    Account.ISSUED: N_("Given by the programme"),
    Account.EXPIRED: N_("Expired"),
    Account.REDEEMED: N_("Spent"),
    Account.ADJUSTED: N_("Goodwill"),
}
HOLDS: Codes = {"open": N_("Set aside"), "captured": N_("Spent"), "released": N_("Set aside no more")}
RETURNS: Codes = {
    "waiting": N_("Its purchase is looked for"),
    "applied": N_("Its purchase was found"),
    "manual": N_("A person decides"),
    "by_terms": N_("Points were taken by the terms of the day"),
    "let_be": N_("No points were taken"),
    "same": N_("Told twice"),
}
GIVING: Codes = {"monthly": N_("every month"), "round": N_("of each purchase")}
BY_HAND: Codes = {"sale": N_("Purchase"), "return": N_("Return"), "card": N_("Card")}
SUSPECTS: Codes = {"same": N_("One sale"), "two": N_("Two sales")}
REDEMPTIONS: Codes = {
    "held": N_("set aside"),
    "done": N_("done"),
    "cancelled": N_("cancelled"),
    "refused": N_("did not work"),
}
PAYOUTS: Codes = {
    "waiting": N_("waits to be paid"),
    "sent": N_("on its way"),
    "paid": N_("paid"),
    "returned": N_("came back"),
}
CARDS: Codes = {"issued": N_("Issued"), "active": N_("Activated"), "blocked": N_("Blocked")}
CARD_REASONS: Codes = {
    "lost": N_("Lost"),
    "stolen": N_("Stolen"),
    "damaged": N_("Damaged"),
    "other": N_("Another reason"),
}
TOPICS: Codes = {
    "terms": N_("The programme's rules"),
    "email": N_("Letters"),
    "sms": N_("SMS"),
    "ads": N_("Advertising of partners"),
}
SAID: Codes = {
    "cabinet": N_("In the personal account"),
    "till": N_("At a till"),
    "programme": N_("By the programme"),
}
REQUESTS: Codes = {"copy": N_("Copy of the data"), "erasure": N_("Erasure")}
REQUEST_STATES: Codes = {"open": N_("Not answered yet"), "done": N_("done"), "refused": N_("Refused")}
ORDERS: Codes = {
    "pending": N_("the shop has it"),
    "on_hold": N_("the shop looks at it once more"),
    "approved": N_("confirmed by the shop"),
    "paid": N_("confirmed and paid"),
    "declined": N_("declined by the shop"),
}
LOST: Codes = {
    "new": N_("Not answered yet"),
    "sent": N_("on its way"),
    "accepted": N_("confirmed by the shop"),
    "declined": N_("declined by the shop"),
}
