"""What a parent and a worker tell each other."""

import dataclasses
import os
import socket
from pathlib import Path

import pytest

from shardline.cli.workers import wire
from shardline.cli.workers.wire import Closed, Failed, Ready, Report, StartOrder
from shardline.settings import NodeSettings, StreamAtStart
from shardline.storage.members import Place

ORDER = StartOrder(
    worker=2,
    settings=NodeSettings(
        Path(os.fsdecode(b"/d\xff")),  # no text
        streams=(StreamAtStart("a", 2),),
        root_key=("key", "secret"),
        metrics_token="0123456789abcdef",
        alarm_topics=(("ops", "https://host/"),),
    ),
    place=Place(1, 3, 10, 11, (12, 13, 14)),
    lock=15,
    listener=16,
    parent=17,
)


def test_a_start_order_comes_as_it_was_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send_start(ours, ORDER)
        ours.send(wire.STOP)
        assert wire.receive_start(theirs) == ORDER
        assert theirs.recv(10) == wire.STOP
    assert set(ORDER.descriptors()) == set(range(10, 17))


def test_a_long_one_fits_the_buffer() -> None:
    streams = tuple(StreamAtStart(f"{number:0128}", 1) for number in range(200))
    order = dataclasses.replace(
        ORDER,
        settings=dataclasses.replace(ORDER.settings, streams=streams),
        place=Place(64, 65, 3, 4, tuple(range(10_000, 10_065))),
    )
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        wire.send_start(ours, order)
        assert wire.receive_start(theirs) == order


def test_a_parent_that_is_gone() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.send(b"\0\0\0\7abc")
        ours.close()
        with pytest.raises(EOFError):
            wire.receive_start(theirs)


@pytest.mark.parametrize(
    "report",
    [Ready("http://h:1", "/c", "/k"), Ready("http://h:1"), Closed(), Failed("no\nroom")],
)
def test_reports_are_lines(report: Report) -> None:
    line = wire.encode_report(report)
    assert line.count(b"\n") == 1
    assert wire.decode_report(line) == report
