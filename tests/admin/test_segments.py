"""Segments at the desk and by command: criteria are drawn, added, counted and saved; lists are brought; use is told."""

import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from admin.cli.main import cli
from admin.console import segments
from coalition.partners.queries import all_partners
from coalition.promotions.actions import publish
from coalition.promotions.overview import Overview, promotions
from coalition.segments import refreshing
from coalition.segments.actions import save_segment
from coalition.segments.models import SegmentTerms
from tenants.actor import SYSTEM
from tenants.permissions import Permission
from tenants.runtime import clock, db
from tenants.runtime.settings import Settings
from tests.admin.world import CARD, HOST, Bank, get, plain, post, signed_by_another, signed_in
from tests.ledger.house import drain
from tests.transactions.bank import join, open_bank, promotion, query

JOBS = (refreshing,)
ROW = {
    "k0": "purchases",
    "p0": "all_of",
    "0.measure": "turnover",
    "0.at_least": "1,000.50",
    "0.window_days": "30",
}


def form(do: str, **more: str) -> dict[str, str]:
    return {"code": "big", "title": "Big spenders", "revision": "0", "do": do} | ROW | more


def press(client: FlaskClient, do: str, path: str = "/desk/segments/new", **more: str) -> TestResponse:
    return post(client, path, **form(do, **more))


def kept(seen: Session) -> list[dict[str, Any]]:
    seen.expire_all()
    return [row.document for row in seen.query(SegmentTerms).order_by(SegmentTerms.bit)]


def bring(client: FlaskClient, path: str, data: bytes, **fields: str) -> TestResponse:
    boundary, body = encode_multipart({**fields, "file": FileStorage(io.BytesIO(data), "list.csv")})
    return client.post(
        path, base_url=HOST, data=body, content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Accept-Language": "en"},
    )  # fmt: skip


def test_a_segment_is_drawn_counted_and_saved(client: FlaskClient, bank: Bank, seen: Session) -> None:
    page = plain(get(client, "/desk/segments/new"))
    assert "One more criterion" in page
    added = plain(press(client, "add", new_kind="rfm", new_place="none_of"))
    assert "1. Purchases: number, sum, average cheque" in added
    assert "2. Recency, frequency, monetary value (RFM)" in added
    assert "2. Recency" not in plain(
        press(client, "remove-1", k1="rfm", p1="none_of", **{"1.measure": "recency", "1.fifths": "1"})
    )
    counted = plain(press(client, "preview"))
    assert "In the segment</dt><dd>1</dd>" in counted
    assert "100%" in counted
    assert kept(seen) == []
    assert press(client, "save").status_code == 303
    (document,) = kept(seen)
    assert document["all_of"][0] | {"partners": [], "mcc": []} == {
        "kind": "purchases", "measure": "turnover", "at_least": "1000.50", "at_most": None, "window_days": 30,
        "partners": [], "mcc": [],
    }  # fmt: skip
    drain(bank.tenant)
    told = plain(get(client, "/desk/segments/code/big"))
    assert "sum of purchases: ₽1,000.50 or more, over the last 30 days" in told
    assert "In the segment</dt><dd>1</dd>" in told
    assert "Big spenders" in plain(get(client, "/desk/segments/"))
    assert "Сегменты" in plain(get(client, "/desk/segments/", "ru"))


def test_partners_and_lists_of_a_definition_are_called_by_their_names(
    client: FlaskClient, bank: Bank
) -> None:
    (partner, *_) = bank.world.partners
    with db.transaction(bank.tenant) as session:
        (name,) = [one.name["ru"] for one in all_partners(session) if one.code == partner]
        programme = bank.world.programme.id
        for code, document in (
            ("club", {"title": "Клуб", "imported": True}),
            ("guests", {"title": "Гости", "all_of": [
                {"kind": "purchases", "measure": "count", "at_least": 1, "partners": [partner]},
                {"kind": "listed", "any_of": ["club"]},
            ]}),
        ):  # fmt: skip
            save_segment(session, SYSTEM, programme_id=programme, code=code, document=document)
    page = plain(get(client, "/desk/segments/code/guests", "ru"))
    assert f"у партнёров: {name}" in page
    assert "в списке Клуб" in page
    assert ">Клуб</label>" in plain(get(client, "/desk/segments/code/guests/edit", "ru"))


def test_what_is_wrong_is_told_at_its_row(client: FlaskClient, seen: Session) -> None:
    answer = press(client, "save", **{"0.at_least": "x", "code": "Big"})
    assert answer.status_code == 422
    page = plain(answer)
    assert "Criterion 1: A number is expected" in page
    assert "A code is small Latin letters" in page
    assert "x" in page
    nothing = plain(press(client, "save", k0="", title=""))
    assert "A segment has one criterion at least" in nothing or "It must not be empty" in nothing
    assert kept(seen) == []


