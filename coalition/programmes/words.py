"""How readers are told a programme's numbers."""

from coalition.programmes.models import Programme
from tenants.branding.words import Words
from tenants.runtime import clock


def words_in(lang: str, programme: Programme) -> Words:
    """The formatter of a reader of that language, on the programme's day."""
    return Words(
        lang=lang,
        forms=programme.unit[lang],
        scale=programme.scale,
        currency=programme.currency,
        zone=programme.zone,
        today=clock.business_day(programme.zone),
        exchange=(programme.value_points, programme.value_minor),
    )
