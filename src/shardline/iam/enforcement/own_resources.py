"""What IAM tells of its own resources, to those who enforce: tags, paths, trust policies."""

from typing import Any

from shardline.gateway.authorization import Guarded, Subject
from shardline.gateway.types import Caller
from shardline.iam.identities.actors import role_arn, user_arn
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.directory import Directory
from shardline.iam.policy.documents import Policy
from shardline.iam.policy.grammar import Kind
from shardline.storage.identities import Role, User

_NO_TRUST = Policy(Kind.TRUST, "", ())


class OwnResources:
    """`Resources` of IAM and STS, and what else of identities a check has to know."""

    def __init__(self, book: IdentityBook) -> None:
        self._book = book

    def names_owner(self, params: Any) -> bool:
        """See `Resources`. Roles of other accounts are assumed, but never by a root user."""
        return False

    def subject(self, caller: Caller, operation: str, params: Any) -> Subject:
        """See `Resources`. All is the caller's own account's."""
        return Subject(caller.account)

    def guarded(self, arn: str) -> Guarded | None:
        """See `Resources`: the tags of a user, role or policy."""
        directory = self._directory(arn)
        if directory is None:
            return None
        kind, name = _kind_and_name(arn)
        if kind == "user" and (user := directory.user(name)) and user_arn(user) == arn:
            return Guarded(user.tags)
        if kind == "role" and (role := directory.role(name)) and role_arn(role) == arn:
            return Guarded(role.tags)
        if kind == "policy" and (policy := directory.policy(arn)):
            return Guarded(policy.tags)
        return None

    def role(self, arn: str) -> tuple[Directory, Role] | None:
        """The role of that ARN, in whatever account, and its directory."""
        directory = self._directory(arn)
        if directory is None:
            return None
        role = directory.role(_kind_and_name(arn)[1])
        return (directory, role) if role is not None and role_arn(role) == arn else None

    def trust(self, arn: str) -> Policy:
        """The trust policy of the role of that ARN; one that trusts nobody if there is no role, so
        that nobody learns which roles there are."""
        found = self.role(arn)
        return _NO_TRUST if found is None else found[0].trust(found[1])

    def path_of(self, account: str, kind: str, name: str) -> str:
        """The path of a user, group, role or policy; `/` of one that is not there."""
        directory = self._book.directory(account)
        holder = {"user": directory.user, "group": directory.group, "role": directory.role}
        found = holder[kind](name) if kind in holder else None
        return found.path if found is not None else "/"

    def key_owner(self, access_key: str) -> str | None:
        """The name of the user whose access key this is."""
        found = self._book.key(access_key)
        return found.owner.name if found is not None and isinstance(found.owner, User) else None

    def _directory(self, arn: str) -> Directory | None:
        parts = arn.split(":", 5)
        if len(parts) != 6 or parts[:3] != ["arn", "aws", "iam"]:
            return None
        return self._book.known(parts[4])


def _kind_and_name(arn: str) -> tuple[str, str]:
    kind, _, path_and_name = arn.split(":", 5)[5].partition("/")
    return kind, path_and_name.rpartition("/")[2]
