"""Signing in by phone and one-time code, and signing out. Known and unknown phones are answered alike."""

from dataclasses import dataclass
from uuid import UUID

import phonenumbers
from flask import redirect, render_template, request, url_for
from flask import session as kept
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from coalition.cabinet import devices
from coalition.cabinet.blueprint import cabinet
from coalition.cabinet.visit import COOKIE, Answer, words_of
from coalition.ledger.queries import richest
from coalition.members.phones import REGIONS, e164
from coalition.members.queries import has_person, member_by_phone, person_of
from coalition.messages.actions import send_text, texts_go_out
from coalition.messages.models import What
from coalition.programmes.queries import the_programme
from tenants.auth.codes import Verdict, send_code, try_code
from tenants.auth.sign_ins import AGE
from tenants.auth.sign_ins import sign_in as begin
from tenants.auth.sign_ins import sign_out as end
from tenants.branding.formats import masked_phone
from tenants.branding.web import branding_of
from tenants.runtime import settings
from tenants.runtime.web import session
from tenants.translations import N_


@dataclass(frozen=True)
class DemoPerson:
    """Somebody invented who can be signed in as."""

    name: str
    phone: str


@cabinet.get("/sign-in")
def sign_in() -> Answer:
    """Ask for the phone."""
    return gate("sign_in.html", phone="", **_phone_help())


def gate(template: str, **values: object) -> str:
    """A page before signing in: no menu, the brand and one question."""
    programme = the_programme(session())
    name = programme.name[words_of(programme).lang]
    return render_template(f"cabinet/{template}", programme_name=name, **{"errors": {}, **values})


def _phone_help() -> dict[str, object]:
    example = phonenumbers.example_number_for_type(_region(), phonenumbers.PhoneNumberType.MOBILE)
    written = (
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL) if example else ""
    )
    return {"example": written, "people": _demo_people(session()) if settings.current().demo else []}


def _region() -> str:
    return REGIONS[branding_of(session()).language]


def _demo_people(opened: Session) -> list[DemoPerson]:
    """Invented members with something to spend; asked for in a demo only."""
    people = [person_of(opened, one) for one in richest(opened) if has_person(opened, one)]
    return [DemoPerson(person.name, person.phone) for person in people if person.phone]


@cabinet.post("/sign-in")
def ask_code() -> Answer:
    """Send a code to the phone, if it is a member's; either way the next page is the same."""
    said = request.form.get("phone", "").strip()[:40]
    phone = understood(said)
    if phone is None:
        wrong = {
            "phone": _("Write the number with its code, as %(example)s", example=_phone_help()["example"])
        }
        return gate("sign_in.html", phone=said, errors=wrong, **_phone_help()), 422
    opened = session()
    member = member_by_phone(opened, phone)
    sent = send_code(
        opened, phone=phone, member_id=member.id if member else None, address=request.remote_addr or ""
    )
    if sent is None:
        wrong = {"phone": _("Too many codes for now. Try again in an hour")}
        return gate("sign_in.html", phone=said, errors=wrong, **_phone_help()), 429
    row, code = sent
    if texts_go_out():
        message = N_("%(programme)s: %(code)s is your code to sign in. Tell it to nobody")
        to = phone if member else ""
        send_text(
            opened,
            the_programme(opened),
            what=What.SIGN_IN,
            member_id=member.id if member else None,
            phone=to,
            message=message,
            until=row.expires_at,
            code=code,
        )
    kept["asked_phone"] = masked_phone(phone)
    if settings.current().demo:
        kept["demo_code"] = code
    return redirect(url_for("cabinet.enter_code", code_id=row.id), 303)


def understood(said: str) -> str | None:
    """A phone as people write it, in E.164; None when it cannot be one."""
    return e164(said, _region())


@cabinet.get("/sign-in/<uuid:code_id>")
def enter_code(code_id: UUID) -> Answer:
    """Ask for the code."""
    return _code_page(code_id)


def _code_page(code_id: UUID, wrong: str = "") -> str:
    return gate(
        "code.html",
        code_id=code_id,
        masked=kept.get("asked_phone", ""),
        shown_code=kept.get("demo_code", ""),
        errors={"code": wrong} if wrong else {},
    )


@cabinet.post("/sign-in/<uuid:code_id>")
def enter(code_id: UUID) -> Answer:
    """Try the code."""
    code = "".join(character for character in request.form.get("code", "") if character.isdigit())[:6]
    opened = session()
    verdict, member_id = try_code(opened, code_id=code_id, code=code, address=request.remote_addr or "")
    if verdict is Verdict.RIGHT and member_id is not None:
        answer = redirect(url_for("cabinet.home"), 303)
        kept.clear()
        devices.note(answer, opened, member_id)
        answer.set_cookie(
            COOKIE,
            begin(opened, kind="member", subject_id=member_id),
            max_age=int(AGE["member"].total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
        return answer
    words = {
        Verdict.WRONG: _("This is not the code. Look at the message once more"),
        Verdict.TOO_MANY: _("Too many tries from here. Try again in an hour"),
    }
    wrong = words.get(verdict, _("This code no longer works. Ask for a new one"))
    return _code_page(code_id, wrong), 429 if verdict is Verdict.TOO_MANY else 422


@cabinet.post("/sign-out")
def sign_out() -> Answer:
    """End this sign-in, here and on the server."""
    secret = request.cookies.get(COOKIE, "")
    if secret:
        end(session(), secret=secret)
    answer = redirect(url_for("cabinet.sign_in"), 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer
