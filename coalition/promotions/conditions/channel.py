"""Through which channel the sale came: till, site, application (seed 003)."""

from typing import Annotated, Literal

from coalition.programmes.asks import Asks, named
from coalition.promotions.case import Case, Check, Failed, Setting
from coalition.promotions.conditions.base import Codes, Requirement
from tenants.translations import N_


class Channel(Requirement):
    """The receipt names one of the channels."""

    kind: Annotated[Literal["channel"], named(channel=N_("Channel of the sale"))] = "channel"
    any_of: Annotated[Codes, Asks(N_("Any of these channels"), help=N_("Several with commas between them"))]

    def compile(self, setting: Setting) -> Check:
        """The receipt's channel among those named."""
        any_of, named = frozenset(self.any_of), ", ".join(self.any_of)

        def check(case: Case) -> Failed | None:
            if case.receipt is None:
                return Failed("receipt")
            channel = case.receipt.channel
            return None if channel in any_of else Failed("channel", named, channel)

        return check
