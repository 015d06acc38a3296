from dataclasses import replace

import pytest

from kinesis_samples import ACCOUNT, NOW_MS, make_stream
from shardline.gateway.errors import ServiceError
from shardline.kinesis import sequence
from shardline.kinesis.positions import check_ordering, check_start, start_offset

ON_SHARD_0 = "used in GetShardIterator on shard shardId-000000000000 in stream flights under"


def refusal(call: object, *args: object, **kwargs: object) -> tuple[str, str | None]:
    with pytest.raises(ServiceError) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code, caught.value.message


class TestOrdering:
    @pytest.mark.parametrize("digits", ["2" + "0" * 45 + "1", "2" + "0" * 37 + "800000002", "0"])
    def test_numbers_that_pass(self, digits: str) -> None:
        check_ordering(str(int(digits, 16)), "flights", ACCOUNT, now_ms=NOW_MS)

    def test_the_number_of_a_record_put_this_second_passes(self) -> None:
        text = sequence.number(make_stream().shards[0], 7, NOW_MS)
        check_ordering(text, "flights", ACCOUNT, now_ms=NOW_MS)

    @pytest.mark.parametrize(
        "text",
        [
            str(int("2" + "0" * 45 + "3", 16)),
            sequence.number(make_stream().shards[0], 7, NOW_MS + 1000),
        ],
    )
    def test_an_unreadable_number_or_one_of_the_future_is_refused(self, text: str) -> None:
        # kinesalite, test/putRecord.js
        assert refusal(check_ordering, text, "flights", ACCOUNT, now_ms=NOW_MS) == (
            "InvalidArgumentException",
            f"ExclusiveMinimumSequenceNumber {text} used in PutRecord on stream flights "
            f"under account {ACCOUNT} is invalid.",
        )


class TestStart:
    # Texts: kinesalite, test/getShardIterator.js
    @pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
    def test_a_number_is_required(self, kind: str) -> None:
        code, text = refusal(check_start, kind, None, None, now_ms=NOW_MS)
        assert code == "InvalidArgumentException"
        assert text == (
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
            "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
            f"Request specified {kind} and no StartingSequenceNumber."
        )

    @pytest.mark.parametrize("kind", ["TRIM_HORIZON", "LATEST"])
    def test_a_number_is_refused(self, kind: str) -> None:
        code, text = refusal(check_start, kind, "5", None, now_ms=NOW_MS)
        assert code == "InvalidArgumentException"
        assert text is not None
        assert text.endswith(f" specified {kind} and also a StartingSequenceNumber.")

    def test_what_fits_passes(self) -> None:
        assert check_start("AT_SEQUENCE_NUMBER", "5", None, now_ms=NOW_MS) is None
        assert check_start("LATEST", None, None, now_ms=NOW_MS) is None
        assert check_start("AT_TIMESTAMP", None, NOW_MS / 1000, now_ms=NOW_MS) == NOW_MS

    def test_at_timestamp_needs_a_timestamp(self) -> None:
        assert refusal(check_start, "AT_TIMESTAMP", None, None, now_ms=NOW_MS) == (
            "InvalidArgumentException",
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
            "Current request has no timestamp parameter.",
        )

    def test_a_timestamp_in_the_future_is_refused(self) -> None:
        later = NOW_MS / 1000 + 2
        assert refusal(check_start, "AT_TIMESTAMP", None, later, now_ms=NOW_MS) == (
            "InvalidArgumentException",
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            "timestampInMillis: 1700000002000, currentTimestampInMillis: 1700000000000",
        )


class TestOffset:
    stream = make_stream(6)
    shard = stream.shards[0]

    def offset(self, kind: str, text: str, tail: int = 100) -> int:
        return start_offset(kind, text, self.stream, self.shard, tail=tail)

    def test_a_records_own_number(self) -> None:
        text = sequence.number(self.shard, 41, NOW_MS)
        assert self.offset("AT_SEQUENCE_NUMBER", text) == 41
        assert self.offset("AFTER_SEQUENCE_NUMBER", text) == 42

    def test_the_starting_number_begins_at_the_first_record(self) -> None:
        text = sequence.starting(self.shard)
        assert self.offset("AT_SEQUENCE_NUMBER", text) == 0
        assert self.offset("AFTER_SEQUENCE_NUMBER", text) == 0

    def test_the_ending_number_begins_at_the_tail(self) -> None:
        text = sequence.ending(self.shard, NOW_MS)
        assert self.offset("AT_SEQUENCE_NUMBER", text, tail=7) == 7
        assert self.offset("AFTER_SEQUENCE_NUMBER", text, tail=7) == 7

    @pytest.mark.parametrize(
        ("text", "encoded"),
        [
            ("5", "shardId-000000000005"),
            (str(int("2" + "0" * 37 + "800000002", 16)), "shardId--02147483648"),
            (sequence.number(stream.shards[1], 0, NOW_MS), "shardId-000000000001"),
        ],
    )
    def test_the_number_of_another_shard(self, text: str, encoded: str) -> None:
        assert refusal(self.offset, "AT_SEQUENCE_NUMBER", text) == (
            "InvalidArgumentException",
            f"Invalid StartingSequenceNumber. It encodes {encoded}, "
            "while it was used in a call to a shard with shardId-000000000000",
        )

    def test_an_undecodable_number(self) -> None:
        text = str(int("13bb2cc3d80000000000000000000000", 16))
        assert refusal(self.offset, "AT_SEQUENCE_NUMBER", text) == (
            "InvalidArgumentException",
            f"StartingSequenceNumber {text} {ON_SHARD_0} account {ACCOUNT} is invalid.",
        )

    @pytest.mark.parametrize("seconds", [-1, 1])
    def test_the_number_of_another_stream_of_that_name(self, seconds: int) -> None:
        other = replace(self.shard, created_s=self.shard.created_s + seconds)
        text = sequence.number(other, 0, NOW_MS)
        assert refusal(self.offset, "AFTER_SEQUENCE_NUMBER", text) == (
            "InvalidArgumentException",
            f"StartingSequenceNumber {text} {ON_SHARD_0} account {ACCOUNT} is invalid "
            "because it did not come from this stream.",
        )

    def test_number_0_trips_aws(self) -> None:
        with pytest.raises(ServiceError) as caught:
            self.offset("AT_SEQUENCE_NUMBER", "0")
        assert (caught.value.code, caught.value.status) == ("InternalFailure", 500)
        assert caught.value.message is None
