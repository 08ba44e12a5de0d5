"""A card is activated by the link that was texted to its member: no signing in, whoever has the phone may."""

from flask import render_template, request
from flask_babel import gettext as _

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.sign_in import gate
from coalition.cabinet.views import Problem as Shown
from coalition.cabinet.visit import Answer
from coalition.cards.links import activate_by_link, card_of_link
from coalition.cards.models import Card
from tenants.auth.limits import allowed
from tenants.runtime.errors import NotFound
from tenants.runtime.web import session

UNKNOWN_PER_HOUR = 120
"""So many links that are none are told so at one address. A good one always works: behind it stand many phones."""
_KIND = "activation-link"


@cabinet.get("/activate/<token>")
def activation(token: str) -> Answer:
    """Ask whether to: a program that looks a link up for its reader activates nothing."""
    return _tried(token, activate=False)


@cabinet.post("/activate/<token>")
def activate(token: str) -> Answer:
    """Activate the card."""
    return _tried(token, activate=True)


def _tried(token: str, *, activate: bool) -> Answer:
    opened = session()
    try:
        card = activate_by_link(opened, token) if activate else card_of_link(opened, token)
    except NotFound:
        address = request.remote_addr or ""
        if not allowed(opened, _KIND, address, most=UNKNOWN_PER_HOUR, seconds=3600):
            return _told(_("Too many tries from here. Try again in an hour")), 429
        return _told(
            _(
                "A link works once, for three days, and until the next one comes. If you have activated your card "
                "by it, all is well. If not, ask for another at the till"
            )
        ), 404
    return _page(card, token, done=activate)


def _page(card: Card, token: str, *, done: bool) -> str:
    return gate("activate.html", last_four=card.last_four, token=token, done=done)


def _told(text: str) -> str:
    shown = Shown(_("This link does not work any more"), text, "/", _("To the home page"))
    return render_template("cabinet/problem.html", problem=shown)
