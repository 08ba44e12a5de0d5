"""Templates of promotions as the desk shows them: their cards, the entries of a form, the example played in words."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from babel.dates import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.benefits.queries import benefits
from coalition.members.queries import retired_segments
from coalition.partners.models import Participant
from coalition.partners.queries import all_partners
from coalition.programmes.models import Programme
from coalition.programmes.titles import Titles
from coalition.promotions.case import Setting
from coalition.promotions.document import Kind
from coalition.promotions.queries import own_categories
from coalition.promotions.templates import families
from coalition.promotions.templates.fill import titles_of
from coalition.promotions.templates.model import Bought, Field, Member, Said, Sale, Shape, Template
from coalition.promotions.templates.play import Played, example_document, example_values, play
from coalition.promotions.templates.reading import BOUNDS, codes_in
from coalition.promotions.templates.search import found
from coalition.promotions.tiers import TierTerms
from coalition.promotions.wording_gives import words_for
from coalition.segments.queries import segment_titles
from tenants.branding.formats import plain_number
from tenants.branding.words import Words
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.translations import N_

_SALES = {
    Kind.PURCHASE: N_("A purchase of %(sum)s"),
    Kind.SERVICE: N_("Services paid for with %(sum)s"),
    Kind.TRANSFER_OWN: N_("A transfer of %(sum)s between one's own accounts"),
}
_OCCASIONS = {
    "anniversary": N_("An anniversary"),
    "birthday": N_("A birthday"),
    "card_activation": N_("A bank card is linked"),
    "enrolment": N_("Somebody joins"),
    "event": N_("An event"),
    "exchange": N_("Game units are given"),
    "holiday": N_("A day of the calendar"),
    "prize": N_("A prize is won"),
    "profile_completed": N_("The profile is complete"),
}
_HINTS = {
    Shape.HOURS: N_("Like 10:00-13:00, 15:00-17:00"),
    Shape.CODES: N_("Codes, with commas between them"),
}
Known = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Shelf:
    """A family with those of its templates that are shown."""

    code: str
    name: str
    templates: Sequence[Template]


@dataclass(frozen=True)
class Entry:
    """An entry of a form: `options` are (value, text); of several one is chosen, or as many as wanted if `many`."""

    name: str
    label: str
    value: str
    hint: str
    options: Sequence[tuple[str, str]] = ()
    many: bool = False

    @property
    def ticked(self) -> Collection[str]:
        """The values that are chosen where there may be many."""
        return codes_in(self.value)


@dataclass(frozen=True)
class Example:
    """What the example supposes, and its purchases as (what, points)."""

    supposes: Sequence[str]
    sales: Sequence[tuple[str, str]]
    follows: bool  # the form's numbers, and not the template's own


def told(text: Said | Titles, lang: str) -> str:
    """The text in the reader's language."""
    return text.ru if lang == "ru" else text.en


def shelves(family: str, asked: str, lang: str, offers: Callable[[Template], bool]) -> Sequence[Shelf]:
    """Templates family by family: those of one family, or of all; with every word that is asked for."""
    all_ = [one for one in found(asked) if offers(one)]
    return [
        Shelf(code, told(one, lang), kept)
        for code, one in families().items()
        if family in ("", code) and (kept := [each for each in all_ if each.family == code])
    ]


def known_codes(session: Session, programme: Programme, lang: str) -> Known:
    """What there is to choose from, as (code, name), by what codes are of; what is not here is written by hand."""
    levels = TierTerms.model_validate(programme.tiers).levels if programme.tiers else ()
    payers = session.execute(
        select(Participant.code, Participant.name)
        .where(Participant.tenant_id == tenant_of(session))
        .order_by(Participant.id)
    )
    return {
        "participant": [(code, name[lang]) for code, name in payers],
        "partner": [(one.code, one.name[lang]) for one in all_partners(session)],
        "segment": sorted(
            (code, title)
            for code, title in segment_titles(session).items()
            if code not in retired_segments(session)
        ),
        "benefit": [(one.code, one.name[lang]) for one in benefits(session) if one.retired_at is None],
        "category": [(code, one.called(lang)) for code, one in sorted(own_categories(session).items())],
        "tier": [(one.code, one.ru if lang == "ru" else one.en) for one in levels],
    }


def plain(one: Template, written: Mapping[str, str], lang: str) -> dict[str, str]:
    """A form's values with the numbers that people write in that language as programs write them."""
    kinds = {field.name: field.kind for field in one.fields if field.kind in BOUNDS}
    return {
        name: plain_number(text, lang, of_percent=kinds[name] is Shape.PERCENT) if name in kinds else text
        for name, text in written.items()
    }


def entries(one: Template, values: Mapping[str, str], known: Known, w: Words) -> Sequence[Entry]:
    """The template's form with these values in it, and defaults where there are none."""
    titles = {f"title_{lang}": title for lang, title in titles_of(one, plain(one, values, w.lang)).items()}
    return [
        _entry(field, values.get(field.name, field.default), known, titles.get(field.name, ""), w)
        for field in one.fields
    ]


def _entry(field: Field, value: str, known: Known, title: str, w: Words) -> Entry:
    label, hint = told(field, w.lang), _(_HINTS[field.kind]) if field.kind in _HINTS else ""
    options = known.get(field.of, ()) if field.kind in (Shape.CODE, Shape.CODES) else ()
    if field.kind is Shape.MONEY:
        label = f"{label}, {w.symbol}"
    if field.kind is Shape.CHOICE:
        options = [(option.value, told(option, w.lang)) for option in field.options]
    elif field.kind is Shape.CODE and options:
        options = [("", _("Choose")), *options] if len(options) > 1 or field.optional else options
    many = field.kind is Shape.CODES and bool(options)
    if title:
        hint = _("Empty: members read “%(title)s”", title=title)
    elif field.optional and field.kind is not Shape.CODES:
        hint = _("Empty: without a bound")
    return Entry(field.name, label, value, "" if many else hint, options, many)


