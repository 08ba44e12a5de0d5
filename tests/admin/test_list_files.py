"""Files of lists and saved filters at the desk: asked for on a list, had once they are made, kept and removed."""

import re
from io import BytesIO

from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.reports.models import Export, SavedFilter
from tenants.models import AuditEntry
from tenants.permissions import EVERYTHING, Permission
from tests.admin.world import Bank, content, get, plain, post, signed_in
from tests.ledger.house import House, drain
from tests.transactions.bank import line, load_bytes

LISTED = "/desk/lists/purchases/"


def number_of(client: FlaskClient) -> str:
    found = re.search(
        r"/desk/exports/([0-9a-f-]{36})/remove", get(client, "/desk/exports/").get_data(as_text=True)
    )
    assert found is not None
    return found[1]


def test_a_file_is_asked_for_on_the_list_waits_and_is_had(client: FlaskClient, bank: Bank) -> None:
    answer = post(client, "/desk/exports/", list="purchases", form="xlsx", show="file", since="2020-01-01")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/exports/")
    page = plain(get(client, "/desk/exports/"))
    assert "Purchases · XLSX" in page
    assert "From bank files, from 1 January 2020" in page
    assert "Waits its turn" in page
    number = number_of(client)
    assert get(client, f"/desk/exports/{number}/file").status_code == 409
    drain(bank.tenant)
    page = get(client, "/desk/exports/progress").get_data(as_text=True)
    assert f'href="/desk/exports/{number}/file"' in page
    assert "hx-trigger" not in page  # nothing moves any more
    had = get(client, f"/desk/exports/{number}/file")
    data = had.get_data()
    assert had.headers["Content-Length"] == str(len(data))
    assert had.headers["Cache-Control"] == "no-store"
    assert load_workbook(BytesIO(data)).worksheets[0].cell(1, 1).value == "When"


def test_the_download_is_refused_who_may_not_see_the_list_any_more(
    desk: Flask, client: FlaskClient, bank: Bank
) -> None:
    post(client, "/desk/exports/", list="purchases", form="csv")
    drain(bank.tenant)
    number = number_of(client)
    other = signed_in(desk, bank.tenant, login="other", name="O")
    assert get(other, f"/desk/exports/{number}/file").status_code == 404
    assert number not in get(other, "/desk/exports/").get_data(as_text=True)
    less = signed_in(desk, bank.tenant, [Permission.DESK_LIST_EXPORT], login="less", name="L")
    assert post(less, "/desk/exports/", list="purchases", form="csv").status_code == 403
    assert get(client, f"/desk/exports/{number}/file").status_code == 200


def test_lines_of_a_bank_file_are_made_a_file_too(client: FlaskClient, bank: Bank) -> None:
    right = [line("token-4821", "2026-11-20", n, reference=f"n{n}") for n in range(1, 10)]
    wrong = content(*right, line("token-4821", "2026-11-20", "=x"))
    load_bytes(House(bank.tenant, bank.world.programme.id, (1, 1)), wrong)
    assert 'name="file" value="1"' in get(client, "/desk/files/1/rejected").get_data(as_text=True)
    post(client, "/desk/exports/", list="rejected", form="csv", file="1")
    assert 'href="/desk/files/1/rejected"' in get(client, "/desk/exports/").get_data(as_text=True)
    drain(bank.tenant)
    data = get(client, f"/desk/exports/{number_of(client)}/file").get_data().decode("utf-8-sig")
    assert data.splitlines()[0] == "Line,Reason,Column,What stands there"
    assert data.splitlines()[1].startswith("11,The amount is not a number")
    assert data.splitlines()[1].endswith(",'=x")


def test_removing_a_file_asks_first(client: FlaskClient, bank: Bank, seen: Session) -> None:
    post(client, "/desk/exports/", list="cards", form="csv")
    number = number_of(client)
    assert "Remove the file of “Cards”?" in plain(get(client, f"/desk/exports/{number}/remove"))
    assert seen.query(Export).count() == 1
    assert post(client, f"/desk/exports/{number}/remove").status_code == 303
    seen.expire_all()
    assert seen.query(Export).count() == 0
    assert post(client, f"/desk/exports/{number}/remove").status_code == 404


def test_what_nobody_can_ask_for_is_not_found(client: FlaskClient, bank: Bank) -> None:
    for form in ({"list": "nothing", "form": "csv"}, {"list": "cards", "form": "pdf"}, {"form": "csv"},
                 {"list": "rejected", "form": "csv"}):  # fmt: skip
        assert post(client, "/desk/exports/", **form).status_code == 404


