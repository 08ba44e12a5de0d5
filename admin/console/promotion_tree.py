"""A document as a tree of fields, drawn from the fields of its parts. One walk serves the form and its reader.

Who reads the form compares what came with what stood in the field: a field that nobody has touched leaves the document
as it was, to the letter, and so does whatever no field can show.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from flask_babel import gettext as _
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from coalition.programmes.asks import Asks
from tenants.branding import formats
from tenants.branding.words import Words

Path = tuple[str | int, ...]
Known = Mapping[str, Sequence[tuple[str, str]]]
ON, _OFF = "on", "off"
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_TIME = re.compile(r"(([01]\d|2[0-3]):[0-5]\d)(:00)?", re.ASCII)


class Look(StrEnum):
    """How a node is drawn."""

    TEXT = "text"
    FLAG = "flag"
    DAY = "date"
    TIME = "time"
    ONE = "one"
    MANY = "many"
    GROUP = "group"  # the fields of a part
    ROWS = "rows"  # parts, or the sides of a mapping, one after the other
    ABSENT = "absent"  # a part that is not there and can be added
    OPAQUE = "opaque"  # what stands there is nothing that fields could show


@dataclass
class Node:
    """A field, or several that belong together: `name` in the form, `path` in the document.

    `shown` are the texts as the form has them; `of` the annotation that says how to read them. `kinds` are the parts
    there are to choose from.
    """

    name: str
    path: Path
    look: Look
    label: str = ""
    hint: str = ""
    shown: list[str] = field(default_factory=list)
    options: Sequence[tuple[str, str]] = ()
    nodes: list["Node"] = field(default_factory=list)
    of: Any = None
    default: Any = None
    kinds: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    required: bool = False
    removable: bool = False
    side: str = ""  # of a mapping: "key" or "value"
    pictured: bool = False  # whether its options are icons, to be shown
    coded: bool = False  # whether its values are codes of parts that may be written out

    @property
    def id(self) -> str:
        """Of its control in the page."""
        return self.name.replace(".", "-")

    def walk(self) -> Iterator["Node"]:
        """It and all below it."""
        yield self
        for node in self.nodes:
            yield from node.walk()


def bare(annotation: Any) -> Any:
    """The type without what bounds it, and without None."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation):
            annotation = Union[tuple(one for one in get_args(annotation) if one is not NoneType)]  # noqa: UP007
        else:
            return annotation


def parts_of(annotation: Any) -> list[type[BaseModel]]:
    """The parts that may stand there; none where it is no part."""
    kind = bare(annotation)
    if get_origin(kind) in (Union, UnionType):
        return [part for one in get_args(kind) for part in parts_of(one)]
    return [kind] if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def asks_of(info: FieldInfo) -> Asks | None:
    """What the field says of itself."""
    return next((one for one in info.metadata if isinstance(one, Asks)), None)


def code_of(written: Any) -> str | None:
    """The code of a part that is named by it, or written out with it."""
    code = written.get("code") if isinstance(written, dict) else written
    return code if isinstance(code, str) else None


