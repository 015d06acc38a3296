"""Metrics as rows of the table `metric_names`."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from shardline.storage.metric_store import Metric
from shardline.storage.postgres_metrics.link import Connection

_FIND: Final = "SELECT digest, id, last_s FROM metric_names WHERE digest = ANY(%b)"
_ADD: Final = """
INSERT INTO metric_names (digest, account, region, namespace, name, dimensions, last_s)
SELECT *, -1 FROM unnest(%b::bytea[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
RETURNING digest, id, last_s
"""
_NOTE_LAST: Final = """
UPDATE metric_names SET last_s = later.last_s
FROM unnest(%b::bigint[], %b::bigint[]) AS later(id, last_s) WHERE metric_names.id = later.id
"""


class Known(NamedTuple):
    """A metric's row: its id, and the beginning of its latest minute."""

    id: int
    last_s: int


def digest_of(metric: Metric) -> bytes:
    """What a metric is found by."""
    return blake2b(msgspec.json.encode(metric), digest_size=16).digest()


def rows_of(connection: Connection, metrics: Mapping[bytes, Metric]) -> dict[bytes, Known]:
    """The rows of metrics, by their digests; those that are new are added."""
    cursor = connection.cursor(binary=True)
    rows = cursor.execute(_FIND, (list(metrics),)).fetchall()
    known = {digest: Known(number, last_s) for digest, number, last_s in rows}
    new = [
        (digest, *metric[:4], metric.packed_dimensions())
        for digest, metric in metrics.items()
        if digest not in known
    ]
    if new:
        rows = cursor.execute(_ADD, [list(column) for column in zip(*new, strict=True)]).fetchall()
        known.update((digest, Known(number, last_s)) for digest, number, last_s in rows)
    return known


def note_last(connection: Connection, last: Mapping[int, int]) -> None:
    """Set the beginnings of latest minutes, by the ids of metrics."""
    if last:
        connection.execute(_NOTE_LAST, (list(last), list(last.values())))