def test_a_filter_is_saved_opened_renamed_and_removed(client: FlaskClient, bank: Bank, seen: Session) -> None:
    form = {"list": "purchases", "show": "file", "since": "2026-11-01", "nonsense": "x"}
    answer = post(client, "/desk/filters/", name="  Files of   November ", **{**form, "for": "me"})
    assert answer.headers["Location"] == f"{LISTED}?show=file&since=2026-11-01"
    page = get(client, LISTED).get_data(as_text=True)
    assert f'href="{LISTED}?show=file&amp;since=2026-11-01"' in page
    assert "Files of November" in page
    row = seen.scalars(select(SavedFilter)).one()
    assert row.conditions == {"show": "file", "since": "2026-11-01"}
    assert post(client, f"/desk/filters/{row.id}", name="Old").status_code == 303
    assert "Old" in plain(get(client, "/desk/filters/"))
    assert post(client, f"/desk/filters/{row.id}", name=" ").status_code == 422
    assert "Remove the filter “Old”?" in plain(get(client, f"/desk/filters/{row.id}/remove"))
    assert seen.query(SavedFilter).count() == 1
    post(client, f"/desk/filters/{row.id}/remove")
    seen.expire_all()
    assert seen.query(SavedFilter).count() == 0
    verbs = seen.scalars(
        select(AuditEntry.verb).where(AuditEntry.verb.like("filter.%")).order_by(AuditEntry.number)
    )
    assert list(verbs) == ["filter.save", "filter.rename", "filter.remove"]


def test_the_same_filter_twice_is_one_and_another_of_its_name_is_refused(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    for _ in range(2):
        post(client, "/desk/filters/", list="cards", name="N", show="blocked")
    assert seen.query(SavedFilter).count() == 1
    post(client, "/desk/filters/", list="cards", name="N", show="issued")
    assert "You keep a filter of this name already" in plain(get(client, "/desk/lists/cards/"))
    post(client, "/desk/filters/", list="cards", name="M")
    assert "there are no conditions to save" in plain(get(client, "/desk/lists/cards/"))
    assert seen.query(SavedFilter).count() == 1


def test_others_see_what_is_for_all_and_change_nothing_of_it(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    post(client, "/desk/filters/", list="cards", name="Mine alone", show="blocked")
    post(client, "/desk/filters/", list="cards", name="For us", show="issued", **{"for": "all"})
    other = signed_in(desk, bank.tenant, EVERYTHING - {Permission.DESK_ROLE_EDIT}, "other", "O")
    page = plain(get(other, "/desk/lists/cards/"))
    assert "For us" in page
    assert "Mine alone" not in page
    for row in seen.scalars(select(SavedFilter)).all():
        for path in (f"/desk/filters/{row.id}", f"/desk/filters/{row.id}/remove"):
            assert get(other, path).status_code == 404
            assert post(other, path, name="Taken").status_code == 404
    less = signed_in(
        desk, bank.tenant, EVERYTHING - {Permission.DESK_LIST_SAVE, Permission.DESK_LIST_EXPORT}, "less", "L"
    )
    page = get(less, "/desk/lists/cards/?show=issued").get_data(as_text=True)
    assert "For us" in page
    assert "Save the filter" not in page
    assert "Make a CSV" not in page
    assert post(less, "/desk/filters/", list="cards", name="N", show="issued").status_code == 403


def test_who_makes_the_roles_removes_what_somebody_who_left_keeps_for_everybody(
    desk: Flask, client: FlaskClient, bank: Bank, seen: Session
) -> None:
    post(client, "/desk/filters/", list="cards", name="Mine alone", show="blocked")
    post(client, "/desk/filters/", list="cards", name="For us", show="issued", **{"for": "all"})
    mine, ours = seen.scalars(select(SavedFilter).order_by(SavedFilter.shared)).all()
    other = signed_in(desk, bank.tenant, login="other", name="O")
    page = plain(get(other, "/desk/filters/"))
    assert ("For us" in page, "kept by somebody else" in page, "Mine alone" in page) == (True, True, False)
    assert post(other, f"/desk/filters/{ours.id}", name="Taken").status_code == 404
    assert post(other, f"/desk/filters/{mine.id}/remove").status_code == 404
    assert "Remove the filter “For us”?" in plain(get(other, f"/desk/filters/{ours.id}/remove"))
    assert post(other, f"/desk/filters/{ours.id}/remove").status_code == 303
    seen.expire_all()
    assert list(seen.scalars(select(SavedFilter.name))) == ["Mine alone"]


def test_a_name_of_markup_is_only_text(client: FlaskClient, bank: Bank) -> None:
    post(client, "/desk/filters/", list="cards", name="<b onclick=alert(1)>x", show="blocked")
    post(client, "/desk/filters/", list="cards", name="x" * 10_000, show="blocked")
    page = get(client, "/desk/lists/cards/").get_data(as_text=True)
    assert "&lt;b onclick=alert(1)&gt;x" in page
    assert "<b onclick" not in page
    assert "60 characters at most" in page
