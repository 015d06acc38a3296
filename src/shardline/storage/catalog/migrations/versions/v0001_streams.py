"""Streams with their shards and tags, secrets, and who made the store."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "streams",
        sa.Column("id", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("region", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("mode", Text, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("retention_hours", sa.Integer, nullable=False),
        sa.Column("max_record_kib", sa.Integer, nullable=False),
        sa.Column("shard_metrics", Text, nullable=False),
        sa.Column("reshards_ms", Text, nullable=False),
        sa.Column("mode_switches_ms", Text, nullable=False),
        sa.Column("pending", Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_streams"),
        sa.UniqueConstraint("account", "region", "name", name="uq_streams_account_region_name"),
    )
    op.create_table(
        "shards",
        sa.Column("stream_id", Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("hash_start", Text, nullable=False),
        sa.Column("hash_end", Text, nullable=False),
        sa.Column("created_s", sa.BigInteger, nullable=False),
        sa.Column("parent", sa.Integer),
        sa.Column("adjacent_parent", sa.Integer),
        sa.Column("closed_ms", sa.BigInteger),
        sa.Column("end_offset", sa.BigInteger),
        sa.PrimaryKeyConstraint("stream_id", "number", name="pk_shards"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="fk_shards_stream_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tags",
        sa.Column("resource_id", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "name", name="pk_tags"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "secrets",
        sa.Column("name", Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    op.create_table(
        "meta",
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
