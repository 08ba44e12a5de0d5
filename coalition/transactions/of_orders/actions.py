"""What people say of orders and sales: how a shop is called in them, and whether two are one."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.ledger.bulk import lock_balances
from coalition.members.queries import member_by_id
from coalition.offers.models import ShopSeller
from coalition.offers.queries import shop_by_id
from coalition.partners.models import Partner, Terminal
from coalition.programmes.queries import programme_by_id
from coalition.promotions.queries import index_of
from coalition.transactions.of_orders.models import OrderSale
from coalition.transactions.of_orders.taking import look
from coalition.transactions.of_orders.terms import order_terms
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.db import tenant_of
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.ids import next_numbers

SELLERS_MOST = 20
SELLER_LEAST = 3
SELLER_MOST = 100


def name_seller(
    session: Session, actor: Actor, *, shop_id: int, name: str = "", partner: str = "", mid: str = ""
) -> ShopSeller:
    """Say how tills and files call a shop: by a seller's name, a partner's code, or a MID of a partner's till.

    A name that ends in an asterisk is a beginning. It holds for what is looked at from then on. Raises
    NotFound("shop_unknown", "partner_unknown", "mid_unknown"), Refusal("seller_name") for no name,
    Refusal("sellers_many") and Conflict("seller_known").
    """
    actor.must(Permission.DESK_SHOP_EDIT)
    shop, tenant_id = shop_by_id(session, shop_id), tenant_of(session)
    number = next_numbers(session, "shop_seller")  # of two at once the second waits, and sees the first
    partner_id = _partner(session, partner, mid) if partner or mid else None
    kept = None if partner_id is not None else seller_name(name)
    known = sellers_of(session, shop.id)
    if any((one.partner_id, one.name) == (partner_id, kept) for one in known):
        raise Conflict("seller_known")
    if len(known) >= SELLERS_MOST:
        raise Refusal("sellers_many")
    seller = ShopSeller(tenant_id=tenant_id, id=number, shop_id=shop.id, partner_id=partner_id, name=kept)
    session.add(seller)
    session.flush()  # pairs are looked for by it
    told = {"partner": partner_id} if partner_id else {"seller": kept}
    record(session, actor, "shop.seller", f"shop {shop.id}", after=told)
    return seller


def forget_seller(session: Session, actor: Actor, *, shop_id: int, seller_id: int) -> None:
    """A shop is called so no longer; pairs that are settled stay pairs. NotFound("seller_unknown")."""
    actor.must(Permission.DESK_SHOP_EDIT)
    seller = session.get(ShopSeller, (tenant_of(session), seller_id))
    if seller is None or seller.shop_id != shop_id:
        raise NotFound("seller_unknown")
    told = {"partner": seller.partner_id} if seller.partner_id else {"seller": seller.name}
    session.delete(seller)
    record(session, actor, "shop.seller_end", f"shop {shop_id}", before=told)


def seller_name(written: str) -> str:
    """A seller's name as it is kept, with the asterisk of a beginning; Refusal("seller_name"). Pure."""
    text = " ".join(written.lower().split())
    begins, text = text.endswith("*"), text.rstrip("* ")
    if not SELLER_LEAST <= len(text) <= SELLER_MOST or not text.isprintable():
        raise Refusal("seller_name")
    return f"{text}*" if begins else text


def sellers_of(session: Session, shop_id: int) -> list[ShopSeller]:
    """How a shop is called, the oldest first."""
    return list(
        session.scalars(
            select(ShopSeller)
            .where(ShopSeller.tenant_id == tenant_of(session), ShopSeller.shop_id == shop_id)
            .order_by(ShopSeller.id)
        )
    )


def _partner(session: Session, code: str, mid: str) -> int:
    if code:
        query = select(Partner.id).where(Partner.tenant_id == tenant_of(session), Partner.code == code)
    else:
        query = select(Terminal.partner_id).where(
            Terminal.tenant_id == tenant_of(session), Terminal.mid == mid
        )
    found = session.scalars(query.order_by(query.selected_columns[0])).first()
    if found is None:
        raise NotFound("partner_unknown" if code else "mid_unknown")
    return found


def decide_order(
    session: Session, actor: Actor, *, member_id: UUID, order_id: UUID, sale_id: UUID, same: bool
) -> OrderSale:
    """Say that an order and a sale are the same, so that one of them pays, or that they are two.

    Raises NotFound("suspect_unknown"), Conflict("suspect_decided"), or Refusal("both_pay") where the programme by now
    lets both pay.
    """
    actor.must(Permission.DESK_LEDGER_ADJUST)
    lock_balances(session, [member_id])  # before the row, as posting does
    key = (tenant_of(session), member_id, order_id, sale_id)
    row = session.get(OrderSale, key, with_for_update=True, populate_existing=True)
    if row is None or row.why is None:
        raise NotFound("suspect_unknown")
    if row.decision is not None:
        raise Conflict("suspect_decided", decision=row.decision)
    programme = programme_by_id(session, member_by_id(session, member_id).programme_id)
    terms = order_terms(programme)
    if same and terms is None:
        raise Refusal("both_pay")
    row.decision, row.decided_by, row.decided_at = "same" if same else "two", actor.id, clock.now()
    row.rule = terms.pays if same and terms else None
    session.flush()  # what people said is read from the table
    look(session, programme, index_of(session, programme, hold=True), [member_id])
    record(
        session, actor, "suspect.decide", f"order {order_id}",
        after={"member": member_id, "sale": sale_id, "decision": row.decision},
    )  # fmt: skip
    return row
