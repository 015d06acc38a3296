"""The tags of users, roles and policies. Pure.

Keys of users and roles differ in more than case, those of policies may differ in case alone:
recorded from AWS by localstack's `tests/aws/services/iam`. A key keeps the case in which it was
given last.
"""

from collections.abc import Iterable, Mapping

from shardline.iam.operations import errors
from shardline.storage.identities import ManagedPolicy, Role, Tags, User

MOST_TAGS = 50

Tagged = User | Role | ManagedPolicy


def given(tags: Iterable[Mapping[str, str]] | None, *, of_policy: bool = False) -> Tags:
    """The tags of a call. Raises InvalidInput for a key that is there twice."""
    pairs = tuple((tag["Key"], tag["Value"]) for tag in tags or ())
    keys = {_known_as(key, of_policy) for key, _ in pairs}
    if len(keys) < len(pairs):
        hint = "" if of_policy else " Please note that Tag keys are case insensitive."
        raise errors.invalid_input(f"Duplicate tag keys found.{hint}")
    return pairs


def with_tags(tagged: Tagged, added: Tags) -> Tags:
    """What tags there are when some are added or changed. Raises LimitExceeded."""
    of_policy = isinstance(tagged, ManagedPolicy)
    new_keys = {_known_as(key, of_policy) for key, _ in added}
    kept = [pair for pair in tagged.tags if _known_as(pair[0], of_policy) not in new_keys]
    if len(kept) + len(added) > MOST_TAGS:
        raise errors.limit_exceeded("The number of tags has reached the maximum limit.")
    return (*kept, *added)


def without_tags(tagged: Tagged, keys: Iterable[str]) -> Tags:
    """What tags are left; a key that is not there is no fault."""
    of_policy = isinstance(tagged, ManagedPolicy)
    gone = {_known_as(key, of_policy) for key in keys}
    return tuple(pair for pair in tagged.tags if _known_as(pair[0], of_policy) not in gone)


def _known_as(key: str, of_policy: bool) -> str:
    return key if of_policy else key.lower()
