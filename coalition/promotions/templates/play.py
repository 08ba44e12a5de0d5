"""A template's example, put to the engine in a programme's own units. Pure.

So what a form shows as the example is what the programme would give, and not what somebody has written down.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from coalition.members.codes import canonical
from coalition.promotions.calendar import known_always
from coalition.promotions.case import Facts, Item, Known, Line, Occasion, Outlet, Profile, Receipt, Setting
from coalition.promotions.compiling import compile_index
from coalition.promotions.document import Document
from coalition.promotions.engine import EVERY, evaluate
from coalition.promotions.gives import GivesBenefit
from coalition.promotions.index import Codes, Index, Published, microseconds
from coalition.promotions.kinds import OCCASION, OperationKind
from coalition.promotions.templates.fill import PAYER, fill
from coalition.promotions.templates.model import Example, Field, Member, Sale, Shape, Template, Where
from coalition.promotions.templates.reading import Written, codes_in
from coalition.promotions.triggers.referral import Brought, Referral
from tenants.runtime import clock

_OWN = 1  # the number of the template's own promotion
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_PARTNER = "partner"
_NAMES = (Shape.CODE, Shape.CODES, Shape.TEXT)  # what the example's purchases are of
NO_VALUES: Mapping[str, Written] = {}
_NOON = datetime.fromisoformat("2026-11-20 12:00")  # a Friday; for sales that name no time


class Played(NamedTuple):
    """One purchase or occasion of an example: what the template gives, and what all promotions do, in whole units."""

    sale: Sale
    own: int
    total: int


def example_values(template: Template, values: Mapping[str, Written] = NO_VALUES) -> dict[str, Written]:
    """What the example is filled with: its own goods and clients, and numbers and partners as somebody wants them."""
    wanted = {
        field.name: values[field.name]
        for field in template.fields
        if (field.kind not in _NAMES and values.get(field.name, field.default) != field.default)
        or (field.of == _PARTNER and codes_in(values.get(field.name, "")))
    }
    return {**PAYER, **template.example.values, **wanted}


def example_sales(template: Template, values: Mapping[str, Written] = NO_VALUES) -> list[Sale]:
    """The example's purchases, at the partners that somebody wants: each takes the place of one of the example's own.

    Where the example has more of them, the further ones stay what they are; one that is wanted changes places.
    """
    sales, own = template.example.sales, dict[str, None]()
    wanted = [code for field in _partners(template) for code in codes_in(values.get(field.name, ""))]
    for field in _partners(template):
        own |= dict.fromkeys(codes_in(template.example.values.get(field.name, "")))
    own = own or dict.fromkeys(sale.partner for sale in sales)
    instead = dict(zip(own, wanted, strict=False))
    moved = {new: old for old, new in instead.items() if new not in instead}
    return [
        sale.model_copy(update={"partner": (moved | instead).get(sale.partner, sale.partner)})
        for sale in sales
    ]


def _partners(template: Template) -> Iterator[Field]:
    return (field for field in template.fields if field.of == _PARTNER)


def example_document(template: Template, values: Mapping[str, Written] = NO_VALUES) -> Document:
    """The document of the template's defaults and `example_values`."""
    return Document.model_validate(fill(template, example_values(template, values)))


def play(template: Template, setting: Setting, values: Mapping[str, Written] = NO_VALUES) -> Iterator[Played]:
    """The example's purchases one after the other, one for each time that it is made."""
    example, document = template.example, example_document(template, values)
    documents = [document, *(_beside(part) for part in example.beside)]
    sales = example_sales(template, values)
    codes = _codes(documents, example.member, sales)
    index, facts = _index(documents, example, setting, codes), _facts(example.member, codes, setting)
    if (budget := _budget(document, setting)) is not None:
        facts.rooms[_OWN] = budget
    outlets, decided = _numbered((sale.outlet.code for sale in sales if sale.outlet), 1), set[int]()
    for sale in sales:
        for _ in range(sale.times):
            day, line, occasion = (sale.at or _NOON).date(), _line(sale, codes, setting), _occasion(sale)
            if isinstance(
                document.trigger, Referral
            ):  # the purchases are a friend's, and each of them has settled
                brought = Brought(line.amount, document.trigger.settled_days, 0, early=False, decided=decided)
                line, occasion = line._replace(kind=OCCASION), Occasion("referral", brought.told())
            receipt = _receipt(sale, setting, outlets)
            awards = evaluate(index, facts, line, day, receipt, occasion=occasion, asking=EVERY)
            own = sum(award.points for award in awards if award.rule.promotion == _OWN)
            yield Played(sale, own, sum(award.points for award in awards))


