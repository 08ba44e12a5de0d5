"""What changed between two versions of a promotion's terms, in words: one sentence a change.

Fields that people speak of have a name and a unit; parts that have a sentence of their own are told by it, before and
after; whatever is left is told by the field's path, so that nothing that differs goes untold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from coalition.programmes.asks import Asks
from coalition.promotions import wording_activation, wording_conditions, wording_mechanics, wording_triggers
from coalition.promotions.base import Goods
from coalition.promotions.categories import Category
from coalition.promotions.document import Conditions, Document
from coalition.promotions.wording_gives import words_for
from coalition.promotions.wording_worth import in_money
from tenants.branding import formats
from tenants.branding.words import Words
from tenants.runtime.language import ntranslate, translate
from tenants.translations import N_

_POINTS, _MONEY, _PERCENT, _TIMES, _DAYS, _MINUTES, _DAY, _TEXT = range(8)
_NAMES = {
    "title.ru": (N_("The Russian title"), _TEXT),
    "title.en": (N_("The English title"), _TEXT),
    "category": (N_("The category of the shelf"), _TEXT),
    "icon": (N_("The icon"), _TEXT),
    "trigger.code": (N_("The promo code"), _TEXT),
    "conditions.amount_from": (N_("The least amount"), _MONEY),
    "mechanic.rate": (N_("The rate"), _PERCENT),
    "mechanic.points": (N_("The award"), _POINTS),
    "mechanic.step": (N_("The step of the amount"), _MONEY),
    "limits.per_purchase": (N_("The limit of a purchase"), _POINTS),
    "limits.per_day": (N_("The daily limit"), _POINTS),
    "limits.per_week": (N_("The weekly limit"), _POINTS),
    "limits.per_month": (N_("The monthly limit"), _POINTS),
    "limits.per_year": (N_("The yearly limit"), _POINTS),
    "limits.ever": (N_("The limit for all time"), _POINTS),
    "limits.times_per_day": (N_("The limit of awards a day"), _TIMES),
    "limits.times_per_week": (N_("The limit of awards a week"), _TIMES),
    "limits.times_per_month": (N_("The limit of awards a month"), _TIMES),
    "limits.times_ever": (N_("The limit of awards for all time"), _TIMES),
    "limits.gap_minutes": (N_("The time between two awards"), _MINUTES),
    "limits.budget": (N_("The budget"), _POINTS),
    "gives.kind": (N_("What it gives"), _TEXT),
    "gives.code": (N_("The benefit it grants"), _TEXT),
    "gives.name.ru": (N_("The benefit's Russian name"), _TEXT),
    "gives.name.en": (N_("The benefit's English name"), _TEXT),
    "limits.first_members": (N_("The places for members"), _TEXT),
    "limits.per_outlet": (N_("Limits counted at each outlet"), _TEXT),
    "limits.budget_money": (N_("The budget in money"), _MONEY),
    "mechanic.friend": (N_("The friend's award"), _POINTS),
    "mechanic.referrer": (N_("The award of who brings a friend"), _POINTS),
    "activation.within_days": (N_("The days until waiting points lapse"), _DAYS),
    "valid.days": (N_("The time to spend the points"), _DAYS),
    "valid.until": (N_("The last day to spend the points"), _DAY),
    "activation_delay_days": (N_("The wait before points can be spent"), _DAYS),
    "lane.name": (N_("The lane"), _TEXT),
    "lane.priority": (N_("The priority in the lane"), _TEXT),
    "lane.percent": (N_("The lane's share of the amount"), _PERCENT),
    "test.name": (N_("The test"), _TEXT),
    "test.control_percent": (N_("The control group"), _PERCENT),
}
_CODES = {
    "conditions.kinds": N_("Operations"),
    "conditions.partners": N_("Partners"),
    "conditions.segments": N_("Segments"),
    "conditions.mcc": N_("Categories (MCC)"),
    "conditions.excluded_mcc": N_("Excluded categories (MCC)"),
    "conditions.categories": N_("Own categories"),
}
_PARTICULAR = ("trigger", "conditions", "limits", "lane", "activation_delay_days", "test")
_OPEN_WHEN_EMPTY = frozenset(_CODES) - {"conditions.excluded_mcc"}

Leaves = dict[str, Any]
Names = Mapping[str, Mapping[str, str]]
"""What things are called by their codes: those of `conditions.partners`, `conditions.segments`, `funding`, `category`,
`icon`. Others stay codes.
"""
_NAMELESS: Names = {}


def differences(old: Document, new: Document, words: Words, names: Names = _NAMELESS) -> list[str]:
    """A sentence for everything in which the new terms differ from the old, in the reader's language."""
    words = words_for(new, words)
    before, after = (_leaves(one, words, names) for one in (old, new))
    told = [*_once(old, new, words), *_mechanic(old, new, words), *_trigger(old, new, words)]
    told += [*_activation(old, new, words), *_conditions(old, new, words), *_funding(old, new, words, names)]
    own = {"once", "trigger", "where", "funding"} | ({"mechanic"} if _replaced(old, new) else set())
    own |= {"activation"} if _waits_for(old) != _waits_for(new) else set()
    for path in [*before, *(path for path in after if path not in before)]:
        if path.partition(".")[0] not in own and before.get(path) != after.get(path):
            told.append(_change(path, before.get(path), after.get(path), words, names))
    return told


