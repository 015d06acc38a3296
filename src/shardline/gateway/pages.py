"""What a node answers beside the APIs: pages under `/_shardline/`."""

from collections.abc import Awaitable, Callable, Sequence

from shardline.gateway.types import Response

Fields = Sequence[tuple[bytes, bytes]]
"""The head's fields, names in lower case."""

Peer = tuple[str, int] | None
"""The address of who asks, if the HTTP server knows it."""

Page = Callable[[str, Peer, Fields], Awaitable[Response]]
"""Answers a request: its method, who asks, and its fields."""

NOT_ALLOWED = Response(405, headers=((b"allow", b"GET, HEAD"),))


def of_method(method: str, body: bytes, content_type: bytes) -> Response:
    """The answer to a GET, or to a HEAD of the same; 405 to anything else."""
    if method not in ("GET", "HEAD"):
        return NOT_ALLOWED
    return Response(200, b"" if method == "HEAD" else body, content_type)
