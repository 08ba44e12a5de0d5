"""Every table of the house in one metadata: what migrations and the walls' tests compare the database with."""

import charity.models
import coalition.backtests.models
import coalition.benefits.models
import coalition.cards.models
import coalition.care.models
import coalition.claims.models
import coalition.draws.models
import coalition.ledger.models
import coalition.mailings.models
import coalition.members.models
import coalition.messages.models
import coalition.offers.models
import coalition.partners.models
import coalition.privacy.models
import coalition.programmes.models
import coalition.promotions.models
import coalition.redemption.models
import coalition.reports.models
import coalition.segments.models
import coalition.settlement.models
import coalition.tickets.models
import coalition.transactions.by_hand.models
import coalition.transactions.corrections.models
import coalition.transactions.models
import coalition.transactions.of_orders.models
import coalition.webhooks.models
import tenants.approvals.models
import tenants.models
import tenants.runtime.models
from tenants.runtime.db import Base, TenantBase

metadata = Base.metadata

# Facts that are only ever added: the app's role may not change or delete them.
APPEND_ONLY = frozenset(
    {
        "approval",
        "approval_decision",
        "audit_entry",
        "transfer",
        "lot_use",
        "purchase",
        "receipt",
        "benefit_use",
        "draw_win",
        "occasion",
        "referral",
        "deposit_entry",
        "consent",
        "card_event",
        "hand_operation",
        "claim_event",
        "mailing_member",
        "ticket_letter",
        "rejected_line",
        "file_profile",
        "programme_tiers",
        "objection",
        "objection_answer",
        "payment_order",
        "settled_return",
        "statement",
        "statement_line",
        "statement_payment",
        "statement_step",
        "shop_change",
    }
)

# Facts that are only ever added, too; the erasure of a member removes them whole.
REMOVED_ONLY = frozenset(
    {"member_fact", "member_device", "referral_code", "member_note", "enrolment", "mailing_size"}
)

# Rows that are written once, too, and make way for others when settlement counts anew.
COUNTED = frozenset({"settled_day", "settled_sum", "moved_return"})


def tenant_tables() -> list[str]:
    """The names of all tables behind the wall, parents before children."""
    walled = {
        mapper.class_.__tablename__
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, TenantBase)
    }
    return [table.name for table in metadata.sorted_tables if table.name in walled]
