"""What a parent and a worker tell each other, over a pair of sockets.

    parent → worker   4 bytes, how long the start order is; the start order (pickle, since paths may
                      be no text); then orders, a byte each
    worker → parent   reports, a line of JSON each

The start order has secrets, which a command line or an environment would show. Whoever reads the
end of the wire knows that the other process is gone.
"""

import pickle
import socket
import struct
from dataclasses import dataclass

import msgspec

from shardline.settings import NodeSettings
from shardline.storage.members import Place

LEAVE = b"L"  # another one has taken over: let clients go to it, and end
STOP = b"S"  # the whole server stops: end as soon as what was accepted is answered

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class StartOrder:
    """All that a worker has to know. `lock` and `listener` are file descriptors."""

    worker: int  # its number among the workers, from 1
    settings: NodeSettings
    place: Place
    lock: int
    listener: int
    parent: int  # its process id

    def descriptors(self) -> tuple[int, ...]:
        """What the worker has to inherit."""
        return (self.lock, self.listener, *self.place.descriptors())


class Ready(msgspec.Struct, tag=True):
    """It serves. `certificate` and `private_key` are paths, of the files that it serves with."""

    endpoint: str
    certificate: str | None = None
    private_key: str | None = None


class Closed(msgspec.Struct, tag=True):
    """It accepts no more connections."""


class Failed(msgspec.Struct, tag=True):
    """It could not start, or not go on."""

    reason: str


Report = Ready | Closed | Failed

_decoder = msgspec.json.Decoder(Report)


def send_start(wire: socket.socket, order: StartOrder) -> None:
    """Give a worker its start order. It is smaller than the socket's buffer."""
    packed = pickle.dumps(order)
    wire.sendall(_LENGTH.pack(len(packed)) + packed)


def receive_start(wire: socket.socket) -> StartOrder:
    """The start order; waits for it. Raises `EOFError` when the parent is gone."""
    (length,) = _LENGTH.unpack(_receive(wire, _LENGTH.size))
    order = pickle.loads(_receive(wire, length))
    assert isinstance(order, StartOrder)
    return order


def _receive(wire: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = wire.recv(size - len(received))
        if not piece:
            raise EOFError
        received += piece
    return received


def encode_report(report: Report) -> bytes:
    """A report as a line."""
    return msgspec.json.encode(report) + b"\n"


def decode_report(line: bytes) -> Report:
    """The report in a line."""
    report: Report = _decoder.decode(line)
    return report
