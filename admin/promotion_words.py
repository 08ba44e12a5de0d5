"""What is wrong with a promotion, said to whoever writes it: at the desk or by a command."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from coalition.promotions.checking import Flaw
from tenants.branding.formats import decimal, number
from tenants.runtime.language import ntranslate, translate
from tenants.translations import N_, NN_

_A_NUMBER = N_("A number is expected")
_A_WHOLE_NUMBER = N_("A whole number is expected")
_A_LIST = N_("A list is expected")
_FIELDS = N_("A group of fields is expected")
_A_TEXT = N_("A text is expected")
_TRUE_OR_FALSE = N_("true or false is expected")
_A_TIME = N_("A time like 10:00 is expected")
_A_DAY = N_("Write the day as year, month and day, like 2026-12-31")
KINDS = {
    "bool_parsing": _TRUE_OR_FALSE,
    "bool_type": _TRUE_OR_FALSE,
    "brand_unreadable": N_(
        "Nobody could read this colour on white. The nearest one that can be read is %(nearest)s"
    ),
    "brand_pair": N_("Nobody could read these two colours together. Choose a darker main colour"),
    "bounds_crossed": N_("The upper bound is below the lower one: choose %(low)s or more"),
    "budget_below_award": N_("One award alone takes %(least)s. Choose a budget of that much or more"),
    "budget_below_spent": N_("Members have got %(spent)s already. Choose a budget of that much or more"),
    "budget_of_one_award": N_(
        "One award alone takes %(most)s, which is all of the budget. Is it large enough?"
    ),
    "budget_of_one_purchase": N_(
        "One purchase may give %(most)s, which is all of the budget. Is it large enough?"
    ),
    "budget_of_ordinary_purchase": N_(
        "A purchase of %(sum)s alone takes %(most)s, which is all of the budget or more. Is it large enough?"
    ),
    "code": N_("A code is small Latin letters, digits and hyphens, 64 at most"),
    "date_from_datetime_inexact": _A_DAY,
    "date_from_datetime_parsing": _A_DAY,
    "date_parsing": _A_DAY,
    "date_type": _A_DAY,
    "decimal_parsing": _A_NUMBER,
    "decimal_type": _A_NUMBER,
    "currency_unknown": N_("There is no such currency: write its three letters, like RUB"),
    "expiry_count": N_("“never” has no number; days and months need one"),
    "login_shape": N_(
        "A login has 2 to 64 small Latin letters, digits and . @ _ -, and begins with a letter or digit"
    ),
    "logo_alone": N_("A mark of your own is given twice: for light and for dark grounds"),
    "mark_invalid": N_("A mark is an SVG of plain shapes: without text, pictures, styles and scripts"),
    "money_parts": N_("The currency has no such small parts"),
    "template_or_document": N_("A promotion has a template or a document, and not both"),
    "slug_shape": N_("A short name has 2 to 32 small Latin letters, digits and hyphens, a letter first"),
    "tenant_exists": N_("There is a tenant “%(slug)s” already. Take another short name; nothing was opened"),
    "twice": N_("“%(code)s” stands twice"),
    "zone_unknown": N_("There is no such time zone: write it like Europe/Moscow"),
    "correction_days": N_("The last day comes before the first one"),
    "correction_not_past": N_(
        "Only days that are over can be corrected. For the time from now on, begin a new version"
    ),
    "correction_same": N_(
        "These are the terms that held on all of these days, so nothing would change. Change what was wrong"
    ),
    "correction_too_long": N_("At most %(days)s days at once; correct a longer time in parts"),
    "correction_too_old": N_("No promotion is as old as that; name days since %(since)s"),
    "correction_waits": N_(
        "A correction of some of these days is not posted yet. Sign or discard that one first, or choose other days"
    ),
    "dict_type": _FIELDS,
    "end_before_start": N_("The end must come after the start"),
    "end_in_past": N_("The end is over already. Choose a later one"),
    "enum": N_("It must be one of these: %(expected)s"),
    "event_declared": N_(
        "The promotion %(promotion)s declares other fields for this event. Declare the same ones, or give the event "
        "another name"
    ),
    "extra_forbidden": N_("There is no such field"),
    "finite_number": _A_NUMBER,
    "greater_than": N_("It must be above %(gt)s"),
    "greater_than_equal": N_("It must be %(ge)s or more"),
    "hours_format": N_("Hours are written like 10:00-13:00, 15:00-17:00"),
    "int_from_float": _A_WHOLE_NUMBER,
    "int_parsing": _A_WHOLE_NUMBER,
    "int_parsing_size": N_("The number is too large"),
    "int_type": _A_WHOLE_NUMBER,
    "colour_shape": N_("A colour is written with # and six digits or letters from a to f"),
    "host_shape": N_("Write a host name like club.example.com, without https:// and without a port"),
    "host_taken": N_("Another tenant is served under %(host)s. Take another address"),
    "invalid_key": N_("A field's name is a text"),
    "level_code": N_("A code is small Latin letters, digits and hyphens, 32 at most"),
    "less_than": N_("It must be below %(lt)s"),
    "less_than_equal": N_("It is too large: %(le)s at most"),
    "literal_error": N_("It must be one of these: %(expected)s"),
    "missing": N_("Fill this field in"),
    "model_attributes_type": _FIELDS,
    "model_type": _FIELDS,
    "mcc": N_("“%(code)s” is no category code: an MCC is four digits, like 5411"),
    "mcc_range": N_("“%(written)s” is turned round: a range begins with the lower MCC, like %(turned)s"),
    "moment": N_("There is no such day and time. Write them like 2026-12-31 00:00"),
    "nul": N_("The character NUL stands in it"),
    "payer_left": N_("%(code)s has left the coalition: nothing new is given at its expense"),
    "payer_twice": N_("This payer is named above already. Add both shares up in one line"),
    "rate_above_whole": N_("More comes back than is paid: %(worth)s %% of it. Is the rate right?"),
    "retired_code": N_("%(code)s is retired: nothing new can name it"),
    "shares_of_payers": N_("The payers' shares must make 100 %%; they make %(made)s %%"),
    "start_in_past": N_(
        "The start is past. Purchases since then that are booked already get nothing; those that are booked from the "
        "publication on, as of a later file, are paid"
    ),
    "start_too_old": N_("The start must not come before the year 2000"),
    "starts_in_past": N_(
        "The start lies in the past, where another version was live, and versions change nothing in the past. "
        "Choose a later start, or leave it empty to start at once"
    ),
    "string_too_short": N_("It must not be empty"),
    "string_pattern_mismatch": N_("A code is small Latin letters, digits and hyphens, 64 at most"),
    "string_type": N_("A text is expected: in a file, put it in quotation marks"),
    "string_unicode": _A_TEXT,
    "time_parsing": _A_TIME,
    "time_type": _A_TIME,
    "title_en_of_template": N_(
        "The English title is still the template's, and the Russian one was changed. Do both say the same?"
    ),
    "title_ru_of_template": N_(
        "The Russian title is still the template's, and the English one was changed. Do both say the same?"
    ),
    "title_of_other_rate": N_("The title says %(said)s%%, the terms give %(rate)s%%. Which is right?"),
    "title_of_points_rate": N_(
        "The title says %(said)s%%. That is a rate of points: in money it is %(worth)s%%, "
        "and members will read it as money"
    ),
    "tuple_type": _A_LIST,
    "union_tag_invalid": N_("It must be of one of these kinds: %(expected_tags)s"),
    "union_tag_not_found": N_("Its kind is missing"),
    "category_unknown": N_("There is no category “%(code)s”. There are: %(known)s"),
    "icon_unknown": N_("There is no icon “%(code)s”. There are: %(known)s"),
    "unknown_code": N_("Nothing here has the code “%(code)s”. Choose one that there is"),
    "whole_money": N_("The programme's money has no smaller coins. Write a whole number"),
    "whole_points": N_("The programme's points are whole. Write a whole number"),
    "valid_before_start": N_("The last day of the points comes before the start. Choose a later one"),
    "valid_in_past": N_("The last day of the points is over already. Choose a later one"),
    "valid_too_short": N_(
        "Some points could only be spent after their last day. End the promotion earlier, or choose a later last day"
    ),
    "weekdays_format": N_("Weekdays are written like 1-5, 7: 1 is Monday"),
}
# Those with a number of things in them: the fact that holds it, and both forms.
COUNTED = {
    "decimal_max_digits": (
        "max_digits",
        NN_("Write a number of at most %(number)s digit", "Write a number of at most %(number)s digits"),
    ),
    "decimal_max_places": (
        "decimal_places",
        NN_(
            "Leave at most %(number)s digit after the point",
            "Leave at most %(number)s digits after the point",
        ),
    ),
    "decimal_whole_digits": (
        "whole_digits",
        NN_(
            "Leave at most %(number)s digit before the point",
            "Leave at most %(number)s digits before the point",
        ),
    ),
    "seats_below_taken": (
        "taken",
        NN_(
            "%(number)s member has a place already. Choose that many or more",
            "%(number)s members have a place already. Choose that many or more",
        ),
    ),
    "string_too_long": (
        "max_length",
        NN_("Shorten it to at most %(number)s character", "Shorten it to at most %(number)s characters"),
    ),
    "too_long": (
        "max_length",
        NN_("Leave at most %(number)s value here", "Leave at most %(number)s values here"),
    ),
    "too_short": (
        "min_length",
        NN_("Name at least %(number)s value here", "Name at least %(number)s values here"),
    ),
}
# What a document says itself, by how its sentence begins.
OWN = {
    "the most is not below": N_("The most is not below the least"),
    "a promotion goes on counting": N_(
        "A promotion goes on counting what it has counted; give the new terms a promotion of their own"
    ),
    "a promotion is for": N_("A promotion is for purchases or for occasions, and stays so"),
    "a test keeps": N_(
        "The test keeps another share of the members out already. State that one, or give the test another name"
    ),
    "a category has a name": N_("A category has a name, and MCCs or partners"),
    "it holds no categories": N_("It holds no categories, each under its code"),
    "the step is less": N_("The step is less than the smallest coin"),
    "what adds to other promotions stands": N_("What adds to other promotions stands in no lane"),
    "without a purchase there is no operation": N_(
        "Without a purchase there is no operation, partner, category or amount to ask for"
    ),
    "without a purchase there is no outlet": N_("Without a purchase there is no outlet to count at"),
    "without a purchase, points": N_("Without a purchase, points are fixed or go by the time with the bank"),
    "a base names goods": N_("A base names goods or payment types"),
    "29 February": N_("29 February does not come every year"),
    "a budget is in": N_("A budget is in points or in money, not in both"),
    "a condition on goods": N_("Name the goods, or how much of them there must be"),
    "a code is": N_("A code is small Latin letters, digits and hyphens, 64 at most"),
    "a count of lines": N_("Fill in how many lines at least, at most, or both"),
    "a day of the year": N_("A day of the year is written like 03-08"),
    "a friend's purchase": N_("A friend's purchase gives points to both sides, and nothing else does"),
    "a lane's percentage is of a purchase": N_("A lane's share is of a purchase, and an occasion has none"),
    "a lower bound is": N_("The lower bound is above 0: leave it empty, or write 1 or more"),
    "a lower or an": N_("Fill in a lower bound, an upper bound, or both"),
    "a number of purchases": N_("A number of purchases is whole"),
    "bands of turnover": N_("Bands of turnover name its period, bands of the cheque have none"),
    "bands start at 0 and": N_("Bands start at 0 and rise"),
    "bands start at 0 years": N_("Bands start at 0 years and rise"),
    "category": N_("Every category has one MCC at least"),
    "each of the two": N_("Each of the two gets a point at least"),
    "every level has": N_("Every level has a code of its own"),
    "hours are those": N_("Hours are those of the outlet's own clock, without a zone"),
    "hours end": N_("Hours end after they start, and before midnight"),
    "one band": N_("One band at least has a rate above 0"),
    "points wait for": N_("Points wait for a condition or for some days, not for both"),
    "a purchase is asked": N_("One of its conditions asks for a purchase, and an occasion has none"),
    "a segment has criteria": N_("A segment has one criterion at least"),
    "only purchases can": N_("Only purchases can be replayed"),
    "only what purchases gave": N_("Only what purchases gave can be corrected"),
    "only points can be corrected": N_("Only points can be corrected"),
    "a correction keeps the promotion's budget": N_("A correction keeps the promotion's budget: name it"),
    "a correction keeps the promotion's places": N_("A correction keeps the promotion's places for members"),
    "what two members get has": N_("What two members get has no control group"),
    "shares of payment": N_("Shares of payment types are 0 to 100 percent"),
    "the condition": N_("A condition of each kind is named once, with all it allows"),
    "the event has": N_("A value is asked of a field that the event does not declare"),
    "the field": N_("The event's field cannot hold this value"),
    "the first level": N_("The first level is above 0, and each next above more"),
    "a budget in money is of": N_("Only points have a budget in money"),
    "a discount is taken": N_("A discount is taken off a purchase, and not given for an occasion"),
    "a lane's percentage is of points": N_("A lane's share is of points or money, not of pieces"),
    "a promotion goes on giving": N_(
        "A promotion goes on giving what it has given; give the new terms a promotion of their own"
    ),
    "only points have a last day": N_("Only points have a last day here; a benefit has its own terms"),
    "points live for": N_("Points live for some days or until a day: one of the two"),
    "only points wait": N_("Only points wait before they can be spent"),
    "what adds to other promotions gives": N_("What adds to other promotions gives points"),
    "what is granted goes": N_(
        "What is granted goes by the piece: a fixed number, per step, per unit or by tenure"
    ),
    "what is granted is whole": N_("What is granted is whole pieces"),
    "what two members get asks": N_("What two members get asks for no segment and no level"),
    "what two members get is": N_(
        "What two members get is given whole: limit it by times, periods and budgets"
    ),
    "what is given once has no limit per outlet": N_("What is given once has no limit per outlet"),
    "what is given once": N_("What is given once has no limit per period"),
}

FORM = {
    "code": N_("Code"),
    "ends_at": N_("Ends"),
    "first_day": N_("The first day"),
    "last_day": N_("The last day"),
    "starts_at": N_("Starts"),
    "title.en": N_("The English title"),
    "title.ru": N_("The Russian title"),
}
"""What stands in a field of its own in the desk's forms, as it is called there."""