def particulars(document: Document, words: Words, names: Names = _NAMELESS) -> list[tuple[str, str]]:
    """What the rule's sentence leaves to whoever signs: what the points are worth, for whom, where, up to how much in
    all, and who pays.
    """
    words = words_for(document, words)
    leaves, lang = _leaves(document, words, names), words.lang
    worth = in_money(document, words)
    told = [(translate(lang, "In money"), worth)] if worth else []
    told += [
        (translate(lang, name), listed(path, leaves[path], names))
        for path, name in _CODES.items()
        if leaves[path] and tuple(leaves[path]) != Conditions().kinds
    ]
    for path, (name, unit) in _NAMES.items():
        value = leaves.get(path)
        written = None if value is False else _written(value, unit, words)  # what is off, is not there
        if written is not None and path.partition(".")[0] in _PARTICULAR:
            told.append((translate(lang, name), written))
    told += [(translate(lang, "Goods"), _goods(goods, lang)) for goods in _goods_of(document)]
    payers = (
        f"{_named('funding', funder.participant, names)} {words.percent(funder.share * 100)}"
        for funder in document.funding
    )
    return [*told, (translate(lang, "Who pays"), ", ".join(payers))]


def _goods_of(document: Document) -> Iterator[Goods]:
    """The goods that the document names, each once."""
    parts = (*document.where, document.mechanic, document.base)
    found = [goods for part in parts if isinstance(goods := getattr(part, "goods", None), Goods)]
    yield from dict.fromkeys(found)


def _goods(goods: Goods, lang: str) -> str:
    """Which goods those are: what is named in each field that says something."""
    said = []
    for name, field in Goods.model_fields.items():
        asks = next(one for one in field.metadata if isinstance(one, Asks))
        if named := getattr(goods, name):
            said.append(f"{translate(lang, asks.label)}: {', '.join(named)}")
    return "; ".join(said) or translate(lang, "any")


def _change(path: str, old: Any, new: Any, words: Words, names: Names = _NAMELESS) -> str:
    if path in _CODES:
        return _list_changed(path, old, new, words, names)
    name, unit = _NAMES.get(path, ("", _TEXT))
    what = translate(words.lang, name) if name else translate(words.lang, "The field “%(path)s”", path=path)
    was, is_ = (
        _named(path, one, names) if path in names and isinstance(one, str) else _written(one, unit, words)
        for one in (old, new)
    )
    return _was_is(what, was, is_, words)


