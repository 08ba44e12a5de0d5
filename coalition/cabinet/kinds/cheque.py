"""Points that paid a part of a sale at a till: told in the history, chosen nowhere in the cabinet."""

from collections.abc import Mapping

from flask_babel import gettext as _

from coalition.cabinet.kinds.base import Choice, Told
from coalition.cabinet.views import Asked, Done, Shelf
from coalition.cabinet.visit import Visit
from coalition.partners.models import Participant
from coalition.redemption.actions import Quote
from coalition.redemption.models import Redemption, Reward
from tenants.branding.letterhead import Document
from tenants.runtime.errors import NotFound


class ChequeFace:
    """What was paid with points, and where."""

    kind = "cheque"
    icon = "basket"

    def shelf(self, visit: Visit, asked: Mapping[str, str]) -> Shelf | None:
        """Nothing: it is asked for at a till."""
        return None

    def choice(self, visit: Visit, said: Mapping[str, str]) -> Choice:
        """There is none here."""
        raise NotFound("reward_unknown")

    def asked(self, visit: Visit, reward: Reward, choice: Choice, quote: Quote) -> Asked:
        """It is not asked for here."""
        raise NotFound("reward_unknown")

    def told(self, visit: Visit, reward: Reward, redemption: Redemption) -> Told:
        """Where it was, and what it paid."""
        money = visit.w.money(redemption.minor)
        match redemption.state:
            case "held":
                return Told(self._where(visit, reward), _("%(money)s at the till, not paid yet", money=money))
            case "refused":
                return Told(self._where(visit, reward), _("Not paid: the points are back"), _("Not paid"))
        return Told(self._where(visit, reward), _("%(money)s paid with points", money=money))

    def done(self, visit: Visit, reward: Reward, redemption: Redemption) -> Done:
        """What was paid, and what of it came back with goods."""
        w, paid = visit.w, redemption.state in ("done", "cancelled")
        pairs = [
            (_("Place"), self._where(visit, reward)),
            (_("When"), w.moment(redemption.made_at)),
            (_("Worth"), w.money(redemption.minor)),
        ]
        if redemption.points_back:
            pairs.append((_("Came back with goods"), w.points(redemption.points_back)))
        return Done(
            title=_("Paid with points") if paid else self.told(visit, reward, redemption).why,
            tone="good" if paid else "wait" if redemption.state == "held" else "",
            icon=self.icon,
            text=_("Goods that you bring back bring their points back, too"),
            pairs=[*pairs, (_("Spent"), w.points(redemption.points))],
        )

    def paper(self, visit: Visit, reward: Reward, redemption: Redemption) -> Document | None:
        """The till gave one."""
        return None

    def _where(self, visit: Visit, reward: Reward) -> str:
        place = visit.session.get_one(Participant, (reward.tenant_id, reward.participant_id))
        return visit.said(place.name)
