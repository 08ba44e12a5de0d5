"""Named templates of promotions: a few fields to fill, and a document comes of them.

Templates are data, one file of `catalogue/` for each family; `fields.yaml` holds the fields that many share. A template
only fills in a document: nothing else of a promotion knows that it came of one. `fill` fills, `play` plays the example.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from coalition.promotions.templates.model import Family, Template
from tenants.runtime.errors import NotFound

_HERE = Path(__file__).parent
_COMMON = ("title_ru", "title_en", "payer")


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Template]:
    """Every template by its code, family by family."""
    shared = _read(_HERE / "fields.yaml")
    found: dict[str, Template] = {}
    for family in families():
        for raw in _read(_HERE / "catalogue" / f"{family}.yaml"):
            one = Template.model_validate(raw | {"family": family, "fields": list(_fields(raw, shared))})
            assert one.code not in found, f"{one.code} stands twice"
            found[one.code] = one
    return found


def template(code: str) -> Template:
    """The template of that code; NotFound("template_unknown")."""
    found = templates().get(code)
    if found is None:
        raise NotFound("template_unknown", template=code)
    return found


@lru_cache(maxsize=1)
def families() -> Mapping[str, Family]:
    """Families in the order in which they are shown."""
    return {code: Family(**names, code=code) for code, names in _read(_HERE / "families.yaml").items()}


def _fields(raw: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A template's own fields, then those that all have: a bare value is the default of the shared field."""
    for name, written in raw.get("fields", {}).items():
        own = written if isinstance(written, dict) else {"default": written}
        yield {"name": name} | shared.get(name, {}) | own
    for name in _COMMON:
        yield {"name": name} | shared[name]


def _read(path: Path) -> Any:
    """The file with every plain value as text: the models read it, so nothing passes through a float."""
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  it makes nothing but text
