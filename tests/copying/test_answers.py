"""What became of the records of a request."""

import random

from shardline.copying.answers import Found, Place, out_of_order, recognized, sort_answer
from shardline.copying.records import Record

S0, S1 = "shardId-0", "shardId-1"


def records(*keys: str) -> list[Record]:
    return [Record(str(n), key, b"%d" % n, None, 0.0) for n, key in enumerate(keys)]


def test_an_answer_is_sorted_by_the_positions_of_the_request() -> None:
    answer = {
        "Records": [
            {"ShardId": S0, "SequenceNumber": "10"},
            {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate"},
        ]
    }
    found = sort_answer(answer, [3, 8])
    assert found.arrived == {3: Place(S0, "10")}
    assert not found.is_unknown
    assert found.why == "ProvisionedThroughputExceededException: Rate"


def test_an_internal_failure_leaves_it_unknown() -> None:
    found = sort_answer({"Records": [{"ErrorCode": "InternalFailure"}]}, [0])
    assert (found.arrived, found.is_unknown) == ({}, True)


def test_records_are_recognized_once_each_and_in_order() -> None:
    sent = [Record(str(n), "k", b"same", None, 0.0) for n in range(4)]
    there = [Found(Place(S0, str(n)), "k", b"same") for n in (11, 12, 13)]
    there.insert(1, Found(Place(S0, "99"), "k", b"of others"))
    # The record at 12 is known to be the first of the request.
    arrived = recognized(sent, [1, 2, 3], there, {Place(S0, "12")})
    assert arrived == {1: Place(S0, "11"), 2: Place(S0, "13")}


def test_the_order_of_a_key_is_checked_in_each_shard() -> None:
    sent = records("a", "b", "a", "b")
    right = {0: Place(S0, "1"), 1: Place(S1, "9"), 2: Place(S0, "2"), 3: Place(S1, "10")}
    assert out_of_order(sent, right, {}) == 0
    assert out_of_order(sent, right | {2: Place(S0, "0")}, {}) == 1
    assert out_of_order(sent, right, {S1: "9"}) == 0
    assert out_of_order(sent, right, {S0: "2", S1: "10"}) == 2


def test_records_of_other_keys_may_overtake() -> None:
    sent = records(*(str(n) for n in range(50)))
    numbers = list(range(100, 150))
    random.Random(1).shuffle(numbers)
    places = {n: Place(S0, str(number)) for n, number in enumerate(numbers)}
    assert out_of_order(sent, places, {S0: "99"}) == 0
