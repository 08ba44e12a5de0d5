"""The paper on which the programme writes: the brand's letterhead in the reader's language."""

from sqlalchemy.orm import Session

from coalition.programmes.models import Programme
from tenants.branding.letterhead import Letterhead
from tenants.branding.web import branding_of
from tenants.runtime.language import translate


def letterhead(session: Session, programme: Programme, lang: str) -> Letterhead:
    """Whose paper it is: the tenant's name and mark, and the programme's."""
    brand = branding_of(session)
    colours = brand.palette["light"]

    def said(text: dict[str, str]) -> str:
        return text.get(lang) or next(iter(text.values()), "")

    return Letterhead(
        name=said(brand.name),
        programme=translate(lang, "Programme “%(name)s”", name=said(programme.name)),
        mark_svg=brand.logo,
        brand=colours["brand-fill"],
        soft=colours["brand-soft"],
        on_brand=colours["on-brand"],
        lang=lang,
        zone=programme.zone,
    )
