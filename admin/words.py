"""What is wrong with a file or a line of it, said to whoever has to put it right: at the desk or by a command."""

from coalition.reports.rejects import REJECTS
from coalition.reports.rejects import reject as reject
from tenants.branding.formats import number
from tenants.runtime.errors import Problem
from tenants.runtime.language import ntranslate, translate
from tenants.translations import N_

REFUSALS = {
    "container_not_allowed": N_("This profile does not take files packed as %(container)s"),
    "column_missing": N_("There is no column “%(column)s”. The columns found: %(found)s"),
    "column_repeated": N_("The column “%(column)s” stands there twice"),
    "file_cut": N_("The file ends in the middle of a line, so a part of it is missing"),
    "file_damaged": N_("The file is damaged and cannot be unpacked"),
    "file_empty": N_("There is not one operation in the file"),
    "file_no_text": N_(
        "This is no list: save it as CSV in UTF-8 or Windows-1251, or as an XLSX workbook, and bring it again"
    ),
    "file_not_xlsx": N_("This is not an XLSX workbook"),
    "file_too_large": N_("Unpacked, the file is far larger than any bank file"),
    "file_unsafe_xml": N_("The workbook refers to something outside itself, which no bank file does"),
    "file_other": N_("These are other bytes than those of “%(name)s”"),
    "header_missing": N_("The first line is not the control record that the profile declares"),
    "line_too_long": N_("A line is longer than any bank's line"),
    "nothing_rejected": N_("No line of this file was rejected"),
    "profile_unchanged": N_("The file was read by the newest version of its profile already"),
    "profile_unknown": N_("Choose a profile from the list"),
    "reread_since": N_(
        "Lines of this file were read again already, as file %(number)s. Read those again that it rejected"
    ),
    "rejects_not_kept": N_(
        "More than %(most)s lines were rejected, and others taken. Ask for a file with the right lines"
    ),
    "too_many_columns": N_("%(columns)s columns are more than a file may have (%(most)s)"),
    "trailer_missing": N_("The last line is not the control record that the profile declares"),
    "wrong_encoding": N_("The file is not in %(encoding)s, which the profile declares"),
}
_OF_LISTS = {
    "file_empty": N_("There is not one row in the file"),
    "file_not_xlsx": N_("This is not an XLSX workbook: save it as XLSX or CSV and bring it again"),
    "file_too_large": N_("Unpacked, the file is far larger than a list can be: divide it"),
    "file_unsafe_xml": N_("The workbook refers to something outside itself: save it without links"),
    "line_too_long": N_("A line is longer than any line of a list"),
}
"""What is said of lists that are written by hand, where there is neither a bank nor a profile."""
_LINES_OF_LISTS = {
    "bad_date": N_("Write the date like 1990-12-31 or 31.12.1990; it cannot lie in the future"),
    "bad_day": N_("Write the day like 2026-12-31 or 31.12.2026"),
    "bad_encoding": N_(
        "Some characters cannot be read: save the list in one encoding, UTF-8 or Windows-1251"
    ),
}


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


def refused_list(problem: Problem, lang: str) -> str:
    """Why a list that somebody wrote by hand was refused: what to do, and that nothing of it was kept."""
    if problem.code in _OF_LISTS:
        said = translate(lang, _OF_LISTS[problem.code])
        return translate(lang, "%(said)s. Nothing of this file was kept", said=said)
    return refused_file(problem, lang)


def reject_of_list(code: str, lang: str) -> str:
    """Why a line of a list was left out."""
    if code in _LINES_OF_LISTS:
        return translate(lang, _LINES_OF_LISTS[code])
    return reject(code, lang) if code in REJECTS else translate(lang, "The line cannot be read")


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
