"""Is this process able to serve? Answers for `/readyz`, and for `run`, which waits for them."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tenants.runtime import db, queues


def readiness(head: str) -> dict[str, bool]:
    """What a request needs: the database answers, it is at migration `head`, and Redis answers."""
    at: str | None = None
    try:
        with db.configured().connect() as connection:
            at = connection.scalar(text("select version_num from alembic_version"))
        database = True
    except SQLAlchemyError:
        database = False
    return {"database": database, "migrations": at == head, "redis": queues.answers()}
