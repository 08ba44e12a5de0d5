"""What is wrong with a file or a line of it, said to whoever has to put it right: at the desk or by a command."""

from tenants.branding.formats import number
from tenants.runtime.errors import Problem
from tenants.runtime.language import ntranslate, translate
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
    "bad_phone": N_("The phone is not a number that can be called"),
    "bad_segment": N_("A segment's code is longer than 32 characters"),
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
    "line_length": N_("The line is shorter or longer than the profile says"),
    "negative_amount": N_("The amount is below zero"),
    "no_handle": N_("There is neither a phone, nor an e-mail, nor a card"),
    "nobodys_handle": N_("No member of the programme has this card, number, phone or e-mail"),
    "nul_byte": N_("The line holds a zero byte"),
    "referral_known": N_("The client has said who brought her already"),
    "referral_newer": N_("The code is of somebody who joined after the client"),
    "referral_self": N_("The code is of the same person, by phone, e-mail or card"),
    "referral_unknown": N_("No member has this code for friends"),
    "too_many_segments": N_("A tenant has 63 segments at most, and there are as many"),
    "unknown_currency": N_("There is no such currency"),
    "zero_amount": N_("The amount is zero"),
}
REFUSALS = {
    "container_not_allowed": N_("This profile does not take files packed as %(container)s"),
    "column_missing": N_("There is no column “%(column)s”. The columns found: %(found)s"),
    "column_repeated": N_("The column “%(column)s” stands there twice"),
    "file_cut": N_("The file ends in the middle of a line, so a part of it is missing"),
    "file_damaged": N_("The file is damaged and cannot be unpacked"),
    "file_empty": N_("There is not one operation in the file"),
    "file_not_xlsx": N_("This is not an XLSX workbook"),
    "file_too_large": N_("Unpacked, the file is far larger than any bank file"),
    "file_unsafe_xml": N_("The workbook refers to something outside itself, which no bank file does"),
    "file_other": N_("These are other bytes than those of “%(name)s”"),
    "header_missing": N_("The first line is not the control record that the profile declares"),
    "line_too_long": N_("A line is longer than any bank's line"),
    "nothing_rejected": N_("No line of this file was rejected"),
    "profile_unchanged": N_("The file was read by the newest version of its profile already"),
    "profile_unknown": N_("Choose a profile from the list"),
    "rejects_not_kept": N_(
        "More than %(most)s lines were rejected, and others taken. Ask for a file with the right lines"
    ),
    "too_many_columns": N_("%(columns)s columns are more than a file may have (%(most)s)"),
    "trailer_missing": N_("The last line is not the control record that the profile declares"),
    "wrong_encoding": N_("The file is not in %(encoding)s, which the profile declares"),
}


def reject(code: str, lang: str) -> str:
    """Why a line was rejected."""
    return (
        translate(lang, REJECTS[code])
        if code in REJECTS
        else translate(lang, "The line does not fit the profile")
    )


def about_file(problem: Problem) -> bool:
    """Whether the refusal says something about a file's content."""
    return problem.code in {*REFUSALS, "totals_differ", "wrong_profile"}


def refused_file(problem: Problem, lang: str) -> str:
    """Why a file was refused, with the line where it shows; and that nothing of it was kept."""
    said = _refused(problem, lang)
    line = problem.facts.get("line")
    if isinstance(line, int):
        place = number(line, lang)
        return translate(
            lang, "Line %(line)s. %(said)s. Nothing of this file was kept", line=place, said=said
        )
    return translate(lang, "%(said)s. Nothing of this file was kept", said=said)


def _refused(problem: Problem, lang: str) -> str:
    facts = problem.facts
    if problem.code == "totals_differ":
        told, found = facts["told"] or "—", facts["found"]
        if facts["what"] == "count":
            return translate(
                lang, "The control record says %(told)s lines, the file has %(found)s", told=told, found=found
            )
        return translate(
            lang,
            "The control record says %(told)s in all, the lines add up to %(found)s",
            told=told,
            found=found,
        )
    if problem.code == "wrong_profile":
        return ntranslate(
            lang,
            "%(number)s line of %(lines)s cannot be read, so this is another profile's file. The first: %(why)s",
            "%(number)s lines of %(lines)s cannot be read, so this is another profile's file. The first: %(why)s",
            facts["rejected"],
            number=number(facts["rejected"], lang),
            lines=number(facts["lines"], lang),
            why=reject(facts["reason"], lang),
        )
    if problem.code in REFUSALS:
        return translate(lang, REFUSALS[problem.code], **facts)
    return translate(lang, "The file cannot be read")
