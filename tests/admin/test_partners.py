"""Partners at the desk: added, changed, closed; outlets and tills by hand and from a file whose preview binds."""

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin import promotion_words
from admin.opening.checking import flaws
from admin.opening.templates import filled
from coalition.partners.models import Outlet, Participant, Partner, Terminal
from coalition.partners.queries import outlet_by_code, partner_by_code, partners_by_terminal
from coalition.transactions.models import Purchase
from coalition.transactions.profile_versions import add_profile
from tenants.actor import SYSTEM
from tenants.auth.sign_ins import sign_in
from tenants.models import AuditEntry
from tenants.permissions import Permission
from tenants.runtime import db
from tests.admin.world import CARD, HOST, Bank, get, plain, post, signed_in, upload
from tests.ledger.house import drain
from tests.transactions.bank import COLUMNS as FILE_COLUMNS
from tests.transactions.bank import PROFILE
from tests.transactions.bank import line as sale

PAGE = "/desk/partners/code/calder"
WORDS = {
    "name_ru": "Полюс", "name_en": "Pole", "about_ru": "", "about_en": "", "legal_ru": "ООО", "legal_en": "Ltd",
    "category": "books", "icon": "book",
}  # fmt: skip
HEADER = "partner,outlet,name_ru,name_en,zone,region,brand,franchise,mid,tid\n"
HIDDEN = "A cell holds a sign that cannot be seen, as a zero byte or a line break"
FILE = HEADER + (
    "calder,calder-1,Один,One,Asia/Kamchatka,east,,,M1,T1\n"
    "calder,calder-1,,,,,,,M1,T2\n"
    "calder,calder-2,Два,Two,Asia/Tokyo,,,,,\n"
    "calder,,,,,,,,M9,\n"
)


def look(client: FlaskClient, text: str, encoding: str = "utf-8") -> TestResponse:
    return client.post(
        "/desk/partners/import/", base_url=HOST, headers={"Accept-Language": "en"},
        data={"file": (io.BytesIO(text.encode(encoding)), "o.csv")},
    )  # fmt: skip


def make(client: FlaskClient, page: TestResponse) -> TestResponse:
    fields = dict(re.findall(r'name="(file|meant)" value="(\w+)"', page.get_data(as_text=True)))
    return post(client, "/desk/partners/import/make", **fields)


def save(client: FlaskClient, page: str, form: dict[str, str], version: str = "") -> TestResponse:
    return post(client, page, **form, seen=version or version_at(client, page))


def version_at(client: FlaskClient, page: str) -> str:
    return get(client, page).get_data(as_text=True).partition('name="seen" value="')[2].partition('"')[0]


def verbs(seen: Session) -> list[str]:
    asked = select(AuditEntry.verb).where(AuditEntry.actor_kind == "staff").order_by(AuditEntry.number)
    return list(seen.scalars(asked))


def test_a_partner_is_added_with_its_legal_entity(client: FlaskClient, seen: Session) -> None:
    assert post(client, "/desk/partners/new", code="north", participant="new", **WORDS).status_code == 303
    one = partner_by_code(seen, "north")
    owner = seen.scalars(select(Participant).where(Participant.id == one.participant_id)).one()
    assert (one.name, one.category, one.icon, owner.code, owner.name) == (
        {"ru": "Полюс", "en": "Pole"}, "books", "book", "north", {"ru": "ООО", "en": "Ltd"},
    )  # fmt: skip
    assert post(client, "/desk/partners/new", code="south", participant="bank", **WORDS).status_code == 303
    page = plain(get(client, "/desk/partners/"))
    assert ("Calder Electricals" in page, "south" in page, "Ltd" in page) == (True, True, True)
    assert verbs(seen) == ["participant.admit", "partner.add", "partner.add"]


def test_what_is_unknown_is_refused_with_what_there_is(client: FlaskClient, seen: Session) -> None:
    wrong = WORDS | {"category": "boats", "icon": "boat", "name_en": ""}
    answer = post(client, "/desk/partners/new", code="Calder", participant="nobody", **wrong)
    page = plain(answer)
    assert answer.status_code == 422
    for said in (
        "There is no category “boats”. There are: apparel, auto,", "There is no icon “boat”. There are: airplane,",
        "Write the name, 120 characters at most", "A code is small Latin letters", "Choose whose partner it is",
    ):  # fmt: skip
        assert said in page
    again = post(client, "/desk/partners/new", code="calder", participant="bank", **WORDS)
    assert "There is a partner of this code already" in plain(again)
    assert seen.scalar(select(func.count()).select_from(Partner)) == 1


