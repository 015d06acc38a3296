"""Errors that a client gets to see. Raise one anywhere; the pipeline writes it as AWS does.

    ServiceError                     code, message, status; raised directly for modelled errors
     ├── SerializationError          a member of the wrong type; `Message` with a capital M
     ├── AccessDenied                IAM says no; also a capital M
     ├── InternalFailure             500: our fault, the caller may retry
     ├── AtItsBounds                 503: no room now, the caller may retry
     ├── NotInStep                   503: what others changed is not known here yet; retry
     ├── RecordsOutOfReach           503: what holds the records does not answer; retry
     ├── TooLarge                    413: the body is longer than the service takes
     ├── NotBuilt                    501: in AWS's model, but not built here
     ├── NotInThisProtocol           501: built, but not in the protocol of the call
     └── ValidationError             members that break the model

Codes and texts follow real AWS; the tests name the source of each.
"""


class ServiceError(Exception):
    """An AWS error answer: `{"__type": code, "message": message}` with `status`.

    `message` None leaves the member out, as AWS does for a few errors.
    """

    status = 400
    message_key = "message"

    def __init__(self, code: str, message: str | None = None, *, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        if status is not None:
            self.status = status


class SerializationError(ServiceError):
    """A body that cannot be decoded (no message), or a member of the wrong JSON type."""

    message_key = "Message"

    def __init__(self, message: str | None = None) -> None:
        super().__init__("SerializationException", message)


class AccessDenied(ServiceError):
    """The caller is known, and a policy (or the lack of one) says no."""

    message_key = "Message"

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message)


class InternalFailure(ServiceError):
    """Something failed on our side. SDKs retry it, which is what it is for."""

    status = 500

    def __init__(self, message: str | None = None) -> None:
        super().__init__("InternalFailure", message)


class AtItsBounds(ServiceError):
    """There is no room for this request now. SDKs retry it."""

    status = 503

    def __init__(self) -> None:
        super().__init__("ServiceUnavailable", "The server is at its bounds. Try again.")


class NotInStep(ServiceError):
    """This process cannot say whether what it knows is still so. SDKs retry it, maybe elsewhere."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "ServiceUnavailable",
            "This process of the server has lost touch with the others. Try again.",
        )


class RecordsOutOfReach(ServiceError):
    """This process cannot reach what holds the records. SDKs retry it, maybe elsewhere."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "ServiceUnavailable",
            "This process of the server cannot reach the records. Try again.",
        )


class TooLarge(ServiceError):
    """A body longer than the service takes, which is told in bytes. The text is ours."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__("RequestEntityTooLarge", f"Request size exceeded {limit} bytes")


class NotBuilt(ServiceError):
    """An operation of AWS's model that Shardline does not have."""

    status = 501

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            "NotImplementedException",
            f"{service} has the operation {operation}, but Shardline has not built it.",
        )


class NotInThisProtocol(ServiceError):
    """An operation with an event stream, called in CBOR; AWS was seen to answer it with a 500."""

    status = 501

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(
            "NotImplementedException",
            f"{service} has the operation {operation}, whose answer is an event stream, but "
            "Shardline has built it for application/x-amz-json-1.1 only.",
        )


class ValidationError(ServiceError):
    """Members that break the model's constraints, in AWS's sentence."""

    def __init__(self, errors: list[str]) -> None:
        shown = errors[:10]  # AWS reports ten at most
        plural = "s" if len(shown) > 1 else ""
        super().__init__(
            "ValidationException",
            f"{len(shown)} validation error{plural} detected: {'; '.join(shown)}",
        )
