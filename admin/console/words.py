"""What was wrong with a file or a line of it, said to the person who has to put it right."""

from flask_babel import gettext as _
from flask_babel import ngettext

from tenants.branding.words import Words
from tenants.runtime.errors import Problem
from tenants.translations import N_

REJECTS = {
    "bad_amount": N_("The amount is not a number the programme can hold"),
    "bad_card_number": N_("The card's number is not one"),
    "bad_date": N_("The date does not exist, or is written in another way"),
    "bad_encoding": N_("Some characters are not of the declared encoding"),
    "bad_kind": N_("The profile does not know this kind of operation"),
    "bad_mcc": N_("The category code is not four digits"),
    "broken_quotes": N_("A quotation mark is opened and not closed"),
    "card_missing": N_("There is no card"),
    "card_number": N_("A full card number stands where none is expected; it was not kept"),
    "cell_count": N_("The line has more or fewer cells than the header"),
    "cell_too_long": N_("A cell is longer than anything it could hold"),
    "currency_other": N_("The amount is in a currency of no programme here"),
    "line_length": N_("The line is shorter or longer than the profile says"),
    "negative_amount": N_("The amount is below zero"),
    "nul_byte": N_("The line holds a zero byte"),
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
    "header_missing": N_("The first line is not the control record that the profile declares"),
    "line_too_long": N_("A line is longer than any bank's line"),
    "profile_unknown": N_("Choose a profile from the list"),
    "too_many_columns": N_("%(columns)s columns are more than a file may have (%(most)s)"),
    "trailer_missing": N_("The last line is not the control record that the profile declares"),
    "wrong_encoding": N_("The file is not in %(encoding)s, which the profile declares"),
}
WORK = {
    "feeds": N_("Reading of the drop folder"),
    "files": N_("Posting of a bank file"),
    "ledger": N_("Activation and expiry of points"),
    "purchases": N_("Posting of purchases that waited for their card"),
    "redemption": N_("Release of points that were set aside"),
    "returns": N_("Returns whose wait is over"),
}


def reject(code: str) -> str:
    """Why a line was rejected."""
    return _(REJECTS[code]) if code in REJECTS else _("The line does not fit the profile")


def work(name: str) -> str:
    """What a job of that name does."""
    room = name.partition(".")[0]
    return _(WORK[room]) if room in WORK else _("Work in the background")


def refused_file(problem: Problem, w: Words) -> str:
    """Why a file was refused, with the line where it shows; and that nothing of it was kept."""
    said = _refused(problem, w)
    line = problem.facts.get("line")
    if isinstance(line, int):
        place = w.number(line)
        return _("Line %(line)s. %(said)s. Nothing of this file was kept", line=place, said=said)
    return _("%(said)s. Nothing of this file was kept", said=said)


def _refused(problem: Problem, w: Words) -> str:
    facts = problem.facts
    if problem.code == "totals_differ":
        told, found = facts["told"] or "—", facts["found"]
        if facts["what"] == "count":
            return _("The control record says %(told)s lines, the file has %(found)s", told=told, found=found)
        return _(
            "The control record says %(told)s in all, the lines add up to %(found)s", told=told, found=found
        )
    if problem.code == "wrong_profile":
        return ngettext(
            "%(number)s line of %(lines)s cannot be read, so this is another profile's file. The first: %(why)s",
            "%(number)s lines of %(lines)s cannot be read, so this is another profile's file. The first: %(why)s",
            facts["rejected"],
            number=w.number(facts["rejected"]),
            lines=w.number(facts["lines"]),
            why=reject(facts["reason"]),
        )
    if problem.code in REFUSALS:
        return _(REFUSALS[problem.code], **facts)
    return _("The file cannot be read")
