"""How alembic runs the migrations: as the owner, one transaction, never waiting long for a lock."""

from alembic import context
from sqlalchemy import NullPool, create_engine

from migrations import tables

engine = create_engine(
    context.config.attributes["url"],
    poolclass=NullPool,
    connect_args={"options": "-c lock_timeout=5s -c statement_timeout=10min -c timezone=UTC"},
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=tables.metadata, compare_type=True)
    with context.begin_transaction():
        context.get_context().connection.exec_driver_sql("select pg_advisory_xact_lock(7001)")
        context.run_migrations()
