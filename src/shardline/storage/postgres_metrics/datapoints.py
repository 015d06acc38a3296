"""Statistic sets as rows of the table `metric_datapoints`."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeAlias

from shardline.storage.metric_store import Resolution
from shardline.storage.postgres_metrics.link import Connection
from shardline.storage.statistic_set import StatisticSet, pack_values, unpack_values

Place: TypeAlias = tuple[int, Resolution, int, str]
"""A row's key: the id of its metric, and the resolution, the beginning and the unit."""

StatisticRow: TypeAlias = tuple[float, float, float, float, bytes | None]

_ROWS_AT_ONCE: Final = 2000  # that are sent, or asked for, in one statement

COLUMNS: Final = "count, sum, minimum, maximum, value_counts"
_PLACE: Final = "metric, resolution, start_s, unit"
_PLACES: Final = "%b::bigint[], %b::integer[], %b::bigint[], %b::text[]"
_LOAD: Final = f"""
SELECT {_PLACE}, {COLUMNS} FROM metric_datapoints
JOIN unnest({_PLACES}) AS wanted({_PLACE}) USING ({_PLACE})
"""
_SAVE: Final = f"""
INSERT INTO metric_datapoints ({_PLACE}, {COLUMNS})
SELECT * FROM unnest(
    {_PLACES}, %b::double precision[], %b::double precision[], %b::double precision[],
    %b::double precision[], %b::bytea[]
)
ON CONFLICT ({_PLACE}) DO UPDATE SET
    count = excluded.count, sum = excluded.sum, minimum = excluded.minimum,
    maximum = excluded.maximum, value_counts = excluded.value_counts
"""


def statistics_of(row: StatisticRow) -> StatisticSet:
    """A set as it lies in the table."""
    return StatisticSet(row[0], row[1], row[2], row[3], unpack_values(row[4]))


def add(connection: Connection, sets: Mapping[Place, StatisticSet]) -> None:
    """Merge sets into the datapoints at their places."""
    for part in _parts(sets):
        there = _load(connection, [place for place, _ in part])
        save(
            connection,
            {
                place: there[place].merged(added) if place in there else added
                for place, added in part
            },
        )


def save(connection: Connection, sets: Mapping[Place, StatisticSet]) -> None:
    """Put sets at their places, instead of what is there."""
    for part in _parts(sets):
        rows = [(*place, *_numbers(each), pack_values(each.values)) for place, each in part]
        connection.execute(_SAVE, [list(column) for column in zip(*rows, strict=True)])


def _numbers(each: StatisticSet) -> Iterator[float]:
    """An array of psycopg's has numbers of one type, where a set may have whole ones too."""
    return map(float, (each.count, each.sum, each.minimum, each.maximum))


def _load(connection: Connection, places: Sequence[Place]) -> dict[Place, StatisticSet]:
    cursor = connection.cursor(binary=True)
    cursor.execute(_LOAD, [list(column) for column in zip(*places, strict=True)])
    return {(row[0], row[1], row[2], row[3]): statistics_of(row[4:]) for row in cursor}


def _parts(sets: Mapping[Place, StatisticSet]) -> Iterator[list[tuple[Place, StatisticSet]]]:
    rest = iter(sets.items())
    while part := list(islice(rest, _ROWS_AT_ONCE)):
        yield part
