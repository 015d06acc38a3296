"""Policy documents that are to be kept: they are policies, and no longer than IAM's quotas. Pure.

Sizes are in characters without white space, as IAM counts; those of inline policies are of all that
an identity has.
"""

import json
import re
from collections.abc import Mapping

from shardline.iam.identities.directory import Directory
from shardline.iam.operations import errors
from shardline.iam.operations.lookups import GROUP, ROLE, USER, Holder, HolderKind
from shardline.iam.policy import documents
from shardline.iam.policy.documents import size
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind

INLINE_CHARACTERS: Mapping[HolderKind, int] = {
    USER: documents.USER_CHARACTERS,
    GROUP: documents.GROUP_CHARACTERS,
    ROLE: documents.ROLE_CHARACTERS,
}
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)", re.ASCII)


def check_managed(text: str) -> None:
    """Raises MalformedPolicyDocument, LimitExceeded."""
    _parse(text, Kind.IDENTITY)
    if size(text) > documents.MANAGED_CHARACTERS:
        raise errors.quota("PolicySize", documents.MANAGED_CHARACTERS)


def check_inline(kind: HolderKind, holder: Holder, name: str, text: str) -> None:
    """Check a policy that is to be among an identity's own.

    Raises MalformedPolicyDocument, LimitExceeded.
    """
    _parse(text, Kind.IDENTITY)
    others = sum(size(other) for known, other in holder.inline if known != name)
    most = INLINE_CHARACTERS[kind]
    if others + size(text) > most:
        raise errors.limit_exceeded(
            f"Maximum policy size of {most} bytes exceeded for {kind.word} {holder.name}"
        )


def check_trust(directory: Directory, text: str) -> None:
    """Check a role's trust policy.

    It may name no user or role of this account that is not there; what other accounts have, it
    is not for this one to know. Raises MalformedPolicyDocument, LimitExceeded.
    """
    policy = _parse(text, Kind.TRUST)
    named = {
        arn
        for statement in policy.statements
        if statement.principals is not None
        for arn in statement.principals.named
    }
    for arn in sorted(named):
        if not _is_there(directory, arn):
            raise errors.malformed(
                MalformedPolicy(f'Invalid principal in policy: "AWS":{json.dumps(arn)}')
            )
    if size(text) > documents.TRUST_CHARACTERS:
        raise errors.quota("ACLSizePerRole", documents.TRUST_CHARACTERS)


def _parse(text: str, kind: Kind) -> documents.Policy:
    try:
        return documents.parse(text, kind)
    except MalformedPolicy as error:
        raise errors.malformed(error) from error


def _is_there(directory: Directory, arn: str) -> bool:
    found = _PRINCIPAL.fullmatch(arn)
    if found is None or found[1] != directory.account:
        return True
    look_up = directory.user if found[2] == "user" else directory.role
    return look_up(found[3]) is not None
