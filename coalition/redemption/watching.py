"""Certificates that run low are told by mail to whoever asked for it, once for each fall below the level."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.messages.mail import mail_goes_out, post_mail
from coalition.programmes.queries import the_programme
from coalition.redemption.models import Reward
from coalition.redemption.queries import rewards_running_low, stock
from tenants.models import Branding
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.ids import derived_id
from tenants.runtime.jobs import ask, every, job
from tenants.runtime.language import LANGUAGES, translate
from tenants.translations import N_

WATCH, EVERY_SECONDS = "redemption.watch_stock", 300
_SUBJECT = N_("Certificates run low: %(name)s")
_TEXT = N_(
    "Certificates left of “%(name)s”: %(left)s. You asked to be told when fewer than %(bound)s are left.\n\n"
    "Load more at the desk: “Rewards”, “%(name)s”. This is told once, and again when there were enough of them "
    "meanwhile."
)


@job(WATCH)
def watch_stock(session: Session) -> None:
    """Have it told of which rewards too few codes are left since the last look; forget it of those with enough."""
    if not mail_goes_out():
        return
    watched = session.scalars(
        select(Reward)
        .where(Reward.tenant_id == tenant_of(session), Reward.alert_to != [])
        .order_by(Reward.id)
        .with_for_update()
    ).all()
    if not watched:
        return
    day = clock.business_day(the_programme(session).zone)
    low = {one.id for one in rewards_running_low(session, day)}
    for one in watched:
        if one.id not in low:
            one.told_low_at = None
        elif one.told_low_at is None:
            one.told_low_at = clock.now()
            ask(session, "redemption.tell_stock", reward_id=one.id)


@job("redemption.tell_stock", calls=True)
def tell_stock(session: Session, reward_id: int) -> None:
    """Send the letter about one reward, with what is left of it by now; a lost answer sends the same letter again."""
    reward = session.get_one(Reward, (tenant_of(session), reward_id))
    if not reward.alert_to or reward.alert_below is None or reward.told_low_at is None:
        return
    brand = session.get(Branding, tenant_of(session))
    lang = brand.language if brand else LANGUAGES[0]
    facts = {
        "name": reward.name.get(lang) or reward.code,
        "left": stock(session, the_programme(session)).get(reward.id, 0),
        "bound": reward.alert_below,
    }
    post_mail(
        derived_id(reward.told_low_at, "stock", reward.tenant_id, reward.id),
        to=reward.alert_to,
        subject=translate(lang, _SUBJECT, **facts),
        text=translate(lang, _TEXT, **facts),
    )


every(EVERY_SECONDS, WATCH)
