"""moto's server, an independent stand-in for AWS, and what it lacks of what the module relies on.

Each gap is closed here in the plainest way, so that the module is tested as it is and not in a form
of its own for moto:

- CreateStream forgets the tags that it is given;
- RegisterStreamConsumer forgets them too, and Kinesis's ListTagsForResource is not there;
- UpdateMaxRecordSize is not there, and DescribeStreamSummary does not tell the size.

What is left out of moto and not closed here: streams and consumers are ACTIVE at once, records do
not expire, and no permission is asked for.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

ACCOUNT = "123456789012"


@contextlib.contextmanager
def running_moto() -> Iterator[str]:
    """The URL of a server of moto with the gaps closed."""
    from moto.server import ThreadedMotoServer  # it takes long to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        _close_gaps(patch)
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()
            assert server._server is not None
            server._server.server_close()


def _close_gaps(patch: pytest.MonkeyPatch) -> None:
    from moto.core.responses import ActionResult, EmptyResult
    from moto.kinesis.models import Stream
    from moto.kinesis.responses import KinesisResponse

    create, register = KinesisResponse.create_stream, KinesisResponse.register_stream_consumer
    summary = Stream.to_json_summary

    def create_stream(self: Any) -> ActionResult:
        answer = create(self)
        stream = self.kinesis_backend.streams[self._get_param("StreamName")]
        stream.tags.update(self._get_param("Tags") or {})
        stream.max_record_size = self._get_param("MaxRecordSizeInKiB") or 1024
        return answer

    def register_stream_consumer(self: Any) -> ActionResult:
        answer = register(self)
        stream = self.kinesis_backend._find_stream_by_arn(self._get_param("StreamARN"))
        stream.consumers[-1].tags = self._get_param("Tags") or {}
        return answer

    def list_tags_for_resource(self: Any) -> ActionResult:
        arn = self._get_param("ResourceARN")
        consumer = self.kinesis_backend.describe_stream_consumer(None, None, arn)
        return ActionResult(
            {"Tags": [{"Key": key, "Value": value} for key, value in consumer.tags.items()]}
        )

    def update_max_record_size(self: Any) -> ActionResult:
        stream = self.kinesis_backend._find_stream_by_arn(self._get_param("StreamARN"))
        stream.max_record_size = self._get_param("MaxRecordSizeInKiB")
        return EmptyResult()

    def to_json_summary(self: Any) -> dict[str, Any]:
        answer = summary(self)
        size = getattr(self, "max_record_size", 1024)
        answer["StreamDescriptionSummary"]["MaxRecordSizeInKiB"] = size
        return answer

    patch.setattr(KinesisResponse, "create_stream", create_stream)
    patch.setattr(KinesisResponse, "register_stream_consumer", register_stream_consumer)
    patch.setattr(KinesisResponse, "list_tags_for_resource", list_tags_for_resource, raising=False)
    patch.setattr(KinesisResponse, "update_max_record_size", update_max_record_size, raising=False)
    patch.setattr(Stream, "to_json_summary", to_json_summary)
