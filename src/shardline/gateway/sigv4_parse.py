"""What a request says about its own signature: in its Authorization header, or in its query.

Nothing here knows a key. Whatever cannot be read is a `ServiceError` with AWS's text.
"""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from shardline.gateway import sigv4_errors as errors
from shardline.gateway.canonical import canonical_query, query_parameters
from shardline.gateway.sigv4_dates import Stamp, basic_stamp, stamp_of_date_header
from shardline.gateway.types import Request

MAX_SKEW_S = 300  # how far a client's clock may be off, either way
MAX_EXPIRES_S = 604_800  # a presigned request lives a week at most

_SIGNATURE_LENGTH = 64
_CACHED_BYTES = 1024  # longer headers are split each time, so that a cache stays small
_LAST_PARAMETER = (b" Signature=", b",Signature=")
_QUERY_NEEDS = ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date")


class Claim(Struct, frozen=True):
    """A signature as a request presents it."""

    algorithm: bytes
    credential: bytes
    signed_headers: bytes
    signature: bytes
    stamp: Stamp
    lifetime_s: int  # how old the signature may be
    token: bytes | None
    query: bytes  # canonical, and without the signature itself


def read_claim(request: Request) -> Claim:
    """Find the signature of a request, in the header or in the query."""
    authorization = request.headers.get(b"authorization")
    query = b""
    if request.query:
        parameters = query_parameters(request.query)
        by_name = dict(parameters)
        if b"X-Amz-Algorithm" in by_name:
            if authorization:
                raise errors.signed_twice()
            return _query_claim(parameters, by_name)
        query = canonical_query(parameters)
    if not authorization:
        raise errors.missing()
    return _header_claim(authorization, request.headers, query)


def _header_claim(authorization: bytes, headers: Mapping[bytes, bytes], query: bytes) -> Claim:
    head, signature = authorization[:-_SIGNATURE_LENGTH], authorization[-_SIGNATURE_LENGTH:]
    if len(head) <= _CACHED_BYTES and head.endswith(_LAST_PARAMETER) and signature.isalnum():
        # From one request of a client to the next all but the signature is the same.
        algorithm, credential, signed_headers, _, odd = _split_cached(head)
    else:
        algorithm, credential, signed_headers, signature, odd = _split(authorization)
    if odd:
        raise errors.not_a_pair(odd, authorization)
    amz_date = headers.get(b"x-amz-date")
    date = amz_date or headers.get(b"date")
    if not (credential and signature and signed_headers and date):
        parts = {
            "Credential": credential,
            "Signature": signature,
            "SignedHeaders": signed_headers,
        }
        absent = [name for name, value in parts.items() if not value]
        raise errors.header_lacks(absent, bool(date), authorization)
    stamp = basic_stamp(date) if amz_date else stamp_of_date_header(date)
    if stamp is None:
        raise errors.unreadable_date(date)
    token = headers.get(b"x-amz-security-token")
    return Claim(algorithm, credential, signed_headers, signature, stamp, MAX_SKEW_S, token, query)


def _split(header: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Algorithm, Credential, SignedHeaders, Signature (empty if absent), and the first odd part.

    Parts are separated by commas, blanks or both; the first is the algorithm, an odd one has no
    equal-sign. Of a parameter given twice the last counts.
    """
    algorithm, *parts = header.replace(b",", b" ").split() or [b""]
    found: dict[bytes, bytes] = {}
    for part in parts:
        name, equals, value = part.partition(b"=")
        if not equals:
            return algorithm, b"", b"", b"", part
        found[name] = value
    names = (b"Credential", b"SignedHeaders", b"Signature")
    credential, signed_headers, signature = (found.get(name, b"") for name in names)
    return algorithm, credential, signed_headers, signature, b""


_split_cached = lru_cache(maxsize=1024)(_split)


def _query_claim(parameters: list[tuple[bytes, bytes]], by_name: dict[bytes, bytes]) -> Claim:
    values = [by_name.get(f"X-Amz-{name}".encode(), b"") for name in _QUERY_NEEDS]
    if not all(values):
        pairs = zip(_QUERY_NEEDS, values, strict=True)
        raise errors.query_lacks([f"X-Amz-{name}" for name, value in pairs if not value])
    algorithm, credential, signature, signed_headers, date = values
    stamp = basic_stamp(date)
    if stamp is None:
        raise errors.unreadable_date(date)
    expires = by_name.get(b"X-Amz-Expires")
    lifetime_s = MAX_SKEW_S if expires is None else _expires_s(expires)
    query = canonical_query(pair for pair in parameters if pair[0] != b"X-Amz-Signature")
    token = by_name.get(b"X-Amz-Security-Token")
    return Claim(algorithm, credential, signed_headers, signature, stamp, lifetime_s, token, query)


def _expires_s(expires: bytes) -> int:
    """Seconds that a presigned request lives. The texts are those of S3."""
    if not expires.isdigit():
        raise errors.incomplete("X-Amz-Expires should be a number")
    if len(expires) > 7 or int(expires) > MAX_EXPIRES_S:
        raise errors.incomplete(
            "X-Amz-Expires must be less than a week (in seconds); "
            f"that is, the given X-Amz-Expires must be less than {MAX_EXPIRES_S} seconds"
        )
    return int(expires)
