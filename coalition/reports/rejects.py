"""Why a line of a file was left out, in words."""

from tenants.runtime.language import translate
from tenants.translations import N_

REJECTS = {
    "bad_amount": N_("The amount is not a number the programme can hold"),
    "bad_card_number": N_("The card's number is not one"),
    "bad_email": N_("The e-mail address is not one"),
    "bad_date": N_("The date does not exist, lies in the future, or is written in another way"),
    "bad_day": N_("Write the day as year, month and day, like 2026-12-31"),
    "bad_encoding": N_("Some characters are not of the declared encoding"),
    "bad_kind": N_("The profile does not know this kind of operation"),
    "bad_mcc": N_("The category code is not four digits"),
    "bad_name": N_("The name is missing or longer than 200 characters"),
    "bad_outlet_code": N_("An outlet's code is small Latin letters, digits and hyphens, 32 at most"),
    "bad_outlet_name": N_("A new outlet needs a name in both languages, 120 characters at most"),
    "bad_phone": N_("The phone is not a number that can be called"),
    "bad_segment": N_("A segment's code is longer than 32 characters"),
    "bad_terminal": N_("A MID has up to 32 characters and a TID up to 16, without spaces"),
    "zone_needed": N_("A new outlet needs its time zone: write it like Europe/Moscow"),
    "bad_zone": N_("There is no such time zone: write it like Europe/Moscow"),
    "broken_quotes": N_("A quotation mark is opened and not closed"),
    "card_missing": N_("There is no card"),
    "card_number": N_("A full card number stands where none is expected; it was not kept"),
    "cell_count": N_("The line has more or fewer cells than the header"),
    "cell_too_long": N_("A cell is longer than anything it could hold"),
    "currency_other": N_("The amount is in a currency of no programme here"),
    "fact_kind": N_("The kind is neither attribute nor entitlement"),
    "fact_name": N_("The name is missing or longer than 64 characters"),
    "fact_repeated": N_("An earlier line says something else of the same member under this name"),
    "fact_until": N_("An attribute holds until another is stated: it has no last day"),
    "fact_value": N_("The value is missing or longer than 200 characters"),
    "handle_missing": N_("There is no card, number, phone or e-mail"),
    "handle_taken": N_("Another client has this card, phone or e-mail"),
    "hidden_sign": N_("A cell holds a sign that cannot be seen, as a zero byte or a line break"),
    "line_length": N_("The line is shorter or longer than the profile says"),
    "negative_amount": N_("The amount is below zero"),
    "no_handle": N_("There is neither a phone, nor an e-mail, nor a card"),
    "no_such_partner": N_("There is no such partner"),
    "nobodys_handle": N_("No member of the programme has this card, number, phone or e-mail"),
    "nul_byte": N_("The line holds a zero byte"),
    "outlet_closed": N_("The outlet is closed. Open it again first"),
    "outlet_of_another": N_("The outlet is another partner's"),
    "outlet_repeated": N_("An earlier row says something else of the same outlet"),
    "partner_closed": N_("The partner is closed. Open it again first"),
    "place_missing": N_("There is neither an outlet nor a MID"),
    "referral_known": N_("The client has said who brought her already"),
    "referral_newer": N_("The code is of somebody who joined after the client"),
    "referral_self": N_("The code is of the same person, by phone, e-mail or card"),
    "referral_unknown": N_("No member has this code for friends"),
    "terminal_taken": N_("This till is another partner's. Take it off there first"),
    "too_many_segments": N_("A tenant has 63 segments at most, and there are as many"),
    "unknown_currency": N_("There is no such currency"),
    "zero_amount": N_("The amount is zero"),
}


def reject(code: str, lang: str) -> str:
    """Why a line was rejected."""
    return (
        translate(lang, REJECTS[code])
        if code in REJECTS
        else translate(lang, "The line does not fit the profile")
    )
