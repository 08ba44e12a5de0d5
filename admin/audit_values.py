"""What the audit trail holds as a code, in words, by the field it stands in."""

from admin.console.mailing_told import CHANNELS
from admin.console.privacy_told import KINDS, REASONS
from coalition.cabinet.claim_words import FOR_STAFF
from coalition.reports.partner import REPORTS
from tenants.translations import N_

_STATES = {str(state): said for state, (_tone, _icon, said) in FOR_STAFF.items()}
VALUES = {
    "audience": {
        "all": N_("Everybody of the programme"),
        "met": N_("Everybody who has bought at the company's places"),
        "segment": N_("Segment"),
    },
    "by": {
        "card_number": N_("by card"),
        "card_token": N_("by payment card"),
        "email": N_("by e-mail"),
        "herself": N_("by the person"),
        "link": N_("by a link"),
        "member": N_("by the member"),
        "phone": N_("by phone"),
    },
    "channel": CHANNELS,
    "form": {"csv": "CSV", "xlsx": "XLSX", "pdf": "PDF"},
    "kind": KINDS,
    "outcome": _STATES,
    "reason": REASONS,
    "report": {one.code: one.title for one in REPORTS},
    "return_policy": {"manual": N_("decided by a person"), "by_terms": N_("decided by the terms")},
    "way": {
        "grant": N_("Points granted"),
        "record": N_("Purchase recorded"),
        "return": N_("Redemption given back"),
        "refuse": N_("Refused"),
        "passkey": N_("by passkey"),
        "provider": N_("by the organisation's account"),
    },
}
MONEY = frozenset({"amount", "minor", "owes", "per_operation", "per_person_day"})
"""Fields that hold sums in minor units of the programme's currency."""
POINTS = frozenset({"owed", "points", "points_max", "points_min"})
"""Fields that hold units of points."""
