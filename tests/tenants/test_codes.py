"""One-time codes: tries are limited per code, phone and address, and unknown phones look like known ones."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.auth import codes
from tenants.auth.codes import Verdict, send_code, try_code
from tenants.models import OneTimeCode
from tenants.runtime import clock
from tenants.runtime.ids import new_id

PHONE, ADDRESS = "+79450000001", "203.0.113.5"


def _sent(session: Session, *, member=True, phone=PHONE, address=ADDRESS):
    sent = send_code(session, phone=phone, member_id=new_id() if member else None, address=address)
    assert sent is not None
    return sent


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_right_code_gives_the_member_once(session):
    row, code = _sent(session)
    assert try_code(session, code_id=row.id, code=code, address=ADDRESS) == (Verdict.RIGHT, row.member_id)
    assert try_code(session, code_id=row.id, code=code, address=ADDRESS) == (Verdict.OVER, None)


def test_code_is_six_digits_and_kept_only_as_a_digest(session):
    row, code = _sent(session)
    assert (len(code), code.isdigit()) == (6, True)
    stored = session.scalars(select(OneTimeCode).where(OneTimeCode.tenant_id == row.tenant_id)).one()
    assert code.encode() not in stored.code
    assert len(stored.code) == 16


def test_fifth_wrong_try_ends_the_code_for_the_right_one_too(session):
    row, code = _sent(session)
    verdicts = [try_code(session, code_id=row.id, code=_wrong(code), address=ADDRESS)[0] for _ in range(5)]
    assert verdicts == [Verdict.WRONG] * 4 + [Verdict.OVER]
    assert try_code(session, code_id=row.id, code=code, address=ADDRESS) == (Verdict.OVER, None)


def test_code_is_over_after_ten_minutes(session):
    row, code = _sent(session)
    with clock.stopped(clock.now() + timedelta(minutes=10)):
        assert try_code(session, code_id=row.id, code=code, address=ADDRESS) == (Verdict.OVER, None)


def test_unknown_phone_gets_a_code_that_no_guess_opens(session):
    row, code = _sent(session, member=False)
    verdicts = [try_code(session, code_id=row.id, code=code, address=ADDRESS) for _ in range(5)]
    assert verdicts == [(Verdict.WRONG, None)] * 4 + [(Verdict.OVER, None)]


def test_unknown_code_is_over_like_an_old_one(session):
    assert try_code(session, code_id=uuid4(), code="000000", address=ADDRESS) == (Verdict.OVER, None)


def test_sixth_code_of_a_phone_from_an_address_within_the_hour_is_not_sent(session):
    with clock.stopped(clock.now().replace(minute=1)):
        for _ in range(5):
            _sent(session)
        assert send_code(session, phone=PHONE, member_id=new_id(), address=ADDRESS) is None
        assert _sent(session, phone="+79450000002") is not None
    with clock.stopped(clock.now().replace(minute=1) + timedelta(hours=1)):
        assert _sent(session) is not None


def test_a_stranger_who_asks_for_codes_keeps_no_member_out(session):
    with clock.stopped(clock.now().replace(minute=1)):
        for _ in range(codes.CODES_PER_ADDRESS_HOUR):
            send_code(session, phone=PHONE, member_id=new_id(), address="198.51.100.66")
        assert _sent(session) is not None


def test_twenty_first_code_of_a_phone_within_the_hour_is_not_sent_to_any_address(session):
    with clock.stopped(clock.now().replace(minute=1)):
        for number in range(20):
            _sent(session, address=f"203.0.113.{100 + number // 5}")
        assert send_code(session, phone=PHONE, member_id=new_id(), address=ADDRESS) is None


@pytest.mark.parametrize("member", [True, False])
def test_address_that_tried_sixty_times_in_an_hour_is_told_to_wait(session, member):
    with clock.stopped(clock.now().replace(minute=1)):
        for _ in range(codes.TRIES_PER_ADDRESS_HOUR):
            try_code(session, code_id=uuid4(), code="000000", address=ADDRESS)
        row, code = _sent(session, member=member)
        assert try_code(session, code_id=row.id, code=code, address=ADDRESS) == (Verdict.TOO_MANY, None)
        assert session.get_one(OneTimeCode, (row.tenant_id, row.id)).tries == 0
