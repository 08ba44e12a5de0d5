"""How long points can be spent, in words."""

from coalition.promotions.validity import Validity
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate


def said(valid: Validity, words: Words) -> str:
    """The term as a clause that goes on from the mechanic's; without the points' word, which is the tenant's own."""
    if valid.days is not None:
        return ntranslate(
            words.lang, "can be spent for %(count)s day", "can be spent for %(count)s days", valid.days
        )
    assert valid.until is not None, "it has the one or the other"
    return translate(words.lang, "can be spent until %(day)s", day=words.day(valid.until))
