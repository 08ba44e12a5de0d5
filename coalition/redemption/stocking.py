"""The pool of certificate codes: a list is looked at first, and exactly what was shown is loaded; what is over goes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO
from typing import BinaryIO, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from coalition.programmes.queries import the_programme
from coalition.redemption.actions import load_certificates
from coalition.redemption.models import Certificate, Reward
from coalition.redemption.queries import reward_of_any_state
from coalition.redemption.watching import WATCH
from tenants.actor import Actor
from tenants.approvals.papers import digest_of_lines
from tenants.audit import record
from tenants.permissions import Permission
from tenants.runtime import clock
from tenants.runtime.errors import Conflict, NotFound, Refusal
from tenants.runtime.jobs import ask_once
from tenants.runtime.tables import Container, container_of, day_of, encoding_of, open_plain, xlsx_rows
from tenants.vault import vault_of

CODES_MAX = 50_000
CODE_CHARS = (4, 64)
SHOWN = 10
"""So many of the codes that would be loaded are shown first, masked."""
_BYTES_MAX = 16 << 20
_HEADERS = {"code", "код"}
_MASKED_FROM = 8  # characters: of a shorter code nothing is shown


class Line(NamedTuple):
    """A line of a list that was left out, and why; never what stands there, for that may be a code."""

    line_no: int
    why: str


class Code(NamedTuple):
    """A code of a list: its line, its last day."""

    line_no: int
    valid_to: date


class Plan(NamedTuple):
    """What loading a list would do: the first new codes, masked, how many are new by last day, known, lines left out.

    `meant` is the digest of exactly the codes that are new, and of their days.
    """

    first: Sequence[tuple[int, str, date]]
    days: Sequence[tuple[date, int]]
    known: int
    bad: Sequence[Line]
    meant: str

    @property
    def new(self) -> int:
        """How many codes would be loaded."""
        return sum(count for _day, count in self.days)


def plan_certificates(
    session: Session, actor: Actor, *, reward_code: str, stream: BinaryIO, valid_to: date | None
) -> Plan:
    """What `bring_certificates` would load; nothing is changed. Raises as that does."""
    actor.must(Permission.DESK_REWARD_EDIT)
    return _planned(session, _with_codes(session, reward_code), stream, valid_to)[0]


def bring_certificates(
    session: Session, actor: Actor, *, reward_code: str, stream: BinaryIO, valid_to: date | None, meant: str
) -> Plan:
    """Add the codes of a list to a certificate's pool; those that are there already are left as they are.

    The list is a CSV or XLSX file of one code in a line, with its last day beside it or else `valid_to`. Lines that are
    no codes are told and left out. Raises Refusal for a file that is no such list at all, and
    Conflict("import_differs") where it would load other codes by now than those of the plan that is `meant`.
    """
    actor.must(Permission.DESK_REWARD_EDIT)
    plan, new = _planned(session, _with_codes(session, reward_code), stream, valid_to)
    if plan.meant != meant:
        raise Conflict("import_differs")
    days: dict[date, list[str]] = {}
    for text, code in new.items():
        days.setdefault(code.valid_to, []).append(text)
    loaded = sum(
        load_certificates(session, actor, reward_code=reward_code, codes=some, valid_to=day)
        for day, some in sorted(days.items())
    )
    ask_once(session, WATCH)  # there may be enough of them now
    if loaded != plan.new:  # somebody else's list came between the look and this
        raise Conflict("import_differs")
    return plan


def _with_codes(session: Session, reward_code: str) -> Reward:
    reward = reward_of_any_state(session, reward_code)
    if reward.kind != "certificate":
        raise NotFound("reward_unknown")
    return reward


def _planned(
    session: Session, reward: Reward, stream: BinaryIO, valid_to: date | None
) -> tuple[Plan, dict[str, Code]]:
    codes, bad = read_codes(stream, valid_to, clock.business_day(the_programme(session).zone))
    vault = vault_of(session)
    digests = {text: vault.digest("certificate", text) for text in codes}
    known = set(
        session.scalars(
            select(Certificate.digest).where(
                Certificate.tenant_id == reward.tenant_id,
                Certificate.reward_id == reward.id,
                Certificate.digest.in_(list(digests.values())),
            )
        )
    )
    new = {text: code for text, code in codes.items() if digests[text] not in known}
    plan = Plan(
        [(code.line_no, masked(text), code.valid_to) for text, code in [*new.items()][:SHOWN]],
        sorted(Counter(code.valid_to for code in new.values()).items()),
        len(codes) - len(new),
        bad,
        digest_of_lines(f"{digests[text]} {code.valid_to}" for text, code in new.items()),
    )
    return plan, new


def masked(code: str) -> str:
    """A code as it can be shown: its last two characters, where it is long enough. Pure."""
    return "•" * 6 + (code[-2:] if len(code) >= _MASKED_FROM else "")


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
) -> tuple[dict[str, Code], Sequence[Line]]:
    """The codes of a list with their lines and last days, and the lines that are none."""
    codes: dict[str, Code] = {}
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
            codes[cells[0]] = Code(number, _day(cells) or valid_to or today)
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
