"""`/_shardline/health`: whether this node serves. It asks for no signature and tells no secrets."""

import msgspec

from shardline import __version__
from shardline.gateway.types import Response

PATH = b"/_shardline/health"


def health_answer(method: str) -> Response:
    """200 with the version. Who gets an answer at all knows that the event loop runs."""
    if method not in ("GET", "HEAD"):
        return Response(405, headers=((b"allow", b"GET, HEAD"),))
    body = msgspec.json.encode({"status": "ok", "version": __version__})
    return Response(200, b"" if method == "HEAD" else body, b"application/json")
