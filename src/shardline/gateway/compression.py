"""Bodies that clients pack, unpacked within a bound.

SDKs gzip the requests of a few operations when they are large (CloudWatch's PutMetricData is one).
A signature covers the body as it was sent.
"""

import zlib

from shardline.gateway.errors import SerializationError, TooLarge
from shardline.gateway.types import Request

_GZIP = 31  # zlib's number for a gzip header around a window of 32 KiB


def unpacked(request: Request, limit: int) -> bytes:
    """The body of a request without its packing, at most `limit` bytes of it.

    Raises `TooLarge` without unpacking more than that, and `SerializationError` for what is not
    whole or not gzip.
    """
    encoding = request.headers.get(b"content-encoding", b"").strip().lower()
    body = (
        request.body if encoding in (b"", b"identity") else _gunzip(encoding, request.body, limit)
    )
    if len(body) > limit:
        raise TooLarge(limit)
    return body


def _gunzip(encoding: bytes, body: bytes, limit: int) -> bytes:
    if encoding != b"gzip":
        raise SerializationError(f"Content-Encoding {encoding.decode('latin-1')} is not supported")
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise SerializationError from error
    if len(found) <= limit and (not unpacker.eof or unpacker.unused_data):
        raise SerializationError
    return found
