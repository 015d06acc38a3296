"""The canonical request of Signature Version 4: one text for all spellings of a request.

    method, path, query, a line `name:value` for each signed header, an empty line,
    the names of the signed headers, the SHA-256 of the body: joined by line feeds

Source: AWS, "Create a signed AWS API request". Two things are as every service but S3 has them:
the path is normalised, and it is encoded once more than it was sent.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

_CACHED_BYTES = 1024


class SignedHeaders(NamedTuple):
    """A SignedHeaders list, ready to be used."""

    names: tuple[bytes, ...]  # of the headers as they are looked up, in the order signed
    template: bytes  # of the canonical request: method, path, query, the values, the body's hash


def parse_signed_headers(value: bytes) -> SignedHeaders:
    """Read `host;x-amz-date;…`. Names are taken in the order given, in lower case."""
    # Clients send the same few lists; a long one is not kept, so that the cache stays small.
    return _parse_cached(value) if len(value) <= _CACHED_BYTES else _parse(value)


def _parse(value: bytes) -> SignedHeaders:
    line = value.lower()
    names = line.split(b";")
    lines = [b"%b:%%b" % name.replace(b"%", b"%%") for name in names]
    template = b"\n".join((b"%b", b"%b", b"%b", *lines, b"", line.replace(b"%", b"%%"), b"%b"))
    # HTTP/2 has no Host header; a client may sign :authority by its own name.
    return SignedHeaders(
        tuple(b"host" if name == b":authority" else name for name in names), template
    )


_parse_cached = lru_cache(maxsize=1024)(_parse)


def canonical_request(
    method: str,
    path: bytes,
    query: bytes,
    headers: Mapping[bytes, bytes],
    signed: SignedHeaders,
    payload_hash: bytes,
) -> bytes | None:
    """The canonical request, or None when a signed header is not there.

    `path` is as sent; `query` is canonical already (`canonical_query`).
    """
    try:
        values = [b" ".join(headers[name].split()) for name in signed.names]
    except KeyError:
        return None
    start = (method.encode(errors="replace"), canonical_path(path), query)
    return signed.template % (*start, *values, payload_hash)


def canonical_path(path: bytes) -> bytes:
    """Normalise a path as sent (no empty, `.` and `..` segments) and percent-encode it."""
    if path == b"/":
        return path  # what nearly all requests have
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment and segment != b".":
            kept.append(segment)
    ending = b"/" if kept and path.endswith(b"/") else b""
    return quote_from_bytes(b"/" + b"/".join(kept) + ending, safe="/~").encode()


def query_parameters(query: bytes) -> list[tuple[bytes, bytes]]:
    """The parameters of a query, decoded, in the order sent. Never fails: `%zz` stands for itself.

    A plus sign is a blank, as AWS reads it.
    """
    pairs = []
    for part in query.replace(b"+", b" ").split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return pairs


def canonical_query(parameters: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Parameters encoded, then sorted by name and value."""
    encoded = sorted(
        (quote_from_bytes(name, safe="~"), quote_from_bytes(value, safe="~"))
        for name, value in parameters
    )
    return "&".join([f"{name}={value}" for name, value in encoded]).encode()