def test_a_partner_is_changed_once(client: FlaskClient, seen: Session) -> None:
    for _ in range(2):
        assert save(client, PAGE, WORDS).status_code == 303
    assert (partner_by_code(seen, "calder").name["en"], verbs(seen)) == ("Pole", ["partner.change"])
    assert post(client, PAGE, **WORDS | {"icon": "boat"}).status_code == 422


def test_a_colleagues_change_is_not_overwritten_unseen(client: FlaskClient, seen: Session) -> None:
    form = {"name_ru": "Один", "name_en": "One", "zone": "Asia/Tokyo", "region": "", "brand": ""}
    post(client, f"{PAGE}/outlets", code="one", **form)
    said = "since you opened this page. Nothing was saved: what you typed is still here"
    for page, typed in ((PAGE, WORDS), ("/desk/partners/outlet/one", form)):
        opened = version_at(client, page)
        assert save(client, page, typed | {"name_en": "Colleague"}, opened).status_code == 303
        answer = save(client, page, typed | {"name_en": "Mine"}, opened)
        told = answer.get_data(as_text=True)
        assert (answer.status_code, said in plain(answer), 'value="Mine"' in told) == (409, True, True), page
    assert partner_by_code(seen, "calder").name["en"] == outlet_by_code(seen, "one").name["en"] == "Colleague"
    assert verbs(seen) == ["outlet.open", "partner.change", "outlet.change"]


def test_a_closed_partner_is_seen_by_no_member_and_its_sales_are_recognised(
    desk: Flask, bank: Bank, client: FlaskClient, seen: Session
) -> None:
    member = desk.test_client()
    with db.transaction(bank.tenant) as session:
        add_profile(session, SYSTEM, document=PROFILE | {"name": "tills", "mid": {"name": "mid"}})
        secret = sign_in(session, kind="member", subject_id=bank.world.member_id)
    member.set_cookie("member", secret, domain="test.localhost")
    assert "Calder" in plain(get(member, "/partners"))
    post(client, f"{PAGE}/terminals", do="add", mid="M7", tid="")
    for _ in range(2):
        assert post(client, f"{PAGE}/state", do="close", sure="1").status_code == 303
    assert "Closed" in plain(get(client, PAGE))
    shown = get(member, "/partners")
    assert (shown.status_code, "Calder" in plain(shown)) == (200, False)
    number, before = partner_by_code(seen, "calder").id, set(seen.scalars(select(Purchase.id)))
    file = ",".join([*FILE_COLUMNS, "mid"]) + f"\n{sale(CARD, '2026-11-20', 1000)},M7\n"
    assert upload(client, file.encode(), profile="tills").status_code == 303
    drain(bank.tenant)
    sold = select(Purchase.partner_id, Purchase.amount).where(Purchase.id.not_in(before))
    assert seen.execute(sold).all() == [(number, 1000_00)]
    post(client, f"{PAGE}/state", do="reopen")
    assert "Calder" in plain(get(member, "/partners"))
    seen.expire_all()
    assert partner_by_code(seen, "calder").closed_at is None
    assert [verb for verb in verbs(seen) if verb[:5] != "file."] == [
        "terminal.add", "partner.close", "partner.reopen"
    ]  # fmt: skip


def test_a_till_is_added_once_and_taken_off(client: FlaskClient, seen: Session) -> None:
    post(client, "/desk/partners/new", code="north", participant="bank", **WORDS)
    for _ in range(2):
        assert post(client, f"{PAGE}/terminals", do="add", mid="M1", tid="T1").status_code == 303
    taken = post(client, "/desk/partners/code/north/terminals", do="add", mid="M1", tid="T1")
    assert (taken.status_code, "This till is another partner's" in plain(taken)) == (409, True)
    assert post(client, f"{PAGE}/terminals", do="add", mid="M 1", tid="").status_code == 422
    other = post(client, "/desk/partners/code/north/terminals", do="remove", sure="1", mid="M1", tid="T1")
    assert (other.status_code, len(partners_by_terminal(seen))) == (404, 1)
    assert post(client, f"{PAGE}/terminals", do="remove", sure="1", mid="M1", tid="T1").status_code == 303
    assert partners_by_terminal(seen) == {}


def test_an_outlet_is_opened_changed_and_closed(client: FlaskClient, seen: Session) -> None:
    form = {
        "name_ru": "Один",
        "name_en": "One",
        "zone": "Asia/Tokyo",
        "region": "east",
        "brand": "",
        "franchise": "",
    }
    assert post(client, f"{PAGE}/outlets", code="one", **form).status_code == 303
    wrong = post(client, f"{PAGE}/outlets", code="one", **form | {"zone": "Mars", "name_ru": ""})
    page = plain(wrong)
    assert wrong.status_code == 422
    for said in ("There is an outlet of this code already", "There is no such time zone", "Write the name"):
        assert said in page
    for _ in range(2):
        save(client, "/desk/partners/outlet/one", form | {"name_en": "First"})
    assert outlet_by_code(seen, "one").name["en"] == "First"
    for do in ("close", "close", "reopen"):
        post(client, "/desk/partners/outlet/one/state", do=do, sure="1")
    assert verbs(seen) == ["outlet.open", "outlet.change", "outlet.close", "outlet.reopen"]
    assert "First" in plain(get(client, PAGE))


