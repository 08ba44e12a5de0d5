"""Commands name the port that serves, whatever PORT they were given."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from admin.opening.addresses import address_of_desk
from tenants.runtime import settings


@pytest.mark.parametrize(
    ("noted", "port"),
    [(None, 8000), ({"address": "http://127.0.0.1:8302"}, 8302), ({"address": "http://127.0.0.1"}, 8000)],
)
def test_a_link_names_the_port_of_the_run_of_its_data(
    tmp_path: Path, noted: dict[str, str] | None, port: int
) -> None:
    before = settings.current()
    if noted is not None:
        (tmp_path / "run.json").write_text(json.dumps(noted))
    settings.use(replace(before, data_dir=tmp_path, port=8000))
    assert address_of_desk("avacha.localhost") == f"http://avacha.localhost:{port}/desk"
    assert address_of_desk("loyalty.bank.example") == "https://loyalty.bank.example/desk"
    settings.use(before)
