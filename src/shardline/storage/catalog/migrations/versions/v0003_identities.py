"""Users, groups, roles, policies and access keys, by account."""

import sqlalchemy as sa
from alembic import op

from shardline.storage.catalog.column_types import Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables of identities; no account has any yet."""
    op.create_table(
        "accounts",
        sa.Column("account", Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("alias", Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_accounts"),
        sa.UniqueConstraint("alias", name="uq_accounts_alias"),
    )
    op.create_table(
        "identities",
        sa.Column("id", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("name_key", Text, nullable=False),
        sa.Column("body", Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_identities_account"),
        sa.UniqueConstraint(
            "account", "kind", "name_key", name="uq_identities_account_kind_name_key"
        ),
    )
    op.create_table(
        "access_keys",
        sa.Column("id", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("owner", Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("master", Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("last_used", Text),
        sa.PrimaryKeyConstraint("id", name="pk_access_keys"),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"], name="fk_access_keys_account"),
    )
