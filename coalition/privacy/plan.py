"""What every table holds about a member, how it opens, and what an erasure does with it.

A test holds that each table with a member in it stands here: a new one decides what becomes of its rows.
"""

from collections.abc import Mapping
from typing import Any

from tenants.translations import N_

OWNER: Mapping[str, str] = {"member": "id", "sign_in": "subject_id"}
"""The column with the member's id, where it is not `member_id`."""

PERSON: Mapping[str, str] = {
    "member_person": N_("Name, phone, e-mail, birthday, answers to questions"),
    "handle": N_("What finds the member: phone, e-mail, cards"),
    "member_name": N_("Words of the name, as digests"),
    "member_device": N_("Browsers, as digests"),
    "member_fact": N_("Facts that were stated of the member"),
    "member_note": N_("Notes of the staff"),
    "one_time_code": N_("Codes sent to the phone, as digests"),
    "activation_link": N_("Links that activate cards, as digests"),
    "referral_code": N_("The own code for friends"),
    "enrolment": N_("The reference under which a till enrolled the member"),
    "claim_file": N_("Files of claims"),
    "sign_in": N_("Sign-ins"),
    "giving_rule": N_("What is given to funds again and again"),
}
"""Rows that an erasure removes; what each table holds."""

WORDS: Mapping[str, str] = {
    "member": N_("The membership, without the person"),
    "card": N_("Cards, without their numbers"),
    "goodwill": N_("Points of goodwill, without words"),
    "claim": N_("Claims, without words"),
    "claim_event": N_("Steps of claims, without words"),
    "claim_decision": N_("Decisions of claims, without the reply"),
    "occasion": N_("Occasions that gave points, without what was told of them"),
    "referral": N_("Who brought the member, without the browser"),
    "text_message": N_("Texts to the phone, without their words"),
    "lost_order": N_("Orders that a shop did not know, without their numbers"),
}
"""Rows that an erasure keeps for the ledger's sake, without the personal values in them."""

LEDGER: Mapping[str, str] = {
    "balance": N_("The balance"),
    "transfer": N_("Movements of points"),
    "lot": N_("Points by origin and last day"),
    "lot_use": N_("Uses of points"),
    "waiting_lot": N_("Points that wait for a condition"),
    "hold": N_("Points set aside"),
    "purchase": N_("Purchases"),
    "receipt": N_("Goods of purchases"),
    "purchase_return": N_("Returns"),
    "settled_return": N_("Returns as months counted them"),
    "moved_return": N_("Returns to be counted again"),
    "revaluation": N_("What purchases give since a change"),
    "suspect_sale": N_("Sales that were told twice"),
    "hand_operation": N_("Operations that a partner's person entered by hand"),
    "order_sale": N_("Purchases that are orders at online shops, too"),
    "corrected_member": N_("Corrections"),
    "counter_sheet": N_("Counters of promotions"),
    "redemption": N_("Redemptions"),
    "payout": N_("Payouts"),
    "certificate": N_("Certificates"),
    "donation": N_("Donations"),
    "round_up": N_("What purchases left for funds"),
    "benefit_grant": N_("Benefits"),
    "benefit_use": N_("Uses of benefits"),
    "draw_win": N_("Prizes of draws"),
    "card_event": N_("States of cards"),
    "referral_gift": N_("Points for bringing a friend"),
    "consent": N_("Consents, as the proof that they were given"),
    "mailing_member": N_("Advertising of partners that was sent"),
    "shop_click": N_("Ways to online shops, by a random word"),
    "shop_order": N_("Orders at online shops, by the network's number"),
    "privacy_request": N_("Requests about personal data"),
}
"""Rows that an erasure leaves as they are: sums and ids, which name nobody."""

TITLES: Mapping[str, str] = {**PERSON, **WORDS, **LEDGER}

SEALED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("member_person", "sealed"): ("member_person.sealed", "member_id"),
    ("member_note", "sealed"): ("member_note.sealed", "member_id", "id"),
    ("goodwill", "sealed"): ("goodwill.sealed", "member_id", "id"),
    ("card", "sealed"): ("card.sealed", "member_id", "id"),
    ("certificate", "sealed"): ("certificate.sealed", "reward_id", "digest"),
    ("claim", "words"): ("claim.words", "member_id", "id"),
    ("claim_event", "words"): ("claim_event.words", "member_id", "claim_id", "number"),
    ("claim_decision", "reply"): ("claim_decision.reply", "member_id", "id"),
    ("text_message", "sealed"): ("text_message.sealed", "id"),
    ("claim_file", "name"): ("claim_file.name", "member_id", "id"),
}
"""Sealed columns: the place that each is bound to, and the columns that name the row."""

MASKED: Mapping[tuple[str, str], int] = {
    ("card", "sealed"): 4,
    ("certificate", "sealed"): 0,
    ("text_message", "sealed"): 0,
}
"""What pays or proves by itself: of it a copy has so many characters from the end."""

NOTHING_SEALED = object()
"""An empty text, sealed for its place: where a page opens whatever stands there."""

BLANK: Mapping[str, Mapping[str, Any]] = {
    "member": {"account_opened_on": None},
    "card": {"sealed": NOTHING_SEALED, "last_four": ""},
    "goodwill": {"sealed": None},
    "claim": {"words": NOTHING_SEALED, "facts": {}},
    "claim_event": {"words": None},
    "claim_decision": {"reply": NOTHING_SEALED},
    "occasion": {"data": {}},
    "referral": {"device": None},
    "text_message": {"sealed": None, "phone": None},
    "lost_order": {"reference": "", "answer": ""},
}
"""What stands in the columns of `WORDS` after an erasure."""
