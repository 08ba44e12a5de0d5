"""Signing in to the desk: login and password, then the second factor where there is one; and out again.

Every wrong try is answered alike. What somebody was about to do when a sign-in ended comes along (`admin.keeping`).
"""

import hmac
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask import session as kept
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin import oidc
from admin.desk import COOKIE, Answer, visitor
from admin.keeping import Kept, is_of_desk, kept_in, to_sign_in
from admin.problems import refusal, tell_problems
from tenants.actor import Actor
from tenants.audit import record
from tenants.auth.limits import allowed
from tenants.auth.passkeys import has_second_factor, passkeys_of, person_by_passkey, question
from tenants.auth.passwords import check_password
from tenants.auth.second_factor import has_second_factor as has_app
from tenants.auth.second_factor import try_second_factor
from tenants.auth.sign_ins import AGE
from tenants.auth.sign_ins import sign_in as begin
from tenants.auth.sign_ins import sign_out as end
from tenants.models import Staff
from tenants.own_password import person_of_link, set_password_by_link
from tenants.provider import Provider, bind, let_in, passwords_allowed, provider_of
from tenants.runtime import clock, db
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.ids import digest
from tenants.runtime.web import host_name, roll_back, session
from tenants.staff import staff_by_id
from tenants.support import guest_of_ticket, leave, use_ticket, was_guest

door = Blueprint("desk_door", __name__, url_prefix="/desk", template_folder="../templates")
tell_problems(door)
_PATH = "/desk"  # the cookie goes nowhere else
HALF_WAY = "desk_half_way"
HALF_WAY_LIVES = timedelta(minutes=5)
PASSKEY, CREDENTIAL_MAX = "desk_passkey", 20_000
AT_PROVIDER = "desk_at_provider"
AT_PROVIDER_LIVES = timedelta(minutes=10)
AT_PROVIDER_TRIES, AT_PROVIDER_SECONDS = 50, 900
KEPT_MAX = 2000
"""How much of what somebody was about to do goes along to the provider: it waits in a cookie."""


class Ways(NamedTuple):
    """By what people of the tenant sign in."""

    provider: bool
    passwords: bool


def sign_in_ways() -> Ways:
    """For the form of signing in."""
    return Ways(provider_of(session()) is not None, passwords_allowed(session()))


@door.get("/sign-in")
def sign_in() -> Answer:
    """Ask for login and password."""
    asked = request.args.get("next", "")
    if visitor() is not None:
        return redirect(asked if is_of_desk(asked) else url_for("desk.index"), 303)
    came = Kept(asked, None) if is_of_desk(asked) else None
    over = was_guest(session(), request.cookies.get(COOKIE, ""))
    return render_template("desk/sign_in.html", login="", wrong="", kept=came, guest_over=over)


@door.post("/sign-in")
def enter() -> Answer:
    """Try them. An unknown login, a wrong password and too many tries have one answer."""
    login, came = request.form.get("login", "")[:64], kept_in(request.form.get("kept", ""))
    if not passwords_allowed(session()):
        return _again(_("Passwords are not taken here. Sign in by your organisation's account"), came)
    password = request.form.get("password", "")[:1024]
    staff = check_password(session(), login=login, password=password, address=request.remote_addr or "")
    if staff is None:
        wrong = _("The login or the password is wrong. After ten tries, wait a quarter of an hour")
        return render_template("desk/sign_in.html", login=login, wrong=wrong, kept=came), 422
    kept.clear()
    if not has_second_factor(session(), staff):
        return _let_in(staff, came)
    kept[HALF_WAY] = [str(staff.id), int(clock.real_now().timestamp()), _mark(staff)]
    return _second_step(staff, "", came)


@door.post("/sign-in/code")
def second() -> Answer:
    """Try the second factor's code, or a recovery code."""
    staff, came = _half_way(), kept_in(request.form.get("kept", ""))
    if staff is None:
        wrong = _("Please sign in once more: the code took too long")
        return render_template("desk/sign_in.html", login="", wrong=wrong, kept=came), 422
    if not try_second_factor(session(), staff, request.form.get("otp", "")[:64]):
        wrong = _(
            "The code is wrong, or it was used already. Wait for the next one; after ten tries, a quarter of an hour"
        )
        return _second_step(staff, wrong, came), 422
    kept.clear()
    return _let_in(staff, came)


def _second_step(staff: Staff, wrong: str, came: Kept | None) -> str:
    return render_template(
        "desk/second_factor.html",
        staff=staff,
        wrong=wrong,
        kept=came,
        app=has_app(staff),
        passkeys=bool(passkeys_of(session(), staff)),
    )


