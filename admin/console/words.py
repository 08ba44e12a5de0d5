"""The desk's own words about files and about work in the background."""

from flask_babel import get_locale
from flask_babel import gettext as _

from admin import words
from tenants.branding.words import Words
from tenants.runtime.errors import Problem
from tenants.translations import N_

WORK = {
    "aggregator": N_("Asking networks of shops, and reading what they tell"),
    "approvals": N_("Files whose signature did not come, removed"),
    "auth": N_("Codes and sign-ins that are over, removed"),
    "backtests": N_("Replay of purchases with a draft"),
    "cards": N_("Links that activate cards, removed when they are over"),
    "claims": N_("Terms of claims, and answers that nobody disputed"),
    "corrections": N_("Correction of a promotion's past"),
    "exports": N_("Making of files from lists"),
    "feeds": N_("Reading of the drop folder"),
    "figures": N_("Counting of the first page's figures"),
    "charity": N_("Gifts that members give again and again"),
    "files": N_("Posting of a bank file"),
    "reports": N_("Letters with the month's figures to partners"),
    "settlement": N_("Counting of settlement's days"),
    "ledger": N_("Activation and expiry of points"),
    "mailings": N_("Mailings of partners"),
    "messages": N_("Texts to phones"),
    "occasions": N_("Gifts for occasions: joining, birthdays, cards"),
    "outbox": N_("Work that is done, removed from this list"),
    "privacy": N_("Copies and erasures of personal data"),
    "purchases": N_("Posting of purchases that waited for their card"),
    "redemption": N_("Release of points that were set aside"),
    "referrals": N_("Points for bringing friends"),
    "requests": N_("Answers kept for repeated requests, removed when they are over"),
    "returns": N_("Returns whose wait is over"),
    "segments": N_("Marking of a segment's members"),
    "webhooks": N_("Messages to programs of partners"),
}
"""What the jobs of each room do; a test asks for every one."""


def reject(code: str) -> str:
    """Why a line was rejected."""
    return words.reject(code, str(get_locale()))


def refused_file(problem: Problem, w: Words) -> str:
    """Why a file was refused, with the line where it shows; and that nothing of it was kept."""
    return words.refused_file(problem, w.lang)


def work(name: str) -> str:
    """What a job of that name does."""
    room = name.partition(".")[0]
    return _(WORK[room]) if room in WORK else name  # of a job that is no more
