"""The headers that every answer carries: AWS's two request ids, and CORS when a browser asks."""

import itertools
import os
import uuid
from binascii import b2a_base64

from shardline.gateway.types import Request

# Ids name a request in a log; they guard nothing. What tells processes apart is random, requests
# are counted: random ids for each were 2 % of a PutRecord.
_COUNTED_DIGITS = 12
_ID_START = str(uuid.uuid4())[:-_COUNTED_DIGITS].encode()
_ID_2_START = b2a_base64(os.urandom(63), newline=False)
_counter = itertools.count(int.from_bytes(os.urandom(5), "big"))

ALLOW_ANY = (b"access-control-allow-origin", b"*")
EXPOSE = (
    b"access-control-expose-headers",
    b"x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date",
)


def new_request_id() -> bytes:
    """A UUID (version 4) as text, of which the last digits count up."""
    return _ID_START + b"%012x" % next(_counter)


def id_headers(request: Request, request_id: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of the answer to `request`. One with `Origin` also gets AWS's CORS headers."""
    if request.method == "OPTIONS" and b"origin" in request.headers:
        # A preflight's answer has the request id alone.
        return ((b"x-amzn-requestid", request_id), ALLOW_ANY, EXPOSE)
    ids = (
        (b"x-amzn-requestid", request_id),
        (b"x-amz-id-2", _ID_2_START + request_id[-_COUNTED_DIGITS:]),
    )
    return (*ids, ALLOW_ANY, EXPOSE) if b"origin" in request.headers else ids
