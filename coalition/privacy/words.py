"""What a member reads of the tables in her copy: columns and codes in words. What is not here is in the JSON alone.

A column is told as one of the forms of `readable.Reader`, or by the words of its codes.
"""

from collections.abc import Mapping, Sequence

from coalition.claims.kinds import REASONS as CLAIM_REASONS
from coalition.claims.kinds import TITLES as CLAIM_KINDS
from coalition.messages.models import TITLES as TEXTS
from coalition.privacy.codes import (
    ACCOUNTS,
    BY_HAND,
    CARD_REASONS,
    CARDS,
    CLAIM_STATES,
    FACTS,
    GIVING,
    HANDLES,
    HOLDS,
    LOST,
    OCCASIONS,
    ORDERS,
    PAYOUTS,
    PURPOSES,
    REDEMPTIONS,
    REQUEST_STATES,
    REQUESTS,
    RETURNS,
    SAID,
    SEXES,
    SUSPECTS,
    TEXT_STATES,
    TOPICS,
    Codes,
)
from coalition.reports.lists.lines import OPERATIONS
from tenants.translations import N_

Column = tuple[str, str, str | Codes]
"""The column's name, its title, and its form or the words of its codes."""

_WHEN = N_("When")
_POINTS = N_("Points")

COLUMNS: Mapping[str, Sequence[Column]] = {
    "member_person": (
        ("name", N_("Name"), "text"),
        ("phone", N_("Phone"), "text"),
        ("email", N_("E-mail"), "text"),
        ("born_on", N_("Birthday"), "day"),
        ("sex", N_("Sex"), SEXES),
        ("answers", N_("Answers to questions"), "answers"),
    ),
    "handle": (
        ("kind", N_("Kind"), HANDLES),
        ("hint", N_("Ends with"), "text"),
        ("linked_at", N_("Since"), "moment"),
    ),
    "member_name": (),
    "member_device": (("since", N_("Since"), "moment"),),
    "member_fact": (
        ("kind", N_("Kind"), FACTS),
        ("name", N_("Name"), "text"),
        ("value", N_("Value"), "text"),
        ("since", N_("Since"), "moment"),
        ("until", N_("Until"), "moment"),
    ),
    "member_note": (("at", _WHEN, "moment"), ("sealed", N_("Note"), "text")),
    "one_time_code": (
        ("expires_at", N_("Valid until"), "moment"),
        ("used_at", N_("Used"), "moment"),
        ("tries", N_("Tries"), "number"),
    ),
    "activation_link": (("expires_at", N_("Valid until"), "moment"), ("used_at", N_("Used"), "moment")),
    "referral_code": (("code", N_("Code"), "text"),),
    "enrolment": (("at", _WHEN, "moment"), ("source", N_("Where"), "text")),
    "claim_file": (
        ("at", _WHEN, "moment"),
        ("name", N_("File"), "text"),
        ("kind", N_("Kind"), "text"),
        ("size", N_("Bytes"), "number"),
    ),
    "sign_in": (
        ("started_at", N_("Signed in"), "moment"),
        ("seen_at", N_("Seen last"), "moment"),
        ("ended_at", N_("Signed out"), "moment"),
        ("address", N_("Network address"), "text"),
        ("device", N_("Device"), "text"),
    ),
    "member": (
        ("enrolled_at", N_("Member since"), "moment"),
        ("account_opened_on", N_("Account opened"), "day"),
        ("segments", N_("Segments"), "segments"),
    ),
    "card": (
        ("last_four", N_("Ends with"), "text"),
        ("issued_at", N_("Issued"), "moment"),
        ("activated_at", N_("Activated"), "moment"),
        ("blocked_at", N_("Blocked"), "moment"),
    ),
    "goodwill": (
        ("at", _WHEN, "moment"),
        ("points", _POINTS, "points"),
        ("reason", N_("Reason"), "goodwill"),
        ("sealed", N_("Words"), "text"),
        ("undone_at", N_("Taken back"), "moment"),
    ),
    "claim": (
        ("number", N_("Number"), "number"),
        ("kind", N_("Kind"), CLAIM_KINDS),
        ("state", N_("State"), CLAIM_STATES),
        ("opened_at", N_("Opened"), "moment"),
        ("words", N_("Words"), "text"),
        ("facts", N_("About what"), "facts"),
        ("partner_id", N_("Partner"), "partner"),
        ("due_at", N_("Answer by"), "moment"),
        ("decided_at", N_("Decided"), "moment"),
        ("ended_at", N_("Closed"), "moment"),
    ),
    "claim_event": (
        ("at", _WHEN, "moment"),
        ("after", N_("State"), CLAIM_STATES),
        ("words", N_("Words"), "text"),
    ),
    "claim_decision": (
        ("proposed_at", N_("Proposed"), "moment"),
        ("outcome", N_("Decision"), CLAIM_STATES),
        ("points", _POINTS, "points"),
        ("reason", N_("Reason"), CLAIM_REASONS),
        ("reply", N_("Reply"), "text"),
        ("done_at", N_("Decided"), "moment"),
    ),
    "occasion": (
        ("occurred_at", _WHEN, "moment"),
        ("kind", N_("Kind"), OCCASIONS),
        ("data", N_("What was told"), "told"),
        ("booked_at", N_("Booked"), "moment"),
    ),
    "referral": (("at", _WHEN, "moment"),),
    "text_message": (
        ("made_at", _WHEN, "moment"),
        ("what", N_("What"), TEXTS),
        ("state", N_("State"), TEXT_STATES),
        ("finished_at", N_("Finished"), "moment"),
    ),
    "balance": (
        ("available", N_("Available"), "points"),
        ("pending", N_("Waiting"), "points"),
        ("held", N_("Set aside"), "points"),
        ("debt", N_("Debt"), "points"),
    ),
    "transfer": (
        ("occurred_at", _WHEN, "moment"),
        ("purpose", N_("Reason"), PURPOSES),
        ("from_account", N_("Taken from"), ACCOUNTS),
        ("to_account", N_("Given to"), ACCOUNTS),
        ("points", _POINTS, "points"),
        ("funder_id", N_("Who pays"), "payer"),
        ("booked_at", N_("Booked"), "moment"),
    ),
    "lot": (
        ("points", _POINTS, "points"),
        ("remaining", N_("Left"), "points"),
        ("active_on", N_("Can be spent from"), "day"),
        ("expires_on", N_("Last day"), "day"),
        ("funder_id", N_("Who pays"), "payer"),
    ),
    "lot_use": (("points", _POINTS, "points"), ("expires_on", N_("Last day"), "day")),
    "waiting_lot": (
        ("since", N_("Since"), "moment"),
        ("met_at", N_("Condition met"), "moment"),
        ("expires_on", N_("Last day"), "day"),
    ),
    "hold": (
        ("points", _POINTS, "points"),
        ("state", N_("State"), HOLDS),
        ("expires_at", N_("Until"), "moment"),
    ),
    "purchase": (
        ("occurred_at", _WHEN, "moment"),
        ("merchant_id", N_("Where"), "seller"),
        ("partner_id", N_("Partner"), "partner"),
        ("amount", N_("Sum"), "money"),
        ("kind", N_("Operation"), OPERATIONS),
        ("mcc", N_("Category (MCC)"), "mcc"),
        ("booked_at", N_("Booked"), "moment"),
    ),
    "receipt": (("document", N_("Goods"), "goods"),),
    "purchase_return": (
        ("occurred_at", _WHEN, "moment"),
        ("merchant_id", N_("Where"), "seller"),
        ("partner_id", N_("Partner"), "partner"),
        ("amount", N_("Sum"), "money"),
        ("mcc", N_("Category (MCC)"), "mcc"),
        ("state", N_("State"), RETURNS),
        ("receipt", N_("Goods"), "goods"),
        ("booked_at", N_("Booked"), "moment"),
    ),
    "revaluation": (),
    "suspect_sale": (
        ("found_at", _WHEN, "moment"),
        ("decision", N_("Decision"), SUSPECTS),
        ("decided_at", N_("Decided"), "moment"),
    ),
    "order_sale": (
        ("found_at", _WHEN, "moment"),
        ("decision", N_("Decision"), SUSPECTS),
        ("decided_at", N_("Decided"), "moment"),
    ),
    "hand_operation": (
        ("at", _WHEN, "moment"),
        ("what", N_("What"), BY_HAND),
        ("number", N_("Number"), "text"),
        ("amount", N_("Sum"), "money"),
    ),
    "corrected_member": (),
    "counter_sheet": (),
    "redemption": (
        ("made_at", _WHEN, "moment"),
        ("reward_id", N_("Reward"), "reward"),
        ("points", _POINTS, "points"),
        ("minor", N_("Money"), "money"),
        ("state", N_("State"), REDEMPTIONS),
        ("points_back", N_("Points that came back"), "points"),
        ("ended_at", N_("Finished"), "moment"),
    ),
    "payout": (
        ("payee", N_("To whom"), {"cashback": N_("Cashback to the card")}),
        ("minor", N_("Money"), "money"),
        ("state", N_("State"), PAYOUTS),
        ("ended_at", N_("Finished"), "moment"),
    ),
    "certificate": (("reward_id", N_("Reward"), "reward"), ("valid_to", N_("Last day"), "day")),
    "donation": (
        ("given_at", _WHEN, "moment"),
        ("points", _POINTS, "points"),
        ("minor", N_("Money"), "money"),
        ("number", N_("Receipt"), "number"),
        ("cancelled_at", N_("Cancelled"), "moment"),
    ),
    "giving_rule": (
        ("started_at", N_("Since"), "moment"),
        ("kind", N_("Kind"), GIVING),
        ("points", _POINTS, "points"),
        ("day", N_("Day of the month"), "number"),
        ("last_on", N_("Last time"), "day"),
        ("stopped_at", N_("Stopped"), "moment"),
    ),
    "round_up": (("noted_on", _WHEN, "day"), ("points", _POINTS, "points")),
    "benefit_grant": (
        ("granted_at", _WHEN, "moment"),
        ("benefit_id", N_("Benefit"), "benefit"),
        ("quantity", N_("How many"), "number"),
        ("used", N_("Used"), "number"),
        ("last_day", N_("Last day"), "day"),
    ),
    "benefit_use": (("at", _WHEN, "moment"), ("quantity", N_("How many"), "number")),
    "draw_win": (("ticket", N_("Ticket"), "number"), ("prize", N_("Prize"), "text")),
    "card_event": (
        ("at", _WHEN, "moment"),
        ("state", N_("State"), CARDS),
        ("reason", N_("Reason"), CARD_REASONS),
    ),
    "referral_gift": (
        ("friend_points", N_("Points of the friend"), "points"),
        ("referrer_points", N_("Points for bringing a friend"), "points"),
        ("due_on", N_("Due on"), "day"),
    ),
    "consent": (
        ("at", _WHEN, "moment"),
        ("topic", N_("To what"), TOPICS),
        ("given", N_("Given"), "yes"),
        ("text_version", N_("Version of the text"), "text"),
        ("source", N_("Where it was said"), SAID),
        ("per_week", N_("Advertising in seven days at most"), "number"),
    ),
    "mailing_member": (("at", _WHEN, "moment"), ("mailing_id", N_("Mailing"), "number")),
    "settled_return": (),
    "moved_return": (),
    "shop_click": (("at", _WHEN, "moment"), ("shop_id", N_("Shop"), "shop")),
    "shop_order": (
        ("ordered_at", _WHEN, "moment"),
        ("shop_id", N_("Shop"), "shop"),
        ("sale", N_("Sum"), "money"),
        ("state", N_("State"), ORDERS),
        ("reason", N_("What the shop says"), "text"),
        ("pending", N_("Points that wait"), "points"),
        ("active", _POINTS, "points"),
        ("expected_on", N_("Expected on"), "day"),
        ("approved_at", N_("Approved"), "moment"),
    ),
    "lost_order": (
        ("ordered_on", N_("Day"), "day"),
        ("reference", N_("Number of the order"), "text"),
        ("sale", N_("Sum"), "money"),
        ("state", N_("State"), LOST),
        ("answer", N_("Answer"), "text"),
        ("opened_at", N_("Opened"), "moment"),
        ("closed_at", N_("Finished"), "moment"),
    ),
    "privacy_request": (
        ("number", N_("Number"), "number"),
        ("kind", N_("Asked for"), REQUESTS),
        ("state", N_("State"), REQUEST_STATES),
        ("asked_at", N_("Asked at"), "moment"),
        ("due_on", N_("Answer by"), "day"),
        ("ended_at", N_("Finished"), "moment"),
        ("kept_until", N_("Can be downloaded until"), "moment"),
    ),
}
"""The columns of each table, in the order in which they are read; none where a table holds nothing for people."""

