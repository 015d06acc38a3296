"""Dashboards."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import FreeText, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "dashboards",
        sa.Column("account", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("body", FreeText, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("modified_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_dashboards"),
    )
