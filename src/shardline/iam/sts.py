"""The STS API: GetCallerIdentity, which SDKs and tools call to see whose keys they have."""

from typing import Any

from shardline.gateway.model import load_service
from shardline.gateway.types import Api, Caller


async def get_caller_identity(caller: Caller, _: object) -> dict[str, Any]:
    """Answer who signed the call.

    The only principal there is so far is the root user, whose id is the account's.
    """
    return {"UserId": caller.account, "Account": caller.account, "Arn": caller.arn}


def sts_api() -> Api:
    """STS as the gateway serves it."""
    return Api(load_service("sts"), {"GetCallerIdentity": get_caller_identity})
