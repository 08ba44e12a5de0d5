"""While the database is away, and when something breaks: a plain page that asks the database nothing."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tenants.runtime import db
from tenants.runtime.settings import Settings
from tests.admin.conftest import assembled
from tests.admin.world import get, plain

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


@pytest.fixture
def away(_begun: None, base: Settings) -> Iterator[FlaskClient]:
    """A browser of faces whose database does not answer."""
    db.configure(NOWHERE)
    client = assembled(guarded=False).test_client()
    client.set_cookie("staff", "somebody", domain="test.localhost", path="/desk")
    client.set_cookie("member", "somebody", domain="test.localhost")
    yield client
    db.configure(base.database_url)


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/nowhere", "/desk/", "/desk/sign-in", "/desk/nowhere", "/brand/1.css"]
)
def test_while_the_database_is_away_every_page_says_so(away: FlaskClient, path: str) -> None:
    for lang, told in (("en", "Our server did not answer"), ("ru", '<html lang="ru">')):
        answer = get(away, path, lang)
        assert answer.status_code == 503
        assert told in plain(answer)
        assert f'href="{path}"' in plain(answer)


@pytest.mark.parametrize(("path", "start"), [("/sign-in", "/"), ("/desk/sign-in", "/desk/")])
def test_what_broke_is_told_without_the_database(
    away: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, start: str
) -> None:
    for module in ("coalition.cabinet.sign_in", "admin.desk"):
        monkeypatch.setattr(f"{module}.session", lambda: 1 / 0)
    answer = get(away, path)
    assert answer.status_code == 500
    page = plain(answer)
    assert "Something broke on our side" in page
    assert "Code for support:" in page
    assert f'href="{start}"' in page
