"""The catalog's tables of alarms. See `schema` for the types."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table

from shardline.storage.catalog.column_types import Counted, FreeText, Text
from shardline.storage.catalog.schema import metadata

# What is configured is only ever read and written whole: JSON in `configuration`.
alarms: Final = Table(
    "alarms",
    metadata,
    Column("account", Text, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("configuration", Text, nullable=False),
    Column("configured_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", FreeText, nullable=False),
    Column("reason_data", FreeText),
    Column("state_updated_ms", BigInteger, nullable=False),
    Column("transitioned_ms", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Its items outlive their alarm, so that they refer to none.
alarm_history: Final = Table(
    "alarm_history",
    metadata,
    Column("number", Counted, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("alarm", Text, nullable=False),
    Column("alarm_type", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("summary", FreeText, nullable=False),
    Column("data", FreeText, nullable=False),
    Index("ix_alarm_history_place", "account", "region", "at_ms", "number"),
)

# The actions that have to be taken yet.
alarm_notices: Final = Table(
    "alarm_notices",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("alarm", Text, nullable=False),
    Column("alarm_type", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", FreeText, nullable=False),
    Column("message", FreeText, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)
