"""Query's names for the errors that every service has, and the header that carries them elsewhere.

The newer protocols have names of their own for these. Source of the codes and statuses: AWS's
"Common errors" of IAM and STS, and answers of AWS quoted in public issues (an IncompleteSignature
of STS came with 400, in terraform-provider-aws's issue 26202).
"""

from shardline.gateway.errors import ServiceError

_COMMON = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "SerializationException": ("MalformedInput", 400),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "ValidationException": ("ValidationError", 400),
}
_MESSAGES = {"MissingAuthenticationTokenException": "Request is missing Authentication Token"}


def query_code(error: ServiceError) -> tuple[str, int]:
    """The code of an error in Query, and its HTTP status there."""
    return _COMMON.get(error.code, (error.code, error.status))


def query_message(error: ServiceError) -> str | None:
    """The text of an error in Query."""
    return _MESSAGES.get(error.code, error.message)


def query_fault(status: int) -> str:
    """Who is to blame, in Query's words."""
    return "Sender" if status < 500 else "Receiver"


def query_error_header(error: ServiceError) -> tuple[bytes, bytes]:
    """What tells an SDK that once spoke Query the code which its users still look for."""
    code, status = query_code(error)
    return b"x-amzn-query-error", f"{code};{query_fault(status)}".encode()
