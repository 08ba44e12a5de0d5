"""Sentences of refusals say the facts that come with them."""

import re

import pytest
from flask import Flask

from admin.problems import _SENTENCES, refusal
from tenants.runtime.errors import Refusal

FACTS = {code: re.findall(r"%\((\w+)\)s", text) for code, text in _SENTENCES.items() if "%(" in text}


@pytest.mark.usefixtures("bank")
@pytest.mark.parametrize("code", sorted(FACTS))
def test_a_sentence_says_its_facts(desk: Flask, code: str) -> None:
    with desk.test_request_context("/desk/", base_url="http://test.localhost"):
        told = refusal(Refusal(code, **dict.fromkeys(FACTS[code], "417")))
    assert ("417" in told, "%(" in told) == (True, False)
