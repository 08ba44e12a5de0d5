"""New rewards in a tenant that is open: by a form at the desk, with everything that is wrong at its field."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from coalition.redemption.models import Reward
from tenants.permissions import READING
from tests.admin.world import Bank, get, plain, post, signed_by_another, signed_in, signer

NEW = "/desk/rewards/new/"
TEXTS = {
    "code": "tea", "name_ru": "Чай", "name_en": "Tea", "about_ru": "Пачка", "about_en": "A pack",
}  # fmt: skip


def kept(bank: Bank, seen: Session) -> list[Reward]:
    seen.expire_all()
    mine = select(Reward).where(Reward.tenant_id == bank.tenant, Reward.code.in_(["tea", "back"]))
    return list(seen.scalars(mine.order_by(Reward.id)))


def payer(bank: Bank, seen: Session) -> str:
    return str(seen.scalars(select(Reward.participant_id).where(Reward.tenant_id == bank.tenant)).first())


def test_certificates_and_cashback_are_offered_once_another_person_has_signed(
    client: FlaskClient, bank: Bank, seen: Session
) -> None:
    assert "/desk/rewards/new/certificate" in plain(get(client, "/desk/rewards/"))
    form = TEXTS | {"participant": payer(bank, seen)}
    w = bank.world.programme.scale
    answer = post(client, NEW + "certificate", **form, points="100", minor="500")
    assert (answer.status_code, answer.headers["Location"][:16]) == (303, "/desk/approvals/")
    own = post(client, answer.headers["Location"] + "/sign")
    assert (own.status_code, kept(bank, seen)) == (303, [])
    page = plain(get(signer(client, bank), answer.headers["Location"]))
    for said in (
        "New reward: Tea",
        "Price: 100 sparks",
        "Face value: ₽500",
        "Description in English: A pack",
    ):
        assert said in page
    assert signed_by_another(client, bank) == [303]
    form |= {"code": "back", "points_min": "10", "points_max": "1000", "days": "3"}
    assert post(client, NEW + "cashback", **form).status_code == 303
    assert signed_by_another(client, bank) == [303]
    tea, back = kept(bank, seen)
    assert tea.place < back.place
    assert (tea.kind, tea.terms, tea.name) == (
        "certificate", {"points": 100 * 10**w, "minor": 50_000}, {"ru": "Чай", "en": "Tea"},
    )  # fmt: skip
    assert (back.kind, back.terms) == (
        "cashback", {"points_min": 10 * 10**w, "points_max": 1000 * 10**w, "days": 3},
    )  # fmt: skip
    again = post(client, NEW + "cashback", **form)
    assert (again.status_code, "with this code already" in plain(again)) == (409, True)
    assert len(kept(bank, seen)) == 2


def test_everything_wrong_is_told_and_nothing_added(client: FlaskClient, bank: Bank, seen: Session) -> None:
    form = TEXTS | {"code": "Tea!", "name_en": "", "participant": "99", "points": "x", "minor": "0"}
    answer = post(client, NEW + "certificate", **form)
    page = plain(answer)
    told = [f'id="{name}-wrong"' in page for name in ("code", "name_en", "points", "minor", "participant")]
    assert (answer.status_code, told, kept(bank, seen)) == (422, [True] * 5, [])
    form = TEXTS | {"participant": payer(bank, seen), "points_min": "10", "points_max": "9", "days": "3"}
    crossed = post(client, NEW + "cashback", **form)
    assert (crossed.status_code, "not below the least" in plain(crossed)) == (422, True)
    assert get(client, NEW + "cheque").status_code == 404
    assert kept(bank, seen) == []


def test_who_reads_alone_adds_none(desk: Flask, bank: Bank, seen: Session) -> None:
    reader = signed_in(desk, bank.tenant, READING, login="reader")
    assert "New certificate" not in plain(get(reader, "/desk/rewards/"))
    assert post(reader, NEW + "certificate", **TEXTS).status_code == 403
    assert kept(bank, seen) == []
