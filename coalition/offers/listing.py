"""Shops that come to be shown by a rule: after each walk, those that fit and nobody has decided about."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from coalition.offers.models import Listing, ListingRule, Network, Shop
from coalition.offers.queries import rules
from tenants.runtime import clock


def fits(rule: ListingRule, shop: Shop) -> bool:
    """Whether a rule shows a shop. Pure."""
    return (
        shop.state == "active"
        and rule.network_id == shop.network_id
        and shop.rate_most >= rule.rate_least
        and (not rule.category or rule.category in shop.categories)
        and (rule.hold_most is None or (shop.hold_days is not None and shop.hold_days <= rule.hold_most))
    )


def apply_rules(session: Session, network: Network) -> int:
    """Show what the rules show and is not decided about yet, by the oldest rule that fits; returns how many shops."""
    own = [rule for rule in rules(session) if rule.network_id == network.id]
    if not own:
        return 0
    free = session.scalars(
        select(Shop)
        .outerjoin(Listing, (Listing.tenant_id == Shop.tenant_id) & (Listing.shop_id == Shop.id))
        .where(Shop.tenant_id == network.tenant_id, Shop.network_id == network.id, Listing.shop_id.is_(None))
    ).all()
    rows = [
        {
            "tenant_id": shop.tenant_id, "shop_id": shop.id, "share": rule.share, "activation": rule.activation,
            "words": {}, "shown": True, "rule_id": rule.id, "changed_at": clock.now(),
        }
        for shop in free
        if (rule := next((one for one in own if fits(one, shop)), None)) is not None
    ]  # fmt: skip
    if rows:
        session.execute(insert(Listing).values(rows).on_conflict_do_nothing())
    return len(rows)
