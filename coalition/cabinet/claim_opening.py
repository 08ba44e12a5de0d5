"""A claim that is being opened: the form, filled in from what is disputed, and what the member names herself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext as _

from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.claim_files import attach_sent, field_of
from coalition.cabinet.kinds import face_of
from coalition.cabinet.kinds.base import read_units
from coalition.cabinet.sentences import sentence
from coalition.cabinet.visit import Answer, Visit, members_only
from coalition.claims import actions
from coalition.claims.attaching import FILES_MAX
from coalition.claims.kinds import TITLES, ClaimFacts, Kind
from coalition.claims.texts import WORDS_MAX
from coalition.papers import MEGABYTES_MAX
from coalition.redemption.models import Redemption, Reward
from coalition.redemption.queries import redemption_by_id
from coalition.reports.why import why as explain
from tenants.runtime.errors import NotFound, Refusal

_WITHOUT = (Kind.NOT_CREDITED, Kind.LOST_ORDER)
"""What can be disputed without choosing a purchase or a redemption first."""
_FIELDS = ("kind", "purchase", "redemption", "shop", "day", "order", "amount", "points", "words")
_TEXT_MOST = 200


@dataclass(frozen=True)
class About:
    """What is disputed: in a line and its reason, with the kinds that fit it."""

    title: str
    text: str
    kinds: Sequence[Kind]


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
    about = about_what(visit, form)
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
            attach_sent(visit, claim.id)
    except NotFound:
        raise
    except Refusal as refused:
        return _form(visit, form, {field_of(refused): sentence(refused, visit.w)}), 422
    return redirect(url_for("cabinet.claim", claim_id=claim.id, opened=1), 303)


def _form(visit: Visit, said: Mapping[str, str], errors: dict[str, str] | None = None) -> str:
    form = {name: said.get(name, "")[: WORDS_MAX if name == "words" else _TEXT_MOST] for name in _FIELDS}
    about = about_what(visit, said)
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


def about_what(visit: Visit, said: Mapping[str, str]) -> About:
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


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("page_unknown") from None