def test_nobody_overwrites_anothers_change(client: FlaskClient, seen: Session) -> None:
    press(client, "save")
    edited = "/desk/segments/code/big/edit"
    assert "1000.50" in plain(get(client, edited))
    assert press(client, "save", edited, revision="1", title="Two").status_code == 303
    answer = press(client, "save", edited, revision="1", title="Three")
    assert answer.status_code == 409
    assert "Somebody has changed the segment meanwhile" in plain(answer)
    assert [one["title"] for one in kept(seen)] == ["Two"]
    again = plain(press(client, "save"))
    assert "There is a segment of this code already" in again


def test_a_list_is_brought_with_a_report(client: FlaskClient, bank: Bank, seen: Session) -> None:
    data = f"handle\n{CARD}\nnobody\n".encode()
    page = plain(bring(client, "/desk/segments/lists/new", data, code="vip", title="VIP"))
    assert "Members: 0 → 1" in page
    assert "No member of the programme has this card" in page
    assert query_size(seen) == []
    assert signed_by_another(client, bank) == [303]
    drain(bank.tenant)
    assert query_size(seen) == [("vip", 1)]
    emptied = plain(bring(client, "/desk/segments/code/vip/list", b"handle\nnobody\n", title="VIP"))
    assert "Members: 1 → 0" in emptied
    answer = bring(client, "/desk/segments/code/vip/list", b"wrong\nx\n", title="VIP", how="add")
    assert answer.status_code == 422
    assert "There is no column “handle”" in plain(answer)


def query_size(seen: Session) -> list[tuple[str, int]]:
    seen.expire_all()
    return [("vip", row.size) for row in seen.query(SegmentTerms)]


def test_the_promotions_that_name_a_segment_are_read_at_once(
    client: FlaskClient, bank: Bank, seen: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert press(client, "save").status_code == 303
    with db.transaction(bank.tenant) as session:
        for code in ("x-one", "x-two"):
            document = promotion(
                {"kind": "percent", "rate": "1"},
                title={"ru": code, "en": f"Offer {code}"}, conditions={"segments": ["big"]},
            )  # fmt: skip
            publish(
                session, SYSTEM, programme_id=bank.world.programme.id, code=code, document=document,
                starts_at=clock.now(),
            )  # fmt: skip
    asked: list[list[str]] = []

    def read(session: Session, codes: Collection[str]) -> Sequence[Overview]:
        asked.append(list(codes))
        return promotions(session, codes)

    monkeypatch.setattr(segments, "promotions", read)
    page = plain(get(client, "/desk/segments/code/big"))
    for said in ("Offer x-one", "Offer x-two", "/desk/promotions/x-two"):
        assert said in page
    assert asked == [["x-one", "x-two"]]


def test_a_segment_is_retired_unless_a_promotion_names_it(client: FlaskClient, seen: Session) -> None:
    press(client, "save")
    assert "Retire “Big spenders”?" in plain(get(client, "/desk/segments/code/big/retire"))
    assert post(client, "/desk/segments/code/big/retire").status_code == 303
    assert "Retired" in plain(get(client, "/desk/segments/code/big"))
    assert get(client, "/desk/segments/code/big/edit").status_code == 404


def test_who_may_not_sees_and_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_PROMOTION_EDIT], "paul")
    assert get(client, "/desk/segments/").status_code == 403
    assert press(client, "save").status_code == 403
    assert bring(client, "/desk/segments/lists/new", b"handle\n", code="x", title="x").status_code == 403
    assert kept(seen) == []


def test_the_same_is_done_by_commands(live_database: Settings, tmp_path: Path) -> None:
    house = open_bank([])
    join(house, "token-vera")
    slug = query(
        house, "select slug from tenant where id = nullif(current_setting('app.tenant_id'), '')::int"
    )[0][0]
    path = tmp_path / "s.yaml"
    path.write_text("code: all\ndocument: {title: All, all_of: [{kind: balance, at_least: 0}]}\n", "utf-8")

    def coalition(*arguments: str) -> tuple[int, str]:
        told = CliRunner().invoke(cli, ("segments", *arguments))
        return told.exit_code, told.output

    assert coalition("preview", "--tenant", slug, str(path)) == (
        0,
        "1 of 1 member (100.00 %); 0 bought in 30 days\n",
    )
    assert coalition("save", "--tenant", slug, str(path)) == (
        0,
        "all: saved; its members are being marked.\n",
    )
    drain(house.tenant)
    listed = tmp_path / "l.csv"
    listed.write_text("handle;why\ntoken-vera;x\nnobody;y\n", "utf-8")
    code, said = coalition("import", "--tenant", slug, "--code", "vip", str(listed))
    assert (code, said.splitlines()[:2]) == (
        0,
        ["1 row with a member: 1 join, 0 leave", "1 row is left out"],
    )
    drain(house.tenant)
    code, said = coalition("list", "--tenant", slug)
    assert [line.split()[:3] for line in said.splitlines()] == [
        ["all", "criteria", "1"],
        ["vip", "list", "1"],
    ]
    path.write_text("code: All\nwings: 1\ndocument: {title: All, all_of: [{kind: balance, at_least: x}]}\n")
    code, said = coalition("save", "--tenant", slug, str(path))
    assert code == 1
    assert "wings: There is no such field" in said
    assert "document.all_of.0.at_least: A number is expected" in said
