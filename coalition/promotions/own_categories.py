"""Changing the tenant's own categories: for what is checked or published from then on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from coalition.partners.queries import partners_by_code
from coalition.promotions.categories import Category
from coalition.promotions.checking import Flaw, unfit
from coalition.promotions.models import OwnCategory
from coalition.promotions.queries import own_categories
from tenants.actor import Actor
from tenants.permissions import Permission
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Refusal


def save_categories(session: Session, actor: Actor, *, written: Any) -> list[str]:
    """Define categories, or define them anew; returns the codes for which that is news. Others stay as they are.

    `written` holds the name, the MCCs and the partners of each code. Versions and checked drafts keep what their
    categories meant. Raises Refusal("category_invalid", field=..., why=...).
    """
    actor.must(Permission.DESK_PROGRAMME_EDIT)
    if found := flaws(written, partners_by_code(session)):
        field, kind, why, bounds = found[0]
        raise Refusal("category_invalid", field=field, why=why, kind=kind, bounds=bounds)
    known, changed = own_categories(session), []
    for code, meaning in written.items():
        category = Category.model_validate(meaning | {"code": code})
        if known.get(code) != category:
            row = OwnCategory(
                tenant_id=tenant_of(session), code=code, document=category.model_dump(mode="json")
            )
            session.merge(row)
            changed.append(code)
    session.flush()  # who checks a document next reads it
    return changed


def flaws(written: Any, partners: Mapping[str, int]) -> Sequence[Flaw]:
    """Everything for which these cannot be categories, each with its code and field."""
    if not isinstance(written, Mapping) or not written:
        return [Flaw("", "value_error", "it holds no categories, each under its code", {})]
    return [flaw for code, meaning in written.items() for flaw in _flaws_of(str(code), meaning, partners)]


def _flaws_of(code: str, meaning: Any, partners: Mapping[str, int]) -> Iterator[Flaw]:
    if not isinstance(meaning, Mapping):
        yield Flaw(code, "value_error", "a category has a name and MCCs or partners", {})
        return
    document = {**meaning, "code": code}
    found = unfit(Category, document)
    for flaw in found:
        yield flaw._replace(field=f"{code}.{flaw.field}".rstrip("."))
    if found:
        return
    category = Category.model_validate(document)
    if not category.means_something:
        yield Flaw(code, "value_error", "a category has a name and MCCs or partners", {})
    for partner in category.partners:
        if partner not in partners:
            yield Flaw(f"{code}.partners", "unknown_code", f"there is no {partner}", {"code": partner})
