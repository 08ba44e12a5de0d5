"""The member's claims: what she disputes, how it stands, what was answered, and her files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, send_file, url_for
from flask_babel import gettext as _

from coalition.cabinet import claim_words
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.claim_paper import letter
from coalition.cabinet.kinds import face_of
from coalition.cabinet.kinds.base import read_units
from coalition.cabinet.sentences import sentence
from coalition.cabinet.views import Told
from coalition.cabinet.visit import COOKIE, Answer, Visit, members_only
from coalition.claims import actions
from coalition.claims.attaching import FILES_MAX, MEGABYTES_MAX, Brought, attach, read_attachment
from coalition.claims.kinds import TITLES, ClaimFacts, Kind
from coalition.claims.models import Claim, ClaimDecision
from coalition.claims.queries import claim_of, claims_of, decisions_of, events_of, files_of
from coalition.claims.states import DECIDED, OPEN, State, Verb
from coalition.claims.terms import terms_of
from coalition.claims.texts import WORDS_MAX, name_of, remark_of, reply_of, words_of
from coalition.redemption.models import Redemption, Reward
from coalition.redemption.queries import redemption_by_id
from coalition.reports.why import why as explain
from tenants.auth.sign_ins import signed_in
from tenants.parts import Part, require
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import session
from tenants.translations import N_

_WITHOUT = (Kind.NOT_CREDITED, Kind.LOST_ORDER)
"""What can be disputed without choosing a purchase or a redemption first."""
_FIELDS = ("kind", "purchase", "redemption", "shop", "day", "order", "amount", "points", "words")
_TEXT_MOST = 200
_BODY_MAX = (FILES_MAX * MEGABYTES_MAX + 1) << 20
_TAKING_FILES = ("cabinet.open_claim", "cabinet.answer_claim", "cabinet.add_claim_files")


@dataclass(frozen=True)
class Row:
    """A claim in the list."""

    href: str
    name: str
    about: str
    when: str
    chip: tuple[str, str, str]


@dataclass(frozen=True)
class About:
    """What is disputed: in a line and its reason, with the kinds that fit it."""

    title: str
    text: str
    kinds: Sequence[Kind]


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


@cabinet.url_value_preprocessor
def _allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A body as large as some files is read only from somebody who is signed in."""
    if request.method != "POST" or endpoint not in _TAKING_FILES:
        return
    secret = request.cookies.get(COOKIE, "")
    if secret and signed_in(session(), kind="member", secret=secret):
        request.max_content_length = _BODY_MAX


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


@cabinet.get("/claims/new")
@members_only
def new_claim(visit: Visit) -> Answer:
    """The form, filled in from the purchase or the redemption that is disputed."""
    return _form(visit, request.args)


@cabinet.post("/claims/new")
@members_only
def open_claim(visit: Visit) -> Answer:
    """Open it with its files: all of that, or nothing."""
    form = request.form
    about = _about(visit, form)
    errors: dict[str, str] = {}
    facts = _facts(visit, form, errors)
    kind = next((one for one in about.kinds if one == form.get("kind")), None)
    if kind is None:
        errors["kind"] = _("Choose what is wrong")
    if errors or kind is None:
        return _form(visit, form, errors), 422
    try:
        with visit.session.begin_nested():
            claim = actions.open_claim(
                visit.session,
                visit.actor,
                member_id=visit.member_id,
                kind=kind,
                words=form.get("words", ""),
                purchase_id=_id(form.get("purchase", "")),
                redemption_id=_id(form.get("redemption", "")),
                facts=facts,
            )
            _attach(visit, claim.id)
    except NotFound:
        raise
    except Refusal as refused:
        return _form(visit, form, {_field(refused): sentence(refused, visit.w)}), 422
    return redirect(url_for("cabinet.claim", claim_id=claim.id, opened=1), 303)


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
        _attach(visit, claim_id)

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
    return _done(visit, claim_id, lambda _words: _attach(visit, claim_id))


@cabinet.get("/claims/<uuid:claim_id>/files/<uuid:file_id>")
@members_only
def claim_file(visit: Visit, claim_id: UUID, file_id: UUID) -> Answer:
    """A file of hers, to be kept: never shown within the page."""
    found = read_attachment(
        visit.session, visit.actor, member_id=visit.member_id, claim_id=claim_id, file_id=file_id
    )
    return kept(found.content, found.media, found.name)


@cabinet.get("/claims/<uuid:claim_id>/answer-<int:opening>.pdf")
@members_only
def claim_letter(visit: Visit, claim_id: UUID, opening: int) -> Answer:
    """The answer as a letter."""
    found = claim_of(visit.session, visit.member_id, claim_id)
    decision = answer_of(visit.session, found, opening)
    return kept(
        letter(visit.session, visit.programme, found, decision),
        "application/pdf",
        f"claim-{found.number}.pdf",
    )


