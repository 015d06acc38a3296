"""Changes are counted, by which several processes follow one another."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the number of the last change, with its one row, and what the last ones changed."""
    changes = op.create_table("changes", sa.Column("number", sa.BigInteger, nullable=False))
    op.bulk_insert(changes, [{"number": 0}])
    op.create_table(
        "changed",
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("id", Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_changed"),
    )