@door.post("/sign-in/passkey/begin")
def ask_passkey() -> Answer:
    """What the browser is to sign: by a passkey of who gave the password a moment ago, or by any that it has."""
    staff = _half_way()
    told, challenge = question(session(), staff, host=_host())
    kept[PASSKEY] = [challenge.hex(), int(clock.real_now().timestamp()), str(staff.id) if staff else ""]
    return current_app.response_class(told, mimetype="application/json")


@door.post("/sign-in/passkey")
def by_passkey() -> Answer:
    """Let in who has signed it; as the second factor, only whose password was given."""
    asked, came = kept.pop(PASSKEY, None), kept_in(request.form.get("kept", ""))
    challenge, at, expected = asked or ("", 0, "")
    wrong = _("The passkey was not taken. Try once more, or sign in otherwise")
    late = clock.real_now().timestamp() - at > HALF_WAY_LIVES.total_seconds()
    half = _half_way()
    if (
        not challenge
        or late
        or expected != (str(half.id) if half else "")
        or not passwords_allowed(session())
    ):
        return _again(wrong, came)
    staff = person_by_passkey(
        session(),
        said=request.form.get("credential", "")[:CREDENTIAL_MAX],
        challenge=bytes.fromhex(challenge),
        host=_host(),
        origin=_origin(),
    )
    if staff is None or (half is not None and staff.id != half.id):
        return _again(wrong, came)
    kept.clear()
    return _let_in(staff, came, "passkey")


def _host() -> str:
    """For which host passkeys are."""
    return host_name(request.host)


def _origin() -> str:
    return request.host_url.rstrip("/")


@door.post("/sign-in/provider")
def to_provider() -> Answer:
    """Send the browser to the tenant's own provider; what somebody was about to do waits in the session's cookie.

    Not by a redirect: the answer to a form may lead to no other site (Content-Security-Policy, form-action).
    """
    came, provider = request.form.get("kept", ""), provider_of(session())
    if provider is None:
        raise NotFound("page_unknown")
    here = visitor()
    binds = str(here.actor.id) if here is not None and request.form.get("do") == "bind" else ""
    roll_back()  # nothing waits for the provider but this request
    begun = oidc.begin(provider, _back())
    if len(came) > KEPT_MAX:
        found = kept_in(came)
        came = Kept(found.address, None).as_text if found else ""
    at = int(clock.real_now().timestamp())
    kept[AT_PROVIDER] = [begun.state, begun.nonce, begun.verifier, at, came, binds]
    answer = make_response(render_template("desk/to_provider.html", href=begun.address))
    answer.headers["Refresh"] = f"0; url={begun.address}"
    return answer


@door.get("/sign-in/provider/back")
def from_provider() -> Answer:
    """Let in whom the provider has told of; what does not fit the sign-in that this browser began is refused."""
    found, provider = kept.pop(AT_PROVIDER, None), provider_of(session())
    if provider is None:
        raise NotFound("page_unknown")
    state, nonce, verifier, at, text, binds = found or ("", "", "", 0, "", "")
    came, code = kept_in(text), request.args.get("code", "")
    fits = hmac.compare_digest(state.encode(), request.args.get("state", "").encode()) and state
    late = clock.real_now().timestamp() - at > AT_PROVIDER_LIVES.total_seconds()
    if not fits or late or request.args.get("iss", provider.issuer) != provider.issuer:
        return _again(_("This sign-in was not begun here, or ten minutes are over. Begin it once more"), came)
    if request.args.get("error") or not code:
        return _again(_("Your organisation's sign-in let nobody in. Try once more"), came)
    here, tenant_id = visitor(), tenant_of(session())
    roll_back()  # a try is counted whatever comes of it, and nothing waits for the provider but this request
    with db.transaction(tenant_id) as counting:
        address = request.remote_addr or ""
        tries = allowed(
            counting, "provider-address", address, most=AT_PROVIDER_TRIES, seconds=AT_PROVIDER_SECONDS
        )
    if not tries:
        return _again(_("Too many tries. Wait a quarter of an hour"), came)
    if binds and (here is None or str(here.actor.id) != binds):
        return _again(refusal(Refusal("provider_bound")), came)
    return _of_provider(provider, code[:2000], nonce, verifier, came, binds)


