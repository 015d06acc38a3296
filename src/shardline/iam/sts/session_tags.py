"""The tags of a session: those that AssumeRole is given, and those that its caller's session hands
on. Pure.

Rules and limits are the IAM User Guide's, "Pass session tags in AWS STS": keys are the same
whatever their case; tags of a transitive key go on to the sessions of sessions, and cannot be set
again. The texts of a duplicate and of a conflict are AWS's; the others are ours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.iam.identities.sessions import Session

Tags = tuple[tuple[str, str], ...]


def session_tags(params: Mapping[str, Any], calling: Session | None) -> tuple[Tags, Tags]:
    """All tags of a new session, and those of them that are transitive, sorted by key.

    Raises InvalidParameterValue.
    """
    given = tuple((tag["Key"], tag["Value"]) for tag in params.get("Tags") or ())
    keys = [key.lower() for key, _ in given]
    if len(set(keys)) < len(keys):
        raise _invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.startswith("aws:") for key in keys):
        raise _invalid("Tag keys that begin with aws: are reserved.")
    handed_on = _handed_on(calling)
    handed_on_keys = {key.lower() for key, _ in handed_on}
    if handed_on_keys & set(keys):
        raise _invalid(
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session."
        )
    transitive = _transitive(params.get("TransitiveTagKeys") or (), given)
    return tuple(sorted((*handed_on, *given))), tuple(sorted((*handed_on, *transitive)))


def _handed_on(calling: Session | None) -> Tags:
    if calling is None:
        return ()
    return tuple(tag for tag in calling.tags if tag[0] in calling.transitive_keys)


def _transitive(keys: Sequence[str], given: Tags) -> Tags:
    by_key = {key.lower(): (key, value) for key, value in given}
    unknown = [key for key in keys if key.lower() not in by_key]
    if unknown:
        raise _invalid(f"The transitive tag keys {', '.join(unknown)} are not keys of the tags.")
    return tuple(by_key[key.lower()] for key in keys)


def _invalid(text: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", text)
