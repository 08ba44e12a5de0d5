"""A promotion as people write it: JSON at the desk, YAML or JSON in files. Decimals stay text, so nothing is a float.

YAML is read in a plain dialect: whole numbers, true, false, null and text. What YAML's older rules make of other
words is a trap here: `10:00` would be six hundred, `0742` a number by eights, `no` a truth value.
"""

import json
import re
from collections.abc import Hashable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from coalition.promotions.case import Setting
from coalition.promotions.checking import (
    CODE,
    CODE_SAID,
    Flaw,
    as_far_as_sound,
    budget_flaws,
    flaws,
    period_flaws,
)
from coalition.promotions.index import Codes
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
DEPTH_MOST = 50
_FIELDS = ("code", "programme", "starts_at", "ends_at", "document")


class _Plain(yaml.SafeLoader):
    """Refuses a field that stands twice, and knows no words but these."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the field {key.value} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(null|~|)$"), ["n", "~", ""])
_Plain.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^-?(0|[1-9][0-9]{0,17})$"), list("-0123456789")
)


class Source(NamedTuple):
    """What a file holds, not checked: `read_moment` reads its dates, `flaws_of` says what is wrong."""

    code: str | None
    programme: str | None
    starts_at: str | None
    ends_at: str | None
    document: Any
    others: tuple[str, ...]


def read_json(text: str) -> Any:
    """The value of a JSON text; Refusal("source_unreadable", line=..., why=...)."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_float=str, parse_constant=_no_constant)
        if not _fits(value):
            raise Refusal("source_unreadable", line=1, why="it goes deeper than any terms do", deep=True)
        kept = json.dumps(value, ensure_ascii=False)
        kept.encode()  # half of a pair of surrogates is no text
        if _NUL.search(kept):
            raise ValueError("the character NUL stands in it")
    except json.JSONDecodeError as error:
        raise Refusal("source_unreadable", line=error.lineno, why=_small(error.msg)) from None
    except (ValueError, RecursionError) as error:
        raise Refusal("source_unreadable", line=1, why=_small(str(error))) from None
    return value


def read_file(path: Path) -> Source:
    """The promotion in a file; Refusal("source_unreadable", line=..., why=...)."""
    value = read_fields(path)
    found = {name: value.get(name) for name in _FIELDS}
    plain = {name: None if found[name] is None else str(found[name]) for name in _FIELDS[:-1]}
    others = tuple(str(name) for name in value if name not in _FIELDS)
    return Source(**plain, document=found["document"], others=others)


def read_fields(path: Path) -> Mapping[str, Any]:
    """The fields of a YAML or JSON file; Refusal("source_unreadable", line=..., why=...)."""
    value = read_value(path)
    if not isinstance(value, Mapping):
        raise Refusal("source_unreadable", line=1, why="it holds no fields")
    return value


def read_value(path: Path) -> Any:
    """What a JSON or YAML file holds; Refusal("source_unreadable", line=..., why=...)."""
    return read_text(path.read_bytes(), json_only=path.suffix == ".json")


def read_text(content: bytes, *, json_only: bool) -> Any:
    """What the bytes of a JSON or YAML file hold; Refusal("source_unreadable", line=..., why=...)."""
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refusal("source_unreadable", line=1, why="it is not UTF-8") from None
    return read_json(text) if json_only else _read_yaml(text)


def flaws_of(source: Source, codes: Codes | None = None, setting: Setting | None = None) -> list[Flaw]:
    """Everything that is wrong with a file's promotion.

    Without codes it is not asked whether partners exist, without a setting neither whether its numbers are whole in the
    programme's units nor what depends on the programme's clock.
    """
    found = [Flaw(name, "extra_forbidden", "there is no such field", {}) for name in source.others]
    if source.code is not None and not CODE.fullmatch(source.code):
        found.append(Flaw("code", "code", CODE_SAID, {}))
    no_moments = [
        Flaw(name, "moment", "a day and a time are written like 2026-12-01 00:00", {})
        for name in ("starts_at", "ends_at")
        if (text := getattr(source, name)) is not None and read_moment(text, "UTC") is None
    ]
    found += no_moments or _wrong_period(source, setting.zone if setting else None)
    if source.document is None:
        return [*found, Flaw("document", "missing", "this field is missing", {})]
    of_document = flaws(source.document, codes, setting)
    return [*found, *(one._replace(field=f"document.{one.field}".rstrip(".")) for one in of_document)]


def flaws_to_publish(
    source: Source, codes: Codes | None = None, setting: Setting | None = None
) -> list[Flaw]:
    """As `flaws_of`, and a budget that one award does not fit in."""
    document = as_far_as_sound(source.document)
    small = budget_flaws(document, setting) if document is not None else ()
    in_document = (one._replace(field=f"document.{one.field}") for one in small)
    return [*flaws_of(source, codes, setting), *in_document]


def _wrong_period(source: Source, zone: str | None) -> list[Flaw]:
    """An end that comes too early, as far as that can be told without the programme's clock."""
    written = [text for text in (source.starts_at, source.ends_at) if text]
    zoned = {bool(_MOMENT.fullmatch(text)[2]) for text in written}
    if zone is None and (zoned == {True, False} or not source.starts_at):
        return []
    return period_flaws(*dates_of(source, zone or "UTC"), clock.now())


def dates_of(source: Source, zone: str) -> tuple[datetime | None, datetime | None]:
    """From when until when it is to hold, as `read_moment` reads that; nothing for what is not named."""
    starts_at, ends_at = (
        read_moment(text, zone) if text else None for text in (source.starts_at, source.ends_at)
    )
    return starts_at, ends_at


def read_moment(text: str, zone: str) -> datetime | None:
    """A day and a time, on the zone's clock where they name no other; nothing for what is none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=clock.zone(zone))).astimezone(clock.zone("UTC"))
    except (ValueError, OverflowError):
        return None


def _read_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Plain)  # noqa: S506  a safe loader, with fewer words
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refusal("source_unreadable", line=line, why=_small(error.problem or "it is no YAML")) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Refusal("source_unreadable", line=1, why="it is no YAML") from None


def _fits(value: Any) -> bool:
    """Whether it is nested no deeper than whoever walks through it can go."""
    level = [value]
    for _ in range(DEPTH_MOST):
        parts = [
            one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)
        ]
        level = [inner for part in parts for inner in part]
    return not level


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal("source_unreadable", line=1, why=f"the field {twice} stands twice", field=twice)
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
