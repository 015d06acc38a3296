"""A subscription as it comes over the wire: botocore's parser finds the messages in the bytes."""

import base64
import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from botocore.eventstream import EventStreamBuffer

from kinesis_wire import Wire, shard_id
from shardline.testing import TestServer

EVENT_STREAM = "application/vnd.amazon.eventstream"


class Message(NamedTuple):
    """One message: its headers but for the content type, and its payload."""

    headers: dict[str, str]
    payload: dict[str, Any]

    @property
    def kind(self) -> str:
        """The name of an event or of an error."""
        return self.headers.get(":event-type") or self.headers[":exception-type"]


class Subscription:
    """An open SubscribeToShard, on a connection of its own, with `initial-response` read."""

    def __init__(
        self, server: TestServer, arn: str, shard: int = 0, kind: str = "LATEST", **start: Any
    ) -> None:
        self._wire = Wire(server)
        self._messages = self._read()
        body = {
            "ConsumerARN": arn,
            "ShardId": shard_id(shard),
            "StartingPosition": {"Type": kind, **start},
        }
        self.response = self._wire.begin("SubscribeToShard", json.dumps(body).encode())

    def __enter__(self) -> Self:
        assert self.response.status == 200, self.response.read()
        assert self.response.headers["content-type"] == EVENT_STREAM
        first = next(self._messages)
        assert first.headers == {":message-type": "event", ":event-type": "initial-response"}
        assert first.payload == {}
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.__exit__()

    def _read(self) -> Iterator[Message]:
        buffer = EventStreamBuffer()
        while data := self.response.read1(1 << 20):
            buffer.add_data(data)
            for event in buffer:
                headers = dict(event.headers)
                assert headers.pop(":content-type") == "application/x-amz-json-1.1"
                yield Message(headers, json.loads(event.payload))

    def next(self) -> dict[str, Any]:
        """The members of the next event."""
        message = next(self._messages)
        assert message.headers == {
            ":message-type": "event",
            ":event-type": "SubscribeToShardEvent",
        }, message
        return message.payload

    def datas(self) -> list[bytes]:
        """The data of the next event's records."""
        return [base64.b64decode(record["Data"]) for record in self.next()["Records"]]

    def data_until(self, last: bytes) -> list[bytes]:
        """The data of records up to the one with that data."""
        found: list[bytes] = []
        while not found or found[-1] != last:
            found += self.datas()
        return found

    def error(self) -> tuple[str, str]:
        """Code and text of the error inside of the stream, which ends it."""
        message = next(self._messages)
        assert message.headers[":message-type"] == "exception", message
        assert set(message.payload) == {"__type", "message"}
        assert message.payload["__type"] == message.kind
        assert self.ended()
        return message.kind, message.payload["message"]

    def ended(self) -> bool:
        """Whether the stream ends here, in order."""
        return next(self._messages, None) is None
