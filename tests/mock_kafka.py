"""The mock of Kafka that librdkafka has for its own tests, by its C functions.

It speaks the protocol on a port, loses nothing and forgets all, starts within a millisecond, and
fails as it is told. What it cannot do (administration, limits, security) needs a real broker.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka
from confluent_kafka import Producer

PRODUCE = 0  # the protocol's number of that request
_PACKAGE = Path(confluent_kafka.__file__).parent
_C = ctypes.CDLL(str(next(_PACKAGE.with_name(f"{_PACKAGE.name}.libs").glob("librdkafka*"))))
_C.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
_C.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p


def _handle(producer: Producer) -> ctypes.c_void_p:
    """librdkafka's own object, which is the first member of confluent-kafka's."""
    address = id(producer) + object.__basicsize__
    return ctypes.c_void_p(ctypes.cast(address, ctypes.POINTER(ctypes.c_void_p))[0])


def give_up(producer: Producer, reason: str) -> None:
    """A fatal error of the producer, as librdkafka raises it."""
    out_of_order = 45
    assert not _C.rd_kafka_test_fatal_error(_handle(producer), out_of_order, reason.encode())


class MockKafka:
    """A cluster of one broker."""

    def __init__(self) -> None:
        self._owner = Producer({"bootstrap.servers": "", "log_level": 0})
        self._cluster = ctypes.c_void_p(_C.rd_kafka_mock_cluster_new(_handle(self._owner), 1))
        assert self._cluster
        self.bootstrap_servers = _C.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def make_topic(self, name: str, partitions: int) -> None:
        """Make a topic."""
        assert not _C.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)

    def answer_after(self, milliseconds: int) -> None:
        """How long the broker takes for each answer from now on."""
        assert not _C.rd_kafka_mock_broker_set_rtt(self._cluster, 1, milliseconds)

    def is_down(self, is_down: bool) -> None:
        """Whether the broker refuses connections from now on; those that are there break."""
        change = _C.rd_kafka_mock_broker_set_down if is_down else _C.rd_kafka_mock_broker_set_up
        assert not change(self._cluster, 1)

    def fail_next(self, request: int, *errors: int) -> None:
        """Answer the next requests of a kind by these errors, by Kafka's numbers; 0 is none."""
        _C.rd_kafka_mock_push_request_errors(
            self._cluster, ctypes.c_int16(request), ctypes.c_size_t(len(errors)), *errors
        )

    def close(self) -> None:
        """End it."""
        _C.rd_kafka_mock_cluster_destroy(self._cluster)


@contextmanager
def mock_kafka() -> Iterator[MockKafka]:
    """A mock that ends with the test."""
    made = MockKafka()
    try:
        yield made
    finally:
        made.close()
