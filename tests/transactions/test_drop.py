"""The drop folder: what comes in, what is refused, and that one bad file stops no other."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from partner_portal.feeds import drop
from tenants.runtime import clock, db, settings
from tests.ledger.house import House
from tests.transactions.bank import COLUMNS, line, open_bank, per_step, query

pytestmark = pytest.mark.usefixtures("house")
GOOD = "\n".join([",".join(COLUMNS), line("token-vera", "2026-11-01", 100), ""]).encode()


@pytest.fixture
def bank() -> House:
    return open_bank([per_step()])


@pytest.fixture
def folder(bank: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The drop folder of the bank's profile, where no file is still growing."""
    chosen = replace(settings.current(), drop_folder=tmp_path)
    monkeypatch.setattr(settings, "current", lambda: chosen)
    monkeypatch.setattr(drop, "SETTLED_SECONDS", -60)
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    found = tmp_path / slug / "cards"
    found.mkdir(parents=True)
    return found


def put(folder: Path, name: bytes, content: bytes, age: int = 0) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    at = path.stat().st_mtime - age
    os.utime(path, (at, at))


def take(bank: House) -> None:
    with clock.stopped(datetime(2026, 11, 22, tzinfo=UTC)), db.transaction(bank.tenant) as session:
        drop.take_dropped(session)


def test_a_name_in_another_encoding_stops_nobody(bank: House, folder: Path) -> None:
    put(folder, "реестр.csv".encode("cp1251"), GOOD, age=10)
    put(folder, b"next.csv", GOOD.replace(b"100", b"200"))
    take(bank)
    assert query(bank, "select name from inbound_file order by id") == [("??????.csv",), ("next.csv",)]


def test_a_refused_file_lies_beside_its_reason(bank: House, folder: Path) -> None:
    put(folder, b"empty.csv", b"card,at\n")
    take(bank)
    assert [path.name for path in folder.glob("*.csv")] == []
    said = (folder / "refused/empty.reason.txt").read_text("utf-8")
    assert said.startswith(
        "This file was refused, and nothing of it was kept: column missing (line 1, column "
    )
    assert said.endswith("). Correct it and drop it again.\n")


def test_an_error_that_nobody_foresaw_refuses_one_file_and_takes_the_others(
    bank: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, b"first.csv", GOOD, age=10)
    put(folder, b"second.csv", GOOD.replace(b"100", b"200"))
    receive = drop.receive

    def failing(*args: object, **more: object) -> object:
        if more["name"] == "first.csv":
            raise ZeroDivisionError
        return receive(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(drop, "receive", failing)
    take(bank)
    assert query(bank, "select name from inbound_file") == [("second.csv",)]
    assert "ZeroDivisionError" in (folder / "refused/first.reason.txt").read_text("utf-8")


def test_a_folder_whose_name_is_no_text_is_refused_with_its_files(bank: House, folder: Path) -> None:
    put(folder.parent / os.fsdecode(b"\xea\xe0"), b"file.csv", GOOD, age=10)
    put(folder, b"next.csv", GOOD)
    take(bank)
    assert query(bank, "select name from inbound_file") == [("next.csv",)]