def _activation(old: Document, new: Document, words: Words) -> Iterator[str]:
    """Another condition of points that wait, or none; other days alone are told as days."""
    if _waits_for(old) != _waits_for(new):
        before, after = (
            wording_activation.said(one.activation, words) if one.activation else None for one in (old, new)
        )
        yield _was_is(translate(words.lang, "When the points can be spent"), before, after, words)


def _waits_for(document: Document) -> object:
    return document.activation and document.activation.condition


def _was_is(what: str, old: str | None, new: str | None, words: Words) -> str:
    lang = words.lang
    if old is None:
        return translate(lang, "%(what)s is new: %(new)s", what=what, new=new)
    if new is None:
        return translate(lang, "%(what)s of %(old)s is gone", what=what, old=old)
    return translate(lang, "%(what)s was %(old)s, it is %(new)s", what=what, old=old, new=new)


def _list_changed(path: str, old: Sequence[str], new: Sequence[str], words: Words, names: Names) -> str:
    lang, what = words.lang, translate(words.lang, _CODES[path])
    added = listed(path, (code for code in new if code not in old), names)
    gone = listed(path, (code for code in old if code not in new), names)
    if path in _OPEN_WHEN_EMPTY and not new:
        return translate(lang, "%(what)s: all now, no longer only %(gone)s", what=what, gone=gone)
    if path in _OPEN_WHEN_EMPTY and not old:
        return translate(lang, "%(what)s: only %(added)s now, no longer all", what=what, added=added)
    if added and gone:
        return translate(lang, "%(what)s: %(added)s came, %(gone)s went", what=what, added=added, gone=gone)
    if added:
        return translate(lang, "%(what)s: %(added)s came", what=what, added=added)
    if gone:
        return translate(lang, "%(what)s: %(gone)s went", what=what, gone=gone)
    return translate(lang, "%(what)s stand in another order", what=what)


def _once(old: Document, new: Document, words: Words) -> Iterator[str]:
    if new.once and not old.once:
        yield translate(words.lang, "It is given only once now")
    elif old.once and not new.once:
        yield translate(words.lang, "It is no longer given only once")


def _replaced(old: Document, new: Document) -> bool:
    """Whether the mechanic is told as a whole: it is another one, or differs in what has no name of its own."""
    if old.mechanic.kind != new.mechanic.kind:
        return True
    before, after = _flat(old.mechanic.model_dump(), "mechanic"), _flat(new.mechanic.model_dump(), "mechanic")
    return any(
        before.get(path) != after.get(path) and path not in _NAMES for path in before.keys() | after.keys()
    )


def _mechanic(old: Document, new: Document, words: Words) -> Iterator[str]:
    if _replaced(old, new):
        before, after = (wording_mechanics.said(one.mechanic, words, None) for one in (old, new))
        yield from _told(
            old.mechanic.model_dump(), new.mechanic.model_dump(), "mechanic", before, after, words
        )


def _trigger(old: Document, new: Document, words: Words) -> Iterator[str]:
    if old.trigger != new.trigger:
        every = translate(words.lang, "every purchase counts")
        before, after = (wording_triggers.said(one.trigger, words) or every for one in (old, new))
        yield from _told(old.trigger.model_dump(), new.trigger.model_dump(), "trigger", before, after, words)


def _conditions(old: Document, new: Document, words: Words) -> Iterator[str]:
    """Conditions that stand in both, wherever, have not changed; of the others those of one kind belong together."""
    gone = [condition for condition in old.where if condition not in new.where]
    came = [condition for condition in new.where if condition not in old.where]
    for condition in gone:
        before = wording_conditions.said(condition, words)
        changed = next((one for one in came if one.kind == condition.kind), None)
        if changed is None:
            yield translate(words.lang, "No longer asked: %(condition)s", condition=before)
            continue
        came.remove(changed)
        after = wording_conditions.said(changed, words)
        place = f"where.{condition.kind}"
        yield from _told(condition.model_dump(), changed.model_dump(), place, before, after, words)
    for condition in came:
        after = wording_conditions.said(condition, words)
        yield translate(words.lang, "Asked from now on: %(condition)s", condition=after)


