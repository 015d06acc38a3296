"""A request is sent until every record of it has arrived: once, whatever becomes of its answers."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from copying_support import THROTTLED, ImaginaryTime
from shardline.copying.answers import Found, Place
from shardline.copying.errors import GaveUp
from shardline.copying.records import Record
from shardline.copying.sender import PATIENCE_S, SETTLE_S, Destination, Sender, Sent

SHARD = "shardId-0"


class Shard:
    """A stream of one shard, whose answers are those that were planned: see `answer`."""

    def __init__(self, *planned: Any) -> None:
        self.there: list[Found] = []
        self.planned = list(planned)
        self.requests: list[list[bytes]] = []
        self.looks = 0

    def put_records(self, *, Records: list[dict[str, Any]], StreamName: str) -> Any:  # noqa: N803
        """The plan: an error to raise, or a set of data to refuse; a pair does both."""
        self.requests.append([each["Data"] for each in Records])
        plan = self.planned.pop(0) if self.planned else set()
        refused, error = plan if isinstance(plan, tuple) else (plan, None)
        if isinstance(refused, Exception):
            raise refused
        answers: list[dict[str, str]] = []
        for each in Records:
            if each["Data"] in refused:
                answers.append(THROTTLED)
                continue
            place = Place(SHARD, str(100 + len(self.there)))
            self.there.append(Found(place, each["PartitionKey"], each["Data"]))
            answers.append({"ShardId": SHARD, "SequenceNumber": place.sequence})
        if error is not None:
            raise error
        return {"Records": answers}

    def tail(self, records: Sequence[Record], tips: Mapping[str, str]) -> Iterator[Found]:
        self.looks += 1
        after = int(tips.get(SHARD, 0))
        return (each for each in self.there if int(each.place.sequence) > after)


def lost() -> Exception:
    return ReadTimeoutError(endpoint_url="http://there")


def refusal(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutRecords")


def records(count: int) -> list[Record]:
    return [Record(str(n), f"k{n % 3}", b"%d" % n, None, 0.0) for n in range(count)]


def send(shard: Shard, count: int = 6, time: ImaginaryTime | None = None, **rules: Any) -> Sent:
    time = time or ImaginaryTime()
    to = Destination(shard, {"StreamName": "s"}, shard.tail, **rules)
    return Sender(to, time.pace).send(records(count), {SHARD: "99"}, look_first=False)


def data(shard: Shard) -> list[bytes]:
    return [each.data for each in shard.there]


def test_what_was_refused_is_sent_again_and_nothing_else() -> None:
    shard = Shard({b"4", b"5"}, {b"5"})
    sent = send(shard)
    assert shard.requests[1:] == [[b"4", b"5"], [b"5"]]
    assert data(shard) == [b"%d" % n for n in range(6)]
    assert (sent.resent, sent.found, shard.looks) == (3, 0, 0)
    assert sent.places == {n: Place(SHARD, str(100 + n)) for n in range(6)}


@pytest.mark.parametrize("arrived", [set(), {b"0", b"3"}, {b"%d" % n for n in range(6)}])
def test_a_lost_answer_is_looked_up_and_only_what_is_missing_is_sent(arrived: set[bytes]) -> None:
    # Given an answer that is lost after some of the request was carried out
    shard = Shard(({b"%d" % n for n in range(6)} - arrived, lost()))
    time = ImaginaryTime()
    # When it is sent
    sent = send(shard, time=time)
    # Then every record is there once, and it was looked up when the request had settled
    assert sorted(data(shard)) == [b"%d" % n for n in range(6)]
    assert sent.found == len(arrived)
    assert sorted(sent.places) == list(range(6))
    assert time.now_s >= SETTLE_S
    assert shard.looks == 1


def test_a_failure_inside_of_the_destination_is_looked_up() -> None:
    shard = Shard((set(), refusal("InternalFailure", 500)))
    assert send(shard).found == 6
    assert len(shard.requests) == 1


def test_an_answer_that_was_cut_off_is_looked_up() -> None:
    class Cut(Shard):
        def put_records(self, **call: Any) -> Any:
            answer = super().put_records(**call)
            return answer if len(self.requests) > 1 else {}

    shard = Cut({b"4"})
    assert send(shard).found == 5
    assert data(shard) == [b"%d" % n for n in (0, 1, 2, 3, 5, 4)]


def test_a_record_that_failed_inside_is_looked_up() -> None:
    class Half(Shard):
        def put_records(self, **call: Any) -> Any:
            answer = super().put_records(**call)
            if len(self.requests) == 1:
                answer["Records"][2] = {"ErrorCode": "InternalFailure"}
            return answer

    shard = Half()
    assert send(shard).found == 1
    assert (len(shard.requests), len(shard.there)) == (1, 6)


def test_a_connection_that_was_never_made_needs_no_look() -> None:
    refused = EndpointConnectionError(endpoint_url="http://there")
    shard = Shard(refused, refused, refusal("ProvisionedThroughputExceededException", 400))
    assert send(shard).found == 0
    assert (shard.looks, len(shard.there)) == (0, 6)


def test_who_may_not_look_sends_again_and_says_so() -> None:
    def denied(records: Sequence[Record], tips: Mapping[str, str]) -> Iterator[Found]:
        raise refusal("AccessDeniedException", 400)

    shard = Shard((set(), lost()))
    shard.tail = denied  # type: ignore[method-assign]
    sent = send(shard)
    assert sent.in_doubt == 6
    assert len(shard.there) == 12


def test_what_is_refused_for_good_is_raised_at_once() -> None:
    shard = Shard(refusal("AccessDeniedException", 400))
    with pytest.raises(ClientError, match="AccessDenied"):
        send(shard)
    assert len(shard.requests) == 1


def test_it_gives_up_when_nothing_arrives_for_long() -> None:
    time = ImaginaryTime()
    shard = Shard(*[{b"5"}] * 1000)
    told: list[str] = []
    with pytest.raises(GaveUp, match=r"did not arrive .* Rate exceeded"):
        send(shard, time=time, shown=told.append)
    assert PATIENCE_S < time.now_s < PATIENCE_S + 10
    assert set(told) == {"ProvisionedThroughputExceededException: Rate exceeded"}


def test_slow_gains_are_no_reason_to_give_up() -> None:
    time = ImaginaryTime()
    all_ = {b"%d" % n for n in range(6)}
    plan = [all_ - {b"%d" % n for n in range(done)} for done in range(7) for _ in range(15)]
    send(shard := Shard(*plan), time=time)
    assert len(shard.there) == 6
    assert time.now_s > 2 * PATIENCE_S


def test_stopped_it_does_not_wait() -> None:
    time = ImaginaryTime()
    with pytest.raises(GaveUp):
        send(Shard({b"0"}), time=time, is_stopped=lambda: True)
    assert time.now_s == 0


def test_the_request_of_an_earlier_run_is_looked_for_first() -> None:
    shard = Shard()
    for number in (0, 1, 2):
        place = Place(SHARD, str(100 + number))
        shard.there.append(Found(place, f"k{number}", b"%d" % number))
    time = ImaginaryTime()
    to = Destination(shard, {"StreamName": "s"}, shard.tail)
    sent = Sender(to, time.pace).send(records(6), {SHARD: "99"}, look_first=True)
    assert shard.requests == [[b"3", b"4", b"5"]]
    assert (sent.found, time.now_s) == (3, SETTLE_S)


def test_any_history_of_refusals_and_losses_leaves_each_record_once() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        plan = [
            ({b"%d" % n for n in range(20) if chance.random() < 0.5}, chance.choice([None, lost()]))
            for _ in range(chance.randrange(8))
        ]
        shard = Shard(*plan)
        sent = send(shard, 20)
        assert sorted(data(shard)) == sorted(b"%d" % n for n in range(20)), seed
        assert {each.place for each in shard.there} == set(sent.places.values()), seed
