"""The desk's own words about files and about work in the background."""

from flask_babel import get_locale
from flask_babel import gettext as _

from admin import words
from tenants.branding.words import Words
from tenants.runtime.errors import Problem
from tenants.translations import N_

WORK = {
    "backtests": N_("Replay of purchases with a draft"),
    "corrections": N_("Correction of a promotion's past"),
    "exports": N_("Making of files from lists"),
    "feeds": N_("Reading of the drop folder"),
    "claims": N_("Terms of claims, and answers that nobody disputed"),
    "files": N_("Posting of a bank file"),
    "figures": N_("Counting of the first page's figures"),
    "ledger": N_("Activation and expiry of points"),
    "privacy": N_("Copies and erasures of personal data"),
    "purchases": N_("Posting of purchases that waited for their card"),
    "referrals": N_("Points for bringing friends"),
    "redemption": N_("Release of points that were set aside"),
    "returns": N_("Returns whose wait is over"),
    "segments": N_("Marking of a segment's members"),
}


def reject(code: str) -> str:
    """Why a line was rejected."""
    return words.reject(code, str(get_locale()))


def refused_file(problem: Problem, w: Words) -> str:
    """Why a file was refused, with the line where it shows; and that nothing of it was kept."""
    return words.refused_file(problem, w.lang)


def work(name: str) -> str:
    """What a job of that name does."""
    room = name.partition(".")[0]
    return _(WORK[room]) if room in WORK else _("Work in the background")
