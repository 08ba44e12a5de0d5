"""Who the member is, masked, and what she has: plain values for the left column and the balances."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.cabinet.kinds.base import card_digits
from coalition.cards.models import Card, CardState
from coalition.cards.queries import cards_of
from coalition.care.seeing import masked_email, masked_name
from coalition.ledger.models import Balance, Lot
from coalition.members.consents import ADVERTISING
from coalition.members.models import HandleKind, Member, MemberPerson
from coalition.members.person import PLACE, Person
from coalition.members.queries import consents_of, handles_of, segments_by_code
from coalition.partners.models import Participant
from coalition.programmes.models import Programme
from coalition.programmes.terms import NEVER
from coalition.promotions.counters import load_counters
from coalition.promotions.queries import index_of
from coalition.promotions.tiers import TierTerms
from coalition.segments.queries import segment_titles
from tenants.branding.formats import masked_phone
from tenants.branding.words import Words
from tenants.runtime.db import tenant_of
from tenants.translations import N_
from tenants.vault import vault_of

STATES = {
    CardState.ISSUED: ("wait", N_("not activated")),
    CardState.ACTIVE: ("good", N_("works")),
    CardState.BLOCKED: ("bad", N_("blocked")),
}
_BURNS_SHOWN = 2


@dataclass(frozen=True)
class CardShown:
    """A loyalty card: its end, its state in words, and what may be done with it."""

    id: UUID
    end: str
    tone: str
    state: str
    active: bool
    issued: bool
    replaceable: bool


@dataclass(frozen=True)
class Who:
    """The left card. `erased` when the personal data is gone."""

    name: str
    pairs: Sequence[tuple[str, str]]
    cards: Sequence[CardShown]
    level: str
    segments: Sequence[str]
    erased: bool
    has: frozenset[str] = field(default_factory=frozenset)  # what there is to reveal


@dataclass(frozen=True)
class Figure:
    """One of the five balances."""

    label: str
    value: str
    sub: str
    tone: str = ""


def who(session: Session, member: Member, programme: Programme, w: Words) -> Who:
    """The member as the staff sees her."""
    person = _person(session, member.id)
    handles = handles_of(session, member.id)
    rows = cards_of(session, member.id)
    replaced = {card.replaces for card in rows}
    cards = [_card(card, replaced) for card in rows]
    pairs = []
    if person is not None:
        if person.phone:
            pairs.append((_("Phone"), masked_phone(person.phone)))
        if person.email:
            pairs.append((_("E-mail"), masked_email(person.email)))
        if person.born_on:
            pairs.append((_("Birthday"), "••.••.••••"))
    banks = [card_digits(one.hint) for one in handles if one.kind == HandleKind.CARD_TOKEN]
    if ends := [end for end in banks if end]:
        pairs.append((_("Bank card"), ", ".join(ends[:4])))
    pairs.append((_("Member since"), w.short_day(w.day_of(member.enrolled_at))))
    pairs.append((_("Consents"), _consents(consents_of(session, member.id))))
    known = {name for name in ("name", "phone", "email", "born_on") if person and getattr(person, name)}
    return Who(
        masked_name(person.name) if person else _("Erased"),
        pairs,
        cards,
        _level(session, member, programme, w),
        _segments(session, member),
        person is None,
        frozenset(known),
    )


def _person(session: Session, member_id: UUID) -> Person | None:
    row = session.get(MemberPerson, (tenant_of(session), member_id))
    return Person.unpacked(vault_of(session).open(row.sealed, PLACE, member_id)) if row else None


def _card(card: Card, replaced: Collection[UUID | None]) -> CardShown:
    tone, state = STATES[card.state]
    return CardShown(
        card.id,
        card_digits(card.last_four),
        tone,
        _(state),
        card.state is CardState.ACTIVE,
        card.state is CardState.ISSUED,
        card.id not in replaced,
    )


def _consents(given: dict[str, bool]) -> str:
    yes, no = _("yes"), _("no")
    return _(
        "texts %(sms)s, e-mail %(email)s, advertising of partners %(ads)s",
        sms=yes if given.get("sms") else no,
        email=yes if given.get("email") else no,
        ads=yes if given.get(ADVERTISING) else no,
    )


def _level(session: Session, member: Member, programme: Programme, w: Words) -> str:
    """The name of the level that she holds today; nothing where there are none."""
    if programme.tiers is None:
        return ""
    terms, index = TierTerms.model_validate(programme.tiers), index_of(session, programme)
    tiers = terms.compile(index.setting)
    counters = load_counters(session, [member.id], tiers.periods(w.today))
    level = terms.levels[tiers.standing(counters.get(member.id, {}), w.today)[0]]
    return level.ru if w.lang == "ru" else level.en


def _segments(session: Session, member: Member) -> list[str]:
    titles = segment_titles(session)
    return sorted(
        titles.get(code, code)
        for code, bit in segments_by_code(session).items()
        if member.segments >> bit & 1
    )


def figures(balance: Balance, lots: Sequence[Lot], w: Words) -> list[Figure]:
    """Available, waiting, held, burning, debt. Pure."""
    ready = [lot for lot in lots if not lot.pending]
    waits = [lot for lot in lots if lot.pending]
    burns = _by_day((lot.expires_on, lot.remaining) for lot in ready if lot.expires_on != NEVER)
    return [
        Figure(_("Available"), w.amount(balance.available), f"= {w.worth(balance.available)}"),
        Figure(_("Waiting"), w.amount(balance.pending), _waits(waits, w), "wait" if balance.pending else ""),
        Figure(_("Held"), w.amount(balance.held), _("tills and rewards") if balance.held else _("none")),
        Figure(_("Burning"), *_burns(burns, w)),
        Figure(
            _("Debt"),
            w.amount(balance.debt),
            _("after a return") if balance.debt else _("none"),
            "bad" if balance.debt else "",
        ),
    ]


def _by_day(points: Iterable[tuple[date, int]]) -> list[tuple[date, int]]:
    found: dict[date, int] = {}
    for day, amount in points:
        found[day] = found.get(day, 0) + amount
    return sorted(found.items())


def _waits(lots: Sequence[Lot], w: Words) -> str:
    days = _by_day((lot.active_on, lot.remaining) for lot in lots)
    if not days:
        return _("none")
    first, points = days[0]
    if first == NEVER:
        return _("for a condition")
    return _("%(points)s on %(day)s", points=w.amount(points), day=w.day(first))


def _burns(days: list[tuple[date, int]], w: Words) -> tuple[str, str, str]:
    if not days:
        return "0", _("no last day"), ""
    first, points = days[0]
    later = [
        _("%(points)s on %(day)s", points=w.amount(more), day=w.short_day(day))
        for day, more in days[1:_BURNS_SHOWN]
    ]
    return w.amount(points), "; ".join([w.short_day(first), *later]), "bad"


@dataclass(frozen=True)
class LotShown:
    """Points with one last day and one payer."""

    points: str
    payer: str
    state: str
    last: str


def lots_shown(
    session: Session, lots: Sequence[Lot], w: Words, said: Callable[[dict[str, str]], str]
) -> list[LotShown]:
    """The open lots by last day and payer, those that wait apart."""
    payers = {
        row.id: row.name
        for row in session.scalars(
            select(Participant).where(
                Participant.tenant_id == tenant_of(session),
                Participant.id.in_({lot.funder_id for lot in lots}),
            )
        )
    }
    sums: dict[tuple[date, int, date | None], int] = {}
    for lot in lots:
        key = (lot.expires_on, lot.funder_id, lot.active_on if lot.pending else None)
        sums[key] = sums.get(key, 0) + lot.remaining
    return [
        LotShown(
            w.amount(points),
            said(payers[payer]) if payer in payers else str(payer),
            _lot_state(waits, w),
            _("no last day") if last == NEVER else w.written_day(last),
        )
        for (last, payer, waits), points in sorted(sums.items(), key=lambda one: (one[0][0], one[0][1]))
    ]


def _lot_state(waits: date | None, w: Words) -> str:
    if waits is None:
        return _("available")
    return _("on a condition") if waits == NEVER else _("from %(day)s", day=w.short_day(waits))