FOR_MACHINES: Mapping[str, frozenset[str]] = {
    "*": frozenset(
        {"tenant_id", "member_id", "id", "digest", "key", "request", "version", "file_id", "line"}
    ),
    "member_person": frozenset({"sealed"}),  # told by its parts
    "member_fact": frozenset({"ordinal"}),
    "member_note": frozenset({"staff_id"}),
    "one_time_code": frozenset({"phone", "code"}),
    "activation_link": frozenset({"card_id"}),
    "mailing_member": frozenset({"message_id"}),
    "claim_file": frozenset({"claim_id", "actor", "participant_id"}),
    "sign_in": frozenset({"kind", "subject_id", "way"}),
    "member": frozenset({"programme_id"}),
    "card": frozenset({"sealed", "replaces"}),
    "goodwill": frozenset({"funder_id", "staff_id", "day", "undone_by"}),
    "claim": frozenset(
        {"opening", "steps", "opened_by", "purchase_id", "redemption_id", "owner_id", "term_seconds"}
        | {"left_seconds", "overdue_at"}
    ),
    "claim_event": frozenset({"claim_id", "number", "actor", "staff_id", "verb", "before", "facts"}),
    "claim_decision": frozenset(
        {"claim_id", "opening", "state", "way", "given", "funder_id", "sale", "purchase_id", "redemption_id"}
        | {"lang", "two", "author_id", "approved_by", "approved_digest"}
    ),
    "occasion": frozenset({"reason"}),
    "referral": frozenset({"referrer_id", "device"}),
    "text_message": frozenset({"sealed", "phone", "until", "status"}),
    "transfer": frozenset({"cause_id", "reverses", "reason"}),
    "lot": frozenset({"pending"}),
    "lot_use": frozenset({"transfer_id", "lot_id"}),
    "waiting_lot": frozenset({"lot_id"}),
    "purchase": frozenset({"segments", "reason"}),
    "receipt": frozenset({"purchase_id"}),
    "purchase_return": frozenset({"original_key", "wait_until", "purchase_id", "same_as", "same_order"}),
    "revaluation": frozenset({"purchase_id", "reason", "lots", "written_off", "corrected"}),
    "suspect_sale": frozenset({"sale_id", "line_id", "why", "decided_by"}),
    "order_sale": frozenset({"order_id", "sale_id", "why", "rule", "pays", "decided_by"}),
    "hand_operation": frozenset({"participant_id", "outlet_id", "staff_id", "cause_id", "day"}),
    "corrected_member": frozenset({"correction_id", "preview", "posted"}),
    "counter_sheet": frozenset({"period", "slots", "counts"}),
    "redemption": frozenset({"choice", "sale_key"}),
    "payout": frozenset({"register_id"}),
    "certificate": frozenset({"sealed", "redemption_id"}),
    "donation": frozenset({"campaign_id"}),
    "giving_rule": frozenset({"fund_id", "next_on", "looked_on", "last_points", "outcome"}),
    "round_up": frozenset({"purchase_id", "fund_id", "donation_id"}),
    "benefit_grant": frozenset({"version_id", "cause_id", "code_digest"}),
    "benefit_use": frozenset({"grant_id", "client_id"}),
    "draw_win": frozenset({"draw_id", "place"}),
    "card_event": frozenset({"card_id", "by"}),
    "referral_gift": frozenset({"reason", "turns", "drawn"}),
    "settled_return": frozenset(
        {"programme_id", "month", "participant_id", "return_id", "number", "turnover", "awarded"}
    ),
    "moved_return": frozenset({"return_id"}),
    "shop_click": frozenset({"token", "terms"}),
    "shop_order": frozenset(
        {"network_id", "external_id", "click_id", "commission", "currency", "amended_at", "told_at", "by"}
        | {"problem", "settled", "sums", "stands_back"}
    ),
    "lost_order": frozenset({"click_id", "network_id", "external_id"}),
    "privacy_request": frozenset({"asked_by", "ended_by", "reason", "signed_by", "report"}),
}
"""Columns that only the JSON has, by table and of all tables: ids, digests, and what the programme counts by."""
