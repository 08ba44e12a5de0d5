"""One catalogue for everything that people read: English is the message itself, Russian is in `ru/`.

`messages()` finds every message of the code and the templates; a test keeps the catalogue whole. Messages are said
with `_`, `gettext`, `ngettext` in faces and templates, with `translate` and `ntranslate` below them, and noted with
`N_` where a table holds a message that is looked up later, or `NN_` one with a plural.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2.ext import babel_extract

ROOT = Path(__file__).parents[2]
PACKAGES = ("admin", "charity", "coalition", "partner_portal", "tenants")
# where the message stands among a call's arguments; two places are singular and plural
_PLACES = {
    "_": (0,),
    "N_": (0,),
    "NN_": (0, 1),
    "gettext": (0,),
    "ngettext": (0, 1),
    "translate": (1,),
    "ntranslate": (1, 2),
}

Message = tuple[str, ...]


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "a message, looked up later"
    """The message itself, noted for the catalogue."""
    return message


def NN_(singular: str, plural: str) -> tuple[str, str]:  # noqa: N802  as N_
    """Both forms of a message, noted for the catalogue."""
    return singular, plural


def messages() -> Iterator[tuple[Path, Message]]:
    """Every (file, message) of the house; a message with a plural is a pair."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix == ".py":
                for message in _in_code(path.read_text()):
                    yield path, message
            elif path.suffix in (".html", ".txt") and "templates" in path.parts:
                for message in _in_template(path):
                    yield path, message


def _in_code(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PLACES):
            continue
        places = _PLACES[node.func.id]
        values = [node.args[place] for place in places if place < len(node.args)]
        texts = [value.value for value in values if isinstance(value, ast.Constant)]
        if len(texts) == len(places) and all(isinstance(text, str) for text in texts):
            yield tuple(str(text) for text in texts)


def _in_template(path: Path) -> Iterator[Message]:
    with path.open("rb") as file:
        for _line, _function, message, _comments in babel_extract(file, ("_", "gettext", "ngettext"), [], {}):
            yield (message,) if isinstance(message, str) else tuple(part for part in message or () if part)
