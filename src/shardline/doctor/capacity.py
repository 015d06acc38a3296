"""What a shard takes and gives (AWS's quotas), and how much of it is used."""

from collections.abc import Iterator, Sequence

from shardline.module.scaling.rules import SHARD_BYTES, SHARD_RECORDS

SHARD_BYTES_OUT = 2 * SHARD_BYTES


def used(
    bytes_: Sequence[float | None], records: Sequence[float | None], shards: int, step_s: int
) -> list[float]:
    """The share of the write capacity that each step used, by whichever of the two used more."""
    room = max(shards, 1) * step_s
    return [
        max((size or 0) / (room * SHARD_BYTES), (count or 0) / (room * SHARD_RECORDS))
        for size, count in zip(bytes_, records, strict=True)
    ]


def runs(holds: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The runs of steps for which something holds: the first step, and the one after the last."""
    start = None
    for place, each in enumerate((*holds, False)):
        if each and start is None:
            start = place
        elif not each and start is not None:
            yield start, place
            start = None
