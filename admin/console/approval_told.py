"""A change that waits for a signature, in words: what it is, and what was and will be."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from admin.console import programme_told, tier_told
from admin.console.leaving_told import ends_told
from admin.console.privacy_told import named
from coalition.ledger.queries import balance_of
from coalition.partners.queries import all_outlets, all_participants, all_partners
from coalition.privacy.terms import points_left
from coalition.promotions.categories import Category
from coalition.promotions.tiers import TierTerms
from coalition.redemption.queries import reward_of_any_state
from coalition.reports.lists.sales import KINDS as REWARDS
from tenants.approvals.actions import facts_of
from tenants.approvals.models import Approval
from tenants.branding.words import Words
from tenants.translations import N_

KINDS = {
    "levels": N_("Levels"),
    "categories": N_("Own categories"),
    "days_off": N_("Days off"),
    "terms": N_("Programme terms"),
    "profile": N_("File profile"),
    "reward": N_("Price and limits of a reward"),
    "reward_new": N_("New reward"),
    "leaving": N_("A participant leaves"),
    "client": N_("Program of the API"),
    "client_bounds": N_("Limit and keys of a program"),
    "by_hand": N_("Operations by hand"),
    "members": N_("New members from a file"),
    "segment_list": N_("List of a segment"),
    "erasure": N_("Erasure of personal data"),
    "copy": N_("Copy of personal data"),
    "facts": N_("Facts of members"),
}
_DIGEST_SHOWN = 12
_REWARD = {
    "points": N_("Price"),
    "points_min": N_("Points at least"),
    "points_max": N_("Points at most"),
    "days": N_("The bank pays within, days"),
}


def title(session: Session, approval: Approval, w: Words) -> str:
    """What it is called where it stands among others."""
    facts = facts_of(approval)
    match approval.kind:
        case "categories":
            names = [Category.model_validate(one).called(w.lang) for one in facts["after"]]
            return _("Own category: %(name)s", name=", ".join(names))
        case "profile":
            return _("File profile: %(name)s", name=facts["after"]["name"])
        case "reward":
            reward = reward_of_any_state(session, approval.subject.removeprefix("reward "))
            return _("Price and limits: %(name)s", name=reward.name.get(w.lang) or reward.code)
        case "leaving":
            return _(
                "%(name)s leaves the coalition", name=_participant(session, facts["after"]["participant"], w)
            )
        case "reward_new":
            return _(
                "New reward: %(name)s", name=facts["after"]["name"].get(w.lang) or facts["after"]["code"]
            )
        case "segment_list":
            return _("List of the segment “%(name)s”", name=facts["after"]["title"])
        case "erasure":
            return _("Erasure of personal data, request %(number)s", number=facts["after"]["number"])
        case "copy":
            return _("Copy of personal data, request %(number)s", number=facts["after"]["number"])
        case "by_hand":
            return _(
                "Operations by hand: %(name)s", name=_participant(session, facts["after"]["participant"], w)
            )
        case "client" if facts["after"]["do"] == "allow":
            return _("Own programs of the company %(name)s", name=facts["after"]["name"])
        case "client" | "client_bounds":
            return _("Program of the API: %(name)s", name=facts["after"]["name"])
    return _(KINDS[approval.kind])


def told(session: Session, approval: Approval, w: Words) -> Sequence[str]:
    """What changes, one sentence each."""
    facts = facts_of(approval)
    return list(_TELLS[approval.kind](session, facts["before"], facts["after"], w))


def _levels(_session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    older = TierTerms.model_validate(before) if before else None
    yield from tier_told.changes(older, TierTerms.model_validate(after), w)


def _categories(session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    partners = {one.code: one.name[w.lang] for one in all_partners(session)}
    for was, will in zip(before, after, strict=True):
        older = _category(was, partners) if was else {}
        for name, said in _category(will, partners).items():
            if name not in older:
                yield f"{_(name)}: {said or '—'}"
            elif older[name] != said:
                yield f"{_(name)}: {older[name] or '—'} → {said or '—'}"


def _category(document: Any, partners: Mapping[str, str]) -> dict[str, str]:
    one = Category.model_validate(document)
    return {
        N_("Name in Russian"): one.name.ru if one.name else "",
        N_("Name in English"): one.name.en if one.name else "",
        N_("Categories (MCC)"): ", ".join(one.mcc),
        N_("Partners"): ", ".join(partners.get(code, code) for code in one.partners),
    }


def _by_hand(_session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    def said(limits: Mapping[str, int] | None) -> str:
        if limits is None:
            return _("nothing by hand")
        once, day = (w.money(limits[name]) for name in ("per_operation", "per_person_day"))
        return _("at most %(once)s at once and %(day)s a day", once=once, day=day)

    yield _(
        "Its people may enter: %(before)s → %(after)s",
        before=said(before["limits"]),
        after=said(after["limits"]),
    )


def _days_off(_session: Session, _before: Any, after: Any, w: Words) -> Iterator[str]:
    for text in after["days"]:
        day = w.written_day(date.fromisoformat(text))
        yield (
            _("%(day)s: working day → day off", day=day)
            if after["off"]
            else _("%(day)s: day off → working day", day=day)
        )


def _terms(_session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    yield from programme_told.changes(before, after, w)


def _profile(_session: Session, before: Any, after: Any, _w: Words) -> Iterator[str]:
    if before is None:
        yield _("A new profile; files that name it can come from then on")
        yield from (f"{name}: {_written(value)}" for name, value in after.items() if value)
        return
    version = before["version"]
    yield _("Version %(before)s → %(after)s", before=version, after=version + 1)
    for name in sorted(before["document"].keys() | after.keys()):
        was, will = before["document"].get(name), after.get(name)
        if was != will:
            yield f"{name}: {_written(was)} → {_written(will)}"


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else "—"


def _reward(_session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    for name, said in _REWARD.items():
        was, will = before.get(name), after.get(name)
        if was != will:
            told = w.number if name == "days" else w.points
            yield f"{_(said)}: {told(was)} → {told(will)}"


def _reward_new(session: Session, _before: Any, after: Any, w: Words) -> Iterator[str]:
    yield _("Members are offered a new reward: %(kind)s", kind=_(REWARDS[after["kind"]]))
    for lang, field in (("ru", N_("Name in Russian")), ("en", N_("Name in English"))):
        yield f"{_(field)}: {after['name'].get(lang, '')}"
    for lang, field in (("ru", N_("Description in Russian")), ("en", N_("Description in English"))):
        if after["about"].get(lang):
            yield f"{_(field)}: {after['about'][lang]}"
    for name, said in _REWARD.items():
        if name in after["terms"]:
            yield f"{_(said)}: {(w.number if name == 'days' else w.points)(after['terms'][name])}"
    if "minor" in after["terms"]:
        yield _("Face value: %(sum)s", sum=w.money(after["terms"]["minor"]))
    yield _("Who pays: %(name)s", name=_participant(session, after["participant_id"], w))


def _participant(session: Session, number: int, w: Words) -> str:
    one = next((one for one in all_participants(session) if one.id == number), None)
    return (one.name.get(w.lang) or one.code) if one else str(number)


def _leaving(session: Session, _before: Any, after: Any, w: Words) -> Iterator[str]:
    yield from ends_told(session, after, w.lang)
    yield _(
        "Points that it has given stay the members' until they are spent or burn, and are settled with it"
    )


def _requests(number: int | None, w: Words) -> str:
    return _("as all programs") if number is None else w.number(number)


def _client(session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    match after["do"]:
        case "add":
            yield _("A new program may call the API")
            yield _("Whose it is: %(name)s", name=_participant(session, after["participant"], w))
            outlets = {one.id: one.code for one in all_outlets(session)}
            if after["outlet"] is not None:
                outlet = outlets.get(after["outlet"], after["outlet"])
                yield _("It speaks for the outlet %(code)s alone", code=outlet)
            yield _("It may: %(scopes)s", scopes=", ".join(after["scopes"]))
        case "scopes":
            was, will = (", ".join(one["scopes"]) for one in (before, after))
            yield _("It may: %(before)s → %(after)s", before=was, after=will)
        case "limit":
            was, will = (_requests(one["requests"], w) for one in (before, after))
            yield _("Requests a minute: %(before)s → %(after)s", before=was, after=will)
        case "revoke" if after["what"] == "key":
            yield _("It signs in by this key no more: %(thumbprint)s", thumbprint=after["thumbprint"])
        case "revoke":
            yield _("It calls by this certificate no more: %(thumbprint)s", thumbprint=after["thumbprint"])
        case "allow":
            was, will = (", ".join(one["scopes"]) or "—" for one in (before, after))
            yield _(
                "Programs that the company makes itself may: %(before)s → %(after)s", before=was, after=will
            )
            yield _("Programs that it has keep what they have")
        case _:
            yield _("It gets a new secret, which only who asked sees; the one it has holds for 7 days more")


def _members(_session: Session, _before: Any, after: Any, w: Words) -> Iterator[str]:
    yield ngettext(
        "%(number)s member joins",
        "%(number)s members join",
        after["joined"],
        number=w.number(after["joined"]),
    )
    yield from _file(after, w)


def _segment_list(_session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    members = before["members"] + after["joined"] - after["gone"]
    yield _("Members: %(before)s → %(after)s", before=w.number(before["members"]), after=w.number(members))
    yield _("Join: %(count)s", count=w.number(after["joined"]))
    yield _("Leave: %(count)s", count=w.number(after["gone"]))
    yield (
        _("Only those of the file stay in the list")
        if after["replace"]
        else _("Those of the file are added to the list")
    )
    yield from _file(after, w)


def _facts(_session: Session, before: Any, after: Any, w: Words) -> Iterator[str]:
    yield ngettext(
        "%(number)s fact is news and is stated",
        "%(number)s facts are news and are stated",
        after["stated"],
        number=w.number(after["stated"]),
    )
    yield _("Known already: %(count)s", count=w.number(before["known"]))
    yield from _file(after, w)


def _erasure(session: Session, _before: Any, after: Any, w: Words) -> Iterator[str]:
    member_id = UUID(after["member"])
    yield _("Member: %(name)s, %(id)s", name=named(session, member_id), id=after["member"])
    yield _("Gone for ever: name, phone, e-mail, birthday, cards, notes, words and files of claims")
    yield _("What stays: purchases and movements of points, of nobody")
    if points := points_left(balance_of(session, member_id)):
        yield _("%(points)s of the member cannot be spent by anybody any more", points=w.points(points))


def _copy(session: Session, _before: Any, after: Any, _w: Words) -> Iterator[str]:
    yield _("Member: %(name)s, %(id)s", name=named(session, UUID(after["member"])), id=after["member"])
    yield _("Everything that is held of the member is made into a file, which the desk can download")
    yield _("Sign it when you know that it was the member who asked")


def _file(after: Any, w: Words) -> Iterator[str]:
    yield _("Rows left out: %(count)s", count=w.number(after["rejected"]))
    yield _("File with SHA-256 %(digest)s…", digest=after["sha256"][:_DIGEST_SHOWN])


_TELLS: dict[str, Callable[[Session, Any, Any, Words], Iterator[str]]] = {
    "levels": _levels,
    "categories": _categories,
    "days_off": _days_off,
    "terms": _terms,
    "profile": _profile,
    "reward": _reward,
    "reward_new": _reward_new,
    "leaving": _leaving,
    "client": _client,
    "client_bounds": _client,
    "by_hand": _by_hand,
    "members": _members,
    "segment_list": _segment_list,
    "erasure": _erasure,
    "copy": _copy,
    "facts": _facts,
}
