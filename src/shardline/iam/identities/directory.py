"""One account's identities as of one version: looked up by name and ARN, their policies compiled.

Immutable: a change makes another directory. What did not change keeps its compiled policies, so
that what evaluations remember about them stays, and what changed has others, so that nothing that
was remembered of the old ones is found. Pure.
"""

from collections.abc import Iterable, Iterator

from shardline.iam.identities.aws_policies import MANAGED
from shardline.iam.policy.documents import Policy, parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind
from shardline.storage.identities import Group, Identities, ManagedPolicy, Role, User

_Text = tuple[Kind, str, str]
"""A policy to compile: its kind, what it is called, its text."""


class Directory:
    """The identities of one account. `before` is the directory that this one takes the place of."""

    def __init__(self, identities: Identities, before: "Directory | None" = None) -> None:
        self.identities = identities
        self._users = {user.name.lower(): user for user in identities.users}
        self._groups = {group.name.lower(): group for group in identities.groups}
        self._roles = {role.name.lower(): role for role in identities.roles}
        self._policies = {policy.arn: policy for policy in identities.policies}
        self._roles_by_id = {role.id: role for role in identities.roles}
        self._compiled: dict[_Text, Policy] = {}
        self._compiled_before = {} if before is None else before._compiled
        self._of_holder: dict[str, tuple[Policy, ...]] = {}

    @property
    def account(self) -> str:
        """The account's number."""
        return self.identities.account.account

    def user(self, name: str) -> User | None:
        """The user of that name, whatever its case."""
        return self._users.get(name.lower())

    def group(self, name: str) -> Group | None:
        """The group of that name, whatever its case."""
        return self._groups.get(name.lower())

    def role(self, name: str) -> Role | None:
        """The role of that name, whatever its case."""
        return self._roles.get(name.lower())

    def role_of_id(self, role_id: str) -> Role | None:
        """The role of that id: not another one that has its name since."""
        return self._roles_by_id.get(role_id)

    def policy(self, arn: str) -> ManagedPolicy | None:
        """The managed policy of that ARN: the account's own, or one of AWS's."""
        return self._policies.get(arn) or MANAGED.get(arn)

    def groups_of(self, user: User) -> list[Group]:
        """The groups that a user is a member of, in the order of joining."""
        return [group for name in user.groups if (group := self.group(name)) is not None]

    def identity_policies(self, holder: User | Role) -> tuple[Policy, ...]:
        """Every identity policy of a user (those of its groups too) or a role, compiled."""
        known = self._of_holder.get(holder.id)
        if known is None:
            known = tuple(self._compile(each) for each in self._identity_texts(holder))
            self._of_holder[holder.id] = known
        return known

    def boundary(self, holder: User | Role) -> Policy | None:
        """The permissions boundary of a user or role, compiled."""
        if holder.boundary is None:
            return None
        (text,) = self._managed_texts(Kind.BOUNDARY, [holder.boundary])
        return self._compile(text)

    def trust(self, role: Role) -> Policy:
        """The trust policy of a role, compiled."""
        return self._compile((Kind.TRUST, role.name, role.trust))

    def managed(self, kind: Kind, arns: Iterable[str]) -> tuple[Policy, ...]:
        """Managed policies by ARN, compiled as policies of a kind (of a session, for instance)."""
        return tuple(self._compile(each) for each in self._managed_texts(kind, arns))

    def _identity_texts(self, holder: User | Role) -> Iterator[_Text]:
        holders: list[User | Role | Group] = [holder]
        if isinstance(holder, User):
            holders += self.groups_of(holder)
        for each in holders:
            yield from self._managed_texts(Kind.IDENTITY, each.attached)
            for name, text in each.inline:
                yield Kind.IDENTITY, name, text

    def _managed_texts(self, kind: Kind, arns: Iterable[str]) -> Iterator[_Text]:
        for arn in arns:
            policy = self.policy(arn)
            # One that is gone cannot be passed over: if it was a limit, that would be gone with it.
            yield kind, arn, default_text(policy) if policy else _DENIES_ALL[False]

    def _compile(self, text: _Text) -> Policy:
        known = self._compiled.get(text) or self._compiled_before.get(text)
        if known is None:
            kind, name, document = text
            try:
                known = parse(document, kind, name)
            except MalformedPolicy:
                # Checked when it was put; garbled since. A garbled policy denies everything, since
                # what it denied is not known.
                known = parse(_DENIES_ALL[kind.names_principals], kind, name)
        self._compiled[text] = known
        return known


def default_text(policy: ManagedPolicy) -> str:
    """The text of a policy's default version."""
    return next(each.text for each in policy.versions if each.number == policy.default)


_DENIES_ALL = {
    False: '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}',
    True: '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*",'
    '"Action":"sts:AssumeRole"}}',
}
