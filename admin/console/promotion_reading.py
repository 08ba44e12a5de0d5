"""What came from a document's form, put into the document: values, kinds, parts that were added or removed."""

import re
from collections.abc import Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any, get_args, get_origin

from annotated_types import MinLen
from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from admin.console.promotion_tree import (
    ON,
    Look,
    Node,
    Path,
    as_value,
    bare,
    code_of,
    is_mixed,
    kinds_of,
    parts_of,
)
from tenants.branding.formats import plain_number

_CONTROLS = (Look.TEXT, Look.FLAG, Look.DAY, Look.TIME, Look.ONE, Look.MANY)
_BOXES = (Look.FLAG, Look.MANY)  # of which nothing comes where nothing is ticked


def read(nodes: Sequence[Node], form: MultiDict[str, str], document: Any, lang: str) -> Any:
    """The document with what was changed in the form; `nodes` are its own tree, as the form was drawn."""
    made, chosen = deepcopy(document), list[tuple[Node, str]]()
    renamed: dict[Path, dict[str, str]] = {}
    for node in (one for top in nodes for one in top.walk() if one.look in _CONTROLS):
        came = [text.strip() for text in form.getlist(node.name)]
        if not (came or node.look in _BOXES) or _same(came, node):
            continue
        if node.kinds:
            chosen.append((node, came[0]))
        elif node.side == "key":
            renamed.setdefault(node.path[:-1], {})[str(node.path[-1])] = came[0]
        elif node.side == "value":
            _at(made, node.path[:-1])[node.path[-1]] = _value(came, node, lang)
        else:
            value = _value(came, node, lang)
            _put(made, node.path, _as_written(value, _at(document, node.path)) if node.coded else value)
    for path, keys in renamed.items():
        _rename(_at(made, path), keys)
    for node, kind in chosen:
        _put(made, node.path[:-1], _turned(_at(made, node.path[:-1]), node, kind))
    return made


def press(nodes: Sequence[Node], pressed: str, kind: str, document: Any) -> Any:
    """The document after a button that adds a part, of this kind where there are several, or removes one."""
    made = deepcopy(document)
    do, _dot, name = pressed.partition(":")
    node = next((one for top in nodes for one in top.walk() if one.name == name), None)
    if node is None:
        return made
    if do == "remove" and node.removable:
        _drop(made, node.path)
    elif do == "add" and node.look is Look.ABSENT:
        _put(made, node.path, _fresh(parts_of(node.of)[0]))
    elif do == "add" and node.look is Look.ROWS:
        _put(made, node.path, _longer(_at(made, node.path), node, kind))
    return made


def _same(came: Sequence[str], node: Node) -> bool:
    if node.look is Look.MANY:
        return set(came) == set(node.shown)
    return list(came) == [text.strip() for text in node.shown] or (not any(came) and not any(node.shown))


def _value(came: Sequence[str], node: Node, lang: str) -> Any:
    """As a document has it; nothing for what is left empty. What cannot be read stays as it was written."""
    inner = bare(node.of)
    if node.look is Look.FLAG:
        return True if ON in came else (False if node.default else None)
    if get_origin(inner) is tuple:
        one = bare(get_args(inner)[0])
        texts = list(came) if node.look is Look.MANY else _entries(came[0], one, lang)
        return [_plain(text, one, node, lang) for text in texts] or ([] if node.default else None)
    return _plain(came[0], inner, node, lang) if came[0] else None


def _as_written(codes: Sequence[str] | None, before: Any) -> list[Any] | None:
    """Parts by their codes: those that were there as they were written."""
    written = {code_of(one): one for one in before or ()}
    return [written.get(code, code) for code in codes] if codes else None


def _entries(text: str, one: Any, lang: str) -> list[str]:
    """Entries of a list: a comma parts them, but not where it may stand within a number."""
    parted = text.split(";") if one is Decimal and lang != "en" else re.split("[;,]", text)
    return [entry.strip() for entry in parted if entry.strip()]


def _plain(text: str, inner: Any, node: Node, lang: str) -> Any:
    if inner in (int, Decimal):
        number = plain_number(text, lang, of_percent=", %" in node.label)  # as every label of a rate says
        return int(number) if inner is int and re.fullmatch(r"-?\d{1,18}", number, re.ASCII) else number
    return as_value(text) if is_mixed(inner) else text


def _turned(value: Any, node: Node, kind: str) -> Any:
    """A part of another kind; what both have in common stays."""
    part = node.kinds.get(kind)
    if part is None:
        return {"kind": kind}
    old = node.kinds.get(node.shown[0])
    written = value if isinstance(value, dict) else {}
    kept = {
        name: one
        for name, one in written.items()
        if old is not None
        and name in part.model_fields
        and name != "kind"
        and old.model_fields[name].annotation == part.model_fields[name].annotation
    }
    return _fresh(part, kind) | kept


def _fresh(part: type[BaseModel], kind: str = "") -> dict[str, Any]:
    """A part with nothing in it but as many rows as there must be."""
    kinds = kinds_of([part])
    made: dict[str, Any] = {"kind": kind or next(iter(kinds))} if kinds else {}
    for name, info in part.model_fields.items():
        inner, parts = bare(info.annotation), parts_of(info.annotation)
        if not info.is_required() or name == "kind":
            continue
        least = next((one.min_length for one in info.metadata if isinstance(one, MinLen)), 0)
        if parts:
            made[name] = _fresh(parts[0])
        elif get_origin(inner) is dict:
            made[name] = {"": None}
        elif get_origin(inner) is tuple and (rows := parts_of(get_args(inner)[0])):
            made[name] = [_fresh(rows[0]) for _ in range(least)]
    return made


def _longer(value: Any, node: Node, kind: str) -> Any:
    inner = bare(node.of)
    if get_origin(inner) is dict:
        return {**(value or {}), "": None}
    part = node.kinds.get(kind) if node.kinds else parts_of(get_args(inner)[0])[0]
    return [*(value or []), *([] if part is None else [_fresh(part, kind if node.kinds else "")])]


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step] if isinstance(document, list) else (document or {}).get(step)
    return document


def _put(document: Any, path: Path, value: Any) -> None:
    """Set a field, with the parts on the way to it; nothing is set where it would say nothing."""
    *way, last = path
    for step in way:
        inner = document[step] if isinstance(document, list) else document.get(step)
        if inner is None:
            if value is None:
                return
            inner = document[step] = {}
        document = inner
    if value is None and isinstance(document, dict):
        if last in document:
            del document[last]
    else:
        document[last] = value


def _drop(document: Any, path: Path) -> None:
    *way, last = path
    del _at(document, tuple(way))[last]


def _rename(entries: dict[str, Any], keys: dict[str, str]) -> None:
    """Give entries of a mapping other keys, each where it stands; one that would take another's keeps its own."""
    wanted = {old: keys.get(old, old) for old in entries}
    kept: dict[str, Any] = {}
    for old, value in entries.items():
        alone = list(wanted.values()).count(wanted[old]) == 1
        kept[wanted[old] if alone else old] = value
    if len(kept) == len(entries):
        entries.clear()
        entries.update(kept)
