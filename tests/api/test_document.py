"""The API keeps to its own document: whatever is sent, it answers what it says it does, and never breaks."""

import re
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from partner_portal.api.openapi import document
from partner_portal.api.operations import OPERATIONS, Operation
from partner_portal.api.problems import SENTENCES, STATUS
from partner_portal.api.web import create_api
from tenants.runtime.settings import Settings
from tests.api.conftest import Till, furnished

HOST = "127.0.0.1"
NOT_ASKED = "positive_data_acceptance"  # a body of the right form may still be of a sale that cannot be


@pytest.mark.slow
@pytest.mark.timeout(600)  # thousands of requests, beside whatever else the machine does
def test_whatever_is_sent_is_answered_as_the_document_says(live_database: Settings, tmp_path: Path) -> None:
    till = furnished("shop", HOST)
    whole = DispatcherMiddleware(Flask("tests.api"), {"/v1": create_api()})
    server = make_server(HOST, 0, whole, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    till.site = f"http://{HOST}:{server.server_port}"
    till.sign_in()
    said = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{till.site}/v1/openapi.json", "--seed", "1",
         "--max-examples", "10", "--checks", "all", "--exclude-checks", NOT_ASKED, "--no-color",
         "--header", f"Authorization: Bearer {till.token}"],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=480,
    )  # fmt: skip
    server.shutdown()
    thread.join()
    server.server_close()
    assert said.returncode == 0, said.stdout + said.stderr
    operations = sum(len(methods) for methods in document()["paths"].values())
    assert f"Tested: {operations}" in said.stdout


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_nobody_is_answered_without_a_token(till: Till, operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", str(till.member), operation.path)
    found = till.http.open(path, method=operation.method, json={}, base_url=till.site)
    assert (found.status_code, found.json["code"]) == (401, "token_missing")  # type: ignore[index]
    assert found.headers["WWW-Authenticate"] == 'Bearer realm="coalition"'


def test_every_code_has_its_sentence_and_its_status() -> None:
    assert STATUS.keys() == SENTENCES.keys()
    for one in OPERATIONS:
        assert set(one.problems) <= SENTENCES.keys()


def test_the_document_is_served_to_everybody(till: Till) -> None:
    found = till.http.get("/openapi.json", base_url=till.site)
    assert (found.status_code, found.json) == (200, document())
