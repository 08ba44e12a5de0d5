"""Check digits of legal entities: well-known numbers hold, and no single wrong digit does."""

import pytest

from coalition.settlement.legal import is_inn, is_kpp, is_ogrn


@pytest.mark.parametrize("inn", ["7707083893", "7728168971", "500100732259"])
def test_an_inn_holds_and_no_wrong_digit_in_it_does(inn: str) -> None:
    assert is_inn(inn)
    for place in range(len(inn)):
        wrong = [f"{inn[:place]}{digit}{inn[place + 1 :]}" for digit in "0123456789" if digit != inn[place]]
        held = [one for one in wrong if is_inn(one)]
        assert len(held) <= 1, held  # modulo 11 takes 10 for 0, so two digits can share a check digit


@pytest.mark.parametrize("inn", ["", "770708389", "77070838933", "77O7083893", "٧٧٠٧٠٨٣٨٩٣", "7707083894"])
def test_what_is_no_inn_is_refused(inn: str) -> None:
    assert not is_inn(inn)


@pytest.mark.parametrize("ogrn", ["1027700132195", "304500116000157"])
def test_an_ogrn_holds_and_its_neighbour_does_not(ogrn: str) -> None:
    assert is_ogrn(ogrn)
    assert not is_ogrn(ogrn[:-1] + str((int(ogrn[-1]) + 1) % 10))


def test_a_kpp_is_nine_characters() -> None:
    assert is_kpp("773601001")
    assert is_kpp("7736AB001")
    assert not is_kpp("77360100")
    assert not is_kpp("773601001\n")
