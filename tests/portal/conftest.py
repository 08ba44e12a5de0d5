"""The desk with the partner's place, and a bank: the same that the tests of the desk use; and a server for mail."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tenants.runtime import settings
from tests.admin.conftest import bank, client, desk, seen, staged, stranger
from tests.messages.post_office import PostOffice, open_office

__all__ = ["bank", "client", "desk", "mail", "seen", "staged", "stranger"]


@pytest.fixture
def mail() -> Iterator[PostOffice]:
    before = settings.current()
    with open_office() as found:
        settings.use(replace(before, smtp_url=found.url, mail_from="points@bank.example"))
        yield found
    settings.use(before)
