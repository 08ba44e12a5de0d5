"""The members whom a test keeps out: always the same ones, whatever versions and promotions the test has. Pure.

A member's place is a digest of the test's name and her number, so it can be neither chosen nor guessed from another
test, and a statement of the database finds the same (`KEPT_OUT`).
"""

from hashlib import sha256
from typing import Annotated
from uuid import UUID

from pydantic import Field

from coalition.programmes.asks import Asks
from coalition.promotions.part import Part
from tenants.translations import N_

KEPT_OUT = (
    "('x' || encode(substring(sha256(convert_to(:test, 'UTF8') || decode('00', 'hex') || uuid_send(m.id)) for 4),"
    " 'hex'))::bit(32)::bigint * 100 >> 32 < :percent"
)
"""As `ControlGroup.keeps_out`, for the member `m`."""


class ControlGroup(Part):
    """A fixed control group: so many percent of the members, whom no promotion of this test pays.

    Promotions with the same name keep the same members out, and state the same share.
    """

    name: Annotated[str, Asks(N_("Name of the test"), help=N_("Small Latin letters, digits and hyphens"))] = (
        Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    )
    control_percent: Annotated[int, Asks(N_("Members who are kept out, %"))] = Field(ge=1, le=90)

    def keeps_out(self, member_id: UUID) -> bool:
        """Whether the member is in the control group."""
        return place(self.name, member_id) * 100 >> 32 < self.control_percent


def place(test: str, member_id: UUID) -> int:
    """Where a member stands in a test: 0 to 2^32, evenly."""
    return int.from_bytes(sha256(test.encode() + b"\0" + member_id.bytes).digest()[:4], "big")
