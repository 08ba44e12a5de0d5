"""How commands say numbers, moments and refusals: nothing raw, nothing in another unit, no traceback."""

import errno
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import sqlalchemy.exc
from click.testing import CliRunner, Result
from sqlalchemy import select

from admin.cli.main import cli
from admin.cli.saying import counted, iso, local
from admin.cli.sentences import SENTENCES, sentence
from coalition.benefits.queries import grants_of
from coalition.members.fact_import import bring_facts
from coalition.promotions.deposits import top_up
from tenants.runtime import clock, db
from tenants.runtime.errors import NotFound, Refusal
from tenants.runtime.jobs import ask
from tenants.runtime.models import OutboxJob
from tenants.runtime.settings import Settings
from tests.ledger.house import House
from tests.transactions.bank import join, line, load, open_bank, per_step, promotion, query

NOW = datetime(2026, 11, 22, tzinfo=UTC)  # noon in Kamchatka
NAME = {"ru": "Билет", "en": "A ticket"}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.stopped(NOW):
        yield


@pytest.fixture
def bank(live_database: Settings) -> House:
    redis.Redis.from_url(live_database.redis_url).flushall()
    return open_bank([per_step()])


def run(bank: House, *command: str) -> Result:
    [(slug,)] = query(bank, f"select slug from tenant where id = {bank.tenant}")
    return CliRunner().invoke(cli, (*command, "--tenant", str(slug)))


def said(bank: House, *command: str) -> str:
    ended = run(bank, *command)
    assert ended.exit_code == 0, ended.output
    return ended.output.replace("\u00a0", " ")


def written(path: Path, value: Any) -> str:
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return str(path)


def test_one_is_not_many() -> None:
    assert [counted(count, "fact") for count in (0, 1, 2, 1000)] == [
        "0 facts",
        "1 fact",
        "2 facts",
        "1,000 facts",
    ]
    assert counted(1, "day off", "days off") == "1 day off"


def test_a_moment_is_on_the_programmes_clock_with_its_name() -> None:
    assert local(NOW, "Asia/Kamchatka") == "2026-11-22 12:00 Asia/Kamchatka"
    assert iso(NOW, "Asia/Kamchatka") == "2026-11-22T12:00:00+12:00"


@pytest.mark.parametrize(
    ("span", "told"),
    [
        ({}, "is live from 2026-11-22 12:00 (Asia/Kamchatka)."),
        ({"starts_at": "2026-12-01 00:00"}, "is scheduled, will be live from 2026-12-01 00:00 (Asia/Kamchatka)."),
        (
            {"starts_at": "2026-01-01 00:00", "ends_at": "2027-02-01 00:00"},
            "is live from 2026-01-01 00:00 until 2027-02-01 00:00 (Asia/Kamchatka).",
        ),
    ],
)  # fmt: skip
def test_a_publication_says_when_it_is_live(
    bank: House, tmp_path: Path, span: dict[str, str], told: str
) -> None:
    path = written(tmp_path / "p.json", {"code": "new", "document": per_step(), **span})
    assert said(bank, "promotions", "publish", path) == f"new: version 1 {told}\n"
    found = json.loads(said(bank, "promotions", "list", "--json"))[0]
    assert (found["zone"], found["starts_at"][-6:]) == ("Asia/Kamchatka", "+12:00")


def test_what_is_not_there_is_said(bank: House) -> None:
    for command, told in (
        (("draws", "list"), "There is no draw.\n"),
        (("benefits", "list"), "There is no benefit.\n"),
        (("segments", "list"), "There is no segment.\n"),
        (("holidays", "list"), "There is no day off.\n"),
        (("deposits", "list"), "Nobody has paid in; promotions give without a bound of that kind.\n"),
    ):
        assert said(bank, *command) == told


