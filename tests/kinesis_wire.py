"""Raw signed calls: a test sees here what boto3 would check, hide, convert or try again."""

import base64
import http.client
import itertools
import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from many_nodes import endpoints_of
from shardline.testing import TestServer

ACCOUNT = "000000000000"
LAST_HASH_KEY = 2**128 - 1
TRANSITION_MS = 500  # what the fixture `slow_aws` takes for a transition
IDLE_S = 10  # a server drops connections that are silent for longer; 20 s is its bound
# One of the least that AWS takes, of any stream.
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": ["kinesis:DescribeStreamSummary", "kinesis:GetRecords"],
            "Resource": "arn:aws:kinesis:us-east-1:000000000000:stream/*",
        },
    }
)
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
_PATIENCE = 30  # how often each of several nodes is asked again
_names = itertools.count(1)


class Reply(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One connection that speaks Kinesis JSON, signed with the server's root key for a region.

    Where several nodes serve as one, it is one to each, and each call goes to the next.
    """

    def __init__(self, server: TestServer, region: str | None = None) -> None:
        self.server = server
        self.region = region or server.region
        self._connections = [
            (endpoint, http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30))
            for endpoint in endpoints_of(server)
        ]
        self._next = itertools.cycle(self._connections)
        self._used_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _, connection in self._connections:
            connection.close()

    def send(
        self, operation: str, body: bytes, content_type: str = "application/x-amz-json-1.1"
    ) -> Reply:
        """Send a body of any kind. A node among several that has lost its lease, as they do on a
        machine that stands still for a second, is not asked again: another one is, as by an SDK."""
        for asked in range(_PATIENCE * len(self._connections)):
            response = self.begin(operation, body, content_type)
            reply = Reply(response.status, dict(response.headers.items()), response.read())
            if reply.status != 503 or len(self._connections) == 1:
                break
            if asked >= len(self._connections):
                time.sleep(0.1)  # all have lost it
        return reply

    def begin(
        self, operation: str, body: bytes, content_type: str = "application/x-amz-json-1.1"
    ) -> http.client.HTTPResponse:
        """Send a body, and give the answer as it begins."""
        headers = {
            "Content-Type": content_type,
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
        }
        if time.monotonic() - self._used_at > IDLE_S:
            for _, connection in self._connections:
                connection.close()  # the next request opens it again
        endpoint, connection = next(self._next)
        request = AWSRequest("POST", endpoint + "/", headers=headers, data=body)
        key = self.server.node.root_key
        credentials = Credentials(key.access_key, key.secret)
        SigV4Auth(credentials, "kinesis", self.region).add_auth(request)
        connection.request("POST", "/", body, dict(request.headers.items()))
        self._used_at = time.monotonic()
        return connection.getresponse()

    def call(self, operation: str, members: Mapping[str, Any]) -> Reply:
        """Send members as JSON; bytes among them become base64."""
        return self.send(operation, json.dumps(members, default=_base64).encode())

    def ok(self, operation: str, **members: Any) -> Any:
        """The members of a good answer."""
        reply = self.call(operation, members)
        assert reply.status == 200, reply
        return json.loads(reply.body)

    def void(self, operation: str, **members: Any) -> None:
        """A good answer of an operation that answers nothing: a body of no bytes, not `{}`."""
        reply = self.call(operation, members)
        assert (reply.status, reply.body) == (200, b""), reply

    def error(self, operation: str, status: int = 400, **members: Any) -> tuple[str, str]:
        """Code and message of an error answer that has these two members and no others."""
        reply = self.call(operation, members)
        assert reply.status == status, reply
        answer = json.loads(reply.body)
        assert set(answer) == {"__type", "message"}
        return answer["__type"], answer["message"]

    def denial(self, operation: str, **members: Any) -> str:
        """The message of an AccessDeniedException, whose member has a capital M."""
        reply = self.call(operation, members)
        assert reply.status == 400, reply
        answer = json.loads(reply.body)
        assert (set(answer), answer["__type"]) == ({"__type", "Message"}, "AccessDeniedException")
        return str(answer["Message"])

    # What most tests begin with.

    def stream(self, shards: int = 1, **members: Any) -> str:
        """The name of a new stream."""
        name = new_name()
        if members.get("StreamModeDetails") != {"StreamMode": "ON_DEMAND"}:
            members["ShardCount"] = shards
        self.void("CreateStream", StreamName=name, **members)
        return name

    def arn(self, name: str) -> str:
        return f"arn:aws:kinesis:{self.region}:{ACCOUNT}:stream/{name}"

    def stream_id(self, name: str) -> str:
        """The id of a stream; no answer tells it."""
        streams = self.server.run(self.server.node.catalog.streams())
        [found] = [each for each in streams if (each.name, each.region) == (name, self.region)]
        return found.id

    def describe(self, name: str) -> dict[str, Any]:
        answer = self.ok("DescribeStream", StreamName=name)["StreamDescription"]
        assert isinstance(answer, dict)
        return answer

    def open_shards(self, name: str) -> list[dict[str, Any]]:
        """The open shards in the order of their hash keys."""
        found = [
            shard
            for shard in self.describe(name)["Shards"]
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        ]
        return sorted(found, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))

    def put(self, name: str, data: bytes = b"x", key: str = "k", **members: Any) -> dict[str, Any]:
        answer = self.ok("PutRecord", StreamName=name, Data=data, PartitionKey=key, **members)
        assert isinstance(answer, dict)
        return answer

    def consumer(self, name: str, consumer: str = "reader", **members: Any) -> str:
        """The ARN of a new consumer of a stream."""
        answer = self.ok(
            "RegisterStreamConsumer", StreamARN=self.arn(name), ConsumerName=consumer, **members
        )
        return str(answer["Consumer"]["ConsumerARN"])

    def iterator(
        self, name: str, shard: int = 0, kind: str = "TRIM_HORIZON", **members: Any
    ) -> str:
        answer = self.ok(
            "GetShardIterator",
            StreamName=name,
            ShardId=shard_id(shard),
            ShardIteratorType=kind,
            **members,
        )
        return str(answer["ShardIterator"])

    def get(self, iterator: str, **members: Any) -> dict[str, Any]:
        answer = self.ok("GetRecords", ShardIterator=iterator, **members)
        assert isinstance(answer, dict)
        return answer

    def datas(self, iterator: str, **members: Any) -> list[bytes]:
        """The data of the records at an iterator."""
        return [base64.b64decode(r["Data"]) for r in self.get(iterator, **members)["Records"]]


def new_name() -> str:
    """A stream name that no test had before."""
    return f"stream-{next(_names)}"


def shard_id(number: int) -> str:
    return f"shardId-{number:012d}"


def stream_gone(name: str) -> tuple[str, str]:
    """E1 of the reference: the stream does not exist for this call."""
    return "ResourceNotFoundException", f"Stream {name} under account {ACCOUNT} not found."


def shard_gone(name: str, shard: int = 0) -> tuple[str, str]:
    """E4: a reader's shard, or its stream, does not exist."""
    return (
        "ResourceNotFoundException",
        f"Shard {shard_id(shard)} in stream {name} under account {ACCOUNT} does not exist",
    )


def no_such_shard(name: str, shard: str) -> tuple[str, str]:
    """E3: a shard id that cannot be read, or that a reshard does not find."""
    return (
        "ResourceNotFoundException",
        f"Could not find shard {shard} in stream {name} under account {ACCOUNT}.",
    )


def not_active(name: str, status: str) -> tuple[str, str]:
    """E2: the call needs an ACTIVE stream."""
    return (
        "ResourceInUseException",
        f"Stream {name} under account {ACCOUNT} not ACTIVE, instead in state {status}",
    )


def invalid(*errors: str) -> tuple[str, str]:
    """A ValidationException with these errors in it."""
    plural = "s" if len(errors) > 1 else ""
    return (
        "ValidationException",
        f"{len(errors)} validation error{plural} detected: {'; '.join(errors)}",
    )


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(type(value).__name__)
