"""Which process has which subscription, for nodes of several processes."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table of subscriptions."""
    op.create_table(
        "subscriptions",
        sa.Column("stream", Text, nullable=False),
        sa.Column("consumer", Text, nullable=False),
        sa.Column("shard", sa.BigInteger, nullable=False),
        sa.Column("holder", Text, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("stream", "consumer", "shard", name="pk_subscriptions"),
    )
