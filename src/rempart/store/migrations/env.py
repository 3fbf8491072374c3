"""Run the migrations on the connection and in the transaction that the store hands over."""

from alembic import context

from rempart.store._service_tables import api_key

# The module of the newest tables: by then every table stands in the metadata.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=api_key.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
