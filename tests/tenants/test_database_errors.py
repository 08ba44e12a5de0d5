"""What an error of the database tells a log."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session


def test_an_error_tells_no_values(session: Session) -> None:
    with pytest.raises(DataError) as broken, session.begin_nested():
        session.execute(
            text("select cast(:phone as text), cast(:far as integer)"),
            {"phone": "+79140000147", "far": 2**40},
        )
    assert "79140000147" not in str(broken.value)
