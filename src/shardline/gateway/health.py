"""`/_shardline/health` and `/_shardline/alive`. They ask for no signature and tell no secrets.

Health says whether this process serves: what sends it requests asks that. Alive says that it runs:
what would start it anew asks that, since a process that waits for its stores need not be.
"""

from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from shardline import __version__
from shardline.gateway.pages import Fields, Page, Peer, of_method
from shardline.gateway.types import Response

OUT_OF_STEP = "it cannot follow what other processes change in the catalog"
ENDS = "it is about to stop"


WhyNot = Callable[[], str | None]
"""Why calls had better go to another server; None if they need not."""


def health_pages(why_not: WhyNot) -> Mapping[bytes, Page]:
    """The pages by their paths."""

    async def health(method: str, peer: Peer, fields: Fields) -> Response:
        """200 with the version; 503 with the reason while calls are refused, or soon will be."""
        reason = why_not()
        if reason is None:
            return _answer(method, {"status": "ok"})
        response = _answer(method, {"status": "unavailable", "reason": reason})
        return replace(response, status=503) if response.status == 200 else response

    async def alive(method: str, peer: Peer, fields: Fields) -> Response:
        """200 with the version. Who gets an answer at all knows that the event loop runs."""
        return _answer(method, {"status": "ok"})

    return {b"/_shardline/health": health, b"/_shardline/alive": alive}


def _answer(method: str, state: Mapping[str, str]) -> Response:
    body = msgspec.json.encode({**state, "version": __version__})
    return of_method(method, body, b"application/json")
