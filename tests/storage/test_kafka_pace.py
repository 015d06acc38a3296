"""When records are handed to librdkafka, without it: partitions, times and landings are made up."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shardline.storage.kafka_log.pace import Pace, Sending

EVERY_S = 0.005
HERE, THERE = ("t", 0), ("t", 1)


class Timers:
    """What `Pace` needs of an event loop; time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[tuple[float, Callable[[], None], asyncio.Handle]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, wait_s: float, call: Callable[[], None]) -> asyncio.Handle:
        handle = asyncio.Handle(
            call, (), cast(asyncio.AbstractEventLoop, SimpleNamespace(get_debug=lambda: False))
        )
        self.calls.append((self.now + wait_s, call, handle))
        return handle

    def call_soon(self, call: Callable[[], None]) -> asyncio.Handle:
        return self.call_later(0, call)

    def go_on(self, seconds: float = 0) -> None:
        """Let time pass, and all be called that is due."""
        self.now += seconds
        due = [each for each in self.calls if each[0] <= self.now]
        self.calls = [each for each in self.calls if each[0] > self.now]
        for _, call, handle in due:
            if not handle.cancelled():
                call()


class MadeUp:
    """What `Pace` needs of a `Sent`."""

    def __init__(self, place: tuple[str, int]) -> None:
        self.place = place
        self.is_over = False


