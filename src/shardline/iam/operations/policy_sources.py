"""The policies of an identity, each with its text and what a simulation calls it. Pure.

Names as recorded from AWS: a managed policy's own, `user_NAME_POLICY` for an inline policy of a
user, and so for groups and roles.
"""

from collections.abc import Iterator

from shardline.iam.identities.directory import Directory, default_text
from shardline.iam.operations import errors
from shardline.iam.operations.lookups import HOLDERS, Holder
from shardline.iam.operations.usage import boundary_of
from shardline.iam.policy.grammar import Kind
from shardline.iam.simulation import Source
from shardline.storage.identities import User


def holder_of(directory: Directory, arn: str) -> Holder:
    """The user, group or role of an ARN. Raises InvalidInput, NoSuchEntity."""
    account, _, rest = arn.removeprefix("arn:aws:iam::").partition(":")
    word, _, path_and_name = rest.partition("/")
    for kind in HOLDERS:
        if word == kind.word and path_and_name and arn.startswith("arn:aws:iam::"):
            if account != directory.account:
                break
            holder = kind.find(directory, path_and_name.rpartition("/")[2])
            if f"/{path_and_name}" == f"{holder.path}{holder.name}":
                return holder
            raise errors.not_found(kind.word, path_and_name)
    raise errors.invalid_input(f"Invalid Entity Arn: {arn}")


def sources_of(directory: Directory, holder: Holder) -> Iterator[Source]:
    """All identity policies of a user (its groups' too), group or role."""
    holders: list[Holder] = [holder]
    if isinstance(holder, User):
        holders += directory.groups_of(holder)
    for each in holders:
        for arn in each.attached:
            yield from _managed(directory, arn, Kind.IDENTITY)
        word = type(each).__name__.lower()
        for name, text in each.inline:
            yield Source(f"{word}_{each.name}_{name}", Kind.IDENTITY, text)


def boundary_source(directory: Directory, holder: Holder) -> Iterator[Source]:
    """The boundary of a user or role, if it has one."""
    arn = boundary_of(holder)
    if arn is not None:
        yield from _managed(directory, arn, Kind.BOUNDARY)


def _managed(directory: Directory, arn: str, kind: Kind) -> Iterator[Source]:
    policy = directory.policy(arn)
    assert policy is not None, "what is attached is there"
    yield Source(policy.name, kind, default_text(policy))
