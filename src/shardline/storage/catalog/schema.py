"""The catalog's tables. What they are migrated from is in `migrations/`.

The types are the ones that SQLite and PostgreSQL share:

* a hash key (128 bits) is decimal text of 39 digits with leading zeros, so that its order as
  text is its order as a number;
* a time is BIGINT: milliseconds, or seconds where the name ends in `_s`;
* what is only ever read and written whole (lists, a pending change) is JSON text.

A resource id (a stream's id) is never used again and names one resource of any kind, so tags need
no column that says of what kind their resource is. A consumer has no such id, and few tags, which
are read with it: they stand in its row.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from shardline.storage.catalog.column_types import Text

# Every constraint has a name on every database, so that a later migration can change it.
metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

streams: Final = Table(
    "streams",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("mode", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("retention_hours", Integer, nullable=False),
    Column("max_record_kib", Integer, nullable=False),
    Column("shard_metrics", Text, nullable=False),
    Column("reshards_ms", Text, nullable=False),
    Column("mode_switches_ms", Text, nullable=False),
    Column("pending", Text),
    Column("version", BigInteger, nullable=False),
    Column("distribution", Text, nullable=False, server_default="USER_PARTITION_KEY"),
    Column("warm_mibps", Integer),
    Column("key_id", Text),
    Column("key_changes_ms", Text, nullable=False, server_default="[]"),
    Column("policy", Text),
    Column("topic", Text),
    UniqueConstraint("account", "region", "name"),
    Index("uq_streams_topic", "topic", unique=True),
)

# Clustered by stream: SQLite's WITHOUT ROWID keeps the shards of a stream side by side.
shards: Final = Table(
    "shards",
    metadata,
    Column("stream_id", Text, ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash_start", Text, nullable=False),
    Column("hash_end", Text, nullable=False),
    Column("created_s", BigInteger, nullable=False),
    Column("parent", Integer),
    Column("adjacent_parent", Integer),
    Column("closed_ms", BigInteger),
    Column("end_offset", BigInteger),
    sqlite_with_rowid=False,
)

consumers: Final = Table(
    "consumers",
    metadata,
    Column("stream_id", Text, ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("tags", Text, nullable=False),
    Column("policy", Text),
    sqlite_with_rowid=False,
)

# The data keys of a stream, each wrapped by the KMS key of that id.
stream_keys: Final = Table(
    "stream_keys",
    metadata,
    Column("stream_id", Text, ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kms_key", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# The KMS keys, each wrapped by the master key. `master` is that key's fingerprint.
kms_keys: Final = Table(
    "kms_keys",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("alias", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("master", Text, nullable=False),
    UniqueConstraint("account", "region", "alias"),
)

tags: Final = Table(
    "tags",
    metadata,
    Column("resource_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The highest load of each day (counted from 1970) of an on-demand stream, for 30 days.
load_peaks: Final = Table(
    "load_peaks",
    metadata,
    Column("stream_id", Text, ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("bytes_per_s", BigInteger, nullable=False),
    Column("records_per_s", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

commitments: Final = Table(
    "commitments",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("started_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    sqlite_with_rowid=False,
)

# One row per account whose identities were changed once. `version` is that of all of them.
accounts: Final = Table(
    "accounts",
    metadata,
    Column("account", Text, primary_key=True, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("alias", Text, unique=True),
    Column("version", BigInteger, nullable=False),
)

# Users, groups, roles and policies. `body` is the whole of one, but for its access keys, as JSON;
# `name_key` is its name in lower case.
identities: Final = Table(
    "identities",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("account", Text, ForeignKey("accounts.account"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("account", "kind", "name_key"),
)

# `owner` is a user's id, or the account's number for a key of its root user. The secret is wrapped
# by the master key, whose fingerprint is `master`.
access_keys: Final = Table(
    "access_keys",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("account", Text, ForeignKey("accounts.account"), nullable=False),
    Column("owner", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("master", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_used", Text),
)

secrets: Final = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True, nullable=False),
    Column("value", LargeBinary, nullable=False),
)

# One row: the number of the last change of what processes keep in memory (`change_statements`).
changes: Final = Table("changes", metadata, Column("number", BigInteger, nullable=False))

# What the last changes changed: a kind of thing, and which one.
changed: Final = Table(
    "changed",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
)

# Which process has which subscription of a fan-out consumer, where there are several.
subscriptions: Final = Table(
    "subscriptions",
    metadata,
    Column("stream", Text, primary_key=True, nullable=False),
    Column("consumer", Text, primary_key=True, nullable=False),
    Column("shard", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)

# Where in Kafka the shards of a stream lie (`range_port`), at a version of all of them.
kafka_streams: Final = Table(
    "kafka_streams",
    metadata,
    Column("stream", Text, primary_key=True, nullable=False),
    Column("version", BigInteger, nullable=False),
)
kafka_ranges: Final = Table(
    "kafka_ranges",
    metadata,
    Column(
        "stream", Text, ForeignKey("kafka_streams.stream", ondelete="CASCADE"), primary_key=True
    ),
    Column("shard", BigInteger, primary_key=True, autoincrement=False),
    Column("partition", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("horizon", BigInteger, nullable=False),
    Column("sealing", Boolean, nullable=False),
    Column("end", BigInteger),
    Column("last_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# `made_by`: the version of Shardline that made this schema, or migrated to it last. Every later
# schema keeps this table as it is, so that an older Shardline can say who made what it refuses.
meta: Final = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True, nullable=False),
    Column("value", Text, nullable=False),
)
