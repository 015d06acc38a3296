"""The headers that every answer carries: AWS's two request ids, and CORS when a browser asks."""

import random
from binascii import b2a_base64

from shardline.gateway.types import Request

# Ids name a request in a log; they guard nothing, so a fast generator will do.
_random = random.Random()

ALLOW_ANY = (b"access-control-allow-origin", b"*")
EXPOSE = (
    b"access-control-expose-headers",
    b"x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date",
)


def new_request_id() -> bytes:
    """A random UUID (version 4) as text."""
    digits = b"%032x" % _random.getrandbits(128)
    return b"%b-%b-4%b-a%b-%b" % (
        digits[:8], digits[8:12], digits[13:16], digits[17:20], digits[20:],
    )  # fmt: skip


def id_headers(request: Request, request_id: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of the answer to `request`. One with `Origin` also gets AWS's CORS headers."""
    if request.method == "OPTIONS" and b"origin" in request.headers:
        # A preflight's answer has the request id alone.
        return ((b"x-amzn-requestid", request_id), ALLOW_ANY, EXPOSE)
    ids = (
        (b"x-amzn-requestid", request_id),
        (b"x-amz-id-2", b2a_base64(_random.randbytes(72), newline=False)),
    )
    return (*ids, ALLOW_ANY, EXPOSE) if b"origin" in request.headers else ids