def test_a_draw_tells_its_close_on_the_programmes_clock(bank: House, tmp_path: Path) -> None:
    ticket = {"code": "t", "kind": "ticket", "name": NAME}
    prizes = [{"code": "car", "name": NAME, "count": 1}]
    draw = {"code": "d", "ticket": "t", "name": NAME, "closes_at": "2026-12-01 00:00", "prizes": prizes}
    said(bank, "benefits", "add", written(tmp_path / "t.json", ticket))
    said(bank, "draws", "open", written(tmp_path / "d.json", draw))
    assert "  closes 2026-12-01 00:00 Asia/Kamchatka  " in said(bank, "draws", "list").replace(" " * 20, "  ")
    [found] = json.loads(said(bank, "draws", "list", "--json"))
    assert (found["closes_at"], found["drawn_at"]) == ("2026-12-01T00:00:00+12:00", None)
    assert run(bank, "draws", "draw", "--code", "d").output == (
        "Error: It is drawn after its close, 2026-12-01 00:00 Asia/Kamchatka. Nothing was done.\n"
    )


def test_facts_and_rows_are_counted_in_words(bank: House, tmp_path: Path) -> None:
    join(bank, "vera")
    facts = written(tmp_path / "f.csv", "handle,kind,name,value,until\nvera,attribute,region,north,\n")
    assert said(bank, "members", "facts", "--dry-run", facts) == "1 fact would be stated, 0 known before\n"
    assert said(bank, "members", "facts", facts) == "1 fact is stated, 0 known before\n"
    assert said(bank, "members", "facts", facts) == "0 facts are stated, 1 known before\n"
    mapping = written(
        tmp_path / "m.json", {"name": ["who"], "cards": "card", "phone": "phone", "region": "RU"}
    )
    base = written(tmp_path / "c.csv", "who,card,phone\nOlga,vera,\nAnna,,not a phone\nIda,ida,\n")
    assert said(bank, "members", "import", "--mapping", mapping, base).splitlines() == [
        "3 rows: 1 enrolled",
        "2 rows are left out",
        "  line 2: Another client has this card, phone or e-mail (card_token).",
        "  line 3: The phone is not a number that can be called (phone). not a phone",
    ]
    assert query(bank, "select count(*) from member") == [(2,)]


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_done(
    bank: House, tmp_path: Path
) -> None:
    join(bank, "vera")
    facts = written(tmp_path / "f.csv", "handle,kind,name,value,until\nvera,attribute,region,north,\n")
    nowhere = str(tmp_path / "nowhere/rejected.csv")
    ended = run(bank, "members", "facts", "--rejects", nowhere, facts)
    assert (ended.exit_code, f"{nowhere} cannot be written: No such file" in ended.output) == (2, True)
    assert query(bank, "select count(*) from member_fact") == [(0,)]


def test_points_are_told_at_the_programmes_scale(live_database: Settings) -> None:
    bank = open_bank([promotion({"kind": "percent", "rate": "5"})], scale=2)
    join(bank, "vera")
    assert load(bank, [line("vera", "2026-11-18", "1999.00")]).points == 9995
    first, lot = said(bank, "members", "show", "--handle", "vera").splitlines()
    assert first == "available 99.95 points  pending 0 points  held 0 points  debt 0 points"
    assert lot.split()[:4] == ["99.95", "of", "99.95", "points"]
    assert "activate 0 points of 0 lots and burn 0 points of 0 lots, of 0 members" in said(bank, "expire")


def test_deposits_are_told_in_money_and_in_points(bank: House) -> None:
    assert said(bank, "deposits", "pay", "bank", "1500.50") == "bank: 1,500 points paid in so far.\n"
    assert (
        said(bank, "deposits", "list")
        == "bank: 1,500 points paid in (₽1,500.50), 0 points taken, 1,500 points left\n"
    )
    [found] = json.loads(said(bank, "deposits", "list", "--json"))
    assert (found["paid"], found["paid_exponent"], found["points"], found["exponent"]) == (
        150_050,
        2,
        1500,
        0,
    )


