"""The standard reports that a partner has of itself, each for a period; and the month's figures by mail (`monthly`).

How they become pages, spreadsheets and papers is the partner's place's (`partner_portal.cabinet.reports`).
"""

from coalition.reports.partner.base import Report
from coalition.reports.partner.given import CARDS, CERTIFICATES
from coalition.reports.partner.points import MOVEMENT
from coalition.reports.partner.sales import MEMBERS, OPERATIONS
from tenants.runtime.errors import NotFound

REPORTS: tuple[Report, ...] = (OPERATIONS, MOVEMENT, MEMBERS, CERTIFICATES, CARDS)


def report_by_code(code: str) -> Report:
    """The report of that code; NotFound("report_unknown")."""
    found = next((one for one in REPORTS if one.code == code), None)
    if found is None:
        raise NotFound("report_unknown")
    return found
