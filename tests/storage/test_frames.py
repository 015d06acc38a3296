"""The frame codec: whatever is packed is unpacked, within its bounds."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.storage import frames

ALL = 1 << 40
COLUMNS = st.lists(
    st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=60)), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
)


def pack(columns, bound):
    keys = [[key for key, _ in column] for column in columns]
    datas = [[data for _, data in column] for column in columns]
    return frames.pack(keys, datas, bound)


@given(COLUMNS, st.integers(0, 300))
def test_what_is_packed_is_unpacked(columns, bound):
    records = [record for column in columns for record in column]
    packed = pack(columns, bound)
    back = []
    for count, body in packed:
        part = frames.unpack(body, max_records=ALL, max_bytes=ALL)
        assert len(part.keys) == len(part.datas) == count
        assert part.size == sum(map(len, part.keys)) + sum(map(len, part.datas))
        assert part.size <= bound or count == 1
        back += zip(part.keys, part.datas, strict=True)
    assert back == records


@given(COLUMNS, st.integers(0, 300))
def test_no_frame_could_take_the_record_after_it(columns, bound):
    packed = [
        frames.unpack(body, max_records=ALL, max_bytes=ALL) for _, body in pack(columns, bound)
    ]
    for part, following in pairwise(packed):
        assert part.size + len(following.keys[0]) + len(following.datas[0]) > bound


@given(COLUMNS, st.data())
def test_a_slice_is_what_slicing_the_records_gives(columns, draw):
    records = [record for column in columns for record in column]
    ((_, body),) = pack(columns, ALL)
    skip = draw.draw(st.integers(0, len(records) - 1))
    max_records = draw.draw(st.integers(0, len(records) + 1))
    max_bytes = draw.draw(st.integers(0, 200))
    part = frames.unpack(body, skip, max_records=max_records, max_bytes=max_bytes)
    expected, size = [], 0
    for key, data in records[skip : skip + max_records]:
        if size + len(key) + len(data) > max_bytes:
            break
        size += len(key) + len(data)
        expected.append((key, data))
    assert list(zip(part.keys, part.datas, strict=True)) == expected
    assert part.size == size


def test_one_record_is_given_when_asked_for_however_large():
    ((_, body),) = pack([[(b"k", b"d" * 100), (b"k", b"e")]], ALL)
    assert frames.unpack(body, max_records=9, max_bytes=5, at_least_one=True).datas == [b"d" * 100]
    assert frames.unpack(body, max_records=9, max_bytes=5).datas == []


def test_the_layout_is_the_documented_one():
    ((_, body),) = pack([[(b"key", b"data"), (b"", b"!")]], ALL)
    assert body == (
        b"\x01\0\0\0" b"\x02\0\0\0"  # format, count
        b"\x03\0\0\0" b"\0\0\0\0"  # lengths of the keys
        b"\x04\0\0\0" b"\x01\0\0\0"  # lengths of the data
        b"keydata!"
    )  # fmt: skip


@given(st.data())
def test_a_frame_that_is_cut_short_or_too_long_is_refused(draw):
    ((_, body),) = pack([[(b"key", b"data"), (b"", b"!")]], ALL)
    cut = draw.draw(st.integers(0, len(body) - 1))
    for damaged in (body[:cut], body + b"x"):
        with pytest.raises(frames.FrameError):
            frames.unpack(damaged, max_records=ALL, max_bytes=ALL)


def test_a_frame_of_another_format_is_refused():
    with pytest.raises(frames.FrameError, match="format 9"):
        frames.unpack(b"\x09\0\0\0\0\0\0\0", max_records=ALL, max_bytes=ALL)