def test_a_certificate_says_how_much_money_was_used(bank: House, tmp_path: Path) -> None:
    card = {"code": "card", "kind": "certificate", "name": NAME, "terms": {"face": "1000"}}
    said(bank, "benefits", "add", written(tmp_path / "c.json", card))
    gives = {"kind": "benefit", "code": "card", "name": NAME}
    document = promotion({"kind": "fixed", "points": "1"}, gives=gives)
    path = written(tmp_path / "p.json", {"code": "c", "document": document, "starts_at": "2026-01-01 00:00"})
    said(bank, "promotions", "publish", path)
    vera = join(bank, "vera")
    load(bank, [line("vera", "2026-11-18", 100)])
    code = code_of(bank, vera)
    use = ("benefits", "use", "--code", code, "--quantity")
    assert said(bank, *use, "64000") == "Used: ₽640 of A ticket; left: ₽360.\n"
    assert said(bank, *use, "50000") == "Used: ₽360 of A ticket; left: ₽0.\n"
    assert run(bank, *use, "1").output == "Error: Of it 0 can still be used. Nothing was used.\n"
    assert run(bank, "benefits", "use", "--code", "x").output.startswith("Error: No benefit has this code")


def code_of(bank: House, member: Any) -> str:
    with db.transaction(bank.tenant) as session:
        code = grants_of(session, member)[0].code
    assert code is not None
    return code


def test_a_budget_below_what_is_spent_is_told_in_its_unit(bank: House, tmp_path: Path) -> None:
    join(bank, "vera")
    first = {"code": "b", "document": per_step(limits={"budget": "100"}), "starts_at": "2026-01-01 00:00"}
    said(bank, "promotions", "publish", written(tmp_path / "first.json", first))
    load(bank, [line("vera", "2026-11-18", 1000)])
    small = {"code": "b", "document": per_step(limits={"budget": "3"})}
    path = written(tmp_path / "p.json", small)
    why = "document.limits.budget: Members have got 10 points already. Choose a budget of that much or more."
    for command in ("check", "publish"):
        ended = run(bank, "promotions", command, path)
        assert (ended.exit_code, why in ended.output.replace("\u00a0", " ")) == (1, True), ended.output


def test_flaws_of_a_file_are_told_before_it_is_tried(bank: House, tmp_path: Path) -> None:
    wrong = written(tmp_path / "w.json", {"code": "x", "document": 5})
    for command in (
        ("promotions", "backtest"),
        ("promotions", "forecast", "--uplift", "1,2,3", "--margin", "5"),
        ("promotions", "correct", "--from", "2026-11-01", "--to", "2026-11-02"),
    ):
        ended = run(bank, *command, wrong)
        assert (ended.exit_code, ended.output) == (1, f"{wrong}: document: A group of fields is expected.\n")
    terms = written(tmp_path / "t.json", {"code": "x", "kind": "coupon", "name": NAME, "terms": ["a"]})
    assert "the field terms cannot have this value" in run(bank, "benefits", "add", terms).output
    ended = run(bank, "paying", "set", written(tmp_path / "pay.json", {"percent": "300"}))
    assert (ended.exit_code, "percent: It is too large: 100 at most." in ended.output) == (1, True)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Refusal("moon_full", of=3), "This was refused: moon_full (of=3). Nothing was changed."),
        (NotFound("segment_retired"), "—: the segment is retired; give the new one another code."),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/nowhere/x"),
         "/nowhere/x cannot be used: No such file or directory."),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
         "What was typed is no text in UTF-8; write it anew."),
        (sqlalchemy.exc.OperationalError("x", {}, psycopg.errors.DeadlockDetected()),
         "Others were changing the same at the same time; try again. Nothing was changed."),
        (sqlalchemy.exc.IntegrityError("x", {}, psycopg.errors.UniqueViolation()),
         "Others were changing the same at the same time; try again. Nothing was changed."),
        (ZeroDivisionError(), None),
    ],
)  # fmt: skip
def test_every_trouble_is_a_sentence_where_its_reader_can_do_something(
    error: Exception, told: str | None
) -> None:
    assert sentence(error) == told


