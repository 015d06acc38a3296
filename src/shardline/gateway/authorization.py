"""The ports of authorization: who decides over a call, and what services tell of their resources.

The gateway asks an `Authorizer`, which asks the `Resources` of the call's service; the node puts
them together. Neither the gateway nor a service knows policies.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from shardline.gateway.errors import AccessDenied
from shardline.gateway.types import Call, Caller


class Authorizer(Protocol):
    """Decides over a call whose parameters are valid. On the event loop, from memory."""

    def authorize(self, call: Call) -> Caller:
        """Who acts: the caller, in the account whose resource the call is about.

        May note its `Verdict`s in the call, for the audit log. Raises AccessDeniedException, and
        other `ServiceError`s of the service for parameters that name nothing.
        """
        ...


class KeyUse(NamedTuple):
    """A KMS key that a call uses for its caller: `kms:Decrypt`, say, on the key's ARN.

    Where it is not sure that the call meets the key, it goes on without (see `Caller.denied_keys`).
    `keys` are what conditions can ask of it, besides what they can of every call: names in lower
    case, and values.
    """

    action: str
    arn: str
    is_sure: bool = True
    keys: Mapping[str, str | tuple[str, ...]] = {}


class Subject(NamedTuple):
    """What a call is about, where it takes a look to know: `account` is the owner's."""

    account: str
    stream_arn: str | None = None
    consumer_arn: str | None = None
    key_uses: tuple[KeyUse, ...] = ()


class Guarded(NamedTuple):
    """A resource, as policies see it: its tags, and its own policy as it was put."""

    tags: tuple[tuple[str, str], ...] = ()
    policy: str | None = None


class Resources(Protocol):
    """What a service tells of its resources, from memory."""

    def names_owner(self, params: Any) -> bool:
        """Whether a call says whose resource it is about, so that it may be another account's.

        Quick: it is asked for every call of a root user.
        """
        ...

    def subject(self, caller: Caller, operation: str, params: Any) -> Subject:
        """What a call is about. Raises `ServiceError` for parameters that name nothing."""
        ...

    def guarded(self, arn: str) -> Guarded | None:
        """The resource of that ARN; None when there is none, or it is of another service."""
        ...


class RootOnly:
    """The authorizer of a gateway that knows no policies: its root users may do all."""

    def authorize(self, call: Call) -> Caller:
        """The caller, if it is a root user. Raises AccessDeniedException."""
        caller, operation, api = call.caller, call.operation, call.api
        assert caller is not None
        assert operation is not None
        assert api is not None
        if not caller.is_root:
            action = f"{api.model.name}:{operation.name}"
            raise AccessDenied(
                f"User: {caller.arn} is not authorized to perform: {action} "
                f"because no identity-based policy allows the {action} action"
            )
        return caller
