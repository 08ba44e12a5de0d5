"""A claim in words for the desk: its clock, what was found, and what a decision would do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.console.payouts import tail
from admin.desk import Cell, Visitor
from coalition.cabinet import claim_words, reasons
from coalition.care.seeing import masked_name
from coalition.claims.deciding import Sale, Weighed
from coalition.claims.kinds import TITLES, ClaimFacts, Kind
from coalition.claims.limits import WHYS
from coalition.claims.models import Claim, ClaimEvent
from coalition.claims.moving import staff_name
from coalition.claims.states import OPEN, State, Verb
from coalition.claims.texts import remark_of
from coalition.claims.working import WorkingTime
from coalition.members.queries import person_of
from coalition.partners.models import Partner
from coalition.partners.queries import participant_by_id
from coalition.promotions import wording
from coalition.promotions.explain import CONTROL
from coalition.reports.claim_evidence import Evidence
from coalition.reports.why import Why
from tenants.branding.words import Words
from tenants.models import Staff
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound
from tenants.translations import N_

WHOLE = 10_000
SOON_SECONDS = 6 * 3600
"""From when on a clock is told as one that ends soon: in working time."""
VERBS = {
    Verb.OPEN: N_("Opened"),
    Verb.TAKE: N_("Taken"),
    Verb.GIVE_BACK: N_("Put back"),
    Verb.HAND_OVER: N_("Handed over to %(to)s"),
    Verb.ASK_MEMBER: N_("The member was asked"),
    Verb.ANSWER: N_("The member answered"),
    Verb.ASK_PARTNER: N_("The partner was asked"),
    Verb.HEAR_PARTNER: N_("The partner answered"),
    Verb.GO_ON: N_("Gone on without an answer"),
    Verb.PROPOSE: N_("A decision waits for a second signature"),
    Verb.SIGN: N_("Signed in the member's favour"),
    Verb.SIGN_PARTLY: N_("Signed in part in the member's favour"),
    Verb.SEND_BACK: N_("Not signed, sent back"),
    Verb.FAVOUR: N_("Decided in the member's favour"),
    Verb.FAVOUR_PARTLY: N_("Decided in part in the member's favour"),
    Verb.REFUSE: N_("Refused"),
    Verb.WITHDRAW: N_("Withdrawn by the member"),
    Verb.REOPEN: N_("The member disputes the answer"),
    Verb.CLOSE: N_("Closed: the answer was not disputed"),
    Verb.ATTACH: N_("Files were added"),
    Verb.MARK_OVERDUE: N_("The term is over: the seniors are told"),
}


@dataclass(frozen=True)
class Clock:
    """Time left in words, its tone, and how much of the term is used, in hundredths of a percent."""

    text: str
    tone: str
    used: int


@dataclass(frozen=True)
class Row:
    """A claim in the queue."""

    number: int
    name: str
    who: str
    title: str
    about: str
    points: str
    owner: str
    clock: Clock
    chip: Cell
    overdue: bool


@dataclass(frozen=True)
class Found:
    """One thing that is known: its tone, icon, text, and where more stands."""

    tone: str
    icon: str
    text: str
    href: str = ""
    more: str = ""


def clock_of(claim: Claim, working: WorkingTime) -> Clock:
    """How a claim's clock stands."""
    if claim.due_at is None:
        if claim.left_seconds is None:
            return Clock("", "", 0)
        left = claim.left_seconds
        text = _("Stands: %(time)s", time=claim_words.time_left(left, working.seconds_a_day))
        return Clock(text, "", _used(left, claim.term_seconds))
    left = working.between(clock.now(), claim.due_at)
    tone = "bad" if claim.due_at <= clock.now() else "wait" if left <= SOON_SECONDS else ""
    if tone == "bad":
        left = min(left, 0)
    return Clock(claim_words.time_left(left, working.seconds_a_day), tone, _used(left, claim.term_seconds))


