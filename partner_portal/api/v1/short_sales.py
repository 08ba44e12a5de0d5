"""Plain sales by the short way (`coalition.transactions.online`): what it cannot do, the operation itself does."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from coalition.ledger.models import Account
from coalition.members.models import HandleKind
from coalition.programmes.words import words_in
from coalition.promotions.awards import explained
from coalition.reports.reasons import Reasons
from coalition.transactions.online.booking import Kept
from coalition.transactions.online.selling import Asked, Found, sell
from coalition.transactions.online.state import Place, Whose
from coalition.transactions.sales import key_of
from partner_portal.api.operations import Short
from partner_portal.api.v1.cheques import ById, Cheque, adds_up, receipt_told
from partner_portal.api.v1.explanations import Given, told_given
from partner_portal.api.v1.members import BURNS_TOLD, Balance, Burn, Handle, guesses
from tenants.auth.limits import subject_of, window_of
from tenants.runtime import idempotency


def asked(short: Short, cheque: Cheque, who: Handle | ById, **told: object) -> Asked | None:
    """A cheque as the short way takes it."""
    if not adds_up(cheque):
        return None
    known = short.known
    return Asked(
        known.tenant_id,
        known.as_asked(),
        _whose(short, who),
        Place(cheque.outlet, cheque.partner),
        key_of(known.caller.client_id, cheque.reference),
        cheque.occurred_at,
        cheque.amount,
        lambda outlet: receipt_told(cheque, outlet, **told),
        BURNS_TOLD,
        short.request.key if short.request else None,
    )


def _whose(short: Short, who: Handle | ById) -> Whose:
    if isinstance(who, ById):
        return Whose(who.id)
    known = short.known
    value = who.handle.strip()
    digests = [
        known.vault.digest(kind.name, value.lower() if kind is HandleKind.EMAIL else value)
        for kind in HandleKind
    ]
    kind, counted = guesses(known.caller, short.address, "member_unknown")
    tries = [(subject_of(known.vault, kind, place), most) for place, most in counted]
    return Whose(None, digests, value[-4:], tries, window_of(3600))


def booked(short: Short, sale: Asked, told: Callable[[Found, UUID], bytes], status: int) -> bytes | None:
    """Book the sale with what is told of it, kept for the same request; nothing if it is not a plain one."""
    request, known = short.request, short.known
    assert request is not None, "a sale writes"

    lock = idempotency.lock_of(known.tenant_id, request)

    def answer(found: Found, number: UUID) -> tuple[bytes, Kept]:
        written = told(found, number)
        sealed = short.sealed(written)
        return written, Kept(request.owner, request.key, request.fingerprint, lock, status, sealed)

    return sell(sale, answer)


def gives(found: Found, lang: str) -> list[Given]:
    """What the sale gives, with its reasons."""
    return told_given(reasons_in(found, lang), found.terms.index.documents, explained(found.valued.awards))


def reasons_in(found: Found, lang: str) -> Reasons:
    """How its reasons are told, for a reader of that language."""
    beside, programme = found.terms.beside, found.terms.programme
    reasons: Reasons | None = beside.get(lang)
    if reasons is None or reasons.words.today != found.today:
        words = words_in(lang, programme)
        reasons = beside[lang] = Reasons(words, found.terms.index.names, {}, programme)
    return reasons


def balance(found: Found, *, after: bool) -> Balance:
    """What she has: now, or after the sale."""
    state, given = found.state, found.valued.given
    burns = dict(found.state.burns)
    if after:
        for points, last, to in zip(given.points, given.last, given.accounts, strict=True):
            if to == Account.AVAILABLE and found.today <= last < date.max:
                burns[last] = burns.get(last, 0) + points
    more = given if after else None
    return Balance(
        available=state.available + (more.total(Account.AVAILABLE) if more else 0),
        pending=state.pending + (more.total(Account.PENDING) if more else 0),
        held=state.held,
        debt=0,
        scale=found.terms.programme.scale,
        burns=[Burn(points=points, last_day=day) for day, points in sorted(burns.items())[:BURNS_TOLD]],
    )
