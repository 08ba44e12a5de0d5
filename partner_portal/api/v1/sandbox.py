"""A sandbox's clock: what it says, and moving it on, so that nobody has to wait for points to end."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from partner_portal.api.operations import Answer, Body, Call, operation
from partner_portal.api.v1.cheques import Moment
from tenants import sandbox
from tenants.translations import N_


class Move(Body):
    """Where the clock is to be moved: to a moment, or so many days on. One of the two is told."""

    now: Moment | None = None
    advance_days: Annotated[int, Field(ge=1, le=sandbox.DAYS_A_MOVE_MAX)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.now is None) == (self.advance_days is None):
            raise PydanticCustomError("now_or_days", "Tell either now or advance_days")
        return self


class ClockAnswer(Answer):
    """The sandbox's moment, everybody's, and the last moment to which the sandbox may be moved today."""

    now: datetime
    real_now: datetime
    latest: datetime


@operation(
    "GET",
    "/sandbox/clock",
    scope="sandbox:clock",
    about=N_("What time it is in the sandbox"),
    gives=ClockAnswer,
    problems=("not_a_sandbox",),
)
def read_clock(call: Call) -> ClockAnswer:
    """The sandbox's clock."""
    return _told(sandbox.clock_of(call.session))


@operation(
    "POST",
    "/sandbox/clock",
    scope="sandbox:clock",
    about=N_("Move the sandbox's clock on: everything that is due by then is done before the answer"),
    takes=Move,
    gives=ClockAnswer,
    problems=("not_a_sandbox", "clock_back", "clock_too_far", "clock_move_too_long"),
    writes=True,
)
def move_clock(call: Call, body: Move) -> ClockAnswer:
    """Move the clock on."""
    found = sandbox.move_clock(call.session, call.caller.actor, to=body.now, days=body.advance_days or 0)
    return _told(found)


def _told(found: sandbox.Clock) -> ClockAnswer:
    return ClockAnswer(now=found.now, real_now=found.real_now, latest=found.latest)
