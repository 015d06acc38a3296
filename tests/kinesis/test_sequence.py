import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import NOW_MS, histories, make_stream
from shardline.kinesis import sequence
from shardline.kinesis.sequence import SequenceNumber, UndecodableNumberError, parse
from shardline.storage.entities import Shard, Stream

SECOND = NOW_MS // 1000


def decimal(digits: str) -> str:
    return str(int(digits, 16))


def test_the_layout_is_awss() -> None:
    shard = Shard(0x1B, 0, 1, SECOND)
    text = sequence.number(shard, 41, NOW_MS + 5000)
    assert len(text) == 56
    assert f"{int(text):x}" == (f"2{SECOND:09x}b{42:016x}00{SECOND + 5:09x}{0x1B:08x}2")


def test_starting_numbers_of_neighbours_differ_as_on_aws() -> None:
    # kinesalite, test/createStream.js
    first, second, _ = map(sequence.starting, make_stream(3).shards)
    assert int(second) - int(first) == 22300745198530623141535718272648361505980432


def test_the_ending_number_has_the_last_counter_and_the_close_time() -> None:
    # kinesalite, test/splitShard.js
    number = parse(sequence.ending(Shard(7, 0, 1, SECOND), NOW_MS + 9000))
    assert number == SequenceNumber(2, SECOND, 0x7FFFFFFFFFFFFFFF, SECOND + 9, 7)


@given(
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**34),
    st.integers(0, 2**60),
    st.integers(0, 20),
    st.integers(0, 2**34),
)
def test_a_run_of_numbers_reads_back(
    number: int, created_s: int, first: int, count: int, put_s: int
) -> None:
    shard = Shard(number, 0, 1, created_s)
    run = sequence.numbers(shard, first, count, put_s * 1000 + 999)
    assert [parse(text) for text in run] == [
        SequenceNumber(2, created_s, first + i + 1, put_s, number) for i in range(count)
    ]
    assert run == [sequence.number(shard, first + i, put_s * 1000) for i in range(count)]


@given(histories(), st.data())
def test_numbers_order_across_reshards(
    history: tuple[Stream, list[tuple[Shard, ...]], int], data: st.DataObject
) -> None:
    # Given a stream with some reshards behind it, all perhaps within one second
    shards = {shard.number: shard for shard in history[0].shards}
    for child in shards.values():
        for number in (child.parent, child.adjacent_parent):
            if number is None:
                continue
            parent = shards[number]
            assert parent.closed_ms is not None
            # When a parent's last record arrived as late as can be
            last = sequence.number(parent, data.draw(st.integers(0, 2**62)), parent.closed_ms)
            # Then every number of the child is above it, and above the parent's end
            ending = sequence.ending(parent, parent.closed_ms)
            assert int(last) < int(ending) < int(sequence.starting(child))
            assert int(sequence.starting(child)) < int(sequence.number(child, 0, 0))


ALL_F = "2ffffffffff7fffffffffffffff000000000007fffffff2"


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        (ALL_F, SequenceNumber(2, 0xFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0, 0x7FFFFFFF)),
        ("2" + "0" * 45 + "2", SequenceNumber(2, 0, 0, 0, 0)),
        ("2" + "0" * 45 + "1", SequenceNumber(1, 0, 0, 0, 0)),
        ("2" + "0" * 37 + "800000002", SequenceNumber(2, 0, 0, 0, -(2**31))),
        ("0", SequenceNumber(0, 0, 0, 0, 0)),
        ("5", SequenceNumber(0, 0, 0, 0, 5)),
    ],
)
def test_numbers_that_aws_reads(digits: str, expected: SequenceNumber) -> None:
    # kinesalite, test/putRecord.js and test/getShardIterator.js
    assert parse(decimal(digits)) == expected


@pytest.mark.parametrize(
    "digits",
    [
        "2" + "0" * 46,  # version 0 in the long form
        "2" + "0" * 45 + "3",
        "2" + "0" * 45 + "4",
        "3" + "0" * 45 + "1",
        "1" + ALL_F[1:],
        "2" + "0" * 10 + "8" + "0" * 34 + "2",  # the counter's top bit
        "13bb2cc3d80000000000000000000000",  # version 0, created after 16,025,175,000 s
        "1" + "0" * 32,  # between the two forms
        "2" * 60,
    ],
)
def test_numbers_that_aws_calls_invalid(digits: str) -> None:
    with pytest.raises(UndecodableNumberError):
        parse(decimal(digits))


@given(st.integers(0, 10**129 - 1))
def test_every_text_of_digits_reads_or_is_refused(value: int) -> None:
    try:
        number = parse(str(value))
    except UndecodableNumberError:
        return
    assert number.version in (0, 1, 2)
