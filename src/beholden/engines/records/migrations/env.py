"""How Alembic runs the scripts: in the transaction that `migrate` was given."""

from alembic import context

from beholden.engines.records.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
