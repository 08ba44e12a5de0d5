"""Promotions of a part of the product that is switched off: members are told of none of them."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.models import Benefit
from coalition.promotions.document import Document
from coalition.promotions.gives import GivesBenefit
from tenants.parts import Part, is_on
from tenants.runtime.db import tenant_of


def told_of(session: Session) -> Callable[[Document], bool]:
    """Whether members are told of a promotion: with draws off, of no tickets and of no prizes."""
    if is_on(session, Part.DRAWS):
        return lambda _document: True
    tickets = set(
        session.scalars(
            select(Benefit.code).where(Benefit.tenant_id == tenant_of(session), Benefit.kind == "ticket")
        )
    )

    def told(document: Document) -> bool:
        is_ticket = isinstance(document.gives, GivesBenefit) and document.gives.code in tickets
        return document.trigger.kind != "prize" and not is_ticket

    return told
