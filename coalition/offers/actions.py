"""Writes about shops that people ask for: a network, which shops are shown and by what terms, a click, a lost order."""

import hashlib
import json
import secrets
from base64 import b32encode
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from coalition.members.queries import member_by_id
from coalition.offers.models import Click, Listing, ListingRule, LostOrder, Network
from coalition.offers.networks import kind_of
from coalition.offers.queries import (
    click_of,
    listing_of,
    lost_orders_of,
    network_by_code,
    network_by_id,
    shop_by_id,
)
from coalition.offers.told import plain
from coalition.offers.worth import WHOLE, terms_now
from coalition.programmes.queries import programme_by_id
from coalition.webhooks.addresses import checked_url
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock, settings
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import derived_id, new_id, next_numbers
from tenants.runtime.jobs import ask
from tenants.vault import vault_of

ACTIVATIONS = ("approved", "paid")
LANGUAGES = ("ru", "en")
WORDS_MAX = 300
LOST_AFTER, LOST_DAYS = timedelta(hours=24), 90
LOST_MOST, LOST_MONTH = 10, timedelta(days=30)
PLACE = "affiliate_network.sealed"
SIGNATURE = "signature"
"""The option that says where a network's own signature stands, and its secret among the sealed ones (`signing`)."""


def add_network(
    session: Session,
    actor: Actor,
    *,
    programme_id: int,
    participant_id: int,
    code: str,
    name: str,
    kind: str,
    address: str,
    access: Mapping[str, str],
    options: Mapping[str, Any],
    demonstration: bool = False,
) -> tuple[Network, str]:
    """A network that shops come from; with it comes the word that its postbacks are signed with, shown this once.

    Raises NotFound("network_kind_unknown", known=...), Refusal("network_access", needed=...) where a secret or an
    option is missing, Refusal("network_option", option=..., why=...) where one makes no sense, what `checked_url`
    raises of an address that may not be called, and Conflict("network_known").
    """
    actor.must(Permission.DESK_NETWORK_EDIT)
    known = kind_of(kind)
    missing = [one for one in known.secrets if not access.get(one)]
    missing += [one for one in known.options if one not in options]
    if missing:
        raise Refusal("network_access", needed=", ".join(missing))
    if SIGNATURE in options:
        raise Refusal("network_option", option=SIGNATURE, why="it is said together with its secret")
    known.check(options)
    checked = checked_url(address, loopback=settings.current().demo)
    if network_by_code(session, code) is not None:
        raise Conflict("network_known", network=code)
    number, word, now = next_numbers(session, "affiliate_network"), secrets.token_urlsafe(32), clock.now()
    kept = {one: access[one] for one in known.secrets}
    network = Network(
        tenant_id=tenant_of(session),
        id=number,
        programme_id=programme_id,
        participant_id=participant_id,
        code=code,
        name=plain(name, 80),
        adapter=kind,
        address=checked,
        options=dict(options),
        sealed=vault_of(session).seal(json.dumps(kept), PLACE, number),
        key_digest=key_digest(word),
        demonstration=demonstration,
        made_at=now,
        reconciled_until=now,
    )
    session.add(network)
    session.flush()  # shops refer to it
    record(
        session, actor, "network.add", f"network {code}", after={"kind": kind, "participant": participant_id}
    )
    return network, word


def key_digest(word: str) -> bytes:
    """What a postback's word is known by: it is as long as a key, so nothing slow is needed."""
    return hashlib.sha256(word.encode()).digest()


def renew_word(session: Session, actor: Actor, *, network_id: int) -> str:
    """The word that a network's postbacks are signed with from now on; the one before signs nothing any more."""
    actor.must(Permission.DESK_NETWORK_EDIT)
    network, word = network_by_id(session, network_id), secrets.token_urlsafe(32)
    network.key_digest = key_digest(word)
    record(session, actor, "network.word", f"network {network.code}")
    return word


def list_shop(
    session: Session,
    actor: Actor,
    *,
    shop_id: int,
    share: int,
    activation: str,
    words: Mapping[str, str] | None = None,
    shown: bool = True,
) -> Listing:
    """Show a shop by these terms, or hide it; clicks that were made keep theirs.

    `share` is hundredths of a percent. Raises Refusal("listing_share"), "listing_activation", "listing_words",
    NotFound("shop_unknown").
    """
    actor.must(Permission.DESK_SHOP_EDIT)
    shop = shop_by_id(session, shop_id)
    require_terms(share, activation)
    said = {lang: plain((words or {}).get(lang, ""), WORDS_MAX) for lang in LANGUAGES}
    found = listing_of(session, shop.id)
    before = (
        None
        if found is None
        else {"share": found.share, "activation": found.activation, "shown": found.shown}
    )
    if found is None:
        found = Listing(tenant_id=shop.tenant_id, shop_id=shop.id, rule_id=None)
        session.add(found)
    found.share, found.activation, found.shown, found.changed_at = share, activation, shown, clock.now()
    found.words, found.rule_id = {lang: text for lang, text in said.items() if text}, None
    told = {"share": share, "activation": activation, "shown": shown}
    record(session, actor, "shop.list", f"shop {shop.id}", before=before, after=told)
    return found


