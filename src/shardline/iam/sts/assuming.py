"""AssumeRole: the session that its caller asks for, or AWS's reason why not. Pure.

That the caller may assume the role has been decided before, by the policies of both.
"""

import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from shardline.gateway.errors import AccessDenied, ServiceError, ValidationError
from shardline.iam.identities.actors import Actor
from shardline.iam.identities.directory import Directory
from shardline.iam.identities.sessions import Session
from shardline.iam.policy.documents import SESSION_CHARACTERS, parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Type
from shardline.iam.sts.session_tags import Tags, session_tags
from shardline.storage.identities import Role

DEFAULT_S = 3600
CHAINED_S = 3600
MOST_POLICY_ARNS = 10
PACKED_BYTES = 2048
"""What policies and tags may come to when they are packed. AWS does not say how it packs them, nor
how much is too much; here it is deflated JSON."""


class Limits(NamedTuple):
    """What limits and describes a new session, as its caller asked for it."""

    duration_s: int
    policy: str | None
    policy_arns: tuple[str, ...]
    tags: Tags
    transitive: Tags
    source_identity: str | None
    packed_percent: int | None  # None without policies and tags


def limits_of(params: Mapping[str, Any], actor: Actor, directory: Directory, role: Role) -> Limits:
    """What a session of a role is to be; `directory` is that of the role's account.

    Raises AccessDeniedException, ValidationException, MalformedPolicyDocument,
    PackedPolicyTooLarge and InvalidParameterValue.
    """
    if params.get("SerialNumber") is not None or params.get("TokenCode") is not None:
        # There are no MFA devices here, and AWS says this of a code that is no device's.
        raise AccessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code.")
    tags, transitive = session_tags(params, actor.session)
    policy, arns = _policies(params, directory)
    return Limits(
        _duration_s(params, actor, role),
        policy,
        arns,
        tags,
        transitive,
        _source_identity(params, actor.session),
        _packed_percent(policy, arns, tags, only_tags=policy is None and not arns),
    )


def _duration_s(params: Mapping[str, Any], actor: Actor, role: Role) -> int:
    """As AWS was seen to refuse it (issues of aws-vault 263 and aws-runas 11, and others)."""
    chained = actor.principal.type is Type.SESSION
    asked: int | None = params.get("DurationSeconds")
    if asked is None:
        return DEFAULT_S
    if chained and asked > CHAINED_S:
        raise _invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining."
        )
    if asked > role.max_session_s:
        raise _invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    return asked


def _policies(
    params: Mapping[str, Any], directory: Directory
) -> tuple[str | None, tuple[str, ...]]:
    policy: str | None = params.get("Policy")
    if policy is not None:
        if len(policy) > SESSION_CHARACTERS:
            raise ValidationError(
                [
                    "Value at 'policy' failed to satisfy constraint: Member must have length less "
                    f"than or equal to {SESSION_CHARACTERS}"
                ]
            )
        try:
            parse(policy, Kind.SESSION)
        except MalformedPolicy as wrong:
            raise ServiceError("MalformedPolicyDocument", str(wrong)) from wrong
    arns = tuple(str(each.get("arn")) for each in params.get("PolicyArns") or ())
    if len(arns) > MOST_POLICY_ARNS:
        raise _invalid(f"A session can have at most {MOST_POLICY_ARNS} managed session policies.")
    for arn in arns:
        if directory.policy(arn) is None:
            raise ServiceError("MalformedPolicyDocument", f"The policy {arn} does not exist.")
    return policy, arns


def _source_identity(params: Mapping[str, Any], calling: Session | None) -> str | None:
    """It stays what it is through a chain of roles ("cannot be changed", API reference)."""
    given: str | None = params.get("SourceIdentity")
    own = calling.source_identity if calling is not None else None
    if own is not None and given is not None and given != own:
        raise AccessDenied("The source identity of a session cannot be changed.")
    return own if own is not None else given


def _packed_percent(
    policy: str | None, arns: tuple[str, ...], tags: Tags, *, only_tags: bool
) -> int | None:
    if policy is None and not arns and not tags:
        return None
    size = len(zlib.compress(msgspec.json.encode((policy, arns, tags))))
    percent = -(-size * 100 // PACKED_BYTES)
    if percent > 100:
        raise ServiceError(
            "PackedPolicyTooLarge",
            f"Packed size of session tags consumes {percent}% of allotted space."
            if only_tags
            else f"Packed policy consumes {percent}% of allotted space, please use smaller policy.",
        )
    return percent


def _invalid(text: str) -> ServiceError:
    return ServiceError("ValidationException", text)


def as_session(
    limits: Limits,
    access_key: str,
    secret: str,
    *,
    role: Role,
    name: str,
    now_ms: int,
) -> Session:
    """The session itself."""
    return Session(
        access_key=access_key,
        secret=secret,
        account=role.account,
        holder=role.id,
        issued_ms=now_ms,
        expires_ms=now_ms + limits.duration_s * 1000,
        name=name,
        policy=limits.policy,
        policy_arns=limits.policy_arns,
        tags=limits.tags,
        transitive_keys=tuple(key for key, _ in limits.transitive),
        source_identity=limits.source_identity,
    )