class Wrong(NamedTuple):
    """A flaw as the desk tells it: what its field is called, else the field's path in the document, and why."""

    name: str
    path: str
    why: str


def wrong(found: Iterable[Flaw], lang: str) -> list[Wrong]:
    """Everything that is wrong, in the reader's language."""
    return [
        Wrong(place(one.field, lang), "", flaw(one, lang))
        if one.field in FORM
        else Wrong("", one.field, flaw(one, lang))
        for one in found
    ]


def place(field: str, lang: str) -> str:
    """What a field is called where it has a name in the desk's forms; else its path."""
    return translate(lang, FORM[field]) if field in FORM else field


def flaw(found: Flaw, lang: str) -> str:
    """The reason in the reader's language; a reason of a kind that has no sentence of its own stays English."""
    if found.kind in COUNTED:
        fact, (one, many) = COUNTED[found.kind]
        count = int(str(found.facts[fact]))
        return ntranslate(lang, one, many, count, number=number(count, lang))
    if found.kind in KINDS:
        facts = {name: _listed(fact, lang) for name, fact in found.facts.items()}
        return translate(lang, KINDS[found.kind], **facts) if facts else translate(lang, KINDS[found.kind])
    for beginning, message in OWN.items():
        if found.why.startswith(beginning):
            return translate(lang, message)
    return found.why[:1].upper() + found.why[1:]


def told_once(found: Iterable[Flaw], lang: str) -> list[str]:
    """The reasons without their fields: what two fields share is told once."""
    return list(dict.fromkeys(flaw(one, lang) for one in found))


def _listed(fact: object, lang: str) -> str:
    if isinstance(fact, dict):  # what is said in each language already, with its unit
        return str(fact[lang])
    if isinstance(fact, int | Decimal):
        return decimal(Decimal(fact), lang)
    return str(fact).replace("'", "").replace(" or ", ", ")
