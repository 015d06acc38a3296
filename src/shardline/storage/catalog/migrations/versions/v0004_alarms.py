"""Alarms, their history, and the actions that have to be taken."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Counted, FreeText, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables, empty."""
    op.create_table(
        "alarms",
        sa.Column("account", Text, nullable=False),
        sa.Column("region", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("configuration", Text, nullable=False),
        sa.Column("configured_ms", sa.BigInteger, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("reason", FreeText, nullable=False),
        sa.Column("reason_data", FreeText),
        sa.Column("state_updated_ms", sa.BigInteger, nullable=False),
        sa.Column("transitioned_ms", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "name", name="pk_alarms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alarm_history",
        sa.Column("number", Counted, nullable=False, autoincrement=True),
        sa.Column("account", Text, nullable=False),
        sa.Column("region", Text, nullable=False),
        sa.Column("alarm", Text, nullable=False),
        sa.Column("alarm_type", Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("type", Text, nullable=False),
        sa.Column("summary", FreeText, nullable=False),
        sa.Column("data", FreeText, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_alarm_history"),
    )
    place = ["account", "region", "at_ms", "number"]
    op.create_index("ix_alarm_history_place", "alarm_history", place)
    op.create_table(
        "alarm_notices",
        sa.Column("id", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("region", Text, nullable=False),
        sa.Column("alarm", Text, nullable=False),
        sa.Column("alarm_type", Text, nullable=False),
        sa.Column("action", Text, nullable=False),
        sa.Column("subject", FreeText, nullable=False),
        sa.Column("message", FreeText, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_notices"),
    )
