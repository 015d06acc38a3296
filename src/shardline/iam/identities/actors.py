"""Who acts: a principal with the policies that limit it, as of one version of its account.

Made when a key is looked up, and kept as long as nothing of the account changed; so an actor is
never older than the directory it was made from.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shardline.iam.identities.directory import Directory
from shardline.iam.identities.sessions import ROOT, Session
from shardline.iam.policy import context
from shardline.iam.policy.documents import Policy, candidates, parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.evaluation import Policies
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.iam.policy.variables import Values
from shardline.storage.identities import Role, User

_MOST_RELEVANT = 1024


class Relevant(NamedTuple):
    """Of an actor's policies those that have something to say about an action on a resource.

    `asked` are the keys of the context that what they say hangs on.
    """

    policies: Policies
    asked: frozenset[str]


class Actor:
    """A principal, the keys that conditions can ask of it, and its policies."""

    def __init__(
        self,
        principal: Principal,
        policies: Policies,
        *,
        holder: User | Role | None = None,
        session: Session | None = None,
    ) -> None:
        self.principal = principal
        self.policies = policies
        self.holder = holder
        self.session = session
        self.keys: Mapping[str, Values] = _keys(principal, session)
        self._relevant: dict[tuple[str, str], Relevant] = {}

    @property
    def is_root(self) -> bool:
        """Whether it is its account's root user."""
        return self.principal.type is Type.ROOT

    def relevant(self, action: str, resource: str) -> Relevant:
        """What of its policies is about an action on a resource; kept, as applications repeat."""
        found = self._relevant.get((action, resource))
        if found is None:
            if len(self._relevant) >= _MOST_RELEVANT:
                self._relevant.clear()
            found = self._relevant[action, resource] = _relevant(self.policies, action, resource)
        return found


def of_root(account: str, session: Session | None = None) -> Actor:
    """The root user of an account."""
    arn = f"arn:aws:iam::{account}:root"
    issued_ms = session.issued_ms if session else None
    return Actor(
        Principal(Type.ROOT, arn, account, account, issued_ms=issued_ms),
        Policies(),
        session=session,
    )


def of_user(directory: Directory, user: User, session: Session | None = None) -> Actor:
    """A user, by a key of its own or in a session that GetSessionToken gave it."""
    principal = Principal(
        Type.USER,
        user_arn(user),
        user.account,
        user.id,
        name=user.name,
        tags=user.tags,
        issued_ms=session.issued_ms if session else None,
    )
    policies = Policies(directory.identity_policies(user), directory.boundary(user))
    return Actor(principal, policies, holder=user, session=session)


def of_role(directory: Directory, role: Role, session: Session) -> Actor:
    """A role's session. Its tags are the role's, and the session's own, which win."""
    own = {key.lower() for key, _ in session.tags}
    tags = (*(tag for tag in role.tags if tag[0].lower() not in own), *session.tags)
    principal = Principal(
        Type.SESSION,
        f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session.name}",
        role.account,
        role.id,
        name=session.name,
        role_arn=role_arn(role),
        tags=tags,
        issued_ms=session.issued_ms,
    )
    policies = Policies(
        directory.identity_policies(role), directory.boundary(role), _of_session(directory, session)
    )
    return Actor(principal, policies, holder=role, session=session)


def of_session(directory: Directory, session: Session) -> Actor | None:
    """Whoever a session is of; None if that user or role is no more."""
    if session.holder == ROOT:
        return of_root(session.account, session)
    role = directory.role_of_id(session.holder)
    if role is not None:
        return of_role(directory, role, session)
    for user in directory.identities.users:
        if user.id == session.holder:
            return of_user(directory, user, session)
    return None


def user_arn(user: User) -> str:
    """A user's ARN."""
    return f"arn:aws:iam::{user.account}:user{user.path}{user.name}"


def role_arn(role: Role) -> str:
    """A role's ARN."""
    return f"arn:aws:iam::{role.account}:role{role.path}{role.name}"


def _of_session(directory: Directory, session: Session) -> tuple[Policy, ...] | None:
    """The session policies; managed ones as they are now. None for a session without."""
    if not session.is_limited:
        return None
    policies = directory.managed(Kind.SESSION, session.policy_arns)
    if session.policy is None:
        return policies
    try:
        return (*policies, parse(session.policy, Kind.SESSION, "session policy"))
    except MalformedPolicy:
        return policies  # it allows nothing, and what it limits stays limited


def _keys(principal: Principal, session: Session | None) -> dict[str, Values]:
    keys = context.of_principal(principal)
    if session is not None and session.source_identity is not None:
        keys["aws:sourceidentity"] = session.source_identity
    return keys


def _relevant(policies: Policies, action: str, resource: str) -> Relevant:
    name = action.lower()

    def about(each: Policy) -> bool:
        return bool(candidates(each, name, resource))

    identity = tuple(filter(about, policies.identity))
    session = policies.session and tuple(filter(about, policies.session))
    every = (*identity, *(session or ()), *((policies.boundary,) if policies.boundary else ()))
    return Relevant(
        # A boundary stays, and session policies do, that say nothing: then nothing is allowed.
        Policies(identity, policies.boundary, session),
        frozenset().union(*(asked_by(each, action, resource) for each in every)),
    )


def asked_by(policy: Policy, action: str, resource: str) -> frozenset[str]:
    """The keys of the call's context that what a policy says about an action on a resource hangs
    on."""
    statements = candidates(policy, action.lower(), resource)
    return frozenset().union(*(each.asked for each in statements))
