"""The API's reference as a page at /v1/docs, drawn from the document that programs read."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, render_template
from flask_babel import gettext as _

from coalition.webhooks.kinds import KINDS
from partner_portal.api import operations, problems
from partner_portal.api.callers import SCOPES
from partner_portal.api.openapi import document
from partner_portal.api.operations import Operation
from partner_portal.api.v1 import OPERATIONS

ADDRESS = "/v1/docs"
page = Blueprint("reference", __name__, template_folder="templates")


@dataclass(frozen=True)
class Field:
    """A field of a body or an answer: its type may be another shape, which `shape` names."""

    name: str
    type: str
    shape: str
    needed: bool
    bounds: str


@dataclass(frozen=True)
class Told:
    """An operation as the page tells it."""

    name: str
    method: str
    path: str
    about: str
    scope: str
    writes: bool
    takes: str
    gives: str
    status: int
    problems: tuple[tuple[int, str, str], ...]


def install(app: Flask) -> None:
    """Add the page to the application that serves pages."""
    app.register_blueprint(page)


@page.get(ADDRESS)
def reference() -> str:
    """Every operation with its shapes and problems, in the reader's language."""
    shapes = document()["components"]["schemas"]
    return render_template(
        "reference/reference.html",
        operations=[_told(one) for one in OPERATIONS],
        scopes=[(name, _(scope.about)) for name, scope in sorted(SCOPES.items())],
        shapes={
            name: list(_fields(shape)) for name, shape in sorted(shapes.items()) if "properties" in shape
        },
        events=[(kind, _(one.about), one.__name__) for kind, one in KINDS.items()],
        document="/v1/openapi.json",
    )


def _told(one: Operation) -> Told:
    codes = dict.fromkeys((*one.problems, *(operations.WRITING if one.writes else ())))
    return Told(
        one.name,
        one.method,
        f"/v1{one.path}",
        _(one.about),
        one.scope,
        one.writes,
        one.takes.__name__ if one.takes else "",
        one.gives.__name__,
        HTTPStatus(one.status).value,
        tuple((problems.STATUS[code], code, _plain(problems.SENTENCES[code])) for code in codes),
    )


def _plain(sentence: str) -> str:
    """The sentence in the reader's language, its places as they are named."""
    said = _(sentence)
    return said.replace("%(", "{").replace(")s", "}")


def _fields(shape: dict[str, Any]) -> Iterator[Field]:
    needed = set(shape.get("required", ()))
    for name, of in shape["properties"].items():
        kind, inner = _type(of)
        yield Field(name, kind, inner, name in needed, _bounds(of))


def _type(of: dict[str, Any]) -> tuple[str, str]:
    """A type in words and the shape that it is made of, if it is."""
    if "$ref" in of:
        name = of["$ref"].rsplit("/", 1)[1]
        return name, name
    if "const" in of:
        return f"“{of['const']}”", ""
    if "enum" in of:
        return " | ".join(f"“{value}”" for value in of["enum"]), ""
    for several in ("anyOf", "oneOf"):
        if several in of:
            kinds = [_type(one) for one in of[several]]
            return " | ".join(kind for kind, _shape in kinds), next(
                (inner for _kind, inner in kinds if inner), ""
            )
    if of.get("type") == "array":
        kind, inner = _type(of.get("items", {}))
        return f"[{kind}]", inner
    form = {"date-time": "RFC 3339", "uuid": "UUID", "date": "YYYY-MM-DD"}.get(of.get("format", ""), "")
    return form or str(of.get("type", "—")), ""


_SIGNS = {
    "minimum": "≥ {}", "maximum": "≤ {}", "exclusiveMinimum": "> {}", "exclusiveMaximum": "< {}",
    "minLength": "length ≥ {}", "maxLength": "length ≤ {}", "minItems": "items ≥ {}", "maxItems": "items ≤ {}",
}  # fmt: skip


def _bounds(of: dict[str, Any]) -> str:
    asked = [of, *of.get("anyOf", ())]
    return ", ".join(sign.format(one[name]) for one in asked for name, sign in _SIGNS.items() if name in one)
