"""Where in Kafka each shard lies, for nodes that keep their records there."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables of ranges, and say where the records of the streams that there are lie."""
    op.create_table(
        "kafka_streams",
        sa.Column("stream", Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_kafka_streams"),
    )
    op.create_table(
        "kafka_ranges",
        sa.Column("stream", Text, nullable=False),
        sa.Column("shard", sa.BigInteger, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("horizon", sa.BigInteger, nullable=False),
        sa.Column("sealing", sa.Boolean, nullable=False),
        sa.Column("end", sa.BigInteger),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["stream"],
            ["kafka_streams.stream"],
            name="fk_kafka_ranges_stream_kafka_streams",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("stream", "shard", name="pk_kafka_ranges"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO meta (name, value) SELECT 'records', 'its data directory' "
        "WHERE EXISTS (SELECT * FROM streams) "
        "AND NOT EXISTS (SELECT * FROM meta WHERE name = 'records')"
    )
