"""Signing in to the desk by login and password, and out again. Every wrong try is answered alike."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as kept
from flask_babel import gettext as _

from admin.desk import COOKIE, Answer, visitor
from admin.problems import tell_problems
from tenants.auth.passwords import check_password
from tenants.auth.sign_ins import AGE
from tenants.auth.sign_ins import sign_in as begin
from tenants.auth.sign_ins import sign_out as end
from tenants.runtime.errors import NotFound
from tenants.runtime.web import session

door = Blueprint("desk_door", __name__, url_prefix="/desk", template_folder="../templates")
tell_problems(door)
_PATH = "/desk"  # the cookie goes nowhere else


@door.get("/sign-in")
def sign_in() -> Answer:
    """Ask for login and password."""
    if visitor() is not None:
        return redirect(url_for("desk.index"), 303)
    return render_template("desk/sign_in.html", login="", wrong="")


@door.post("/sign-in")
def enter() -> Answer:
    """Try them. An unknown login, a wrong password and too many tries have one answer."""
    login = request.form.get("login", "")[:64]
    password = request.form.get("password", "")[:1024]
    staff = check_password(session(), login=login, password=password, address=request.remote_addr or "")
    if staff is None:
        wrong = _("The login or the password is wrong. After ten tries, wait a quarter of an hour")
        return render_template("desk/sign_in.html", login=login, wrong=wrong), 422
    answer = redirect(url_for("desk.index"), 303)
    kept.clear()
    answer.set_cookie(
        COOKIE,
        begin(session(), kind="staff", subject_id=staff.id),
        max_age=int(AGE["staff"].total_seconds()),
        path=_PATH,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


@door.post("/sign-out")
def sign_out() -> Answer:
    """End this sign-in, here and on the server."""
    secret = request.cookies.get(COOKIE, "")
    if secret:
        end(session(), secret=secret)
    answer = redirect(url_for("desk_door.sign_in"), 303)
    answer.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


@door.get("/<path:rest>")
def nowhere(rest: str) -> Answer:
    """An address of the desk that is not there."""
    if visitor() is None:
        return redirect(url_for("desk_door.sign_in"), 303)
    raise NotFound("page_unknown")
