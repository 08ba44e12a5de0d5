"""What no row can have is not found, and breaks nothing: the character NUL and numbers beyond the database's."""

import pytest
from flask.testing import FlaskClient

from tests.admin.world import HOST, get, one_line, post, upload

BEYOND = 99999999999999


@pytest.mark.parametrize(
    "path",
    [
        f"/desk/files/{BEYOND}",
        f"/desk/files/{2**31}/progress",
        f"/desk/payouts/{BEYOND}",
        "/desk/payouts/new?payee=%00",
        "/desk/payouts/?show=%00",
        "/desk/%00",
        "/spend/a%00b",
        "/why/%00",
    ],
)
def test_an_address_that_nothing_can_have_is_not_found(client: FlaskClient, path: str) -> None:
    answer = get(client, path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.get_data(as_text=True)


@pytest.mark.parametrize("key", [BEYOND, 10**30, -1, "one"])
def test_a_list_goes_on_only_from_a_number_of_a_row(client: FlaskClient, key: object) -> None:
    for way in ("older", "newer"):
        for section in ("files", "payouts"):
            assert get(client, f"/desk/{section}/?{way}={key}").status_code == 200


def test_a_form_with_a_nul_is_read_by_nobody(client: FlaskClient, stranger: FlaskClient) -> None:
    assert post(stranger, "/desk/sign-in", login="do\0ra", password="guess").status_code == 404
    assert post(stranger, "/sign-in", phone="+7914\0").status_code == 404
    assert post(client, "/desk/payouts/new", payee="cash\0back").status_code == 404
    assert upload(client, one_line(), profile="car\0ds").status_code == 404


@pytest.mark.parametrize("back", ["http://[x", "//[", "https://[::1"])
def test_an_address_that_is_none_leads_to_the_start(stranger: FlaskClient, back: str) -> None:
    answer = stranger.post("/language", base_url=HOST, data={"back": back, "lang": "en"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
