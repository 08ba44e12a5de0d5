"""My profile: the own password, the own sign-ins, the second factor."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import current_app, flash, redirect, request, url_for
from flask import session as kept
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from admin.desk import COOKIE, Answer, DeskView
from admin.problems import refusal
from tenants import own_password
from tenants import staff as people
from tenants.auth import passkeys, second_factor
from tenants.auth.sign_ins import holding, is_of
from tenants.branding.scan import qr
from tenants.branding.web import branding_of
from tenants.models import Passkey, Staff
from tenants.roles import roles_of
from tenants.runtime import clock
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.web import host_name, roll_back

PASSKEY, PASSKEY_SECONDS = "desk_new_passkey", 300
_NOT_PROVED = ("password_wrong", "password_tries")
"""What leaves nothing but a counted try, which is kept."""


class Device(NamedTuple):
    """A sign-in as its person is told of it."""

    key: str
    device: str
    address: str
    since: str
    seen: str
    here: bool


class Profile(DeskView):
    """What everybody of the staff keeps for themselves; no permission is asked for."""

    icon = "person-circle"
    within = "desk_profile"  # the name at the top of every page leads here
    for_all = narrows = enrols = True

    @expose("/")
    def index(self) -> Answer:
        """Everything at once."""
        return self._page({})

    @expose("/password", methods=["POST"])
    def password(self) -> Answer:
        """Change the password; other sign-ins end."""
        new = request.form.get("password_new", "")
        if new != request.form.get("password_again", ""):
            return self._page(
                {"password_again": _("The two are not the same. Write the password twice")}
            ), 422
        try:
            own_password.change_password(
                self.session,
                self._me,
                old=request.form.get("password", "")[:1024],
                new=new,
                secret=self._secret,
            )
        except Refusal as no:
            if no.code in _NOT_PROVED:
                return self._page({"password": refusal(no)}), 422
            roll_back()
            return self._page({"password_new": refusal(no)}), 422
        flash(_("The password is changed. Your other sign-ins have ended"), "good")
        return redirect(url_for("desk_profile.index"), 303)

    @expose("/sign-ins/others", methods=["POST"])
    def end_others(self) -> Answer:
        """End all sign-ins but this one."""
        ended = own_password.end_own_sign_ins(self.session, self._me.id, but=self._secret)
        flash(
            ngettext("%(count)s sign-in has ended", "%(count)s sign-ins have ended", ended, count=ended),
            "good",
        )
        return redirect(url_for("desk_profile.index"), 303)

    @expose("/sign-ins/<key>", methods=["POST"])
    def end_one(self, key: str) -> Answer:
        """End one of the own sign-ins."""
        try:
            ended = own_password.end_own_sign_ins(self.session, self._me.id, only=bytes.fromhex(key))
        except ValueError:
            ended = 0
        flash(_("The sign-in has ended") if ended else _("It had ended already"), "good" if ended else "note")
        return redirect(url_for("desk_profile.index"), 303)

    @expose("/passkeys/begin", methods=["POST"])
    def begin_passkey(self) -> Answer:
        """What the browser is to make a passkey by, for the password."""
        try:
            own_password.prove_password(
                self.session, self._me, request.form.get("password_passkey", "")[:1024]
            )
            brand = branding_of(self.session)
            title = str(brand.name["en"]) if brand else "Coalition"
            told, challenge = passkeys.registration(
                self.session, self._me, host=host_name(request.host), title=title
            )
        except Refusal as no:
            kept[PASSKEY] = ["", 0, no.code]
            return "", 422
        kept[PASSKEY] = [challenge.hex(), int(clock.real_now().timestamp()), ""]
        return current_app.response_class(told, mimetype="application/json")

    @expose("/passkeys", methods=["POST"])
    def add_passkey(self) -> Answer:
        """Keep what the browser has made, under the name that was typed."""
        challenge, at, refused = kept.pop(PASSKEY, None) or ("", 0, "passkey_wrong")
        late = clock.real_now().timestamp() - at > PASSKEY_SECONDS
        try:
            if not challenge or late:
                raise Refusal(refused or "passkey_wrong")
            passkeys.register(
                self.session,
                self._me,
                said=request.form.get("credential", "")[:20_000],
                challenge=bytes.fromhex(challenge),
                host=host_name(request.host),
                origin=request.host_url.rstrip("/"),
                name=request.form.get("passkey_name", ""),
            )
        except Refusal as no:
            field = "password_passkey" if no.code in _NOT_PROVED else "passkey_name"
            return self._page({field: refusal(no)}), 422
        flash(
            _("The passkey is kept. You can sign in by it alone, and a password alone lets you in no more"),
            "good",
        )
        return redirect(url_for("desk_profile.index"), 303)

    @expose("/passkeys/<key>", methods=["POST"])
    def remove_passkey(self, key: str) -> Answer:
        """Take one of the own passkeys off, for the password; the last factor stays where a role asks for one."""
        try:
            credential = bytes.fromhex(key)
        except ValueError:
            raise NotFound("passkey_unknown") from None
        asked = any(role.second_factor for role in roles_of(self.session, self._me.id))
        if asked and not second_factor.has_second_factor(self._me) and len(self._keys) == 1:
            return self._page(
                {"password_off": _("A role of yours requires the second factor. It stays on")}
            ), 422
        try:
            own_password.prove_password(self.session, self._me, request.form.get("password_off", "")[:1024])
        except Refusal as no:
            return self._page({"password_off": refusal(no)}), 422
        if not passkeys.remove(self.session, self._me, credential):
            raise NotFound("passkey_unknown")
        flash(_("The passkey is taken off"), "good")
        return redirect(url_for("desk_profile.index"), 303)

    @expose("/second-factor/begin", methods=["POST"])
    def begin_factor(self) -> Answer:
        """Make a secret for the app, for the password; it holds once a code of it was given."""
        if not second_factor.has_second_factor(self._me):
            try:
                own_password.prove_password(
                    self.session, self._me, request.form.get("password_factor", "")[:1024]
                )
            except Refusal as no:
                return self._page({"password_factor": refusal(no)}), 422
            second_factor.begin(self.session, self._me)
        return redirect(url_for("desk_profile.factor"), 303)

    @expose("/second-factor")
    def factor(self) -> Answer:
        """The secret as a QR code and as letters, and the question for the first code."""
        if self._me.totp is None or second_factor.has_second_factor(self._me):
            return redirect(url_for("desk_profile.index"), 303)
        return self._factor()

    @expose("/second-factor", methods=["POST"])
    def confirm_factor(self) -> Answer:
        """The app gives right codes: it holds, and the recovery codes are shown, once."""
        codes = second_factor.confirm(self.session, self._me, request.form.get("otp", "")[:64])
        if codes is None:
            if self._me.totp is None or second_factor.has_second_factor(self._me):
                return redirect(url_for("desk_profile.index"), 303)
            wrong = _("This is not the code that the app shows now. Try the next one")
            return self._factor({"otp": wrong}), 422
        return self.page("recovery_codes.html", codes=codes)

    @expose("/second-factor/codes", methods=["POST"])
    def renew_codes(self) -> Answer:
        """Ten new recovery codes, for a code of the app."""
        if not second_factor.try_second_factor(self.session, self._me, request.form.get("otp", "")[:64]):
            return self._page(
                {"otp": _("The code is wrong, or it was used already. Wait for the next one")}
            ), 422
        return self.page("recovery_codes.html", codes=second_factor.renew(self.session, self._me))

    @expose("/second-factor/off", methods=["POST"])
    def factor_off(self) -> Answer:
        """Sign in without it from now on, where no role asks for it."""
        if any(role.second_factor for role in roles_of(self.session, self._me.id)):
            return self._page({"otp": _("A role of yours requires the second factor. It stays on")}), 422
        if not second_factor.try_second_factor(self.session, self._me, request.form.get("otp", "")[:64]):
            return self._page(
                {"otp": _("The code is wrong, or it was used already. Wait for the next one")}
            ), 422
        second_factor.give_up(self.session, self._me)
        flash(_("The second factor is off"), "good")
        return redirect(url_for("desk_profile.index"), 303)

    @property
    def _me(self) -> Staff:
        assert self.actor.id is not None, "people of the staff have one"
        return people.staff_by_id(self.session, self.actor.id)

    @property
    def _keys(self) -> Sequence[Passkey]:
        return passkeys.passkeys_of(self.session, self._me)

    @property
    def _secret(self) -> str:
        return request.cookies.get(COOKIE, "")

    def _factor(self, errors: dict[str, str] | None = None) -> str:
        me, brand = self._me, branding_of(self.session)
        secret = second_factor.begin(self.session, me)
        issuer = str(brand.name["en"]) if brand else "Coalition"
        address = second_factor.address_of(secret, login=me.login, issuer=issuer)
        spelt = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        label = _("QR code with the secret for the app")
        return self.page("factor_new.html", code=qr(address, label), secret=spelt, errors=errors or {})

    def _page(self, errors: dict[str, str]) -> str:
        me = self._me
        held = roles_of(self.session, me.id)
        return self.page(
            "profile.html",
            me=me,
            roles=[role.names[self.visitor.w.lang] for role in held],
            required=any(role.second_factor for role in held),
            has_factor=second_factor.has_second_factor(me),
            codes_left=second_factor.recovery_codes_left(self.session, me),
            devices=self._devices(),
            keys=self._keys,
            passkey_name=request.form.get("passkey_name", ""),
            errors=errors,
        )

    def _devices(self) -> Sequence[Device]:
        w = self.visitor.w
        return [
            Device(
                row.digest.hex(),
                row.device or _("A browser that does not say what it is"),
                row.address or _("unknown"),
                w.moment(row.started_at),
                w.moment(row.seen_at),
                is_of(row, self._secret),
            )
            for row in holding(self.session, self._me.id)
        ]
