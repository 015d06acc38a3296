"""`/_shardline/health`: whether this node serves. It asks for no signature and tells no secrets."""

import msgspec

from shardline import __version__
from shardline.gateway.pages import Fields, Peer, of_method
from shardline.gateway.types import Response


async def health(method: str, peer: Peer, fields: Fields) -> Response:
    """200 with the version. Who gets an answer at all knows that the event loop runs."""
    body = msgspec.json.encode({"status": "ok", "version": __version__})
    return of_method(method, body, b"application/json")


HEALTH = {b"/_shardline/health": health}
