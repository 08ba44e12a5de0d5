"""The limit: what anyone pays who stores the file's purchases under the product's keys and foreign keys.

COPY of the file into an unlogged table, then one session's INSERT ... SELECT, as the app's role, behind the wall. No
points, no explanation, no duplicates looked for beyond the keys.
"""

import time
from pathlib import Path

import psycopg

_TABLE = """
create unlogged table limit_line (reference text collate "C", card text, at timestamp, amount numeric(14, 2),
    mid text collate "C", mcc smallint, merchant text collate "C")
"""
# What the product knows from its keyed digest, this table gives to the limit for nothing.
_CARDS = 'create unlogged table limit_card (token text collate "C" primary key, member_id uuid)'
_INSERT = """
insert into purchase (tenant_id, member_id, id, key, occurred_at, booked_at, amount, merchant_id, partner_id, file_id,
    line, kind, mcc, segments, reason)
select 1, c.member_id,
    (lpad(to_hex((extract(epoch from l.at) * 1000)::bigint), 12, '0') || substr(md5(l.reference), 13))::uuid,
    md5(l.reference)::uuid, l.at at time zone 'Europe/Moscow', now(), (l.amount * 100)::bigint, m.id, t.partner_id, 1,
    0, 1, l.mcc, 0, '{}'
from limit_line l
join limit_card c on c.token = l.card
join merchant m on m.tenant_id = 1 and m.name = l.merchant
join terminal t on t.tenant_id = 1 and t.mid = l.mid and t.tid = ''
on conflict do nothing
"""


def prepare(connection: psycopg.Connection) -> None:
    """What must be there before the clock starts: the tables, the cards, and every seller of the file."""
    connection.execute(_TABLE)
    connection.execute(_CARDS)
    connection.execute("set app.tenant_id = '1'")
    connection.execute(
        "insert into limit_card select 'tok-' || lpad((row_number() over (order by member_id) - 1)::text, 8, '0'),"
        " member_id from balance where tenant_id = 1"
    )
    connection.execute(
        "insert into merchant (tenant_id, id, name) select 1, n, 'SHOP ' || n from generate_series(1, 10000) n"
        " on conflict do nothing"
    )
    connection.execute(
        "insert into inbound_file (tenant_id, id, digest, programme_id, profile_code, profile_version, name,"
        " received_at, state, lines, posted, duplicate, unmatched, rejected, points, chunks_left)"
        " values (1, 1, 'limit', 1, 'bench', 1, 'limit', now(), 'posting', 0, 0, 0, 0, 0, 0, 0)"
    )
    connection.execute("grant all on limit_line, limit_card to coalition_app")
    connection.execute("analyze limit_card, merchant, terminal")
    connection.commit()


def measure(connection: psycopg.Connection, path: Path) -> tuple[float, int]:
    """Seconds, and purchases stored."""
    connection.execute("set role coalition_app")
    connection.commit()
    begun = time.perf_counter()
    cursor = connection.cursor()
    cursor.execute("set local app.tenant_id = '1'")
    with cursor.copy("copy limit_line from stdin (format csv, header)") as copy, path.open("rb") as source:
        while block := source.read(1 << 20):
            copy.write(block)
    stored = cursor.execute(_INSERT).rowcount
    connection.commit()
    return time.perf_counter() - begun, stored
