"""How giving looks to a member: campaigns with their goals, the question, the receipt."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from charity.kind import DonationTerms
from charity.models import Campaign
from charity.queries import Gathered, campaigns, donation_of
from coalition.cabinet.kinds.base import Choice, Told, read_points, remains, spent_first
from coalition.cabinet.views import Asked, Done, Link, Quick, Shelf
from coalition.cabinet.visit import Visit
from coalition.ledger.queries import balance_of
from coalition.members.queries import person_of
from coalition.redemption.actions import Quote
from coalition.redemption.models import Redemption, Reward
from coalition.redemption.queries import payout_of, rewards
from tenants.branding.formats import money
from tenants.branding.letterhead import Document
from tenants.runtime.errors import Refusal


@dataclass(frozen=True)
class CampaignCard:
    """A campaign on the shelf."""

    code: str
    campaign: int
    fund: str
    name: str
    reached: bool
    hundredths: int
    percent: str
    collected: str
    goal: str
    people: str
    money: str
    note: str
    open: bool
    quick: list[Quick]
    written: str


class DonationFace:
    """Points to a fund."""

    kind = "donation"
    icon = "heart"

    def shelf(self, visit: Visit, asked: Mapping[str, str]) -> Shelf | None:
        """Every campaign, those that still gather first."""
        offered = {reward.id: reward for reward in rewards(visit.session, self.kind)}
        cards = [
            _card(visit, gathered, offered[gathered.fund.reward_id])
            for gathered in campaigns(visit.session, visit.member_id)
            if gathered.fund.reward_id in offered
            and (gathered.campaign.starts_on is None or gathered.campaign.starts_on <= visit.w.today)
        ]
        cards.sort(key=lambda card: card.reached)
        return (
            Shelf("giving", _("Good causes"), _("Good causes"), "charity/shelf.html", cards)
            if cards
            else None
        )

    def choice(self, visit: Visit, said: Mapping[str, str]) -> Choice:
        """Points and the campaign; a quick sum goes before the field."""
        campaign = said.get("campaign", "")
        if not (campaign.isascii() and campaign.isdigit() and len(campaign) < 10):
            raise Refusal("campaign_over")
        return {
            "points": read_points(said.get("quick") or said.get("points", ""), visit.w),
            "campaign": int(campaign),
        }

    def asked(self, visit: Visit, reward: Reward, choice: Choice, quote: Quote) -> Asked:
        """Whom, how much in points and money, what remains."""
        w = visit.w
        campaign = visit.session.get_one(Campaign, (reward.tenant_id, choice["campaign"]))
        return Asked(
            title=_(
                "Give %(points)s to %(fund)s?", points=w.points(quote.points), fund=visit.said(reward.name)
            ),
            fields={"points": w.amount(choice["points"]), "campaign": str(choice["campaign"])},
            pairs=[
                (_("For"), visit.said(campaign.name)),
                (_("The fund gets"), w.money(quote.minor)),
                *spent_first(quote, w),
                remains(quote, w),
            ],
            promise=_("Can be taken back until the money is sent to the fund"),
            button=_("Give %(points)s", points=w.points(quote.points)),
            keep=_("Keep the points"),
        )

    def told(self, visit: Visit, reward: Reward, redemption: Redemption) -> Told:
        """The fund and the money."""
        state = _("cancelled") if redemption.state == "cancelled" else ""
        text = _("Your gift of %(money)s", money=visit.w.money(redemption.minor))
        return Told(visit.said(reward.name), text, state)

    def done(self, visit: Visit, reward: Reward, redemption: Redemption) -> Done:
        """The gift, its receipt, the way back while there is one."""
        w = visit.w
        donation, campaign, fund = donation_of(visit.session, visit.member_id, redemption.id)
        owed = payout_of(visit.session, redemption)
        cancelled = donation.cancelled_at is not None
        back = Link(
            url_for("cabinet.cancel", redemption_id=redemption.id),
            _("Cancel and take back %(points)s", points=w.points(redemption.points)),
        )
        receipt = Link(
            url_for("cabinet.paper", redemption_id=redemption.id), _("Download the receipt as PDF")
        )
        return Done(
            title=_("The gift is cancelled") if cancelled else _("Thank you"),
            tone="" if cancelled else "good",
            icon="arrow-return-left" if cancelled else "heart-fill",
            text=_("The points are back where they came from")
            if cancelled
            else _(
                "%(fund)s gets %(money)s from you", fund=visit.said(fund.name), money=w.money(donation.minor)
            ),
            pairs=[
                (_("For"), visit.said(campaign.name)),
                (_("Gift made"), w.moment(donation.given_at)),
                (_("Money"), w.money(donation.minor)),
                (_("Came back to you") if cancelled else _("Spent"), w.points(donation.points)),
            ],
            download=None if cancelled else receipt,
            cancel=back if not cancelled and owed and owed.state == "waiting" else None,
        )

    def paper(self, visit: Visit, reward: Reward, redemption: Redemption) -> Document | None:
        """The receipt; a cancelled gift has none."""
        w = visit.w
        donation, campaign, fund = donation_of(visit.session, visit.member_id, redemption.id)
        if donation.cancelled_at is not None:
            return None
        return Document(
            title=_("Receipt for a gift"),
            subtitle=visit.said(fund.name),
            number=_("Receipt %(number)s", number=f"{donation.number:06d}"),
            made_at=donation.given_at,
            pairs=[
                (_("Fund"), visit.said(fund.name)),
                (_("For"), visit.said(campaign.name)),
                (_("Donor"), person_of(visit.session, visit.member_id).name),
                (_("Gift made"), w.written(donation.given_at)),
                (_("In points"), w.points(donation.points)),
            ],
            total=(_("The fund gets"), money(donation.minor, w.currency, w.lang, always_minor=True)),
            notes=[
                _("The programme passes the money to the fund. A gift made with points gives no tax relief")
            ],
        )


def gift_sums(least: int, most: int) -> list[int]:
    """Small gifts within reach: a gift is proposed by what the fund asks for, not by how much the member has. Pure."""
    return [least * times for times in (10, 50, 100) if least * times <= most]


def _card(visit: Visit, gathered: Gathered, reward: Reward) -> CampaignCard:
    w, goal = visit.w, gathered.campaign.goal
    terms = DonationTerms.model_validate(reward.terms)
    reached = gathered.points >= goal
    over = gathered.campaign.ends_on < w.today
    most = min(balance_of(visit.session, visit.member_id).available, terms.points_max)
    sums = gift_sums(terms.points_min, most)
    share = gathered.points * 10_000 // goal
    people = ngettext(
        "%(count)s member took part",
        "%(count)s members took part",
        gathered.givers,
        count=w.number(gathered.givers),
    )
    if not reached and not over:
        people = _("%(people)s, until %(day)s", people=people, day=w.day(gathered.campaign.ends_on))
    note = _("You gave %(points)s", points=w.points(gathered.own)) if gathered.own else ""
    return CampaignCard(
        code=reward.code,
        campaign=gathered.campaign.id,
        fund=visit.said(gathered.fund.name),
        name=visit.said(gathered.campaign.name),
        reached=reached or over,
        hundredths=share,
        percent=w.percent(share // 100 * 100),
        collected=w.amount(gathered.points),
        goal=w.points(goal),
        people=people,
        money=_("That is %(money)s for the fund", money=w.money(gathered.minor)),
        note=note,
        open=not (reached or over),
        quick=[Quick(value, w.amount(value)) for value in sums],
        written=w.amount(sums[0]) if sums else w.amount(terms.points_min),
    )
