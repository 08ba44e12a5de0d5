"""The brand's addresses: each holds one version, and nothing else is kept under it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tenants.branding.web import branding_of

HOST = "http://test.localhost"


@pytest.mark.parametrize("name", [".css", "/mark.svg", "/mark-dark.svg"])
def test_another_version_of_the_brand_is_not_there(stranger: FlaskClient, seen: Session, name: str) -> None:
    version = branding_of(seen).version
    for asked, status in ((version, 200), (version + 1, 404), (version - 1, 404), (10**20, 404)):
        answer = stranger.get(f"/brand/{asked}{name}", base_url=HOST)
        assert answer.status_code == status
        assert ("max-age" in answer.headers["Cache-Control"]) is (status == 200)
