"""The reply to the member, made from a template in her language; the officer may write it anew."""

from coalition.claims.deciding import Weighed
from coalition.claims.kinds import REASONS
from coalition.claims.states import State
from tenants.branding.words import Words
from tenants.runtime.language import translate
from tenants.translations import N_

_GRANTED = N_(
    "%(name)s, you are right. We have credited %(points)s; they can be spent now. Thank you for telling us."
)
_GRANTED_PARTLY = N_(
    "%(name)s, you are partly right. We have credited %(points)s; they can be spent now. For more we have "
    "found no ground."
)
_RECORDED = N_(
    "%(name)s, you are right: the purchase had not reached us. We have recorded it, and it gives what the "
    "promotions promise: %(points)s."
)
_RETURNED = N_(
    "%(name)s, we have cancelled the redemption. %(points)s are back where they came from and can be spent now."
)
_REFUSED = N_("%(name)s, we have looked into it and cannot credit points. %(reason)s.")


def reply(weighed: Weighed, *, name: str, w: Words) -> str:
    """What the member would be told, in the language of `w`."""
    facts = {"name": name, "points": w.points(weighed.points)}
    match weighed.way:
        case "grant":
            template = _GRANTED_PARTLY if weighed.outcome is State.PARTLY else _GRANTED
            return translate(w.lang, template, **facts)
        case "record":
            return translate(w.lang, _RECORDED, **facts)
        case "return":
            return translate(w.lang, _RETURNED, **facts)
        case "refuse":
            assert weighed.reason is not None, "a refusal has a reason"
            reason = translate(w.lang, REASONS[weighed.reason])
            return translate(w.lang, _REFUSED, name=name, reason=reason)
