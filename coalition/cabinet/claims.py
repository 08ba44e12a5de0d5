"""The member's claims: what she disputes, how it stands and what was answered. They are opened in `claim_opening`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _

from coalition.cabinet import claim_words
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.claim_files import attach_sent, field_of
from coalition.cabinet.claim_opening import about_what
from coalition.cabinet.sentences import sentence
from coalition.cabinet.views import Told
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.claims import actions
from coalition.claims.attaching import FILES_MAX
from coalition.claims.kinds import TITLES, Kind
from coalition.claims.models import Claim, ClaimDecision
from coalition.claims.queries import claim_of, claims_of, decisions_of, events_of, files_of
from coalition.claims.states import DECIDED, OPEN, State, Verb
from coalition.claims.terms import terms_of
from coalition.claims.texts import WORDS_MAX, name_of, remark_of, reply_of, words_of
from coalition.papers import MEGABYTES_MAX
from tenants.parts import Part, require
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import session
from tenants.translations import N_


@dataclass(frozen=True)
class Row:
    """A claim in the list."""

    href: str
    name: str
    about: str
    when: str
    chip: tuple[str, str, str]


@dataclass(frozen=True)
class Page:
    """A claim as its member sees it."""

    claim: Claim
    name: str
    title: str
    chip: tuple[str, str, str]
    words: str
    pairs: Sequence[tuple[str, str]]
    until: str
    asked: str
    steps: Sequence[tuple[str, str, str]]  # when, what, words
    answers: Sequence[tuple[ClaimDecision, str]]
    files: Sequence[tuple[UUID, str]]
    can: frozenset[str] = field(default_factory=frozenset)


@cabinet.before_request
def _only_where_there_are_claims() -> None:
    """A switched-off part has no pages."""
    if request.path.startswith("/claims"):
        require(session(), Part.CLAIMS)


@cabinet.get("/claims")
@members_only
def claims(visit: Visit) -> Answer:
    """All of her claims, newest first."""
    rows = [
        Row(
            url_for("cabinet.claim", claim_id=one.id),
            claim_words.name_of(one),
            _(TITLES[Kind(one.kind)]),
            visit.w.short_day(visit.w.day_of(one.opened_at)),
            _chip(one),
        )
        for one in claims_of(visit.session, visit.member_id)
    ]
    return visit.page("claims.html", here="more", rows=rows)


@cabinet.get("/claims/<uuid:claim_id>")
@members_only
def claim(visit: Visit, claim_id: UUID) -> Answer:
    """One claim: how it stands, what was asked and answered."""
    return _page(visit, claim_id, saved=_("We have it. You will see here what becomes of it"))


@cabinet.post("/claims/<uuid:claim_id>/answer")
@members_only
def answer_claim(visit: Visit, claim_id: UUID) -> Answer:
    """Answer what was asked."""

    def act(words: str) -> None:
        actions.answer(visit.session, visit.actor, member_id=visit.member_id, claim_id=claim_id, words=words)
        attach_sent(visit, claim_id)

    return _done(visit, claim_id, act)


@cabinet.post("/claims/<uuid:claim_id>/reopen")
@members_only
def reopen_claim(visit: Visit, claim_id: UUID) -> Answer:
    """Dispute the answer."""
    return _done(
        visit,
        claim_id,
        lambda words: actions.reopen(
            visit.session, visit.actor, member_id=visit.member_id, claim_id=claim_id, words=words
        ),
    )


@cabinet.post("/claims/<uuid:claim_id>/withdraw")
@members_only
def withdraw_claim(visit: Visit, claim_id: UUID) -> Answer:
    """Give it up."""
    return _done(
        visit,
        claim_id,
        lambda _words: actions.withdraw(
            visit.session, visit.actor, member_id=visit.member_id, claim_id=claim_id
        ),
    )


@cabinet.post("/claims/<uuid:claim_id>/files")
@members_only
def add_claim_files(visit: Visit, claim_id: UUID) -> Answer:
    """Add files to an open claim."""
    return _done(visit, claim_id, lambda _words: attach_sent(visit, claim_id))


def _chip(found: Claim) -> tuple[str, str, str]:
    """How a claim stands: tone, icon, words."""
    tone, icon, text = claim_words.FOR_MEMBERS[State(found.state)]
    return tone, icon, _(text)


def _done(visit: Visit, claim_id: UUID, act: Any) -> Answer:
    """Act on what was written, or say why not, with what was written kept."""
    words = request.form.get("words", "")
    try:
        with visit.session.begin_nested():
            act(words)
    except NotFound:
        raise
    except Refusal as refused:
        visit.session.expire_all()
        return _page(
            visit, claim_id, said=words[:WORDS_MAX], errors={field_of(refused): sentence(refused, visit.w)}
        ), 422
    return redirect(url_for("cabinet.claim", claim_id=claim_id), 303)


def _page(
    visit: Visit, claim_id: UUID, *, saved: str = "", said: str = "", errors: dict[str, str] | None = None
) -> str:
    found = claim_of(visit.session, visit.member_id, claim_id)
    return visit.page(
        "claim.html",
        here="more",
        told=_told(visit, found),
        saved=saved if request.args.get("opened") else "",
        said=said,
        errors=errors or {},
        files_max=FILES_MAX,
        megabytes_max=MEGABYTES_MAX,
    )


def _told(visit: Visit, found: Claim) -> Page:
    w, state = visit.w, State(found.state)
    events = events_of(visit.session, found)
    asked = next((one for one in reversed(events) if one.verb == Verb.ASK_MEMBER), None)
    files = [one for one in files_of(visit.session, found) if one.participant_id is None]
    can = set()
    if state in OPEN:
        can.add("withdraw")
        if len(files) < FILES_MAX and state is not State.ASKED_MEMBER:
            can.add("attach")
    if state in DECIDED and found.ended_at is not None:
        days = timedelta(days=terms_of(visit.programme).reopen_days)
        if clock.now() <= found.ended_at + days:
            can.add("reopen")
    return Page(
        claim=found,
        name=claim_words.name_of(found),
        title=_(TITLES[Kind(found.kind)]),
        chip=_chip(found),
        words=_words(visit, found),
        pairs=_pairs(visit, found),
        until=w.moment(found.due_at) if found.due_at and found.due_at > clock.now() else "",
        asked=remark_of(visit.session, asked) if asked and state is State.ASKED_MEMBER else "",
        steps=[
            (w.moment(one.at), _(_SAID[Verb(one.verb)]), remark_of(visit.session, one))
            for one in events
            if one.verb in _SAID
        ],
        answers=[
            (one, reply_of(visit.session, one))
            for one in decisions_of(visit.session, found)
            if one.state == "done"
        ],
        files=[(one.id, name_of(visit.session, one)) for one in files],
        can=frozenset(can),
    )


def _words(visit: Visit, found: Claim) -> str:
    """What she wrote, or whoever wrote for her; what a partner's people wrote is for the desk."""
    if found.opened_by == "partner":
        return _("The shop has opened this claim for you")
    return words_of(visit.session, found)


