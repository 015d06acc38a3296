"""Tag…, Untag… and List…Tags of users, roles and policies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.operations import answers, changes, errors, lookups, tags
from shardline.iam.operations.paging import page
from shardline.iam.operations.tags import Tagged
from shardline.storage.identities import ManagedPolicy
from shardline.storage.identity_port import IdentityChange

Call = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaggedKind:
    """A kind of what has tags; `member` is the parameter that names one."""

    noun: str
    member: str
    find: Callable[[Directory, str], Tagged]


USER = TaggedKind("User", "UserName", lookups.user)
ROLE = TaggedKind("Role", "RoleName", lookups.role)
POLICY = TaggedKind("Policy", "PolicyArn", lookups.policy)
TAGGED = (USER, ROLE, POLICY)


class Tagging:
    """The operations on tags."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    async def tag(self, kind: TaggedKind, caller: Caller, call: Call) -> None:
        """Add tags, or change their values."""
        added = tags.given(call["Tags"], of_policy=kind is POLICY)

        def decide(directory: Directory) -> IdentityChange:
            tagged = _own(kind, directory, caller, call, "Tag")
            return changes.put(replace(tagged, tags=tags.with_tags(tagged, added)))

        await changes.change(self._book, caller.account, decide)

    async def untag(self, kind: TaggedKind, caller: Caller, call: Call) -> None:
        """Take tags away."""

        def decide(directory: Directory) -> IdentityChange:
            tagged = _own(kind, directory, caller, call, "Untag")
            return changes.put(replace(tagged, tags=tags.without_tags(tagged, call["TagKeys"])))

        await changes.change(self._book, caller.account, decide)

    async def list_tags(self, kind: TaggedKind, caller: Caller, call: Call) -> dict[str, Any]:
        """Tags, sorted by key."""
        tagged = kind.find(self._book.directory(caller.account), call[kind.member])
        told, rest = page(call, sorted(tagged.tags), lambda tag: tag[:1])
        return {"Tags": answers.tags_of(tuple(told)), **rest}


def _own(kind: TaggedKind, directory: Directory, caller: Caller, call: Call, verb: str) -> Tagged:
    tagged = kind.find(directory, call[kind.member])
    if isinstance(tagged, ManagedPolicy) and tagged.account != directory.account:
        raise errors.of_aws(caller, f"{verb}{kind.noun}", tagged.arn)
    return tagged
