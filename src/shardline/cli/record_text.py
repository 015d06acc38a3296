"""A record as a line: columns for people, or a JSON object for programs."""

import base64
from datetime import UTC, datetime
from typing import Any


def text_line(shard: str, record: dict[str, Any]) -> str:
    """Arrival (UTC), the shard's number, key, data, in columns.

    Data that is no UTF-8 is shown as `base64:…`. What a terminal would act on (line ends, escape
    sequences) is shown as Python writes it, since anybody may have put the record there.
    """
    arrived = _arrival(record, " ")
    key = _harmless(record.get("PartitionKey", ""))
    return f"{arrived}  {shard_number(shard):>4}  {key:<16}  {_text(record['Data'])}"


def json_line(shard: str, record: dict[str, Any]) -> str:
    """One object: shard, sequence, arrived, key, and data, or data_base64 where it is no UTF-8.

    A user record of an aggregate has the aggregate's sequence, and subsequence, its place in it.
    The key is null for a record that was put without one.
    """
    import msgspec

    members: dict[str, str | int | None] = {
        "shard": shard,
        "sequence": record["SequenceNumber"],
    }
    if "SubSequenceNumber" in record:
        members["subsequence"] = record["SubSequenceNumber"]
    members |= {
        "arrived": _arrival(record, "T"),
        "key": record.get("PartitionKey"),
    }
    try:
        members["data"] = record["Data"].decode()
    except UnicodeDecodeError:
        members["data_base64"] = base64.b64encode(record["Data"]).decode()
    return msgspec.json.encode(members).decode()


def shard_number(shard: str) -> str:
    """`3` of `shardId-000000000003`."""
    return shard.rpartition("-")[2].lstrip("0") or "0"


def shard_id(text: str) -> str:
    """The id of a shard that is given by its id or its number."""
    return f"shardId-{int(text):012d}" if text.isascii() and text.isdigit() else text


def _arrival(record: dict[str, Any], between: str) -> str:
    arrived: datetime = record["ApproximateArrivalTimestamp"].astimezone(UTC)
    return arrived.isoformat(between, "milliseconds").replace("+00:00", "Z")


def _text(data: bytes) -> str:
    try:
        return _harmless(data.decode())
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(data).decode()}"


def _harmless(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