def example(
    one: Template,
    setting: Setting,
    known: Known,
    w: Words,
    values: Mapping[str, str] | None,
    *,
    worth: bool = False,
) -> Example:
    """The example as the programme would play it, in its money and points: with these numbers, or the template's.

    With `worth` points are told with what they are worth, which says more than a rate where a point is not a rouble.
    """
    names = {code: name for pairs in known.values() for code, name in pairs}
    filled, sales = example_document(one, values or {}), []
    for played, same in groupby(play(one, setting, values or {})):
        times = len(list(same))
        what = _what(played.sale, setting, w)
        what = f"{what} × {w.number(times)}" if times > 1 else what
        told = _gives(played, times, w, words_for(filled, w), worth=worth)
        sales.append(("; ".join([what, *_facts(played.sale, setting, names, w)]), told))
    supposes = [*_supposed(one, values or {}, names, w), *_buyer(one.example.member, setting, names, w)]
    return Example(supposes, sales, values is not None)


def _what(sale: Sale, setting: Setting, w: Words) -> str:
    told = sale.occasion
    if told is None:
        return _(_SALES[sale.kind], sum=w.money(setting.minor(sale.amount)))
    what = _(_OCCASIONS[told.kind])
    if told.about is not None:
        return _("%(what)s on %(day)s", what=what, day=w.written_day(told.about))
    about = (told.name, told.prize or "", "" if told.quantity is None else w.number(told.quantity))
    return ", ".join([what, *filter(None, about)])


def with_worth(points: int, w: Words) -> str:
    """Points with what they are worth in money."""
    return _("%(points)s, worth %(money)s", points=w.points(points), money=w.worth(points))


def _gives(played: Played, times: int, w: Words, own: Words, *, worth: bool) -> str:
    """What it gives: `own` are the words for the template's own numbers."""
    if not played.own and not played.total:
        return _("nothing")
    points = with_worth(played.own, w) if worth and own is w else own.points(played.own)
    if times > 1:
        points = _("%(points)s each", points=points)
    if own is w and played.total != played.own:
        return _("%(points)s, together with others %(total)s", points=points, total=w.amount(played.total))
    return points


def _facts(sale: Sale, setting: Setting, names: Mapping[str, str], w: Words) -> Iterator[str]:
    """What the till and the bank knew of a purchase."""
    if sale.at is not None:
        at = sale.at.replace(tzinfo=clock.zone(setting.zone))
        yield f"{format_date(sale.at.date(), 'EEE', locale=w.lang)}, {w.moment(at)}"
    if sale.partner:
        yield _("partner %(code)s", code=names.get(sale.partner, sale.partner))
    if sale.mcc:
        yield f"MCC {sale.mcc}"
    if sale.items:
        yield _("goods: %(goods)s", goods=", ".join(_bought(one, setting, w) for one in sale.items))
    if sale.payments:
        paid = (f"{name} {w.money(setting.minor(sum_))}" for name, sum_ in sale.payments.items())
        yield _("paid by %(ways)s", ways=", ".join(paid))
    if sale.channel:
        yield _("channel %(code)s", code=sale.channel)
    if sale.outlet:
        place = (sale.outlet.code, sale.outlet.region, sale.outlet.brand, sale.outlet.franchise)
        yield _("outlet %(code)s", code=", ".join(filter(None, place)))
    if sale.spent:
        yield _("paid partly with points")


def _bought(one: Bought, setting: Setting, w: Words) -> str:
    name = one.sku or one.category or one.brand or ", ".join(sorted(one.tags)) or _("other")
    quantity = "" if one.quantity == 1 else f" × {one.quantity.normalize():f}"
    return f"{name}{quantity} {w.money(setting.minor(one.sum))}"


def _supposed(one: Template, values: Mapping[str, str], names: Mapping[str, str], w: Words) -> Iterator[str]:
    """What the example has that is not in the form."""
    filled = example_values(one, values)
    for name, value in one.example.values.items():
        if value and filled[name] == value:
            listed = ", ".join(names.get(code, code) for code in codes_in(value))
            yield f"{told(one.field(name), w.lang)} — {listed}"
    if one.example.tiers:
        levels = one.example.tiers.levels
        bounds = (f"{each.ru if w.lang == 'ru' else each.en} > {each.above.normalize():f}" for each in levels)
        yield _("The programme's levels: %(levels)s", levels=", ".join(bounds))
    if one.example.holidays:
        yield _("Holidays: %(days)s", days=", ".join(w.day(each) for each in one.example.holidays))


def _buyer(member: Member, setting: Setting, names: Mapping[str, str], w: Words) -> Iterator[str]:
    """Who buys in the example."""
    zone = clock.zone(setting.zone)
    if member.opened_on:
        yield _("The account was opened on %(day)s", day=w.written_day(member.opened_on))
    if member.segments:
        yield _(
            "The member's segments: %(codes)s",
            codes=", ".join(names.get(code, code) for code in member.segments),
        )
    for name, value in member.attributes.items():
        yield _("The member's %(name)s is %(value)s", name=name, value=value)
    for code, until in member.entitlements.items():
        yield _("The member is entitled to %(code)s until %(day)s", code=code, day=w.day(until))
    for code, at in member.codes.items():
        yield _(
            "The promo code %(code)s is entered %(moment)s",
            code=code,
            moment=w.moment(at.replace(tzinfo=zone)),
        )
    if member.accepted:
        yield _(
            "The member takes part since %(moment)s", moment=w.moment(member.accepted.replace(tzinfo=zone))
        )