def answer_of(opened: Any, found: Claim, opening: int) -> ClaimDecision:
    """What was decided at an opening of a claim; NotFound("answer_unknown")."""
    for decision in decisions_of(opened, found):
        if decision.state == "done" and decision.opening == opening:
            return decision
    raise NotFound("answer_unknown")


def kept(content: bytes, media: str, name: str) -> Response:
    """A file that the browser keeps and does not look into."""
    answer = send_file(BytesIO(content), mimetype=media, as_attachment=True, download_name=name, etag=False)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _form(visit: Visit, said: Mapping[str, str], errors: dict[str, str] | None = None) -> str:
    form = {name: said.get(name, "")[: WORDS_MAX if name == "words" else _TEXT_MOST] for name in _FIELDS}
    about = _about(visit, said)
    if form["kind"] not in about.kinds:
        form["kind"] = about.kinds[0]
    return visit.page(
        "claim_new.html",
        here="more",
        about=about,
        titles={kind: _(TITLES[kind]) for kind in about.kinds},
        form=form,
        errors=errors or {},
        files_max=FILES_MAX,
        megabytes_max=MEGABYTES_MAX,
        latest=visit.w.today.isoformat(),
    )


def _about(visit: Visit, said: Mapping[str, str]) -> About:
    """What is disputed; NotFound for what is not hers."""
    if purchase_id := _id(said.get("purchase", "")):
        found = explain(visit.session, member_id=visit.member_id, purchase_id=purchase_id)
        w, sale = visit.w, found.purchase
        place = visit.said(found.partner.name) if found.partner else found.merchant
        text = _(
            "%(money)s on %(day)s; it gave %(points)s",
            money=w.money(sale.amount),
            day=w.day(w.day_of(sale.occurred_at)),
            points=w.points(found.net_points),
        )
        kinds = (Kind.WRONG_AMOUNT,) if found.net_points else (Kind.NOT_CREDITED, Kind.WRONG_AMOUNT)
        return About(place, text, kinds)
    if redemption_id := _id(said.get("redemption", "")):
        redemption = redemption_by_id(visit.session, visit.member_id, redemption_id)
        reward = visit.session.get_one(Reward, (redemption.tenant_id, redemption.reward_id))
        told = face_of(reward.kind).told(visit, reward, redemption)
        certificate = (Kind.CERTIFICATE,) if reward.kind == "certificate" else ()
        return About(told.who, _spent_words(visit, redemption), (*certificate, Kind.UNKNOWN_REDEMPTION))
    return About("", "", _WITHOUT)


def _spent_words(visit: Visit, redemption: Redemption) -> str:
    w = visit.w
    return _(
        "%(points)s spent on %(day)s",
        points=w.points(redemption.points),
        day=w.day(w.day_of(redemption.made_at)),
    )


def _facts(visit: Visit, form: Mapping[str, str], errors: dict[str, str]) -> ClaimFacts:
    """What she names, read; what cannot be read stands in `errors`."""
    w = visit.w
    shop, order = (_plain(form.get(name, ""))[:most] for name, most in (("shop", 120), ("order", 60)))
    day = None
    if written := form.get("day", "").strip():
        try:
            day = date.fromisoformat(written)
        except ValueError:
            errors["day"] = _("Write the day, like 2026-11-15")
        else:
            if not w.today - timedelta(days=3660) <= day <= w.today:
                errors["day"] = _("The day lies ahead, or too far back")
    numbers: dict[str, int | None] = {"amount": None, "points": None}
    for name, digits in (("amount", w.exponent), ("points", w.scale)):
        if written := form.get(name, "").strip()[:_TEXT_MOST]:
            try:
                numbers[name] = read_units(written, digits, w) or None
            except Refusal:
                errors[name] = _("Write a number, like 1500")
    return ClaimFacts(shop=shop, day=None if "day" in errors else day, order=order, **numbers)


def _chip(found: Claim) -> tuple[str, str, str]:
    """How a claim stands: tone, icon, words."""
    tone, icon, text = claim_words.FOR_MEMBERS[State(found.state)]
    return tone, icon, _(text)


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("page_unknown") from None


def _field(refused: Refusal) -> str:
    """Where the sentence belongs."""
    if refused.code == "claim_incomplete":
        return str(refused.facts["field"])
    if refused.code.startswith("attachment"):
        return "files"
    return "words"


def _attach(visit: Visit, claim_id: UUID) -> None:
    sent = [one for one in request.files.getlist("files") if one.filename]
    brought = [Brought(one.filename or "", one.stream.read((MEGABYTES_MAX << 20) + 1)) for one in sent]
    if brought:
        attach(visit.session, visit.actor, member_id=visit.member_id, claim_id=claim_id, brought=brought)


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
            visit, claim_id, said=words[:WORDS_MAX], errors={_field(refused): sentence(refused, visit.w)}
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
    files = files_of(visit.session, found)
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
        words=words_of(visit.session, found),
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
        about = _about(
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