def _occasion(sale: Sale) -> Occasion | None:
    told = sale.occasion
    return None if told is None else Occasion(told.kind, told.data(), told.name, told.about)


def _budget(document: Document, setting: Setting) -> int | None:
    limits, (points, minor) = document.limits, setting.exchange
    if limits.budget_money is not None:
        return setting.minor(limits.budget_money) * points // minor
    return None if limits.budget is None else document.gives.setting(setting).points(limits.budget)


def _beside(part: dict[str, object]) -> Document:
    funding, title = [{"participant": PAYER["payer"], "share": 100}], {"ru": "Другая", "en": "Another"}
    return Document.model_validate({"title": title, "funding": funding} | part)


def _codes(documents: Sequence[Document], member: Member, sales: Iterable[Sale]) -> Codes:
    """Numbers for whatever the example names."""
    partners, segments, payers = [sale.partner for sale in sales], [*member.segments], []
    for one in documents:
        partners += one.conditions.partners
        segments += one.conditions.segments
        payers += [funder.participant for funder in one.funding]
    granted = [one.gives.code for one in documents if isinstance(one.gives, GivesBenefit)]
    return Codes(
        _numbered(partners, 1),
        _numbered(segments, 0),
        _numbered(payers, 1),
        benefits=_numbered(granted, 1),
    )


def _numbered(codes: Iterable[str], first: int) -> dict[str, int]:
    return {code: number for number, code in enumerate(dict.fromkeys(filter(None, codes)), first)}


def _index(documents: Iterable[Document], example: Example, setting: Setting, codes: Codes) -> Index:
    published = [
        Published(number, number, _LONG_AGO, None, _LONG_AGO, one)
        for number, one in enumerate(documents, _OWN)
    ]
    setting = setting._replace(holidays=known_always(example.holidays), promotions={}, tiers={})
    return compile_index(published, number=1, setting=setting, codes=codes, delay_days=0, tiers=example.tiers)


def _facts(member: Member, codes: Codes, setting: Setting) -> Facts:
    profile = Profile(
        member.attributes,
        member.entitlements,
        {_OWN: _at(member.accepted, setting)} if member.accepted else {},
        {canonical(code): _at(entered, setting) for code, entered in member.codes.items()},
    )
    segments = sum(1 << codes.segments[code] for code in member.segments)
    return Facts(UUID(int=1), segments, member.opened_on, known=(Known(0, profile),))


def _line(sale: Sale, codes: Codes, setting: Setting) -> Line:
    at = sale.at or _NOON
    return Line(
        at=_at(at, setting),
        period=at.year * 100 + at.month,
        kind=OCCASION if sale.occasion else OperationKind[sale.kind.name],
        amount=setting.minor(sale.amount),
        partner=codes.partners.get(sale.partner, 0),
        mcc=int(sale.mcc) if sale.mcc else -1,
    )


def _receipt(sale: Sale, setting: Setting, outlets: Mapping[str, int]) -> Receipt | None:
    """What the till knew; nothing where the example tells no more than a bank's file."""
    if not (sale.items or sale.payments or sale.channel or sale.outlet):
        return None
    items = (
        Item(one.sku, _thousandths(one.quantity), setting.minor(one.sum), one.brand, one.category, one.tags)
        for one in sale.items
    )
    payments = ((name, setting.minor(paid)) for name, paid in sale.payments.items())
    return Receipt(
        tuple(items), tuple(payments), sale.channel, _outlet(sale.outlet, setting, outlets), sale.spent
    )


def _outlet(place: Where | None, setting: Setting, outlets: Mapping[str, int]) -> Outlet | None:
    return (
        place
        if place is None
        else Outlet(
            place.code, place.region, place.brand, place.franchise, setting.zone, outlets.get(place.code, 0)
        )
    )


def _thousandths(quantity: Decimal) -> int:
    return int(quantity * 1000)


def _at(at: datetime, setting: Setting) -> int:
    """A moment on the programme's clock."""
    return microseconds(at.replace(tzinfo=clock.zone(setting.zone)))
