"""What the back office keeps of rewards: their words, price and state, and the pool of certificate codes."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import delete
from sqlalchemy.orm import Session

from coalition.programmes.queries import the_programme
from coalition.redemption.actions import load_certificates
from coalition.redemption.kinds import kind_of
from coalition.redemption.models import Certificate, Reward
from coalition.redemption.queries import reward_of_any_state
from tenants.actor import Actor
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, Refusal
from tenants.runtime.ids import digest
from tenants.runtime.tables import Container, container_of, day_of, encoding_of, open_plain, xlsx_rows

LANGUAGES = ("ru", "en")
NAME_MAX, ABOUT_MAX = 120, 300
NUMBER_MAX = 2_000_000_000
ALERT_MAX = 10_000
"""Every page of the desk counts so many codes of a reward."""
CODES_MAX = 50_000
CODE_CHARS = (4, 64)
_BYTES_MAX = 16 << 20
_HEADERS = {"code", "код"}


class Line(NamedTuple):
    """A line of a list that was left out, and why; never what stands there, for that may be a code."""

    line_no: int
    why: str


class Brought(NamedTuple):
    """What came of a list of codes."""

    new: int
    known: int
    bad: Sequence[Line]


def wrong_with(
    name: dict[str, str], about: dict[str, str], points: int | None, alert_below: int | None
) -> list[Refusal]:
    """Everything for which a reward cannot be changed so, each with its field."""
    found = [
        Refusal("reward_name", field=f"name_{lang}")
        for lang in LANGUAGES
        if not 0 < len(name.get(lang, "").strip()) <= NAME_MAX
    ]
    found += [
        Refusal("reward_about", field=f"about_{lang}")
        for lang in LANGUAGES
        if len(about.get(lang, "").strip()) > ABOUT_MAX
    ]
    if points is not None and not 0 < points <= NUMBER_MAX:
        found.append(Refusal("reward_price", field="points"))
    if alert_below is not None and not 0 < alert_below <= ALERT_MAX:
        found.append(Refusal("reward_alert", field="alert_below"))
    return found


def change_reward(
    session: Session,
    actor: Actor,
    *,
    reward_code: str,
    name: dict[str, str],
    about: dict[str, str],
    offered: bool,
    points: int | None,
    alert_below: int | None,
    seen: str,
) -> bool:
    """Change what members see of a reward and how few codes are told; returns whether anything is another than it was.

    `points` is the price of a certificate, and None of what has none. `seen` is `version_of` the reward that was looked
    at: Conflict("reward_changed") where somebody has changed it since. Raises the first of what `wrong_with` finds.
    """
    actor.must(Permission.DESK_REWARD_EDIT)
    reward = reward_of_any_state(session, reward_code)
    session.refresh(reward, with_for_update=True)
    for no in wrong_with(name, about, points, alert_below):
        raise no
    if version_of(reward) != seen:
        raise Conflict("reward_changed")
    before = _told(reward)
    reward.name = {lang: name[lang].strip() for lang in LANGUAGES}
    reward.about = {lang: about.get(lang, "").strip() for lang in LANGUAGES}
    reward.offered, reward.alert_below = offered, alert_below
    if reward.kind == "certificate" and points is not None:
        reward.terms = kind_of(reward.kind).check_terms(reward.terms | {"points": points})
    if (after := _told(reward)) == before:
        return False
    record(session, actor, "reward.change", f"reward {reward_code}", before=before, after=after)
    return True


def version_of(reward: Reward) -> str:
    """What a reward says now, in short."""
    return digest(json.dumps(_told(reward), sort_keys=True)).hex()


def bring_certificates(
    session: Session, actor: Actor, *, reward_code: str, stream: BinaryIO, valid_to: date | None
) -> Brought:
    """Add the codes of a list to a certificate's pool; those that are there already are left as they are.

    The list is a CSV or XLSX file of one code in a line, with its last day beside it or else `valid_to`. Lines that are
    no codes are told and left out. Raises Refusal for a file that is no such list at all.
    """
    actor.must(Permission.DESK_REWARD_EDIT)
    reward = reward_of_any_state(session, reward_code)
    if reward.kind != "certificate":
        raise Refusal("reward_without_codes")
    codes, bad = read_codes(stream, valid_to, clock.business_day(the_programme(session).zone))
    days: dict[date, list[str]] = {}
    for code, day in codes.items():
        days.setdefault(day, []).append(code)
    new = sum(
        load_certificates(session, actor, reward_code=reward_code, codes=some, valid_to=day)
        for day, some in sorted(days.items())
    )
    return Brought(new, len(codes) - new, bad)


def withdraw_expired(session: Session, actor: Actor, *, reward_code: str) -> int:
    """Take the codes that nobody took in time out of the pool; returns how many there were."""
    actor.must(Permission.DESK_REWARD_EDIT)
    reward = reward_of_any_state(session, reward_code)
    gone = session.scalars(
        delete(Certificate)
        .where(
            Certificate.tenant_id == reward.tenant_id,
            Certificate.reward_id == reward.id,
            Certificate.redemption_id.is_(None),
            Certificate.valid_to < clock.business_day(the_programme(session).zone),
        )
        .returning(Certificate.digest)
    ).all()
    if gone:
        told = {"count": len(gone)}
        record(session, actor, "certificate.withdraw", f"reward {reward_code}", after=told)
    return len(gone)


def read_codes(
    stream: BinaryIO, valid_to: date | None, today: date
) -> tuple[dict[str, date], Sequence[Line]]:
    """The codes of a list with their last days, and the lines that are none."""
    codes: dict[str, date] = {}
    bad: list[Line] = []
    for number, cells in _lines(stream):
        if cells is None:
            bad.append(Line(number, "bad_encoding"))
        elif not codes and not bad and cells[0].casefold() in _HEADERS:
            continue
        elif why := _wrong(cells, valid_to, today):
            bad.append(Line(number, why))
        elif cells[0] in codes:
            bad.append(Line(number, "code_repeated"))
        else:
            codes[cells[0]] = _day(cells) or valid_to or today
        if len(codes) + len(bad) > CODES_MAX:
            raise Refusal("codes_many", most=CODES_MAX)
    if not codes and not bad:
        raise Refusal("codes_none")
    return codes, bad


def _wrong(cells: Sequence[str], valid_to: date | None, today: date) -> str:
    code, written = cells[0], cells[1] if len(cells) > 1 else ""
    if len(cells) > 2 and any(cells[2:]):
        return "cell_count"
    if not CODE_CHARS[0] <= len(code) <= CODE_CHARS[1]:
        return "code_length"
    if not code.isprintable() or any(sign.isspace() for sign in code):
        return "code_spaces"
    day = _day(cells)
    if written and day is None:
        return "bad_day"
    if not written and valid_to is None:
        return "day_missing"
    return "day_over" if (day or valid_to or today) < today else ""


def _day(cells: Sequence[str]) -> date | None:
    return day_of(cells[1]) if len(cells) > 1 else None


def _lines(stream: BinaryIO) -> Iterator[tuple[int, list[str] | None]]:
    """The lines of a list that are not empty, in cells; None for one that is no text."""
    if not stream.read(1):
        return
    stream.seek(0)
    container = container_of(stream)
    if container is Container.XLSX:
        for number, row in enumerate(xlsx_rows(stream), 1):
            if any(row):
                yield number, [cell.strip() for cell in row]
        return
    data = open_plain(stream, container).read(_BYTES_MAX + 1)
    if len(data) > _BYTES_MAX:
        raise Refusal("codes_many", most=CODES_MAX)
    encoding = encoding_of(BytesIO(data), Container.PLAIN)
    if b"\0" in data:
        raise Refusal("file_no_text")
    for number, raw in enumerate(BytesIO(data.removeprefix(b"\xef\xbb\xbf")), 1):
        try:
            text = raw.decode(encoding).strip()
        except UnicodeDecodeError:
            yield number, None
            continue
        if text:
            cells = text.replace(";", ",").replace("\t", ",").split(",")
            yield number, [cell.strip().strip('"').strip() for cell in cells]


def _told(reward: Reward) -> dict[str, Any]:
    """What can be changed of it, as it stands."""
    return {
        "title": dict(reward.name),
        "about": dict(reward.about),
        "offered": reward.offered,
        "price": reward.terms.get("points"),
        "alert_below": reward.alert_below,
    }