_SAID = {
    Verb.OPEN: N_("Opened"),
    Verb.TAKE: N_("Somebody looks into it"),
    Verb.ASK_MEMBER: N_("We have asked you"),
    Verb.ANSWER: N_("You have answered"),
    Verb.ASK_PARTNER: N_("We have asked the shop"),
    Verb.FAVOUR: N_("Decided in your favour"),
    Verb.FAVOUR_PARTLY: N_("Decided in part in your favour"),
    Verb.SIGN: N_("Decided in your favour"),
    Verb.SIGN_PARTLY: N_("Decided in part in your favour"),
    Verb.REFUSE: N_("Refused"),
    Verb.WITHDRAW: N_("Withdrawn"),
    Verb.REOPEN: N_("You have disputed the answer"),
    Verb.CLOSE: N_("Closed"),
}
"""What of the history the member sees; what staff write to each other or to a shop is not hers."""


def _pairs(visit: Visit, found: Claim) -> list[tuple[str, str]]:
    """What is disputed, and what she told of it."""
    w = visit.w
    pairs = [(_("Opened"), w.moment(found.opened_at))]
    if found.purchase_id or found.redemption_id:
        about = about_what(
            visit,
            {
                "purchase": str(found.purchase_id or ""),
                "redemption": "" if found.purchase_id else str(found.redemption_id),
            },
        )
        pairs.append((about.title, about.text))
    return [*pairs, *claim_words.facts(found, w)]


def disputes(visit: Visit, purchase_id: UUID) -> Told | None:
    """That a purchase is disputed already, where it is."""
    for one in claims_of(visit.session, visit.member_id):
        if one.purchase_id == purchase_id and one.state in OPEN:
            text = _("You dispute this: claim %(name)s is open", name=claim_words.name_of(one))
            return Told("note", "chat-left-text", text)
    return None
