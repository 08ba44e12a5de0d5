"""How long a month of one coalition takes to count day by day and to close, against one count of its transfers."""

import resource
import time
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import base, seed
from coalition.ledger.models import Account, Purpose
from coalition.ledger.post import day_start
from coalition.programmes.queries import programme_by_id
from coalition.promotions.kinds import OperationKind
from coalition.settlement.closing import close
from coalition.settlement.days import FINAL_AFTER, after, count_settlement, span_of
from coalition.settlement.terms import set_operator, set_terms
from migrations import runner
from tenants import process
from tenants.actor import SYSTEM
from tenants.runtime import clock, db
from tenants.runtime.db import tenant_of
from tenants.runtime.settings import Settings, libpq

PARTICIPANTS = 600
MONTH = date(2026, 1, 1)
ROUNDS = 3
SALES_OF_TEN = 6
"""Of ten transfers; the others are returns, holds and their captures, and what burns."""
TERMS = (
    {"pays": "issued", "fee": {"rate": "2", "of": "turnover"}},
    {"pays": "issued", "expired": "returned", "turnover": "through", "fee": {"rate": "2", "of": "awarded"}},
    {"pays": "spent", "fee": {"rate": "1.5", "of": "turnover"}},
)
_A, _P = Account, Purpose
_ID = """(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
        || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid"""
"""An id of a moment, as the product makes them."""
_SOLD = f"""
create temporary table sold on commit drop as
select s.*, {_ID} as id, {_ID} as given, {_ID} as held, {_ID} as redemption
from (
    select n, m.id as member_id,
        cast(:month as date) + interval '12 hours' + n * (interval '29 days' / :sales) as at,
        10000 + floor(random() * 390000)::bigint as amount, 0::bigint as points, p.id as partner_id, p.participant_id
    from generate_series(1, :sales) n
    join (select id, row_number() over () - 1 as place from member where tenant_id = :tenant) m
        on m.place = (n::bigint * 104729) % :members
    join partner p on p.tenant_id = :tenant and p.id = 1 + (n::bigint * 7919) % :partners
) s
order by n"""  # noqa: S608  our own texts
_OURS = "insert into transfer (tenant_id, member_id, id, cause_id, occurred_at, booked_at, points, funder_id,"
_TRANSFER = f"{_OURS} from_account, to_account, purpose) select :tenant, member_id,"
_USED = "insert into lot_use (tenant_id, member_id, transfer_id, lot_id, expires_on, points) select :tenant, member_id,"
_STATEMENTS = (
    "update sold set points = amount / 10000",
    f"""insert into purchase (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id, partner_id,
        line, kind, segments, reason)
    select :tenant, member_id, id, gen_random_uuid(), at, at, amount, partner_id, partner_id, 0,
        {OperationKind.PURCHASE:d}, 0, '{{}}' from sold""",  # noqa: S608  our own numbers
    f"{_TRANSFER} given, id, at, at, points, participant_id, {_A.ISSUED:d}, {_A.AVAILABLE:d}, {_P.AWARD:d} from sold",
    """insert into lot (tenant_id, member_id, expires_on, id, points, remaining, funder_id, active_on, pending)
    select :tenant, member_id, at::date + 365, given, points, points, participant_id, at::date, false from sold""",
    """insert into purchase_return (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id,
        partner_id, state, wait_until, purchase_id)
    select :tenant, member_id, redemption, gen_random_uuid(), at, at, amount, partner_id, partner_id, 'applied',
        at::date, id from sold where n % 15 = 0""",
    f"""{_TRANSFER} {_ID}, redemption, at, at, points, participant_id, {_A.AVAILABLE:d}, {_A.ISSUED:d},
        {_P.RETURN:d} from sold where n % 15 = 0""",
    """insert into redemption (tenant_id, member_id, id, request, reward_id, points, minor, state, made_at, choice,
        points_back)
    select :tenant, member_id, redemption, gen_random_uuid(), participant_id, points, points * 100, 'done', at, '{}', 0
    from sold where n % 5 = 1""",
    f"""{_TRANSFER} held, redemption, at, at, points, null::int, {_A.AVAILABLE:d}, {_A.HELD:d}, {_P.HOLD:d}
        from sold where n % 5 = 1""",
    f"{_USED} held, given, at::date + 365, points from sold where n % 5 = 1",
    f"""{_TRANSFER} {_ID}, redemption, at, at, points, null::int, {_A.HELD:d}, {_A.REDEEMED:d},
        {_P.CAPTURE:d} from sold where n % 5 = 1""",
    f"""{_TRANSFER} held, given, at, at, points, participant_id, {_A.AVAILABLE:d}, {_A.EXPIRED:d}, {_P.EXPIRE:d}
        from sold where n % 5 = 2""",
    f"{_USED} held, given, at::date + 365, points from sold where n % 5 = 2",
)