def kinds_of(parts: Sequence[type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Parts by the kinds that a document names them by; nothing for a part that has no kind."""
    fields = [(part, part.model_fields.get("kind")) for part in parts]
    return {kind: part for part, info in fields if info for kind in get_args(bare(info.annotation))}


def kind_words(kinds: Mapping[str, type[BaseModel]]) -> list[tuple[str, str]]:
    """Kinds with what they are called."""
    said = {kind: asks_of(part.model_fields["kind"]) for kind, part in kinds.items()}
    return [(kind, _(asks.choices[kind])) for kind, asks in said.items() if asks]


class Drawing:
    """Draws a document's tree for a reader, with what there is to choose from in the tenant."""

    def __init__(self, known: Known, w: Words, units: Mapping[str, str]) -> None:
        self.known, self.w, self.units = known, w, units

    def fields(self, part: type[BaseModel], value: Any, path: Path, name: str) -> list[Node]:
        """The fields of a part, but its kind."""
        written = value if isinstance(value, dict) else {}
        asked = {each: (info, asks_of(info)) for each, info in part.model_fields.items() if each != "kind"}
        return [
            self.field(info, asks, written.get(each), (*path, each), f"{name}.{each}", written.get("kind"))
            for each, (info, asks) in asked.items()
            if asks is not None
        ]

    def field(
        self, info: FieldInfo, asks: Asks, value: Any, path: Path, name: str, kind: object = None
    ) -> Node:
        """One field with what stands in it."""
        node = Node(name, path, Look.OPAQUE, self._label(asks), _(asks.help) if asks.help else "")
        node.of, node.required = info.annotation, info.is_required()
        node.default = None if info.is_required() or info.default_factory else info.default
        inner = bare(info.annotation)
        if get_origin(inner) is dict:
            return self._mapping(node, asks, {} if value is None else value)
        if parts := parts_of(inner):
            return self._part(node, parts, value)
        if get_origin(inner) is tuple and (parts := parts_of(get_args(inner)[0])):
            if asks.of:
                return self._named(node, asks, [] if value is None else value)
            return self._rows(node, parts, [] if value is None else value)
        return self._leaf(node, asks, value, str(kind))

    def _label(self, asks: Asks) -> str:
        unit = self.units.get(asks.unit, "")
        label = _(asks.label) if asks.label else ""
        return f"{label}, {unit}" if unit else label

    def _part(self, node: Node, parts: Sequence[type[BaseModel]], value: Any) -> Node:
        node.kinds = kinds_of(parts)
        optional = not node.required and node.default is None
        if value is None and optional:
            node.look = Look.ABSENT
        elif value is None or isinstance(value, dict):
            node.look, node.removable = Look.GROUP, optional
            part: type[BaseModel] | None = parts[0]
            if node.kinds:
                usual = getattr(node.default, "kind", "")
                kind = str(usual if value is None else value.get("kind", usual))
                part = node.kinds.get(kind)
                node.nodes = [self._kind(node, kind)]
                node.label = ""
            if part is not None:
                node.nodes += self.fields(part, value, node.path, node.name)
        return node

    def _kind(self, node: Node, kind: str) -> Node:
        """The choice of the part."""
        options = _with(kind_words(node.kinds), [kind], "" if kind else _("Choose"))
        place = (*node.path, "kind")
        return Node(
            f"{node.name}.kind", place, Look.ONE, node.label, node.hint, [kind], options, kinds=node.kinds
        )

    def _rows(self, node: Node, parts: Sequence[type[BaseModel]], value: Any) -> Node:
        if not isinstance(value, list | tuple):
            return node
        node.look, node.kinds = Look.ROWS, kinds_of(parts)
        words = node.options = kind_words(node.kinds)
        for number, one in enumerate(value):
            path, name = (*node.path, number), f"{node.name}.{number}"
            kind = one.get("kind") if isinstance(one, dict) else None
            part = node.kinds.get(str(kind)) if node.kinds else parts[0]
            row = Node(name, path, Look.OPAQUE, dict(words).get(str(kind), ""), removable=True)
            if part is not None and isinstance(one, dict):
                row.look, row.nodes = Look.GROUP, self.fields(part, one, path, name)
            node.nodes.append(row)
        return node

    def _named(self, node: Node, asks: Asks, value: Any) -> Node:
        """Parts that are chosen by their codes, written out or not."""
        codes = [code_of(one) for one in value] if isinstance(value, list | tuple) else [None]
        if None not in codes:
            node.look, node.of, node.coded = Look.MANY, tuple[str, ...], True
            node.shown = [str(code) for code in codes]
            node.options = _with(self.known.get(asks.of, ()), node.shown, "")
        return node

    def _mapping(self, node: Node, asks: Asks, value: Any) -> Node:
        """Its keys and values as rows of two fields."""
        if not isinstance(value, dict):
            return node
        node.look = Look.ROWS
        for number, (key, one) in enumerate(value.items()):
            path, name = (*node.path, key), f"{node.name}.{number}"
            side = Node(f"{name}.key", path, Look.TEXT, _(asks.key), shown=[str(key)], of=str, side="key")
            other = Node(
                f"{name}.value", path, Look.OPAQUE, _(asks.value), of=get_args(bare(node.of))[1], side="value"
            )
            other = self._leaf(other, asks, one, "")
            node.nodes.append(Node(name, path, Look.GROUP, nodes=[side, other], removable=True))
        return node

    def _leaf(self, node: Node, asks: Asks, value: Any, kind: str) -> Node:
        inner = bare(node.of)
        many = get_origin(inner) is tuple
        value = node.default if value is None else value
        if many:
            if value is not None and not isinstance(value, list | tuple):
                return node
            texts = [self._shown(one, get_args(inner)[0]) for one in value or ()]
        else:
            texts = [] if value is None else [self._shown(value, inner)]
        if any(text is None for text in texts):
            return node
        node.shown = [text for text in texts if text not in (None, _OFF)]
        node.options = [(code, _(text)) for code, text in asks.choices.items()]
        node.options = node.options or self.known.get(kind if asks.of == "place" else asks.of, ())
        if asks.of == "icon":  # the one that is chosen comes first, since not all are in sight
            node.pictured = True
            node.options = sorted(node.options, key=lambda option: option[0] not in node.shown)
        node.look = _look(inner, node, many=many)
        if many and node.look is Look.TEXT:
            node.shown = ["; ".join(node.shown) if _is_number(get_args(inner)[0]) else ", ".join(node.shown)]
        elif node.options:
            empty = "" if many or node.default is not None else _("Choose") if node.required else "—"
            node.options = _with(node.options, node.shown, "" if node.required and node.shown else empty)
        return node

    def _shown(self, value: Any, inner: Any) -> str | None:
        """The text of one value; none for what no text field can hold."""
        if is_mixed(inner):
            return as_text(value)
        if isinstance(value, dict | list) or (isinstance(value, bool) is not (bare(inner) is bool)):
            return None
        if isinstance(value, bool):
            return ON if value else _OFF
        text = str(value)
        if _is_number(inner) and _NUMBER.fullmatch(text):
            return formats.decimal(Decimal(text), self.w.lang)
        if bare(inner) is time and (found := _TIME.fullmatch(text)):
            return found[1]
        return None if "\n" in text or "\r" in text else text


def _with(options: Sequence[tuple[str, str]], chosen: Sequence[str], empty: str) -> list[tuple[str, str]]:
    """The options, what is chosen although it is none of them, and first the empty one, where there is one."""
    codes = [code for code, _text in options]
    others = [(code, code) for code in chosen if code and code not in codes]
    return [*([("", empty)] if empty else []), *options, *others]


def _look(inner: Any, node: Node, *, many: bool) -> Look:
    if inner is bool:
        return Look.FLAG
    if node.options:
        return Look.MANY if many else Look.ONE
    text = node.shown[0] if node.shown else ""
    if inner is date and (not text or re.fullmatch(r"\d{4}-\d\d-\d\d", text)):
        return Look.DAY
    return Look.TIME if inner is time and (not text or _TIME.fullmatch(text)) else Look.TEXT


def _is_number(annotation: Any) -> bool:
    return bare(annotation) in (int, Decimal)


def is_mixed(annotation: Any) -> bool:
    """Whether several kinds of plain values may stand there, so that the text has to tell them apart."""
    return get_origin(bare(annotation)) in (Union, UnionType)


def as_text(value: Any) -> str | None:
    """A plain value so that `as_value` reads the same: a text that would be read as something else is quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return (
            value if as_value(value) == value and not _odd(value) else None if _odd(value) else f'"{value}"'
        )
    return str(value) if isinstance(value, int) else None


def as_value(text: str) -> bool | int | str:
    """A whole number, true or false, or a text."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        return int(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _odd(text: str) -> bool:
    return "\n" in text or "\r" in text
