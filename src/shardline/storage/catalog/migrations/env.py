"""Alembic's environment: runs the migrations on the connection, and in the transaction, given."""

from alembic import context

from shardline.storage.catalog.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a constraint in place
)
context.run_migrations()