def _used(left: int, term: int) -> int:
    return max(0, min(WHOLE, WHOLE * (term - left) // max(term, 1)))


def row_of(session: Session, visitor: Visitor, claim: Claim, working: WorkingTime) -> Row:
    """A claim as the queue shows it."""
    facts, w = ClaimFacts.model_validate(claim.facts), visitor.w
    return Row(
        number=claim.number,
        name=claim_words.name_of(claim),
        who=member_name(session, visitor, claim.member_id),
        title=_(TITLES[Kind(claim.kind)]),
        about=_about(session, claim, facts, w),
        points=w.amount(facts.points) if facts.points else "",
        owner=staff_name(session, claim.owner_id),
        clock=clock_of(claim, working),
        chip=chip_of(claim),
        overdue=claim.overdue_at is not None and claim.state in OPEN,
    )


def chip_of(claim: Claim) -> Cell:
    """How a claim stands."""
    tone, icon, text = claim_words.FOR_STAFF[State(claim.state)]
    return Cell(_(text), tone=tone or "still", icon=icon)


def member_name(session: Session, visitor: Visitor, member_id: UUID) -> str:
    """The member's masked name for those who may see it; else the end of the number."""
    name = _name(session, member_id) if visitor.may(Permission.DESK_MEMBER_READ) else ""
    return masked_name(name) or tail(member_id)


def _name(session: Session, member_id: UUID) -> str:
    try:
        return person_of(session, member_id).name
    except NotFound:
        return ""


def reply_name(session: Session, member_id: UUID) -> str:
    """How a reply that is being written calls the member: masked, until it is kept (`as_kept`)."""
    return masked_name(_name(session, member_id)) or tail(member_id)


def as_kept(session: Session, member_id: UUID, reply: str) -> str:
    """A reply as the member gets it: with her name where the mask stands."""
    name = _name(session, member_id)
    return reply.replace(masked_name(name), name) if name else reply


def as_shown(session: Session, member_id: UUID, reply: str) -> str:
    """A reply as the desk shows it: with the mask where her name stands."""
    name = _name(session, member_id)
    return reply.replace(name, masked_name(name)) if name else reply


def _about(session: Session, claim: Claim, facts: ClaimFacts, w: Words) -> str:
    partner = session.get(Partner, (tenant_of(session), claim.partner_id)) if claim.partner_id else None
    where = str(partner.name.get(w.lang) or partner.code) if partner else facts.shop
    return ", ".join(filter(None, (where, w.short_day(facts.day) if facts.day else "")))


def history(session: Session, events: Sequence[ClaimEvent], w: Words) -> list[tuple[str, str, str, str]]:
    """When, who, what, and what was written."""
    return [(w.moment(one.at), _who(session, one), _what(one), remark_of(session, one)) for one in events]


def _who(session: Session, event: ClaimEvent) -> str:
    if event.staff_id is not None:
        return _person(session, event.staff_id)
    return _("The member") if event.actor.startswith("member") else _("The house")


def _person(session: Session, staff_id: UUID) -> str:
    """Somebody of the staff by name; of a partner's people also whose they are."""
    staff = session.get_one(Staff, (tenant_of(session), staff_id))
    if staff.participant_id is None:
        return staff.name
    company = participant_by_id(session, staff.participant_id)
    return f"{staff.name}, {company.name.get(str(get_locale())) or company.code}"


def _what(event: ClaimEvent) -> str:
    text = _(VERBS[Verb(event.verb)])
    return text % {"to": event.facts.get("to", "")} if event.verb == Verb.HAND_OVER else text


def found(evidence: Evidence, claim: Claim, w: Words) -> list[Found]:
    """What is known, in the order in which it is asked."""
    return [
        *(_of_purchase(evidence, evidence.why, w) if evidence.why else ()),
        *_of_told(evidence, w),
        *_of_redemption(evidence, w),
        *_of_earlier(evidence),
    ]


def _of_purchase(evidence: Evidence, why: Why, w: Words) -> Iterator[Found]:
    sale = why.purchase
    money, day = w.money(sale.amount), w.day(w.day_of(sale.occurred_at))
    if evidence.file is not None:
        text = _("The purchase is in the file %(file)s: %(money)s on %(day)s, %(seller)s",
                 file=evidence.file.name, money=money, day=day, seller=why.merchant)  # fmt: skip
        yield Found("good", "check-circle", text, more=_("line %(line)s", line=w.number(sale.line or 0)))
    else:
        yield Found("good", "check-circle", _("A till told the purchase: %(money)s on %(day)s, %(seller)s",
                                              money=money, day=day, seller=why.merchant))  # fmt: skip
    if why.partner is None:
        yield Found(
            "wait", "exclamation-triangle-fill", _("The seller belongs to no partner of the programme")
        )
    for back in why.returns:
        returned, on = w.money(back.amount), w.day(w.day_of(back.occurred_at))
        text = _("%(money)s of it was returned on %(day)s", money=returned, day=on)
        yield Found("wait", "arrow-return-left", text)
    steps = "; ".join(f"{one.title}: {one.value}" for one in reasons.steps(why.applied, sale.amount, w)[1:])
    given = _("It gave %(points)s", points=w.points(why.net_points))
    yield Found("", "receipt", f"{given}. {steps}" if steps else given)
    for missed, document in why.missed:
        if missed.condition != CONTROL:
            gap = wording.not_given(missed, document, w)
            yield Found("", "slash-circle", f"{wording.title(document, w)}: {gap}")
    yield _by_the_engine(evidence, why, w)


def _by_the_engine(evidence: Evidence, why: Why, w: Words) -> Found:
    now = w.points(why.would_give)
    if why.paid_there:
        return Found("good", "sliders", _("The other telling of this sale is paid: nothing is missing"))
    if evidence.granted:
        text = _(
            "By what is known now it gives %(points)s. Claims have granted %(granted)s for it; "
            "missing: %(missing)s",
            points=now,
            granted=w.points(evidence.granted),
            missing=w.points(evidence.suggested),
        )
        return Found("wait" if evidence.suggested else "good", "sliders", text)
    if evidence.suggested:
        text = _("By what is known now it gives %(points)s: %(missing)s more than it gave",
                 points=now, missing=w.points(evidence.suggested))  # fmt: skip
        return Found("wait", "sliders", text)
    return Found("good", "sliders", _("By what is known now it gives %(points)s, too", points=now))


def _of_told(evidence: Evidence, w: Words) -> Iterator[Found]:
    for near in evidence.near:
        text = _("A purchase like it is in the history: %(money)s on %(day)s, %(seller)s",
                 money=w.money(near.purchase.amount), day=w.day(w.day_of(near.purchase.occurred_at)),
                 seller=near.merchant)  # fmt: skip
        yield Found("wait", "receipt", text)
    if evidence.sale is None:
        return
    if not evidence.near:
        text = _("No purchase of %(money)s is known of these days", money=w.money(evidence.sale.amount))
        yield Found("wait", "exclamation-triangle-fill", text)
    if evidence.would is not None:
        points = w.points(evidence.would.points)
        yield Found("", "sliders", _("If it is recorded, it gives %(points)s", points=points))


_REDEEMED = {
    "held": N_("is being done"),
    "done": N_("is done"),
    "cancelled": N_("was cancelled"),
    "refused": N_("did not succeed"),
}
_PAID = {
    "waiting": N_("The money waits to be sent"),
    "sent": N_("The money is on its way"),
    "paid": N_("The money was paid"),
    "returned": N_("The bank could not pay the money"),
}


def _of_redemption(evidence: Evidence, w: Words) -> Iterator[Found]:
    if evidence.spent is None:
        return
    spent, reward, certificate, payout = evidence.spent
    text = _("%(name)s for %(points)s on %(moment)s: %(state)s",
             name=reward.name.get(w.lang) or reward.code, points=w.points(spent.points),
             moment=w.moment(spent.made_at), state=_(_REDEEMED[spent.state]))  # fmt: skip
    yield Found("good" if spent.state == "done" else "wait", "gift", text)
    if certificate is not None:
        over = certificate.valid_to < w.today
        day = w.day(certificate.valid_to)
        said = (
            _("Its code was valid to %(day)s", day=day)
            if over
            else _("Its code is valid to %(day)s", day=day)
        )
        yield Found("wait" if over else "good", "ticket-perforated", said)
    if payout is not None:
        yield Found("", "cash-coin", _(_PAID[payout.state]))


def _of_earlier(evidence: Evidence) -> Iterator[Found]:
    if not evidence.earlier:
        yield Found("", "clock-history", _("The member's first claim"))
        return
    count = len(evidence.earlier)
    text = ngettext("%(num)s other claim of the member", "%(num)s other claims of the member", count)
    last = evidence.earlier[0]
    yield Found(
        "",
        "clock-history",
        text,
        url_for("desk_claims.claim", number=last.number),
        _("the last one, %(name)s", name=claim_words.name_of(last)),
    )


@dataclass(frozen=True)
class Consequences:
    """What a decision would do: labelled lines, the button, and whether a second person signs."""

    title: str
    pairs: Sequence[tuple[str, str]]
    button: str
    two: str


def consequences(weighed: Weighed, available: int, payer: str, claim: Claim, w: Words) -> Consequences:
    """A weighed proposal in words, before the button and for who signs it."""
    points, pairs = w.points(weighed.points), list[tuple[str, str]]()
    if weighed.points:
        after = w.points(available + weighed.points)
        pairs.append(
            (_("Will be available"), f"{w.amount(available)} + {w.amount(weighed.points)} = {after}")
        )
    else:
        pairs.append((_("Will be available"), _("%(points)s, as now", points=w.points(available))))
    if weighed.sale is not None:
        pairs = [*_sale(Sale.model_validate(weighed.sale), ClaimFacts.model_validate(claim.facts), w), *pairs]
    if payer:
        pairs.append((_("Who pays"), payer))
    _tone, _icon, outcome = claim_words.FOR_STAFF[weighed.outcome]
    pairs.append((_("Decision"), _(outcome)))
    titles = {
        "grant": (_("Grant %(points)s?", points=points), _("Grant %(points)s and answer", points=points)),
        "record": (
            _("Record the purchase, which gives %(points)s?", points=points),
            _("Record the purchase and answer"),
        ),
        "return": (
            _("Give back the redemption of %(points)s?", points=points),
            _("Give back %(points)s and answer", points=points),
        ),
        "refuse": (_("Refuse the claim?"), _("Refuse and answer")),
    }
    title, button = titles[weighed.way]
    two = ""
    if weighed.two:
        said = _(WHYS[weighed.why_two])
        two = said % {"points": w.points(weighed.alone_points)} if weighed.why_two == "claim" else said
        button = _("Send to be signed")
    return Consequences(title, pairs, button, two)


def _sale(sale: Sale, told: ClaimFacts, w: Words) -> list[tuple[str, str]]:
    """Everything of a purchase that is to be recorded, and what the member told where that is another thing."""
    fields = [
        (_("Where"), sale.seller, told.shop),
        (_("When"), w.day(w.day_of(sale.occurred_at)), w.day(told.day) if told.day else ""),
        (_("Sum"), w.money(sale.amount), w.money(told.amount) if told.amount else ""),
        (_("Partner"), sale.partner or _("none"), ""),
        (_("MCC"), _("not known") if sale.mcc is None else f"{sale.mcc:04}", ""),
    ]
    return [
        (
            name,
            _("%(value)s (the member told: %(told)s)", value=value, told=said)
            if said and said != value
            else value,
        )
        for name, value, said in fields
    ]
