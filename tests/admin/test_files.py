"""A file by the desk: taken, refused in words, followed to its end, handed back."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import wsgi
from coalition.ledger.queries import balance_of
from coalition.transactions.models import InboundFile
from coalition.transactions.profile_versions import add_profile
from tenants.actions import open_tenant
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import db
from tenants.runtime.models import OutboxJob
from tenants.runtime.settings import Settings
from tests.admin.world import (
    CARD,
    HOST,
    Bank,
    content,
    furnished,
    get,
    one_line,
    plain,
    post,
    signed_in,
    upload,
)
from tests.ledger.house import House, drain
from tests.transactions.bank import PROFILE, line, load_bytes
from tests.transactions.bank import totals as counted


def test_a_file_is_taken_followed_and_handed_back(client: FlaskClient, bank: Bank, seen: Session) -> None:
    before = balance_of(seen, bank.world.member_id).available
    data = content(
        line(CARD, "2026-11-20", 1000, reference="a"),
        line(CARD, "2026-11-20", 1000, reference="a"),
        line("nobody", "2026-11-20", 50, reference="b"),
        line(CARD, "2026-11-20", "much", reference="c"),
    )
    sent = upload(client, data, "../../november.csv")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/desk/files/1")
    waiting = plain(get(client, "/desk/files/1"))
    assert "november.csv" in waiting
    assert "Waits its turn" in waiting
    assert "1 of 4 lines" in waiting  # the rejected one is settled already
    assert 'hx-get="/desk/files/1/progress" hx-trigger="load delay:2s"' in waiting
    assert get(client, "/desk/files/1/result.csv").status_code == 404
    moving = get(client, "/desk/files/1/progress")
    assert "HX-Refresh" not in moving.headers
    assert 'id="progress"' in plain(moving)
    drain(bank.tenant)
    seen.expire_all()
    done = plain(get(client, "/desk/files/1"))
    assert "4 = 1 posted + 1 known already + 1 of nobody's cards + 1 rejected" in done
    assert "40 sparks" in done
    assert "hx-get" not in done
    assert "The amount is not a number the programme can hold" in done
    assert "<td>much</td>" not in done
    assert ">much<" in done
    assert get(client, "/desk/files/1/progress").headers["HX-Refresh"] == "true"
    result = get(client, "/desk/files/1/result.csv")
    assert result.get_data(as_text=True).splitlines()[:2] == [
        "lines,posted,duplicate,unmatched,rejected,points",
        "4,1,1,1,1,40",
    ]
    assert "november.csv.result.csv" in result.headers["Content-Disposition"]
    result.close()
    assert balance_of(seen, bank.world.member_id).available == before + 40


def test_the_same_bytes_open_the_file_they_are(client: FlaskClient, seen: Session) -> None:
    assert upload(client, one_line()).headers["Location"] == "/desk/files/1"
    again = upload(client, one_line(), "renamed.csv")
    assert again.headers["Location"] == "/desk/files/1"
    assert "These very bytes were received before" in plain(get(client, "/desk/files/1"))
    assert [file.name for file in seen.scalars(select(InboundFile))] == ["f.csv"]


def test_a_large_file_is_read_from_the_disk(client: FlaskClient, bank: Bank, seen: Session) -> None:
    lines = [line(CARD, "2026-11-20", 1, reference=f"r{number}") for number in range(20_000)]
    assert upload(client, content(*lines)).status_code == 303  # beyond what is held in memory
    assert upload(client, gzip.compress(content(*lines)), "f.csv.gz").status_code == 303
    drain(bank.tenant)
    files = seen.scalars(select(InboundFile).order_by(InboundFile.id)).all()
    assert [counted(file)[:3] for file in files] == [(20_000, 20_000, 0), (20_000, 0, 20_000)]


REFUSALS = {
    "half a line": (
        content(line(CARD, "2026-11-20", 5))[:-20],
        "Line 2. The file ends in the middle of a line, so a part of it is missing.",
        "Строка 2. Файл обрывается посреди строки, значит, часть его потеряна.",
    ),
    "a column less": (
        one_line().replace(b"amount", b"sum"),
        "Line 1. There is no column “amount”.",
        "Строка 1. Нет столбца «amount».",
    ),
    "a column twice": (
        one_line().replace(b"original", b"original,amount"),
        "Line 1. The column “amount” stands there twice.",
        "Строка 1. Столбец «amount» стоит дважды.",
    ),
    "empty": (
        b"",
        "Line 1. There is not one operation in the file.",
        "Строка 1. В файле нет ни одной операции.",
    ),
    "another encoding": (
        "\ufeff".encode("utf-16-le") + one_line().decode().encode("utf-16-le"),
        "Line 1. The file is not in utf-8, which the profile declares.",
        "Строка 1. Файл не в кодировке utf-8, которую обещает профиль.",
    ),
    "a broken archive": (
        gzip.compress(one_line())[:-12],
        "The file ends in the middle of a line, so a part of it is missing.",
        "Файл обрывается посреди строки, значит, часть его потеряна.",
    ),
}


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("name", list(REFUSALS))
def test_a_refused_file_says_why_and_leaves_nothing(
    client: FlaskClient, bank: Bank, seen: Session, name: str, lang: str
) -> None:
    data, english, russian = REFUSALS[name]
    answer = upload(client, data, lang=lang)
    assert answer.status_code == 422
    told = plain(answer)
    assert {"en": english, "ru": russian}[lang] in told
    safe = {"en": "Nothing of this file was kept", "ru": "Из этого файла ничего не сохранено"}
    assert safe[lang] in told
    assert seen.scalars(select(InboundFile)).all() == []
    assert seen.scalars(select(OutboxJob).where(OutboxJob.name == "files.stage")).all() == []


def test_a_form_without_file_or_profile_says_what_is_missing(client: FlaskClient, seen: Session) -> None:
    empty = client.post("/desk/files/new", base_url=HOST, data={"profile": "cards"})
    assert empty.status_code == 422
    assert "Выберите файл" in plain(empty)
    unknown = upload(client, one_line(), profile="other")
    assert unknown.status_code == 422
    assert "Choose a profile from the list" in plain(unknown)
    assert seen.scalars(select(InboundFile)).all() == []


def test_a_file_beyond_the_limit_is_told_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seen: Session
) -> None:
    monkeypatch.setattr("admin.console.files.Files.upload_megabytes", 1)
    answer = upload(client, b"x" * (1 << 20))
    assert answer.status_code == 413
    assert "A file may have 1 MB here" in plain(answer)
    assert seen.scalars(select(InboundFile)).all() == []


def test_who_may_not_bring_a_file_is_answered_before_it_is_read(desk: Flask, bank: Bank) -> None:
    large = b"x" * (2 << 20)
    stranger = upload(desk.test_client(), large)
    assert (stranger.status_code, stranger.headers["Location"]) == (303, "/desk/sign-in?next=/desk/files/new")
    assert upload(signed_in(desk, bank.tenant, []), large).status_code == 403


def test_the_whole_house_answers_a_stranger_before_reading(live_database: Settings) -> None:
    with db.transaction(None) as session:
        tenant = open_tenant(session, slug="test", hosts=["test.localhost"]).id
    furnished(tenant)
    stranger = upload(wsgi.create_app().test_client(), b"x" * (2 << 20))
    assert (stranger.status_code, stranger.headers["Location"]) == (303, "/desk/sign-in?next=/desk/files/new")


def test_a_form_that_is_no_file_may_not_be_large(client: FlaskClient) -> None:
    answer = post(client, "/desk/payouts/new", payee="x" * (2 << 20))
    assert answer.status_code == 413


def test_work_that_stopped_is_said_on_the_file_and_at_home(client: FlaskClient, seen: Session) -> None:
    upload(client, one_line())
    seen.execute(update(OutboxJob).where(OutboxJob.name == "files.stage").values(state="failed"))
    page = plain(get(client, "/desk/files/1"))
    assert "The work on this file has stopped" in page
    assert "hx-get" not in page
    home = plain(get(client, "/desk/"))
    assert "1 piece of work has stopped" in home
    assert "Posting of a bank file" in home


def test_home_sums_the_last_file_up(client: FlaskClient, bank: Bank) -> None:
    assert "No file has come yet" in plain(get(client, "/desk/"))
    upload(client, one_line())
    drain(bank.tenant)
    home = plain(get(client, "/desk/"))
    assert "1 line: posted 1, known already 0, nobody's card 0, rejected 0. Given: 40 sparks" in home


def test_the_list_goes_on_from_page_to_page(client: FlaskClient, bank: Bank) -> None:
    for number in range(26):
        upload(client, one_line(str(number)), f"file-{number}.csv")
    first = plain(get(client, "/desk/files/"))
    assert first.count(".csv</a>") == 25
    assert "file-25.csv" in first
    assert 'href="/desk/files/?older=2" rel="next"' in first
    assert 'rel="prev"' not in first
    second = plain(get(client, "/desk/files/?older=2"))
    assert second.count(".csv</a>") == 1
    assert "file-0.csv" in second
    assert 'href="/desk/files/?newer=1" rel="prev"' in second
    assert 'rel="next"' not in second
    back = plain(get(client, "/desk/files/?newer=1"))
    assert back.count(".csv</a>") == 25
    assert 'href="/desk/files/?older=2" rel="next"' in back
    assert get(client, "/desk/files/?older=elephant").status_code == 200


def test_a_condition_narrows_the_list(client: FlaskClient, bank: Bank) -> None:
    upload(client, one_line(), "good.csv")
    upload(client, content(line(CARD, "2026-11-20", 5), line(CARD, "2026-11-20", "x")), "bad.csv")
    drain(bank.tenant)
    rejected = plain(get(client, "/desk/files/?show=rejected"))
    assert ("bad.csv" in rejected, "good.csv" in rejected) == (True, False)
    nothing = plain(get(client, "/desk/files/?show=working"))
    assert "Nothing fits this condition" in nothing


def test_another_banks_file_is_not_there(client: FlaskClient, bank: Bank) -> None:
    with db.transaction(None) as session:
        other = furnished(open_tenant(session, slug="other", hosts=["other.localhost"]).id)
    load_bytes(House(other.tenant, other.world.programme.id, (1, 1)), one_line())
    for path in ("/desk/files/1", "/desk/files/1/progress", "/desk/files/1/result.csv"):
        assert get(client, path).status_code == 404
    assert "f.csv" not in plain(get(client, "/desk/files/"))


def test_rejected_lines_are_read_again_by_a_newer_profile(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    late = content(
        line(CARD, "2026-11-20", 1000, reference="a"), line(CARD, "20.11.2026 12:00:00", 500, reference="b")
    )
    upload(client, late)
    drain(bank.tenant)
    assert "would be read alike" in plain(get(client, "/desk/files/again/1"))
    assert 'href="/desk/files/again/1"' not in plain(get(client, "/desk/files/1"))
    with db.transaction(bank.tenant) as session:
        formats = ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"]
        dates = PROFILE["dates"] | {"formats": formats}
        add_profile(
            session, SYSTEM, document=PROFILE | {"dates": dates, "currency": bank.world.programme.currency}
        )
    assert 'href="/desk/files/again/1"' in plain(get(client, "/desk/files/1"))
    assert "1 line was rejected by version 1" in plain(get(client, "/desk/files/again/1"))
    empty = post(client, "/desk/files/again/1")
    assert (empty.status_code, "Choose a file" in plain(empty)) == (422, True)
    other = upload(client, late + b"\n", to="/desk/files/again/1")
    assert (other.status_code, "These are other bytes than those of" in plain(other)) == (422, True)
    sent = upload(client, late, to="/desk/files/again/1")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/desk/files/2")
    drain(bank.tenant)
    again = upload(client, late, to="/desk/files/again/1")
    assert again.headers["Location"] == "/desk/files/2"
    page = plain(get(client, "/desk/files/2"))
    assert "These lines were read again before, so nothing was added" in page
    assert 'These lines were rejected in an earlier reading: <a href="/desk/files/1">' in page
    assert 'Rejected lines were read again by version 2: <a href="/desk/files/2">' in plain(
        get(client, "/desk/files/1")
    )
    assert counted(seen.get_one(InboundFile, (bank.tenant, 2))) == (1, 1, 0, 0, 0)


def test_a_file_that_stopped_goes_on_by_who_may_retry(
    client: FlaskClient, desk: Flask, bank: Bank, seen: Session
) -> None:
    upload(client, one_line())
    with db.transaction(bank.tenant) as session:
        session.execute(update(OutboxJob).where(OutboxJob.name == "files.stage").values(state="failed"))
    other = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ], login="clerk")
    assert "Go on with this file" not in plain(get(other, "/desk/files/1"))
    assert post(other, "/desk/files/again/1/continue").status_code == 403
    assert "Go on with this file" in plain(get(client, "/desk/files/1"))
    assert post(client, "/desk/files/again/1/continue").status_code == 303
    drain(bank.tenant)
    seen.expire_all()
    assert seen.get_one(InboundFile, (bank.tenant, 1)).state == "done"
    post(client, "/desk/files/again/1/continue")
    assert "Nothing of this file has stopped" in plain(get(client, "/desk/files/1"))