def test_a_sentence_with_facts_left_out_is_still_one() -> None:
    for code in SENTENCES:
        assert "{" not in str(sentence(Refusal(code)))


def test_what_waited_in_a_circle_is_done_anew_and_once(bank: House, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def stopped_twice(*args: Any, **facts: Any) -> Any:
        begun.append(1)
        deposit = top_up(*args, **facts)
        if len(begun) < 3:
            raise sqlalchemy.exc.OperationalError("select", {}, psycopg.errors.DeadlockDetected())
        return deposit

    monkeypatch.setattr("admin.cli.deposits.top_up", stopped_twice)
    assert said(bank, "deposits", "pay", "bank", "500") == "bank: 500 points paid in so far.\n"
    assert (len(begun), query(bank, "select paid from deposit")) == (3, [(50_000,)])


def test_it_is_not_done_anew_for_ever_nor_for_another_reason(
    bank: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for orig, times in ((psycopg.errors.DeadlockDetected(), 6), (psycopg.OperationalError("away"), 1)):
        begun: list[int] = []

        def stopped(
            *_: Any, seen: list[int] = begun, orig: psycopg.OperationalError = orig, **__: Any
        ) -> None:
            seen.append(1)
            raise sqlalchemy.exc.OperationalError("select", {}, orig)

        monkeypatch.setattr("admin.cli.deposits.top_up", stopped)
        assert (run(bank, "deposits", "pay", "bank", "500").exit_code, len(begun)) == (2, times)
    assert query(bank, "select count(*) from deposit") == [(0,)]


def test_a_file_is_read_whole_each_time(bank: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    join(bank, "vera")
    read: list[bytes] = []

    def stopped_once(session: Any, actor: Any, *, stream: Any, **facts: Any) -> Any:
        read.append(stream.read())
        stream.seek(0)
        if len(read) < 2:
            raise sqlalchemy.exc.OperationalError("insert", {}, psycopg.errors.DeadlockDetected())
        return bring_facts(session, actor, stream=stream, **facts)

    monkeypatch.setattr("admin.cli.members.bring_facts", stopped_once)
    facts = "handle,kind,name,value,until\nvera,attribute,region,north,\n"
    assert said(bank, "members", "facts", written(tmp_path / "f.csv", facts)).startswith("1 fact is stated")
    assert read == [facts.encode()] * 2
    assert query(bank, "select count(*) from member_fact") == [(1,)]


def test_failed_work_is_told_without_raw_values(bank: House) -> None:
    with db.transaction(bank.tenant) as session:
        ask(session, "files.finish", file_id=7)
        session.flush()
        job = session.scalars(select(OutboxJob)).one()
        job.state, job.finished_at, job.error = "failed", NOW, "x"
    first = said(bank, "jobs", "failed").splitlines()[0]
    assert first.startswith("2026-11-22 00:00:00 UTC  ")
    assert first.endswith("  files.finish file_id=7: x")


def test_a_program_of_a_partner_is_let_in_rotated_and_ended(bank: House) -> None:
    assert said(bank, "clients", "list") == "There is no client.\n"
    added = said(bank, "clients", "add", "--participant", "shop", "Till 1").splitlines()
    assert [line.split(": ")[0] for line in added] == ["client_id", "client_secret", "Keep the secret now"]
    number = added[0].removeprefix("client_id: ")
    assert said(bank, "clients", "rotate", number).startswith("client_secret: ")
    assert said(bank, "clients", "list").startswith(f"{number}  Till 1 of shop: ")
    assert said(bank, "clients", "end", number) == "It is let in no more.\n"
    assert said(bank, "clients", "list") == f"{number}  Till 1 of shop: ended\n"
    assert run(bank, "clients", "rotate", number).output == (
        "Error: There is no such client; `coalition clients list` shows those there are.\n"
    )
    assert run(bank, "clients", "add", "--participant", "shop", "--outlet", "moon", "Till").output == (
        "Error: There is no outlet `moon`; leave it away, or name one that there is.\n"
    )
