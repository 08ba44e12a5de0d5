"""A file that a form brings: taken in one way by every page, and what is wrong with a list said in one way."""

from typing import BinaryIO, NamedTuple, cast

from flask import request
from flask_babel import gettext as _

from admin import words
from admin.problems import refusal
from tenants.runtime.errors import Refusal


class Upload(NamedTuple):
    """A file as it was sent: what it is called there, and its bytes from the beginning."""

    name: str
    stream: BinaryIO


def sent_file(name: str = "file") -> Upload | None:
    """The file of a form's field; None where none was chosen, of which `no_file` tells."""
    found = request.files.get(name)
    if found is None or not found.filename:
        return None
    return Upload(found.filename, cast(BinaryIO, found.stream))


def no_file() -> dict[str, str]:
    """What is said at the field of a form that came without its file."""
    return {"file": _("Choose a file")}


def list_refused(no: Refusal, lang: str) -> str:
    """Why a list was not taken: what is wrong with the file itself, or with what it asks for."""
    return words.refused_list(no, lang) if words.about_file(no) else refusal(no)
