"""What somebody was about to do when the sign-in ended: carried through signing in, so that nothing typed is lost.

It travels in the pages themselves, as a hidden field: nothing of it is stored on the server. Passwords, codes and
files are not carried.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from flask import current_app, render_template, request, url_for
from flask import redirect as to
from werkzeug.wrappers import Response

DESK = "/desk/"
ADDRESS_MAX = 2000
_DROPPED = ("csrf_token", "password", "otp")


class Kept(NamedTuple):
    """The address that was asked for, and what was sent to it; `fields` is None where it was only looked at."""

    address: str
    fields: Sequence[tuple[str, str]] | None

    @property
    def as_text(self) -> str:
        """For a hidden field."""
        return json.dumps([self.address, self.fields], ensure_ascii=False)


def to_sign_in() -> Response:
    """Send somebody who is not signed in to the form, which leads back to this address.

    What was sent by a form is kept in the form of signing in, which is the answer then.
    """
    if request.headers.get("HX-Request"):  # a part of a page: the whole page is to ask for itself
        answer = current_app.response_class("", 200)
        answer.headers["HX-Refresh"] = "true"
        return answer
    if request.method == "POST" and request.mimetype == "application/x-www-form-urlencoded":
        fields = [(name, said) for name, said in request.form.items(multi=True) if not _is_dropped(name)]
        body = render_template("desk/sign_in.html", login="", wrong="", kept=Kept(_here(), fields))
        return current_app.response_class(body, 401)
    return to(
        url_for("desk_door.sign_in", next=_here()) if _here() != DESK else url_for("desk_door.sign_in"), 303
    )


def kept_in(text: str) -> Kept | None:
    """What a hidden field has kept, if it leads to the desk."""
    try:
        address, fields = json.loads(text)
        if fields is not None:
            fields = [(str(name), str(said)) for name, said in fields]
    except (ValueError, TypeError):
        return None
    return Kept(address, fields) if is_of_desk(address) else None


def is_of_desk(address: object) -> bool:
    """Whether it is an address of the desk, on this host, and not that of signing in."""
    return (
        isinstance(address, str)
        and address.startswith(DESK)
        and len(address) <= ADDRESS_MAX
        and address.isprintable()
        and "\\" not in address
        and "//" not in address.partition("?")[0]
        and not address.startswith(f"{DESK}sign-")
    )


def _is_dropped(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}_") for one in _DROPPED)


def _here() -> str:
    address = request.full_path.rstrip("?")
    return address if is_of_desk(address) and request.method in ("GET", "POST") else DESK
