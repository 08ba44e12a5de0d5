"""The desk with the partner's place, and a bank: the same that the tests of the desk use."""

from tests.admin.conftest import bank, client, desk, seen, staged, stranger

__all__ = ["bank", "client", "desk", "seen", "staged", "stranger"]
