"""The level that a member holds, and what is missing to the next one."""

from uuid import UUID

from coalition.programmes.queries import programme_by_id
from coalition.programmes.words import words_in
from coalition.promotions.measures import levelled
from coalition.promotions.standing import standing_of
from coalition.promotions.tiers import Level
from partner_portal.api.operations import Answer, Call, operation
from partner_portal.api.v1.explanations import Measure
from partner_portal.api.v1.members import member_of
from tenants.translations import N_


class LevelName(Answer):
    """A level, with its name in the caller's language."""

    code: str
    name: str


class NextLevel(LevelName):
    """The level after it: held by who has more than `above`, so `missing` is the least with which it is reached."""

    above: Measure
    missing: Measure


class LevelAnswer(Answer):
    """How a member stands. `counted` is what counts in the `window` so far: day, week, month, quarter, year or ever.

    All of it is null in a programme without levels, and `next` for who holds the highest.
    """

    level: LevelName | None
    window: str | None
    counted: Measure | None
    next: NextLevel | None


@operation(
    "GET",
    "/members/{member_id}/level",
    scope="members:read",
    about=N_("A member's level, and what is missing to the next one"),
    gives=LevelAnswer,
    problems=("member_unknown",),
)
def read_level(call: Call, member_id: UUID) -> LevelAnswer:
    """How a member stands today."""
    member = member_of(call.session, call.caller, member_id)
    programme = programme_by_id(call.session, member.programme_id)
    found = standing_of(call.session, programme, member.id)
    if found is None:
        return LevelAnswer(level=None, window=None, counted=None, next=None)
    words = words_in(call.lang, programme)

    def measured(units: int) -> Measure:
        return Measure.model_validate(levelled(units, found.terms.measure, words), from_attributes=True)

    following = found.next and NextLevel(
        **_named(found.next, call.lang), above=measured(found.above), missing=measured(found.missing)
    )
    return LevelAnswer(
        level=LevelName(**_named(found.level, call.lang)),
        window=found.terms.window,
        counted=measured(found.counted),
        next=following,
    )


def _named(level: Level, lang: str) -> dict[str, str]:
    return {"code": level.code, "name": level.ru if lang == "ru" else level.en}