@pytest.mark.parametrize("zone", ["Europe", "x" * 500, "../Tokyo"])
def test_what_is_no_time_zone_is_told_at_the_form(client: FlaskClient, seen: Session, zone: str) -> None:
    form = {"name_ru": "Один", "name_en": "One", "zone": zone, "region": "", "brand": "", "franchise": ""}
    answer = post(client, f"{PAGE}/outlets", code="one", **form)
    assert (answer.status_code, "There is no such time zone" in plain(answer)) == (422, True)
    assert seen.scalars(select(Outlet)).all() == []


def test_a_sign_that_cannot_be_seen_is_in_no_name(client: FlaskClient, seen: Session) -> None:
    said = "There is a sign here that cannot be seen"
    for field in ("name_ru", "about_en", "legal_en"):
        answer = post(client, PAGE, **WORDS | {field: "a\u202eb"})
        assert (answer.status_code, said in plain(answer)) == (422, True), field
    form = {"name_ru": "Один", "name_en": "One", "zone": "Asia/Tokyo", "region": "", "brand": ""}
    for field in ("name_en", "region", "franchise"):
        answer = post(client, f"{PAGE}/outlets", code="one", **form | {field: "a\u202eb"})
        assert (answer.status_code, said in plain(answer)) == (422, True), field
    assert (verbs(seen), seen.scalars(select(Outlet)).all()) == ([], [])


def test_a_file_is_looked_at_made_and_changes_nothing_again(client: FlaskClient, seen: Session) -> None:
    page = look(client, FILE)
    assert (page.status_code, seen.scalars(select(Outlet)).all()) == (200, [])
    told = plain(page)
    for said in (
        "Make these changes?",
        "Till M1 T2",
        "Outlet calder-2",
        "Outlets added</dt><dd>2",
        "Tills added</dt><dd>3",
    ):
        assert said in told
    assert make(client, page).status_code == 303
    assert sorted(seen.execute(select(Outlet.code, Outlet.zone, Outlet.region))) == [
        ("calder-1", "Asia/Kamchatka", "east"), ("calder-2", "Asia/Tokyo", ""),
    ]  # fmt: skip
    assert sorted(partners_by_terminal(seen)) == [("M1", "T1"), ("M1", "T2"), ("M9", "")]
    again = plain(look(client, FILE))
    assert ("The file changes nothing" in again, "Make these changes</button>" in again) == (True, False)
    assert verbs(seen) == ["outlets.bring"]


def test_a_file_changes_what_its_cells_say_and_leaves_the_rest(client: FlaskClient, seen: Session) -> None:
    make(client, look(client, FILE))
    page = look(client, HEADER + "calder,calder-1,,First,,west,,,,\n")
    told = plain(page)
    assert ("Name in English: One → First" in told, "Region: east → west" in told) == (True, True)
    make(client, page)
    one = outlet_by_code(seen, "calder-1")
    assert (one.name, one.region, one.zone) == ({"ru": "Один", "en": "First"}, "west", "Asia/Kamchatka")


