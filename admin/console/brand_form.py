"""The colours of a brand tried while they are chosen: two small pages, light and dark, and what can be read of them."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import Response, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from admin.desk import Answer, DeskView
from tenants.branding.formats import amount
from tenants.branding.preview import Tried, stylesheet, try_brand
from tenants.runtime.errors import NotFound

NAMES = ("brand", "accent", "corner")


class Preview(NamedTuple):
    """What a form shows beside the colours: what came of them, contrasts, the stylesheet's address, or why not."""

    tried: Tried
    least: Mapping[str, str]
    css: str
    wrong: str


def refused(tried: Tried) -> dict[str, str]:
    """Why colours are refused, each at its field."""
    if tried.misshapen:
        said = _("A colour is written with # and six digits or letters from a to f")
        return dict.fromkeys(tried.misshapen, said)
    if tried.nearest:
        return {
            tried.wrong: _(
                "Nobody could read this colour on white. The nearest one that can be read is %(nearest)s",
                nearest=tried.nearest,
            )
        }
    if tried.palette is None:
        return {tried.wrong: _("Nobody could read these two colours together. Choose a darker main colour")}
    return {}


class TriesBrands(DeskView):
    """A section with a form of colours; the preview changes nothing and tells nothing that is not in its address."""

    @expose("/tried")
    def tried(self) -> Answer:
        """The preview alone, for the form that is being filled in."""
        return str(self.render("desk/brand_tried.html", preview=self.preview(*_asked()), w=self.visitor.w))

    @expose("/tried.css")
    def tried_css(self) -> Answer:
        """The colours of the preview; NotFound for those that nobody could read."""
        palette = try_brand(*_asked()).palette
        if palette is None:
            raise NotFound("branding_unknown")
        return Response(stylesheet(palette), mimetype="text/css")

    def preview(self, brand: str, accent: str, corner: str) -> Preview:
        """What the form shows of these colours."""
        asked = {"brand": brand, "accent": accent, "corner": corner}
        tried, lang = try_brand(brand, accent, corner), self.visitor.w.lang
        least = (
            {theme: amount(ratio, 2, lang) for theme, ratio in tried.least.items()} if tried.palette else {}
        )
        wrong = next(iter(refused(tried).values()), "")
        return Preview(tried, least, url_for(".tried_css", **asked), wrong)


def _asked() -> tuple[str, str, str]:
    brand, accent, corner = (request.args.get(name, "")[:20] for name in NAMES)
    return brand, accent, corner
