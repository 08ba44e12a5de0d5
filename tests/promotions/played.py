"""A template's example, put to the engine."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from coalition.promotions.case import Facts, Item, Known, Line, Outlet, Profile, Receipt, Setting, Units
from coalition.promotions.document import Document
from coalition.promotions.engine import evaluate
from coalition.promotions.index import Index, Published, compile_index, microseconds
from coalition.promotions.kinds import OperationKind
from coalition.promotions.templates.fill import fill
from coalition.promotions.templates.model import Example, Member, Sale, Template
from tests.promotions.offers import CODES, LONG_AGO, document, member

OWN = 101  # the number of the template's own promotion
PAYER = {"payer": "bank"}
NOON = datetime(2026, 11, 20, 12)  # noqa: DTZ001  on the programme's clock, a Friday


def filled(template: Template) -> Document:
    """The document of a template's defaults and its example's values."""
    return Document.model_validate(fill(template, PAYER | template.example.values))


def played(template: Template) -> Iterator[tuple[Sale, Decimal, Decimal]]:
    """Each purchase of the example, with the template's own points and those of all promotions."""
    index, facts = _index(template), _facts(template.example.member)
    if (budget := filled(template).limits.budget) is not None:
        facts.rooms[OWN] = int(budget)
    for sale in template.example.sales:
        for _ in range(sale.times):
            line = _line(sale)
            awards = evaluate(index, facts, line, (sale.at or NOON).date(), _receipt(sale))
            own = sum(award.points for award in awards if award.rule.promotion == OWN)
            yield sale, Decimal(own), Decimal(sum(award.points for award in awards))


def _index(template: Template) -> Index:
    example: Example = template.example
    documents = [filled(template), *(document(**one) for one in example.beside)]
    published = [
        Published(number, 100 + number, LONG_AGO, None, LONG_AGO, one)
        for number, one in enumerate(documents, 1)
    ]
    setting = Setting(Units(0, 2), holidays=frozenset(example.holidays))
    return compile_index(published, number=1, setting=setting, codes=CODES, delay_days=0, tiers=example.tiers)


def _facts(known: Member) -> Facts:
    bits = sum(1 << CODES.segments[code] for code in known.segments)
    facts = member(known.opened_on, bits)
    profile = Profile(
        known.attributes,
        known.entitlements,
        {OWN: _at(known.accepted)} if known.accepted else {},
        {code: _at(entered) for code, entered in known.codes.items()},
    )
    facts.known = (Known(0, profile),)
    return facts


def _line(sale: Sale) -> Line:
    at = sale.at or NOON
    partner = CODES.partners[sale.partner] if sale.partner else 0
    mcc = int(sale.mcc) if sale.mcc else -1
    kind = OperationKind[sale.kind.name]
    return Line(_at(at), at.year * 100 + at.month, kind, _minor(sale.amount), partner, mcc)


def _receipt(sale: Sale) -> Receipt | None:
    if not (sale.items or sale.payments or sale.channel or sale.outlet):
        return None
    items = tuple(
        Item(one.sku, int(one.quantity * 1000), _minor(one.sum), one.brand, one.category, frozenset(one.tags))
        for one in sale.items
    )
    place = sale.outlet
    outlet = Outlet(place.code, place.region, place.brand, place.franchise, "UTC") if place else None
    payments = tuple((name, _minor(paid)) for name, paid in sale.payments.items())
    return Receipt(items, payments, sale.channel, outlet, sale.spent)


def _at(at: datetime) -> int:
    return microseconds(at.replace(tzinfo=UTC))


def _minor(money: Decimal) -> int:
    return int(money * 100)