def test_rows_that_cannot_be_taken_are_told_with_line_and_reason(client: FlaskClient, seen: Session) -> None:
    post(client, "/desk/partners/new", code="north", participant="bank", **WORDS)
    make(client, look(client, FILE))
    rows = {
        "nobody,x-1,Д,D,Asia/Tokyo,,,,,": "There is no such partner",
        "north,calder-1,Д,D,Asia/Tokyo,,,,,": "The outlet is another partner's",
        "north,,,,,,,,M1,T1": "This till is another partner's. Take it off there first",
        "north,,,,,,,,,": "There is neither an outlet nor a MID",
        "north,n-1,,N,Asia/Tokyo,,,,,": "A new outlet needs a name in both languages, 120 characters at most",
        "north,n-2,Д,D,Mars,,,,,": "There is no such time zone: write it like Europe/Moscow",
        "north,N 3,Д,D,Asia/Tokyo,,,,,": "An outlet's code is small Latin letters, digits and hyphens, 32 at most",
        "north,n-4,Д,D,Asia/Tokyo,,,,M M,": "A MID has up to 32 characters and a TID up to 16, without spaces",
        "north,n-6,Д,D,Europe,,,,,": "There is no such time zone: write it like Europe/Moscow",
        f"north,n-7,Д,D,{'x' * 500},,,,,": "There is no such time zone: write it like Europe/Moscow",
        "north,n-8,Д,D\0,Asia/Tokyo,,,,,": HIDDEN,
        "north,n-8,Д,D,Asia/Tokyo,e\0st,,,,": HIDDEN,
        "north,n-8,Д,D,Asia/Tokyo,,\u202ebrand,,,": HIDDEN,
        "north,n-5": "The line has more or fewer cells than the header",
    }
    page = look(client, HEADER + "\n".join(rows) + "\nnorth,n-9,Д,D,Asia/Tokyo,,,,,\nnorth,n-9,Я,D,,,,,,\n")
    told = plain(page)
    for line, why in enumerate(rows.values(), 2):
        assert f'<td class="n">{line}</td><td>{why}</td>' in told, why
    assert '<td class="n">17</td><td>An earlier row says something else of the same outlet</td>' in told
    make(client, page)
    assert set(seen.scalars(select(Outlet.code))) == {"calder-1", "calder-2", "n-9"}


def test_a_file_that_russian_excel_saved_is_taken(client: FlaskClient, seen: Session) -> None:
    make(client, look(client, FILE.replace(",", ";").replace("\n", "\r\n"), "cp1251"))
    assert {one.code: one.name["ru"] for one in seen.scalars(select(Outlet))} == {
        "calder-1": "Один", "calder-2": "Два",
    }  # fmt: skip


def test_only_what_was_shown_is_made(client: FlaskClient, seen: Session) -> None:
    page = look(client, FILE)
    post(client, f"{PAGE}/terminals", do="add", mid="M9", tid="")
    answer = make(client, page)
    assert (answer.status_code, "bring the file once more" in plain(answer)) == (409, True)
    assert seen.scalars(select(Outlet)).all() == []
    for named in ("0" * 64, "/" * 54 + "etc/passwd"):
        assert post(client, "/desk/partners/import/make", file=named, meant="").status_code == 409
    assert "There is no column" in plain(look(client, "partner,outlet\ncalder,x\n"))
    assert "There is no row in the file" in plain(look(client, HEADER))


def test_who_may_only_look_changes_nothing(desk: Flask, bank: Bank, seen: Session) -> None:
    client = signed_in(desk, bank.tenant, [Permission.DESK_PARTNER_READ])
    assert ("Calder" in plain(get(client, PAGE)), "Save the partner" in plain(get(client, PAGE))) == (
        True,
        False,
    )
    answers = [
        post(client, PAGE, **WORDS), post(client, f"{PAGE}/state", do="close", sure="1"), look(client, FILE),
        post(client, f"{PAGE}/terminals", do="add", mid="M"), get(client, "/desk/partners/new"),
        get(client, "/desk/partners/import/"),
    ]  # fmt: skip
    assert ([one.status_code for one in answers], seen.scalars(select(Terminal)).all()) == ([403] * 6, [])
    nobody = signed_in(desk, bank.tenant, [Permission.DESK_FILE_READ], login="nobody")
    assert get(nobody, "/desk/partners/").status_code == 403


@pytest.mark.parametrize(("field", "code"), [("category", "boats"), ("icon", "boat")])
def test_a_tenant_is_not_opened_with_what_members_cannot_be_shown(field: str, code: str) -> None:
    document = filled(
        "retailer", slug="shop", hosts=["shop.localhost"], name={"ru": "Лавка", "en": "Shop"},
        administrator={"login": "ada", "name": "Ada"},
    )  # fmt: skip
    assert flaws(document) == []
    document["partners"][0][field] = code
    (flaw,) = flaws(document)
    said = promotion_words.flaw(flaw, "en")
    assert (flaw.field, said.startswith(f"There is no {field} “{code}”. There are: ")) == (
        f"partners.0.{field}",
        True,
    )


def test_what_ends_something_asks_first_also_without_scripts(client: FlaskClient) -> None:
    post(client, f"{PAGE}/terminals", do="add", mid="M7", tid="")
    for address, sent in (
        (f"{PAGE}/state", {"do": "close"}),
        (f"{PAGE}/terminals", {"do": "remove", "mid": "M7", "tid": ""}),
    ):
        asked = post(client, address, **sent)
        assert (asked.status_code, 'name="sure" value="1"' in asked.get_data(as_text=True)) == (200, True)
        for name, value in sent.items():
            assert f'name="{name}" value="{value}"' in asked.get_data(as_text=True)
    page = plain(get(client, PAGE))
    assert "M7" in page
    assert "Open again" not in page
