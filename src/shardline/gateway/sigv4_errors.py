"""What AWS says about a signature that it does not accept: one function per answer, all 400.

Sources: kinesalite `test/connection.js` (checked against AWS by its author), the answers of AWS
that dynalite's author noted in its `index.js`, and answers of AWS quoted in public issues.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from shardline.gateway.errors import ServiceError
from shardline.gateway.sigv4_dates import format_basic

CODES = frozenset(
    {
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
"""The codes of the errors below."""

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


def missing() -> ServiceError:
    """The request says nothing about a signature."""
    return ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")


def unrecognized() -> ServiceError:
    """The access key is unknown, or the session token is not the key's."""
    return ServiceError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def expired_token() -> ServiceError:
    """The session token is one of ours, and its time is over."""
    return ServiceError(
        "ExpiredTokenException", "The security token included in the request is expired"
    )


def mismatch() -> ServiceError:
    """The signature is not the one that the secret gives for this request."""
    return invalid(_MISMATCH)


def invalid(message: str) -> ServiceError:
    """The signature is complete, and wrong."""
    return ServiceError("InvalidSignatureException", message)


def incomplete(message: str) -> ServiceError:
    """Something that a signature needs is missing or cannot be read."""
    return ServiceError("IncompleteSignatureException", message)


def signed_twice() -> ServiceError:
    """The signature stands in the header and in the query."""
    return invalid(
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    )


def header_lacks(parameters: Iterable[str], has_date: bool, header: bytes) -> ServiceError:
    """The Authorization header lacks parameters, or the request lacks a date."""
    sentences = [f"Authorization header requires '{name}' parameter." for name in parameters]
    if not has_date:
        sentences.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    return incomplete(" ".join([*sentences, f"Authorization={shown(header)}"]))


def not_a_pair(part: bytes, header: bytes) -> ServiceError:
    """A part of the Authorization header is not `Name=value`."""
    return incomplete(
        f"'{shown(part)}' not a valid key=value pair (missing equal-sign) "
        f"in Authorization header: '{shown(header)}'."
    )


def query_lacks(parameters: Iterable[str]) -> ServiceError:
    """A presigned request lacks query parameters."""
    sentences = [f"AWS query-string parameters must include '{name}'." for name in parameters]
    return incomplete(" ".join([*sentences, "Re-examine the query-string parameters."]))


def unreadable_date(date: bytes) -> ServiceError:
    """The date is neither ISO 8601 basic nor, in the Date header, RFC 1123."""
    return incomplete(
        f"Date must be in ISO-8601 'basic format'. Got '{shown(date)}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def unsupported_algorithm(algorithm: bytes) -> ServiceError:
    """Signed with something else than AWS4-HMAC-SHA256."""
    return incomplete(
        f"Unsupported AWS 'algorithm': '{shown(algorithm)}' (only AWS4-HMAC-SHA256 for now). "
    )


def not_five_elements(credential: bytes) -> ServiceError:
    """The Credential is not `key/date/region/service/terminator`."""
    return incomplete(
        "Credential must have exactly 5 slash-delimited elements, "
        f"e.g. keyid/date/region/service/term, got '{shown(credential)}'"
    )


def unsigned_header(shown_as: str) -> ServiceError:
    """A header that has to be signed is not."""
    return invalid(f"{shown_as} must be a 'SignedHeader' in the AWS Authorization.")


def expired(stamp: bytes, now_s: int, lifetime_s: int) -> ServiceError:
    """Signed too long ago, by our clock (all times in seconds)."""
    return invalid(
        f"Signature expired: {shown(stamp)} is now earlier than {_basic(now_s - lifetime_s)} "
        f"({_basic(now_s)} - {_span(lifetime_s)})"
    )


def not_yet_current(stamp: bytes, now_s: int, skew_s: int) -> ServiceError:
    """Signed in the future, by our clock (all times in seconds)."""
    return invalid(
        f"Signature not yet current: {shown(stamp)} is still later than {_basic(now_s + skew_s)} "
        f"({_basic(now_s)} + {_span(skew_s)})"
    )


def bad_region(region: bytes) -> str:
    """A fault of the scope: no name that a region could have."""
    return f"Credential should be scoped to a valid region, not '{shown(region)}'."


def wrong_service(service: str) -> str:
    """A fault of the scope: signed for another service than `service`."""
    return f"Credential should be scoped to correct service: '{service}'."


def bad_terminator(terminator: bytes) -> str:
    """A fault of the scope: it does not end as it should."""
    return (
        "Credential should be scoped with a valid terminator: "
        f"'aws4_request', not '{shown(terminator)}'."
    )


def wrong_day(day: bytes, expected: bytes, stamp: bytes) -> str:
    """A fault of the scope: another day than the request's date."""
    return (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        f"HTTP: '{shown(day)}' != '{shown(expected)}', from '{shown(stamp)}'."
    )


def badly_scoped(faults: Sequence[str]) -> ServiceError:
    """All faults of a credential's scope, in one message."""
    message = " ".join(faults)
    if len(faults) == 1 and "correct service" in message:
        message = message.removesuffix(".")  # so quoted from Kinesis when it is the only one
    return invalid(message)


def shown(value: bytes) -> str:
    """A header's bytes as text; every byte has a character in Latin-1."""
    return value.decode("latin-1")


def _basic(seconds: int) -> str:
    return format_basic(datetime.fromtimestamp(seconds, UTC)).decode()


def _span(seconds: int) -> str:
    return f"{seconds // 60} min." if seconds % 60 == 0 else f"{seconds} sec."