def add_rule(
    session: Session,
    actor: Actor,
    *,
    network_id: int,
    category: str,
    rate_least: int,
    hold_most: int | None,
    share: int,
    activation: str,
) -> ListingRule:
    """Show all shops of a network that fit, now and after each walk; a shop that somebody picked keeps its terms."""
    actor.must(Permission.DESK_SHOP_EDIT)
    require_terms(share, activation)
    network = network_by_id(session, network_id)
    if not 0 <= rate_least <= WHOLE or (hold_most is not None and not 0 <= hold_most <= 1000):
        raise Refusal("listing_rule")
    rule = ListingRule(
        tenant_id=network.tenant_id,
        id=next_numbers(session, "listing_rule"),
        network_id=network.id,
        category=plain(category),
        rate_least=rate_least,
        hold_most=hold_most,
        share=share,
        activation=activation,
        made_at=clock.now(),
    )
    session.add(rule)
    session.flush()  # listings refer to it
    told = {"network": network.code, "category": rule.category, "rate": rate_least, "share": share}
    record(session, actor, "shop.rule", f"rule {rule.id}", after=told)
    return rule


def end_rule(session: Session, actor: Actor, *, rule_id: int) -> None:
    """No more shops come by this rule; those that came stay."""
    actor.must(Permission.DESK_SHOP_EDIT)
    rule = session.get(ListingRule, (tenant_of(session), rule_id))
    if rule is None or rule.ended_at is not None:
        raise NotFound("rule_unknown")
    rule.ended_at = clock.now()
    record(session, actor, "shop.rule_end", f"rule {rule.id}")


def require_terms(share: int, activation: str) -> None:
    """Refusal("listing_share") or "listing_activation" for terms that there cannot be."""
    if not 0 < share <= WHOLE:
        raise Refusal("listing_share")
    if activation not in ACTIVATIONS:
        raise Refusal("listing_activation")


def click(session: Session, actor: Actor, *, member_id: UUID, shop_id: int) -> str:
    """A member goes to a shop: returns the address, with a random word that only we know whose it is.

    NotFound("shop_unknown") for a shop that is not shown now.
    """
    actor.must(Permission.CABINET_SHOP_VISIT, member_id=member_id)
    shop, listing = shop_by_id(session, shop_id), listing_of(session, shop_id)
    if listing is None or not listing.shown or shop.state != "active":
        raise NotFound("shop_unknown")
    network = network_by_id(session, shop.network_id)
    programme = programme_by_id(session, network.programme_id)
    if member_by_id(session, member_id).programme_id != programme.id:
        raise NotFound("shop_unknown")
    made = Click(
        tenant_id=shop.tenant_id,
        member_id=member_id,
        id=new_id(),
        token=new_token(),
        shop_id=shop.id,
        at=clock.now(),
        terms=terms_now(
            programme, share=listing.share, activation=listing.activation, rate=shop.rate_most,
            funder_id=network.participant_id, hold_days=shop.hold_days,
        ).model_dump(),
    )  # fmt: skip
    session.add(made)
    return kind_of(network.adapter).link(shop.link, made.token, network.options)


def new_token() -> str:
    """128 random bits in 26 small letters and digits: no network's field is too short for them."""
    return b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def open_lost_order(
    session: Session,
    actor: Actor,
    *,
    member_id: UUID,
    click_id: UUID,
    reference: str,
    ordered_on: date,
    sale: int,
) -> LostOrder:
    """A member says what her click came to; the network is asked. The same order again is the same question.

    Raises NotFound("click_unknown"), Refusal("lost_early") within a day, "lost_late", "lost_reference", "lost_day",
    "lost_sale", "lost_not_taken" where the network answers no such questions, "lost_open" while another question about
    the click waits, and "lost_many" (many=...) after so many in thirty days.
    """
    actor.must(Permission.CABINET_SHOP_VISIT, member_id=member_id)
    found = click_of(session, member_id, click_id)
    session.refresh(
        found, with_for_update={"key_share": True}
    )  # who asks twice at once asks one after the other
    shop, said, now = shop_by_id(session, found.shop_id), plain(reference, 60), clock.now()
    if not said:
        raise Refusal("lost_reference", field="reference")
    if not 0 < sale < 10**13:
        raise Refusal("lost_sale", field="sale")
    network = network_by_id(session, shop.network_id)
    if not kind_of(network.adapter).takes_lost:
        raise Refusal("lost_not_taken")
    zone = programme_by_id(session, network.programme_id).zone
    if not clock.business_day(zone, found.at) <= ordered_on <= clock.business_day(zone):
        raise Refusal("lost_day", field="day")
    if now - found.at < LOST_AFTER:
        raise Refusal("lost_early")
    if now - found.at > timedelta(days=LOST_DAYS):
        raise Refusal("lost_late", days=LOST_DAYS)
    number = derived_id(found.at, "lost", found.id, said)
    known = session.get(LostOrder, (found.tenant_id, member_id, number))
    if known is not None:
        return known
    _require_few_lost(session, member_id, click_id)
    lost = LostOrder(
        tenant_id=found.tenant_id,
        member_id=member_id,
        id=number,
        click_id=found.id,
        network_id=network.id,
        reference=said,
        ordered_on=ordered_on,
        sale=sale,
        state="new",
        answer="",
        opened_at=now,
    )
    session.add(lost)
    ask(session, "aggregator.file_lost", member_id=member_id, lost_id=lost.id)
    return lost


def _require_few_lost(session: Session, member_id: UUID, click_id: UUID) -> None:
    asked = [lost for lost, _shop in lost_orders_of(session, member_id)]
    if any(one.click_id == click_id and one.state in ("new", "sent") for one in asked):
        raise Refusal("lost_open")
    if sum(one.opened_at > clock.now() - LOST_MONTH for one in asked) >= LOST_MOST:
        raise Refusal("lost_many", many=LOST_MOST)
