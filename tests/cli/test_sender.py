"""Records are sent until every one is acknowledged, or it gives up clearly."""

from typing import Any

import pytest

from shardline.cli.sender import (
    LONGEST_DELAY_S,
    VAIN_TRIES,
    GaveUpError,
    Sender,
    back_off,
)

REFUSED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}


class Shard:
    """A client whose stream has one shard, which refuses what `refuse` says."""

    def __init__(self, *refuse: set[bytes]) -> None:
        self.records: list[bytes] = []
        self.requests = 0
        self._refuse = list(refuse)

    def put_records(self, *, Records: list[dict[str, Any]], StreamName: str) -> Any:  # noqa: N803
        assert StreamName == "events"
        self.requests += 1
        refuse = self._refuse.pop(0) if len(self._refuse) > 1 else self._refuse[0]
        answers: list[dict[str, str]] = []
        for record in Records:
            if record["Data"] in refuse:
                answers.append(REFUSED)
            else:
                self.records.append(record["Data"])
                answers.append({"ShardId": "shardId-000000000000", "SequenceNumber": "1"})
        return {"Records": answers}


def entries(*data: bytes) -> list[dict[str, Any]]:
    return [{"Data": one, "PartitionKey": "k"} for one in data]


def test_what_was_refused_is_sent_again_and_nothing_else() -> None:
    # Given a shard that refuses two records, then one of them again
    shard, slept = Shard({b"b", b"c"}, {b"c"}, set()), list[float]()
    sender = Sender(shard, "events", sleep=slept.append)
    # When they are sent
    sender.send(entries(b"a", b"b", b"c", b"d"))
    # Then each is there once, and the tally says so
    assert shard.records == [b"a", b"d", b"b", b"c"]
    assert (sender.tally.records, sender.tally.resent, sender.tally.bytes) == (4, 3, 8)
    assert sender.tally.per_shard == {"shardId-000000000000": 4}
    assert len(slept) == 2


def test_it_gives_up_after_enough_vain_tries_and_says_why() -> None:
    shard, slept = Shard({b"bad"}), list[float]()
    sender = Sender(shard, "events", sleep=slept.append)
    with pytest.raises(GaveUpError, match=r"1 records .* ProvisionedThroughput.*Rate exceeded"):
        sender.send(entries(b"good", b"bad"))
    assert sender.tally.records == 1
    assert shard.requests == VAIN_TRIES + 1  # the first brought one record in


def test_progress_keeps_it_going() -> None:
    """A throttled shard takes a few records at a time: that is no reason to give up."""
    names = [b"%d" % number for number in range(3 * VAIN_TRIES)]
    shard = Shard(*(set(names[done:]) for done in range(1, len(names) + 1)))
    Sender(shard, "events", sleep=lambda seconds: None).send(entries(*names))
    assert shard.records == names


def test_the_delay_grows_and_is_bounded() -> None:
    assert back_off(0) <= 0.1
    assert LONGEST_DELAY_S / 2 <= back_off(50) <= LONGEST_DELAY_S
