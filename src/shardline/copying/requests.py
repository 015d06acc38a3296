"""Records parted in requests of PutRecords, in their order. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shardline.copying.errors import GaveUp
from shardline.copying.records import Record

MOST_RECORDS = 500  # AWS: PutRecords, Records
MOST_BYTES = 4 * 1024 * 1024
"""AWS takes 10 MiB a request and took 5 until 2025; a larger record goes alone."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the destination takes. `max_record_bytes` counts the key too.

    `one_of_a_key`: no partition key twice in a request. Where a destination refuses records in the
    middle of a request, that alone keeps the order of a key.
    """

    max_record_bytes: int
    one_of_a_key: bool


def requests(records: Sequence[Record], shape: Shape) -> Iterator[list[Record]]:
    """The requests for some records.

    Raises `GaveUp` at a record that the destination would refuse; what is before it is given first.
    """
    batch: list[Record] = []
    size, keys = 0, set[str]()
    for record in records:
        own = record.size
        too_large = own > shape.max_record_bytes
        full = len(batch) >= MOST_RECORDS or size + own > MOST_BYTES
        if batch and (full or too_large or (shape.one_of_a_key and record.key in keys)):
            yield batch
            batch, size, keys = [], 0, set()
        if too_large:
            raise GaveUp(
                f"the record {record.sequence} has {own:,} bytes with its key, and the destination "
                f"takes {shape.max_record_bytes:,}: raise its maximum record size"
            )
        batch.append(record)
        size += own
        keys.add(record.key)
    if batch:
        yield batch
