"""The STS API: temporary credentials, and whose credentials some are."""

from collections.abc import Mapping
from typing import Any

from shardline.clock import Clock
from shardline.gateway.errors import AccessDenied, ServiceError
from shardline.gateway.model import load_service
from shardline.gateway.types import Api, Caller
from shardline.iam import ids
from shardline.iam.enforcement.own_resources import OwnResources
from shardline.iam.identities.actors import Actor
from shardline.iam.identities.keystore import IdentityKeys
from shardline.iam.identities.sessions import (
    ROOT,
    Sealer,
    Session,
    account_in,
    new_access_key,
)
from shardline.iam.policy.principals import Type
from shardline.iam.sts import assuming

USER_S, ROOT_S = 43_200, 3600
"""How long a user's session lasts if nobody says, and a root user's at most."""


class Sts:
    """The operations."""

    def __init__(self, own: OwnResources, keys: IdentityKeys, sealer: Sealer, clock: Clock) -> None:
        self._own = own
        self._keys = keys
        self._sealer = sealer
        self._clock = clock

    async def get_caller_identity(self, caller: Caller, _: object) -> dict[str, Any]:
        """Who signed the call: root's id is the account, a role session's is `AROA…:NAME`."""
        who = _actor(caller).principal
        user_id = f"{who.unique_id}:{who.name}" if who.type is Type.SESSION else who.unique_id
        return {"UserId": user_id, "Account": who.account, "Arn": who.arn}

    async def assume_role(self, caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
        """Temporary credentials of a role. That the caller may have them has been decided."""
        actor = _actor(caller)
        if actor.is_root:
            raise AccessDenied("Roles may not be assumed by root accounts.")
        found = self._own.role(params["RoleArn"])
        if found is None:  # deleted since
            raise AccessDenied(
                f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
                f"{params['RoleArn']}"
            )
        directory, role = found
        limits = assuming.limits_of(params, actor, directory, role)
        name = params["RoleSessionName"]
        session = assuming.as_session(
            limits,
            new_access_key(role.account),
            ids.new_secret(),
            role=role,
            name=name,
            now_ms=self._clock.now_ms(),
        )
        answer = self._answer(session, params) | {
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role.id}:{name}",
                "Arn": f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}",
            }
        }
        if limits.packed_percent is not None:
            answer["PackedPolicySize"] = limits.packed_percent
        if session.source_identity is not None:
            answer["SourceIdentity"] = session.source_identity
        return answer

    async def get_session_token(self, caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
        """Temporary credentials of the caller, a user or root."""
        if params.get("SerialNumber") is not None or params.get("TokenCode") is not None:
            raise AccessDenied(
                "MultiFactorAuthentication failed with invalid MFA one time pass code."
            )
        who = _actor(caller).principal
        asked = params.get("DurationSeconds")
        if who.type is Type.ROOT:
            holder, seconds = ROOT, min(asked or ROOT_S, ROOT_S)
        else:
            holder, seconds = who.unique_id, asked or USER_S
        now_ms = self._clock.now_ms()
        session = Session(
            new_access_key(who.account),
            ids.new_secret(),
            who.account,
            holder,
            now_ms,
            now_ms + seconds * 1000,
        )
        return self._answer(session, params)

    async def get_access_key_info(
        self, caller: Caller, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The account of an access key. The text for one that nobody has is ours."""
        access_key = params["AccessKeyId"]
        account = self._keys.account_of(access_key) or account_in(access_key)
        if account is None:
            raise ServiceError("ValidationException", f"Invalid access key ID {access_key}.")
        return {"Account": account}

    def _answer(self, session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
        least_bytes = params.get("MinimumSessionTokenSize") or 0
        token = self._sealer.seal(session, least_bytes=least_bytes)
        return {
            "Credentials": {
                "AccessKeyId": session.access_key,
                "SecretAccessKey": session.secret,
                "SessionToken": token,
                "Expiration": session.expires_ms // 1000,
            },
            "SessionTokenSize": len(token),
        }


def sts_api(own: OwnResources, keys: IdentityKeys, sealer: Sealer, clock: Clock) -> Api:
    """STS as the gateway serves it."""
    sts = Sts(own, keys, sealer, clock)
    return Api(
        load_service("sts"),
        {
            "AssumeRole": sts.assume_role,
            "GetAccessKeyInfo": sts.get_access_key_info,
            "GetCallerIdentity": sts.get_caller_identity,
            "GetSessionToken": sts.get_session_token,
        },
    )


def _actor(caller: Caller) -> Actor:
    assert isinstance(caller.actor, Actor)
    return caller.actor