class Found(NamedTuple):
    """Seconds of one count of the month's transfers (the best of some), of its days each after its end (all and the
    longest one) and of closing it; the peak of memory, in MB."""

    transfers: int
    counting: float
    days: float
    day: float
    closing: float
    megabytes: float
    statements: int


def measure(chosen: Settings, *, transfers: int) -> Found:
    """A coalition in a database of its own, whose month is closed once."""
    database = "coalition_bench_settlement"
    base.drop(chosen, database)
    base.as_owner(chosen, f"create database {database}")
    bank = base.within(chosen, database)
    try:
        runner.upgrade(bank.database_owner_url, bank.database_url)
        process.begin(bank)
        with db.transaction(None) as session:
            programme = seed.seed_bank(session, members=max(transfers // 20, 1000))
            seed.seed_sellers(session)
        with db.transaction(1) as session:
            _settle(session, programme)
        with db.transaction(1) as session:
            _month(session, transfers * SALES_OF_TEN // 10, max(transfers // 20, 1000))
        with psycopg.connect(libpq(bank.database_owner_url), autocommit=True) as connection:
            connection.execute("vacuum analyze")
        count, counting = _counted(programme)
        _forget_peak()
        days = _days(programme)
        began = time.perf_counter()
        with db.transaction(1) as session:
            made = len(close(session, SYSTEM, programme_id=programme, month=MONTH))
        return Found(count, counting, sum(days), max(days), time.perf_counter() - began, _peak(), made)
    finally:
        db.dispose()
        base.drop(chosen, database)


def _settle(session: Session, programme: int) -> None:
    """All participants with terms; each takes points, and has its share of the partners."""
    told = {"tenant": tenant_of(session), "count": PARTICIPANTS}
    for statement in (
        """insert into participant (tenant_id, id, code, name) select :tenant, n, 'p' || n, '{"ru": "П", "en": "P"}'
        from generate_series(6, :count) n""",
        "update partner set participant_id = 2 + id % (:count - 1) where tenant_id = :tenant",
        """insert into reward (tenant_id, id, code, kind, name, about, terms, participant_id, offered, place)
        select :tenant, n, 'r' || n, 'cheque', '{}', '{}', '{}', n, false, 0 from generate_series(1, :count) n""",
    ):
        session.execute(text(statement), told)
    session.flush()
    set_operator(
        session,
        SYSTEM,
        programme_id=programme,
        participant_id=1,
        terms={"vat": [{"since": "2026-01-01", "rate": "22"}]},
    )
    for number in range(2, PARTICIPANTS + 1):
        set_terms(
            session, SYSTEM, programme_id=programme, participant_id=number, since=MONTH,
            terms=TERMS[number % len(TERMS)],
        )  # fmt: skip


def _month(session: Session, sales: int, members: int) -> None:
    told = {
        "tenant": tenant_of(session), "month": MONTH, "sales": sales, "members": members, "partners": seed.PARTNERS,
    }  # fmt: skip
    for statement in (_SOLD, *_STATEMENTS):
        session.execute(text(statement), told)


def _counted(programme: int) -> tuple[int, float]:
    """The month's transfers, counted one after another; the best time of some."""
    best = float("inf")
    with db.transaction(1) as session:
        span = span_of(programme_by_id(session, programme), MONTH)
        for kind in ("indexscan", "bitmapscan", "indexonlyscan"):
            session.execute(text(f"set local enable_{kind} = off"))
        asked = {"tenant": 1, "begun": span.begun, "over": span.over}
        for _ in range(ROUNDS):
            began = time.perf_counter()
            count = session.scalar(
                text(
                    "select count(*) from transfer"
                    " where tenant_id = :tenant and booked_at >= :begun and booked_at < :over"
                ),
                asked,
            )
            best = min(best, time.perf_counter() - began)
    return int(count or 0), best


def _days(programme: int) -> list[float]:
    """The job that counts days, after the end of each one of the month."""
    found = []
    with db.transaction(1) as session:
        zone = programme_by_id(session, programme).zone
    day = MONTH
    while day < after(MONTH):
        day += timedelta(days=1)
        with clock.stopped(day_start(day, zone) + FINAL_AFTER), db.transaction(1) as session:
            began = time.perf_counter()
            count_settlement(session)
            found.append(time.perf_counter() - began)
    return found


def _forget_peak() -> None:
    """Let the peak of this process's memory begin anew, where the system can."""
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5", "ascii")


def _peak() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
