"""Streams that are Kafka topics which were there already."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the topic of a stream that has one which is not its own."""
    op.add_column("streams", sa.Column("topic", Text))
