"""Changing the tenant's own categories: for what is checked or published from then on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.partners.queries import partners_by_code
from coalition.promotions.categories import Category
from coalition.promotions.checking import Flaw, unfit
from coalition.promotions.models import OwnCategory
from tenants.actor import Actor
from tenants.approvals import actions as approvals
from tenants.approvals.actions import Change
from tenants.approvals.kinds import right_to
from tenants.approvals.models import Approval
from tenants.audit import record
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, Refusal


def ask_for_category(
    session: Session, actor: Actor, *, code: str, meaning: Any, seen: str = ""
) -> Approval | None:
    """Ask for a category, or for another meaning of it, which another person signs; nothing where that is no news.

    Raises what `save_categories` and `approvals.ask` raise.
    """
    actor.must(right_to("categories", None))
    news = _news(session, {code: meaning}, {code: seen})
    return approvals.ask(session, actor, _change(news)) if news else None


def save_categories(
    session: Session,
    actor: Actor,
    *,
    written: Any,
    seen: Mapping[str, str] | None = None,
    approval_id: UUID | None = None,
) -> list[str]:
    """Define categories, or define them anew; returns the codes for which that is news. Others stay as they are.

    `written` holds the name, the MCCs and the partners of each code; `seen`, where it matters what it replaces, the
    mark (`Category.mark`) of what each code meant when that was written, none for one that is new. Versions and checked
    drafts keep what their categories meant. A person of the staff signs what another one asked for.

    Raises Refusal("category_invalid", field=..., why=...), Conflict("category_changed", category=...) where it means
    something else by now, Conflict("category_known", category=...) where one that is new is there already, or what
    `approvals.signed` raises.
    """
    actor.must(right_to("categories", approval_id))
    news = _news(session, written, seen)
    if not news:
        return []
    change = _change(news)
    approvals.signed(session, actor, change, approval_id)
    for row, category in news.values():
        if row is not None:
            row.document = category.model_dump(mode="json")
        else:
            _add(session, category)
    session.flush()  # who checks a document next reads it
    means = [{**written[code], "code": code} for code in news]
    record(
        session,
        actor,
        "category.save",
        "categories",
        before={"categories": [one for one in change.before if one is not None]},
        after={"categories": means},
    )
    return list(news)


News = Mapping[str, tuple[OwnCategory | None, Category]]
"""By code: the row that there is, if there is one, and what it is to mean."""


def _news(session: Session, written: Any, seen: Mapping[str, str] | None) -> News:
    """What of it is news, its rows locked; it raises what `save_categories` raises."""
    if found := flaws(written, partners_by_code(session)):
        field, kind, why, bounds = found[0]
        raise Refusal("category_invalid", field=field, why=why, kind=kind, bounds=bounds)
    rows, news = _locked(session, written), dict[str, tuple[OwnCategory | None, Category]]()
    for code, meaning in written.items():
        category, row = Category.model_validate(meaning | {"code": code}), rows.get(code)
        known = Category.model_validate(row.document) if row is not None else None
        if known is not None and seen is not None and not seen.get(code):
            raise Conflict("category_known", category=code)
        if known == category:
            continue
        if seen is not None and seen.get(code, "") != (known.mark if known is not None else ""):
            raise Conflict("category_changed", category=code)
        news[code] = (row, category)
    return news


def _change(news: News) -> Change:
    """What is signed; of one category its code stands in the subject, so that each waits for itself."""
    before = [
        Category.model_validate(row.document).model_dump(mode="json") if row is not None else None
        for row, _category in news.values()
    ]
    after = [category.model_dump(mode="json") for _row, category in news.values()]
    return Change("categories", f"categories {' '.join(news)}"[:100], before, after)


def _locked(session: Session, codes: Iterable[str]) -> dict[str, OwnCategory]:
    """The rows of those that there are, as they are now: nobody else changes them before this transaction ends."""
    asked = (
        select(OwnCategory)
        .where(OwnCategory.tenant_id == tenant_of(session), OwnCategory.code.in_(list(codes)))
        .order_by(OwnCategory.code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.code: row for row in session.scalars(asked)}


def _add(session: Session, category: Category) -> None:
    document = category.model_dump(mode="json")
    row = insert(OwnCategory).values(tenant_id=tenant_of(session), code=category.code, document=document)
    if session.scalar(row.on_conflict_do_nothing().returning(OwnCategory.code)) is None:
        raise Conflict("category_known", category=category.code)  # since the rows were locked


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
