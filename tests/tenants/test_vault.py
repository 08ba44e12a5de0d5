"""Personal data at rest: opens at its place and nowhere else."""

import pytest
from sqlalchemy.orm import Session

from tenants import vault
from tenants.actions import open_tenant
from tenants.runtime import db
from tenants.runtime.errors import Refusal

PLACE = ("member_person.sealed", 7)


def test_what_is_sealed_opens_at_its_place(session: Session) -> None:
    kept = vault.vault_of(session)
    assert kept.open(kept.seal("Вера", *PLACE), *PLACE) == "Вера"


def test_the_same_value_is_sealed_differently_each_time(session: Session) -> None:
    kept = vault.vault_of(session)
    assert kept.seal("Вера", *PLACE) != kept.seal("Вера", *PLACE)


@pytest.mark.parametrize("place", [("member_person.sealed", 8), ("certificate.sealed", 7), ()])
def test_it_does_not_open_at_another_place(session: Session, place: tuple[object, ...]) -> None:
    kept = vault.vault_of(session)
    with pytest.raises(Refusal, match="sealed_value_broken"):
        kept.open(kept.seal("Вера", *PLACE), *(place or ("", "")))


def test_it_does_not_open_changed(session: Session) -> None:
    kept = vault.vault_of(session)
    sealed = bytearray(kept.seal("Вера", *PLACE))
    sealed[-1] ^= 1
    with pytest.raises(Refusal, match="sealed_value_broken"):
        kept.open(bytes(sealed), *PLACE)


def test_another_tenant_neither_opens_nor_recognises_it(tenant: int) -> None:
    with db.transaction(tenant) as session:
        first = vault.vault_of(session)
        sealed, address = first.seal("Вера", *PLACE), first.digest("PHONE", "+79140000147")
    with db.transaction(None) as session:
        open_tenant(session, slug="other", hosts=[])
        second = vault.vault_of(session)
        assert second.digest("PHONE", "+79140000147") != address
        with pytest.raises(Refusal, match="sealed_value_broken"):
            second.open(sealed, *PLACE)


def test_an_address_is_equal_for_equal_values_of_one_kind(session: Session) -> None:
    kept = vault.vault_of(session)
    assert kept.digest("PHONE", "1") == kept.digest("PHONE", "1")
    assert len({kept.digest("PHONE", "1"), kept.digest("EMAIL", "1"), kept.digest("PHONE", "2")}) == 3


def test_a_new_key_seals_and_the_old_one_still_opens(session: Session) -> None:
    before = vault.vault_of(session)
    sealed, address = before.seal("Вера", *PLACE), before.digest("PHONE", "1")
    vault.make_key(session)
    after = vault.vault_of(session)
    assert (after.open(sealed, *PLACE), after.digest("PHONE", "1")) == ("Вера", address)
    assert after.seal("Вера", *PLACE)[:2] == b"\x00\x02"
    with pytest.raises(Refusal, match="sealed_value_broken"):
        before.open(after.seal("Вера", *PLACE), *PLACE)
