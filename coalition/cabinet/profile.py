"""The member herself: what the bank told, the e-mail, the consents, the card for the till; the page of places."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import current_app, redirect, request, url_for
from flask_babel import gettext as _

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.kinds.base import card_digits
from coalition.cabinet.notices import advertising_words, agree_to_advertising, most_advertising
from coalition.cabinet.sentences import sentence
from coalition.cabinet.views import TillCode
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.cards.queries import card_of, number_of
from coalition.members.actions import edit_profile, give_consent
from coalition.members.consents import ADVERTISING
from coalition.members.models import HandleKind
from coalition.members.queries import consents_of, handles_of, person_of
from coalition.privacy.actions import download, register
from coalition.privacy.queries import requests_of
from coalition.privacy.terms import COPY_PAUSE
from tenants.branding import scan
from tenants.branding.formats import NO_BREAK, masked_phone
from tenants.parts import Part, is_on
from tenants.runtime import clock
from tenants.runtime.errors import Refusal

DATA_SHOWN = 5
_ASKED = ("email", "sms", ADVERTISING)  # the terms themselves are agreed to by joining


@dataclass(frozen=True)
class OwnCard:
    """A card by what the member knows of it."""

    label: str
    hint: str


@dataclass(frozen=True)
class Profile:
    """What the page says about the member."""

    name: str
    phone: str
    email: str
    cards: list[OwnCard]
    since: date


@dataclass(frozen=True)
class AskedConsent:
    """A consent with its plain meaning."""

    topic: str
    title: str
    about: str
    given: bool


@dataclass(frozen=True)
class AskedFor:
    """A request about her data, and the copy where it can be had; while it is `open` nobody asks for the kind again."""

    title: str
    said: str
    copy_id: UUID | None
    kind: str
    open: bool


@cabinet.get("/more")
@members_only
def more(visit: Visit) -> Answer:
    """The places that the bar has no room for."""
    return visit.page("more.html", here="more", claims=is_on(visit.session, Part.CLAIMS))


@cabinet.get("/profile")
@members_only
def profile(visit: Visit) -> Answer:
    """Profile and consents."""
    saved = {
        "email": _("The address is saved"),
        "consents": _("Your consents are saved"),
        "copy": _("We make the copy. It will be here"),
        "erasure": _("Your request is taken in. We answer it by the day that stands below"),
    }
    return _profile_page(visit, saved=saved.get(request.args.get("saved", ""), ""))


def _profile_page(visit: Visit, *, saved: str = "", email: str | None = None, wrong: str = "") -> str:
    person = person_of(visit.session, visit.member_id)
    labels = {HandleKind.CARD_TOKEN: _("Bank card"), HandleKind.CARD_NUMBER: _("Programme card")}
    handles = handles_of(visit.session, visit.member_id)
    cards = [
        OwnCard(labels[HandleKind(handle.kind)], card_digits(handle.hint) or _("linked"))
        for handle in handles
        if handle.kind in labels
    ]
    shown = Profile(
        name=person.name,
        phone=masked_phone(person.phone) if person.phone else _("none"),
        email=(person.email or "") if email is None else email,
        cards=cards,
        since=visit.w.day_of(visit.member.enrolled_at),
    )
    given = consents_of(visit.session, visit.member_id)
    texts = {
        "email": (_("Letters about offers and points"), _("Receipts and certificates come without it too")),
        "sms": (_("Text messages about points that expire"), _("Not more than one a week")),
        ADVERTISING: advertising_words(visit),
    }
    consents = [AskedConsent(topic, *texts[topic], given.get(topic, False)) for topic in _ASKED]
    return visit.page(
        "profile.html",
        here="more",
        person=shown,
        consents=consents,
        per_week=most_advertising(visit),
        asked=_asked_for(visit),
        saved=saved,
        errors={"email": wrong} if wrong else {},
    )


@cabinet.post("/profile/email")
@members_only
def save_email(visit: Visit) -> Answer:
    """Change the e-mail; what is refused is shown again with the reason."""
    said = request.form.get("email", "").strip()[:300]
    try:
        with visit.session.begin_nested():
            edit_profile(visit.session, visit.actor, member_id=visit.member_id, email=said or None)
    except Refusal as refused:
        return _profile_page(visit, email=said, wrong=sentence(refused, visit.w)), 422
    return redirect(url_for("cabinet.profile", saved="email"), 303)


@cabinet.post("/profile/consents")
@members_only
def save_consents(visit: Visit) -> Answer:
    """Record the consents that changed."""
    before = consents_of(visit.session, visit.member_id)
    for topic in _ASKED:
        given = topic in request.form
        if given == before.get(topic, False):
            continue
        if topic == ADVERTISING:
            agree_to_advertising(visit, given)
        else:
            give_consent(visit.session, visit.actor, member_id=visit.member_id, topic=topic, given=given)
    return redirect(url_for("cabinet.profile", saved="consents"), 303)


@cabinet.post("/profile/data")
@members_only
def ask_for_data(visit: Visit) -> Answer:
    """Ask for a copy of everything, or for its erasure."""
    kind = request.form.get("kind", "")
    register(visit.session, visit.actor, member_id=visit.member_id, kind=kind)
    return redirect(url_for("cabinet.profile", saved=kind, _anchor="own-data"), 303)


@cabinet.get("/profile/data/<uuid:request_id>.zip")
@members_only
def own_data(visit: Visit, request_id: UUID) -> Answer:
    """The copy, while it is kept."""
    content = download(visit.session, visit.actor, member_id=visit.member_id, request_id=request_id)
    answer = current_app.response_class(content, mimetype="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked_for(visit: Visit) -> list[AskedFor]:
    """What the member has asked for of her data, the newest first."""
    titles = {"copy": _("Copy of your data"), "erasure": _("Erasure of your data")}
    reasons = {
        "not_the_member": _("It was not the member who asked"),
        "taken_back": _("Taken back"),
        "in_the_way": _("Something has to come to its end first: points set aside, a payout or a claim"),
    }
    found, w = [], visit.w
    for one in requests_of(visit.session, visit.member_id)[:DATA_SHOWN]:
        ready = one.kept_until is not None and one.kept_until > clock.now()
        if one.state == "refused":
            said = _("Refused. %(why)s", why=reasons[one.reason or ""])
        elif one.state == "open":
            said = _("Answered by %(day)s", day=w.day(one.due_on))
        elif ready and one.kept_until is not None:
            said = _("Ready, kept until %(day)s", day=w.day(w.day_of(one.kept_until)))
        else:
            said = _("Its days are over. Ask for a new one")
        fresh = ready and one.ended_at is not None and one.ended_at > clock.now() - COPY_PAUSE
        waits = one.state == "open" or fresh
        found.append(AskedFor(titles[one.kind], said, one.id if ready else None, one.kind, waits))
    return found


@cabinet.get("/till")
@members_only
def till(visit: Visit) -> Answer:
    """The programme card as a barcode and a QR code."""
    card = card_of(visit.session, visit.member_id)
    if card is None:
        return visit.page("till.html", here="home", code=None)
    number = number_of(visit.session, card)
    grouped = NO_BREAK.join(number[at : at + 4] for at in range(0, len(number), 4))
    label = _("Programme card %(number)s", number=grouped)
    code = TillCode(grouped, scan.bars(number, label), scan.qr(number, label))
    return visit.page("till.html", here="home", code=code)
