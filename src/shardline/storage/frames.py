"""The frame codec: records of one shard that were committed together, as one blob.

Byte layout, little-endian:

    offset      size       what
    0           1          format, 1
    1           3          zero
    4           4          count: the number of records, at least 1
    8           4 * count  length of each key
    8 + 4*count 4 * count  length of each data
    8 + 8*count            all keys, one after the other, then all datas

Columns instead of records, because a column of lengths is packed and unpacked by one call of
`struct` and the bytes by one `join`: nothing here runs Python code once for each record, except
the slices that a reader asks for. The lengths come first, so that a reader who wants the last
records of a frame slices only those.

The offset of the first record and the arrival time are not in the blob: they are what frames are
found by, so they are columns of their own in whatever stores the frame.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from operator import add
from typing import NamedTuple

FORMAT = 1
_HEADER = struct.Struct("<B3xI")


class FrameError(ValueError):
    """A blob is not a frame of a known format, or its lengths do not add up to its size."""


class Packed(NamedTuple):
    """One frame: how many records, and their blob."""

    records: int
    body: bytes


class Slice(NamedTuple):
    """Some consecutive records of a frame; `size` is the sum of their keys and data in bytes."""

    keys: Sequence[bytes]
    datas: Sequence[bytes]
    size: int


def pack(
    key_columns: Sequence[Sequence[bytes]], data_columns: Sequence[Sequence[bytes]], bound: int
) -> list[Packed]:
    """Pack columns of keys and of datas, one after the other, into as few frames as possible.

    Each frame holds at most `bound` bytes of keys and data, or one record that is larger.
    """
    keys, datas = _join(key_columns), _join(data_columns)
    key_lengths = list(map(len, keys))
    data_lengths = list(map(len, datas))
    if sum(key_lengths) + sum(data_lengths) <= bound:
        return [_frame(keys, datas, key_lengths, data_lengths)]
    cuts = _cuts(list(accumulate(map(add, key_lengths, data_lengths))), bound)
    return [
        _frame(keys[a:b], datas[a:b], key_lengths[a:b], data_lengths[a:b])
        for a, b in pairwise(cuts)
    ]


def _join(columns: Sequence[Sequence[bytes]]) -> Sequence[bytes]:
    return columns[0] if len(columns) == 1 else list(chain.from_iterable(columns))


def _frame(
    keys: Sequence[bytes],
    datas: Sequence[bytes],
    key_lengths: Sequence[int],
    data_lengths: Sequence[int],
) -> Packed:
    count = len(keys)
    head = struct.pack(f"<B3xI{2 * count}I", FORMAT, count, *key_lengths, *data_lengths)
    return Packed(count, b"".join((head, *keys, *datas)))


def _cuts(ends: Sequence[int], bound: int) -> Iterator[int]:
    """Yield 0, then where each frame ends, given the running sum of the records' sizes."""
    cut = 0
    yield cut
    while cut < len(ends):
        before = ends[cut - 1] if cut else 0
        cut = max(cut + 1, bisect_right(ends, before + bound))
        yield cut


def unpack(
    body: bytes,
    skip: int = 0,
    *,
    max_records: int,
    max_bytes: int,
    at_least_one: bool = False,
) -> Slice:
    """Take records from a frame, beginning after the first `skip` ones.

    Stops before the record that would take keys and data over `max_bytes`, unless it is the first
    one and `at_least_one` is set. Raises `FrameError`.
    """
    count, key_lengths, data_lengths = _lengths(body)
    keys_at = _HEADER.size + 8 * count
    key_ends = list(accumulate(key_lengths, initial=keys_at))
    data_ends = list(accumulate(data_lengths, initial=key_ends[-1]))
    if data_ends[-1] != len(body):
        raise FrameError(f"a frame of {len(body)} bytes has lengths for {data_ends[-1]}")
    stop = min(count, skip + max_records)
    size = key_ends[stop] - key_ends[skip] + data_ends[stop] - data_ends[skip]
    if size > max_bytes:
        sizes = list(accumulate(map(add, key_lengths[skip:stop], data_lengths[skip:stop])))
        taken = bisect_right(sizes, max_bytes) or int(at_least_one)
        stop = skip + taken
        size = sizes[taken - 1] if taken else 0
    return Slice(
        [body[a:b] for a, b in pairwise(key_ends[skip : stop + 1])],
        [body[a:b] for a, b in pairwise(data_ends[skip : stop + 1])],
        size,
    )


def _lengths(body: bytes) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    try:
        form, count = _HEADER.unpack_from(body)
        if form != FORMAT:
            raise FrameError(f"a frame of format {form}; this version knows {FORMAT}")
        columns = struct.unpack_from(f"<{2 * count}I", body, _HEADER.size)
    except struct.error as error:
        raise FrameError(f"a frame is cut short at {len(body)} bytes") from error
    return count, columns[:count], columns[count:]
