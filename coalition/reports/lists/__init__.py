"""The lists of the back office, one register each: which rows, in which order, narrowed by what, told how.

The desk draws them page by page, and `coalition.reports.exports` makes files of them.
"""

from typing import Any

from coalition.reports.lists.base import Register
from coalition.reports.lists.lines import REJECTED, UNMATCHED
from coalition.reports.lists.people import CARD_LIST, MEMBERS, MESSAGES
from coalition.reports.lists.sales import PURCHASES, REDEMPTIONS, RETURNS
from tenants.runtime.errors import NotFound

LISTS: tuple[Register[Any], ...] = (
    *(MEMBERS, PURCHASES, REDEMPTIONS, CARD_LIST, MESSAGES),
    *(RETURNS, REJECTED, UNMATCHED),
)


def register_by_code(code: str) -> Register[Any]:
    """The list of that code; NotFound("list_unknown")."""
    found = next((one for one in LISTS if one.code == code), None)
    if found is None:
        raise NotFound("list_unknown")
    return found
