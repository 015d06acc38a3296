"""Consumers, resource policies, encryption, and what on-demand streams are steered by."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what streams have from now on; those that are there have none of it."""
    for column in (
        sa.Column("distribution", Text, nullable=False, server_default="USER_PARTITION_KEY"),
        sa.Column("warm_mibps", sa.Integer),
        sa.Column("key_id", Text),
        sa.Column("key_changes_ms", Text, nullable=False, server_default="[]"),
        sa.Column("policy", Text),
    ):
        op.add_column("streams", column)
    op.create_table(
        "consumers",
        sa.Column("stream_id", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("tags", Text, nullable=False),
        sa.Column("policy", Text),
        sa.PrimaryKeyConstraint("stream_id", "name", name="pk_consumers"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="fk_consumers_stream_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stream_keys",
        sa.Column("stream_id", Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kms_key", Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "number", name="pk_stream_keys"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="fk_stream_keys_stream_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kms_keys",
        sa.Column("id", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("region", Text, nullable=False),
        sa.Column("alias", Text),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("master", Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kms_keys"),
        sa.UniqueConstraint("account", "region", "alias", name="uq_kms_keys_account_region_alias"),
    )
    op.create_table(
        "load_peaks",
        sa.Column("stream_id", Text, nullable=False),
        sa.Column("day", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("bytes_per_s", sa.BigInteger, nullable=False),
        sa.Column("records_per_s", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "day", name="pk_load_peaks"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="fk_load_peaks_stream_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "commitments",
        sa.Column("account", Text, nullable=False),
        sa.Column("region", Text, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("account", "region", name="pk_commitments"),
        sqlite_with_rowid=False,
    )