def _told(
    old: Mapping[str, Any], new: Mapping[str, Any], place: str, before: str, after: str, words: Words
) -> Iterator[str]:
    """A part by its own sentences, then what they leave out: codes, and everything where they say the same."""
    if before != after:
        yield translate(words.lang, "It was: %(old)s. It is: %(new)s", old=before, new=after)
    was, is_ = _flat(old, place), _flat(new, place)
    for path in [*was, *(path for path in is_ if path not in was)]:
        if was.get(path) != is_.get(path) and (
            before == after or _of_codes(path, was.get(path)) or _of_codes(path, is_.get(path))
        ):
            yield _change(path, was.get(path), is_.get(path), words)


def _of_codes(path: str, value: Any) -> bool:
    """Whether the field names things by their codes, which sentences for members do not."""
    listed = isinstance(value, list | tuple) and bool(value) and all(isinstance(one, str) for one in value)
    return listed or path == "trigger.code" or (value is not None and ".rates." in path)


def _funding(old: Document, new: Document, words: Words, names: Names) -> Iterator[str]:
    before, after = (
        {funder.participant: words.percent(funder.share * 100) for funder in one.funding}
        for one in (old, new)
    )
    for code in [*before, *(code for code in after if code not in before)]:
        if before.get(code) != after.get(code):
            payer = _named("funding", code, names)
            what = translate(words.lang, "The share that %(code)s pays", code=payer)
            yield _was_is(what, before.get(code), after.get(code), words)


def listed(path: str, codes: Iterable[str], names: Names) -> str:
    """What the codes of that field are called, one after the other; what shares its name is told with its code."""
    return ", ".join(_named(path, code, names) for code in codes)


def _named(path: str, code: str, names: Names) -> str:
    called = names.get(path, {})
    name = called.get(code, code)
    return name if name == code or list(called.values()).count(name) == 1 else f"{name} ({code})"


def _leaves(document: Document, words: Words, names: Names) -> Leaves:
    """Every field of a document by its path; a category of the tenant's own is told with all it means."""
    written = document.model_dump()
    written["conditions"]["categories"] = [
        f"{category.called(words.lang)} ({_meaning(category, names)})"
        for category in document.conditions.categories
    ]
    return _flat(written, "")


def _meaning(category: Category, names: Names) -> str:
    """Its MCCs and its partners by their names; the code of one that has neither."""
    partners = (_named("conditions.partners", code, names) for code in category.partners)
    return ", ".join((*category.mcc, *partners)) or category.code


def _flat(value: Any, path: str) -> Leaves:
    """Every field that holds something by its path; lists of plain values are one field."""
    if isinstance(value, Mapping):
        inner = {str(key): one for key, one in value.items()}
    elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        inner = {str(number): one for number, one in enumerate(value, 1)}
    else:
        return {} if value is None else {path: value}
    found: Leaves = {}
    for key, one in inner.items():
        found |= _flat(one, f"{path}.{key}" if path else key)
    return found


def _written(value: Any, unit: int, words: Words) -> str | None:
    if value is None:
        return None
    match unit:
        case 0:
            return words.points_written(value)
        case 1:
            return words.money_written(value)
        case 2:
            return words.percent(int(value * 100))
        case 3:
            return words.number(value)
        case 4:
            return ntranslate(words.lang, "%(count)s day", "%(count)s days", value)
        case 5:
            return translate(words.lang, "%(count)s min", count=words.number(value))
        case 6:
            return words.day(value)
    return _plain(value, words)


def _plain(value: Any, words: Words) -> str:
    if isinstance(value, bool):
        return translate(words.lang, "yes") if value else translate(words.lang, "no")
    if isinstance(value, Decimal):
        return formats.decimal(value, words.lang)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one, words) for one in value) or "—"
    return str(value) or "—"
