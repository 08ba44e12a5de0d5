"""How alembic runs the migrations: as the owner, a transaction each, never waiting long for a lock.

A rule for stored rows is added by one (not valid) and held against them by the next: the lock of the first, which
keeps everybody waiting, is gone by then.
"""

from alembic import context
from sqlalchemy import NullPool, create_engine

from migrations import tables

engine = create_engine(
    context.config.attributes["url"],
    poolclass=NullPool,
    connect_args={"options": "-c lock_timeout=5s -c statement_timeout=10min -c timezone=UTC"},
)
with engine.connect() as connection:
    with connection.begin():
        connection.exec_driver_sql("select pg_advisory_lock(7001)")  # the connection's, and ends with it
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
