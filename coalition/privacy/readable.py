"""The tables of a copy as their member reads them: her language, the programme's clock, points and money in words."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.models import Benefit
from coalition.care.terms import goodwill_terms
from coalition.members.models import Segment
from coalition.members.questionnaire import questionnaire_of
from coalition.offers.models import Shop
from coalition.partners.models import Merchant, Participant, Partner
from coalition.privacy.words import COLUMNS, Column
from coalition.programmes.models import Programme
from coalition.programmes.terms import NEVER
from coalition.programmes.words import words_in
from coalition.redemption.models import Reward
from coalition.segments.queries import segment_titles
from tenants.runtime.db import tenant_of
from tenants.runtime.language import translate
from tenants.translations import N_

_FACTS = {
    "shop": (N_("Shop"), "text"),
    "day": (N_("Day"), "day"),
    "order": (N_("Order"), "text"),
    "amount": (N_("Sum"), "money"),
    "points": (N_("Points"), "points"),
}
_NAMED: Mapping[str, Any] = {
    "partner": Partner,
    "payer": Participant,
    "reward": Reward,
    "benefit": Benefit,
    "seller": Merchant,
    "shop": Shop,
}
"""Forms that are the names of rows elsewhere."""


class Reader:
    """Rows of the member's as she reads them. The forms of columns are its methods, each from a plain value."""

    def __init__(self, session: Session, programme: Programme, lang: str) -> None:
        self.session, self.programme, self.lang = session, programme, lang
        self.w = words_in(lang, programme)

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]] | None:
        """The heading and the cells of a table's rows; None of one that holds nothing for people."""
        columns = COLUMNS[name]
        if not columns:
            return None
        if name == "member_person":
            rows = [json.loads(row["sealed"]) for row in rows]
        names = {
            form: self._names(form, {row[column] for row in rows if row[column] is not None})
            for column, _title, form in columns
            if isinstance(form, str) and form in _NAMED
        }
        return [translate(self.lang, title) for _name, title, _form in columns], [
            [self._cell(column, row.get(column[0]), names) for column in columns] for row in rows
        ]

    def _cell(self, column: Column, value: Any, names: Mapping[str, Mapping[int, str]]) -> str:
        form = column[2]
        if value is None or value == "":
            return ""
        if not isinstance(form, str):
            return translate(self.lang, form[value]) if value in form else str(value)
        if form in names:
            return names[form].get(value, str(value))
        return str(getattr(self, form)(value))

    def _names(self, form: str, ids: Iterable[int]) -> dict[int, str]:
        model = _NAMED[form]
        found = self.session.execute(
            select(model.id, model.name).where(
                model.tenant_id == tenant_of(self.session), model.id.in_(list(ids))
            )
        )
        return {number: self._said(name) for number, name in found}

    def _said(self, name: str | Mapping[str, str]) -> str:
        return name if isinstance(name, str) else name.get(self.lang) or next(iter(name.values()), "")

    def text(self, value: Any) -> str:
        """As it was written."""
        return str(value)

    def number(self, value: int) -> str:
        """A count."""
        return self.w.number(value)

    def yes(self, value: bool) -> str:
        """A yes or a no."""
        return translate(self.lang, "yes" if value else "no")

    def points(self, units: int) -> str:
        """Points with their word."""
        return self.w.points(units)

    def money(self, minor: int) -> str:
        """Money of the programme's currency."""
        return self.w.money(minor)

    def moment(self, written: str) -> str:
        """A moment on the programme's clock."""
        return self.w.written(datetime.fromisoformat(written))

    def day(self, written: str) -> str:
        """A day; the last of all days is none."""
        on = date.fromisoformat(written)
        return translate(self.lang, "never") if on == NEVER else self.w.written_day(on)

    def mcc(self, code: int) -> str:
        """A category of sellers, in four digits."""
        return f"{code:04d}"

    def segments(self, bits: int) -> str:
        """Groups that the member is in."""
        titles = segment_titles(self.session)
        found = self.session.execute(
            select(Segment.bit, Segment.code)
            .where(Segment.tenant_id == tenant_of(self.session))
            .order_by(Segment.bit)
        )
        return ", ".join(titles.get(code, code) for bit, code in found if bits >> bit & 1)

    def goodwill(self, code: str) -> str:
        """Why goodwill was given, by the programme's terms."""
        said = goodwill_terms(self.programme).reasons.get(code)
        return (said.ru if self.lang == "ru" else said.en) if said else code

    def answers(self, told: Mapping[str, str]) -> str:
        """Answers with their questions."""
        asked = {one.code: one for one in questionnaire_of(self.programme).fields}

        def answered(code: str, value: str) -> str:
            field = asked.get(code)
            label = field.label.model_dump()[self.lang] if field and field.label else code
            choice = field.choices.get(value) if field else None
            return f"{label}: {choice.model_dump()[self.lang] if choice else value}"

        return "; ".join(answered(code, value) for code, value in told.items())

    def facts(self, told: Mapping[str, Any]) -> str:
        """What a claim names."""
        return "; ".join(
            f"{translate(self.lang, title)}: {getattr(self, form)(told[name])}"
            for name, (title, form) in _FACTS.items()
            if told.get(name)
        )

    def told(self, told: Mapping[str, Any]) -> str:
        """What a program told, by its own names."""
        return "; ".join(
            f"{name}: {value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)}"
            for name, value in told.items()
        )

    def goods(self, document: Mapping[str, Any]) -> str:
        """Articles of a receipt: each with quantity and sum."""
        return "; ".join(
            f"{sku} × {self._quantity(thousandths)}: {self.money(amount)}"
            for sku, thousandths, amount, *_more in document["items"]
        )

    def _quantity(self, thousandths: int) -> str:
        whole, rest = divmod(thousandths, 1000)
        return (
            self.w.number(whole)
            if not rest
            else f"{whole}{',' if self.lang == 'ru' else '.'}{rest:03d}".rstrip("0")
        )