def _of_provider(
    provider: Provider, code: str, nonce: str, verifier: str, came: Kept | None, binds: str
) -> Answer:
    try:
        claims = oidc.finish(provider, _back(), code=code, nonce=nonce, verifier=verifier)
        if binds:
            bind(session(), staff_by_id(session(), UUID(binds)), provider, claims)
            flash(_("From now on you sign in by your organisation's account, too"), "good")
            return redirect(url_for("desk_profile.index"), 303)
        staff = let_in(session(), provider, claims)
    except Refusal as no:
        if no.code != "provider_no_group":  # whereupon sign-ins have ended, which holds
            roll_back()
        return _again(refusal(no), came)
    kept.clear()
    return _let_in(staff, came, "provider")


def _back() -> str:
    """Where the provider sends the browser back to; it has to know this very address."""
    return url_for("desk_door.from_provider", _external=True)


def _again(wrong: str, came: Kept | None) -> Answer:
    """The form of signing in, with why not."""
    return render_template("desk/sign_in.html", login="", wrong=wrong, kept=came), 422


@door.post("/sign-out")
def sign_out() -> Answer:
    """End this sign-in, here and on the server."""
    secret = request.cookies.get(COOKIE, "")
    found = visitor()
    if found is not None and found.guest is not None:
        leave(session(), session().get_one(Staff, (tenant_of(session()), found.actor.id)))
    elif secret:
        end(session(), secret=secret)
    answer = redirect(url_for("desk_door.sign_in"), 303)
    answer.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


@door.get("/link/<secret>")
def link(secret: str) -> Answer:
    """Ask for a password, whom the link is for."""
    return _of_link(secret)


@door.post("/link/<secret>")
def use_link(secret: str) -> Answer:
    """Set the password, once."""
    password = request.form.get("password", "")
    if password != request.form.get("password_again", ""):
        return _of_link(secret, _("The two are not the same. Write the password twice")), 422
    try:
        set_password_by_link(session(), secret=secret, password=password)
    except Refusal as no:
        if no.code == "link_over":
            raise
        roll_back()
        return _of_link(secret, refusal(no)), 422
    flash(_("The password is set. Sign in with it"), "good")
    return redirect(url_for("desk_door.sign_in"), 303)


@door.get("/visit/<secret>")
def visit(secret: str) -> Answer:
    """Ask an operator whom the tenant lets in whether to enter."""
    guest = guest_of_ticket(session(), secret)
    if guest is None:
        raise Refusal("link_over")
    return render_template("desk/visit.html", secret=secret, guest=guest)


@door.post("/visit/<secret>")
def use_visit(secret: str) -> Answer:
    """Enter, once."""
    guest = use_ticket(session(), secret)
    kept.clear()
    answer = redirect(url_for("desk.index"), 303)
    _remember(answer, guest)
    return answer


@door.get("/<path:rest>")
def nowhere(rest: str) -> Answer:
    """An address of the desk that is not there."""
    if visitor() is None:
        return to_sign_in()
    raise NotFound("page_unknown")


def _of_link(secret: str, wrong: str = "") -> str:
    staff = person_of_link(session(), secret)
    if staff is None:
        raise Refusal("link_over")
    return render_template("desk/link.html", secret=secret, staff=staff, wrong=wrong)


def _let_in(staff: Staff, came: Kept | None, way: str = "") -> Answer:
    """Signed in: on to the address that was asked for, or to what was typed before."""
    if came is not None and came.fields is not None:
        answer = make_response(render_template("desk/resume.html", kept=came, staff=staff))
    else:
        answer = make_response(redirect(came.address if came else url_for("desk.index"), 303))
    told = {"way": way} if way else {"with_second_factor": has_second_factor(session(), staff)}
    record(session(), Actor("staff", id=staff.id), "staff.sign_in", f"staff {staff.id}", after=told)
    _remember(answer, staff, way)
    return answer


def _remember(answer: AnyResponse, staff: Staff, way: str = "") -> None:
    """Begin the sign-in, and let this browser keep its secret."""
    secret = begin(
        session(),
        kind="staff",
        subject_id=staff.id,
        address=request.remote_addr or "",
        browser=request.user_agent.string,
        way=way,
    )
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(AGE["staff"].total_seconds()),
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )


def _half_way() -> Staff | None:
    """Who has given the right password a moment ago in this browser, unless it was changed since."""
    found = kept.get(HALF_WAY)
    if not found:
        return None
    staff_id, at, mark = found
    if clock.real_now().timestamp() - at > HALF_WAY_LIVES.total_seconds():
        return None
    try:
        staff = staff_by_id(session(), UUID(staff_id))
    except NotFound:
        return None
    return staff if staff.active and mark == _mark(staff) else None


def _mark(staff: Staff) -> str:
    """Another one for every password."""
    return digest("half way", staff.password_hash).hex()
