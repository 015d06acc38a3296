"""Reads the positions of consumers that use the Kinesis Client Library, out of its lease table."""

from collections.abc import Mapping
from typing import Any

from shardline.doctor.facts import Position

MOST_PAGES = 20


def leases(dynamodb: Any, table: str, stream: str) -> tuple[Position, ...]:
    """Scan. A lease's key is the shard's id, or `ACCOUNT:STREAM:CREATED:SHARD` where one
    application reads several streams; other items of the table are passed over."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        ProjectionExpression="leaseKey, checkpoint, leaseOwner",
        PaginationConfig={"MaxItems": 1000 * MOST_PAGES, "PageSize": 1000},
    )
    found = (_lease(item, table, stream) for page in pages for item in page["Items"])
    return tuple(each for each in found if each is not None)


def _lease(item: Mapping[str, Any], table: str, stream: str) -> Position | None:
    key, checkpoint = _text(item, "leaseKey"), _text(item, "checkpoint")
    *names, shard = key.split(":")
    if not checkpoint or (names and stream not in names):
        return None
    owner = _text(item, "leaseOwner") or None
    return Position(f"lease table {table}", shard, checkpoint, owner, owner is not None)


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