class Kafka:
    """What takes the records, as far as `Pace` sees it."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.taken: list[Sending] = []
        self.refuses = False
        self.pace = Pace(EVERY_S, self._take, cast(asyncio.AbstractEventLoop, self.timers))

    def _take(self, sending: Sending) -> None:
        if self.refuses:
            cast(Any, sending.sent).is_over = True
        else:
            self.taken.append(sending)

    def send(self, value: bytes, place: tuple[str, int] = HERE) -> Sending:
        sent = cast(Any, MadeUp(place))
        sending = Sending(sent, 0, [], [None], [value])
        self.pace.add(sending)
        return sending

    def values(self) -> list[bytes]:
        """What was taken since this was asked for last."""
        values = [value for sending in self.taken for value in sending.values]
        self.taken.clear()
        return values

    def land(self) -> list[bytes]:
        """Let all that was taken come to its end; what it was."""
        landed = [sending.sent for sending in self.taken]
        values = self.values()
        self.pace.landed(landed)
        return values


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


def test_what_comes_in_one_turn_of_the_loop_goes_together_and_at_once(kafka: Kafka) -> None:
    kafka.send(b"1")
    kafka.send(b"2", THERE)
    kafka.send(b"3")
    assert kafka.values() == []
    kafka.timers.go_on()
    assert kafka.values() == [b"1", b"3", b"2"]


def test_the_next_go_a_while_after_the_last(kafka: Kafka) -> None:
    kafka.send(b"1")
    kafka.timers.go_on()
    assert kafka.land() == [b"1"]
    kafka.timers.go_on(EVERY_S / 4)
    kafka.send(b"2")
    kafka.send(b"3", THERE)
    kafka.timers.go_on(EVERY_S / 2)
    assert kafka.values() == []
    kafka.timers.go_on(EVERY_S / 4)
    assert kafka.values() == [b"2", b"3"]


def test_who_comes_after_a_pause_does_not_wait(kafka: Kafka) -> None:
    kafka.send(b"1")
    kafka.timers.go_on()
    assert kafka.land() == [b"1"]
    kafka.timers.go_on(EVERY_S)
    kafka.send(b"2")
    kafka.timers.go_on()
    assert kafka.values() == [b"2"]


def test_a_partition_with_records_on_their_way_waits_for_all_of_them(kafka: Kafka) -> None:
    first, second = kafka.send(b"1"), kafka.send(b"2")
    kafka.timers.go_on()
    assert kafka.values() == [b"1", b"2"]
    kafka.send(b"3")
    kafka.send(b"4", THERE)
    kafka.timers.go_on(EVERY_S)
    assert kafka.values() == [b"4"]
    kafka.pace.landed([first.sent])
    kafka.timers.go_on(EVERY_S)
    assert kafka.values() == []
    kafka.pace.landed([second.sent])
    kafka.timers.go_on()
    assert kafka.values() == [b"3"]


def test_no_more_goes_than_one_request_takes_but_always_something(kafka: Kafka) -> None:
    sizes = [400_000, 400_000, 400_000, 2_000_000, 1]
    for number, size in enumerate(sizes):
        kafka.send(b"%d" % number + bytes(size))
    rounds = []
    for _ in range(3):
        kafka.timers.go_on(EVERY_S)
        rounds.append([value[:1] for value in kafka.land()])
    kafka.timers.go_on(EVERY_S)
    assert [*rounds, [value[:1] for value in kafka.land()]] == [
        [b"0", b"1"],
        [b"2"],
        [b"3"],
        [b"4"],
    ]


def test_the_rest_of_what_was_too_much_for_one_request_is_not_held_for_long(kafka: Kafka) -> None:
    kafka.send(b"1" + bytes(800_000))
    kafka.send(b"2" + bytes(800_000))
    kafka.timers.go_on()
    assert [value[:1] for value in kafka.values()] == [b"1"]
    kafka.timers.go_on(2)
    assert [value[:1] for value in kafka.values()] == [b"2"]


def test_what_cannot_be_sent_does_not_hold_up_the_rest(kafka: Kafka) -> None:
    kafka.refuses = True
    kafka.send(bytes(800_000))
    kafka.send(b"2" + bytes(800_000))
    kafka.timers.go_on()
    kafka.refuses = False
    kafka.timers.go_on(EVERY_S)
    assert [value[:1] for value in kafka.values()] == [b"2"]


def test_nothing_is_held_for_more_than_two_seconds_so_that_its_time_runs(kafka: Kafka) -> None:
    kafka.send(b"1")
    kafka.timers.go_on()
    kafka.timers.go_on(0.5)
    kafka.send(b"2", THERE)
    kafka.timers.go_on()
    assert kafka.values() == [b"1", b"2"]
    # When one partition has been waited for since more than a second, and another not yet
    kafka.send(b"3")
    kafka.timers.go_on(0.25)
    kafka.send(b"4", THERE)
    kafka.timers.go_on(0.5)
    assert kafka.values() == []
    kafka.timers.go_on(0.24)
    assert kafka.values() == []
    kafka.timers.go_on(0.01)
    assert kafka.values() == [b"3", b"4"]
    kafka.send(b"5")
    kafka.timers.go_on(0.5)
    kafka.send(b"6")
    kafka.timers.go_on(0.5)
    assert kafka.values() == [b"5", b"6"]
    kafka.timers.go_on(1)
    assert not kafka.timers.calls


def test_what_ended_before_it_landed_is_of_no_account(kafka: Kafka) -> None:
    kafka.refuses = True
    sending = kafka.send(b"1")
    kafka.timers.go_on()
    kafka.pace.landed([sending.sent])
    kafka.refuses = False
    kafka.send(b"2")
    kafka.timers.go_on(EVERY_S)
    kafka.pace.landed([sending.sent])
    assert kafka.land() == [b"2"]
    assert not kafka.pace._lanes


def test_at_the_end_all_goes_at_once_and_in_order(kafka: Kafka) -> None:
    kafka.send(b"1")
    kafka.timers.go_on()
    kafka.send(b"2")
    kafka.send(b"3")
    kafka.send(b"4", THERE)
    kafka.pace.end()
    assert kafka.land() == [b"1", b"2", b"3", b"4"]
    kafka.timers.go_on(EVERY_S)
    assert kafka.values() == []


def test_nothing_is_kept_of_a_partition_that_nothing_goes_to(kafka: Kafka) -> None:
    for number in range(100):
        kafka.send(b"x", ("t", number))
    kafka.timers.go_on()
    kafka.land()
    assert not kafka.pace._lanes
    assert not kafka.timers.calls
