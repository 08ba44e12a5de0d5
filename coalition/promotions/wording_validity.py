"""How long points can be spent, in words."""

from datetime import date

from coalition.programmes.models import Programme
from coalition.promotions.document import Document
from coalition.promotions.gives import Giving
from coalition.promotions.validity import Validity
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate


def of_award(document: Document, programme: Programme, words: Words) -> str | None:
    """How long what a document gives can be spent, by its own term or else the programme's; None without any end."""
    if document.gives.giving is not Giving.POINTS:
        return None
    return said(document.valid, words) if document.valid is not None else _by_terms(programme, words)


def _by_terms(programme: Programme, words: Words) -> str | None:
    match programme.expiry, programme.expiry_count:
        case "days", int(days):
            return _for(days, words)
        case "month_end", int(months):
            return ntranslate(
                words.lang,
                "can be spent until the end of the month that comes %(count)s month later",
                "can be spent until the end of the month that comes %(count)s months later",
                months,
            )
        case "date", None if programme.expiry_date is not None and programme.expiry_date >= words.today:
            return _until(programme.expiry_date, words)
    return None


def said(valid: Validity, words: Words) -> str:
    """The term as a clause that goes on from the mechanic's; without the points' word, which is the tenant's own."""
    if valid.days is not None:
        return _for(valid.days, words)
    assert valid.until is not None, "it has the one or the other"
    return _until(valid.until, words)


def _for(days: int, words: Words) -> str:
    return ntranslate(words.lang, "can be spent for %(count)s day", "can be spent for %(count)s days", days)


def _until(day: date, words: Words) -> str:
    return translate(words.lang, "can be spent until %(day)s", day=words.day(day))
