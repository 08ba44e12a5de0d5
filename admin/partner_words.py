"""Which categories and icons a partner may have, and what is said of any other."""

from collections.abc import Mapping

from flask_babel import gettext as _

from coalition.reports.offers import CATEGORIES, category_name
from tenants.branding import icons


def unknown_category(code: str) -> str:
    """What is wrong with a category, with those that there are; empty for one of them."""
    if code in CATEGORIES:
        return ""
    return _(
        "There is no category “%(code)s”. There are: %(known)s", code=code[:32], known=", ".join(CATEGORIES)
    )


def unknown_icon(name: str) -> str:
    """What is wrong with an icon, with those that there are; empty for one of them."""
    if name in icons.names():
        return ""
    known = ", ".join(sorted(icons.names()))
    return _("There is no icon “%(name)s”. There are: %(known)s", name=name[:32], known=known)


def categories(lang: str) -> Mapping[str, str]:
    """Names of the categories by their codes, in the order of the names."""
    named = {code: category_name(code, lang) for code in CATEGORIES}
    return dict(sorted(named.items(), key=lambda one: one[1]))
