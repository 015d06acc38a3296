"""Calls that a node makes of itself, as the root of an account."""

from collections.abc import Mapping
from typing import Any

from shardline.gateway.constraints import validate
from shardline.gateway.types import Api, Caller


async def call_as_root(
    api: Api, account: str, region: str, operation: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer of an operation, without members if it has none.

    Raises `ServiceError` as a client would be told, and `StorageError`.
    """
    caller = Caller(account, region, "", f"arn:aws:iam::{account}:root", is_root=True)
    call = dict(params)
    validate(api.model.operations[operation], call)
    return await api.handlers[operation](caller, call) or {}
