"""What the catalog keeps of who may do what: plain, immutable data without behaviour.

The rules about these values are in `shardline.iam`. Everything that one account has is one unit of
change (see `IdentityStore` in `shardline.storage.catalog_port`), so that what holds between two of
them (a policy that is attached is there; a group's member is) holds in every version.

Names are unique within an account and kind without regard to case, as in IAM. Times are
milliseconds since 1970. Policy texts stand as they were sent.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

Tags = tuple[tuple[str, str], ...]
Inline = tuple[tuple[str, str], ...]
"""Inline policies: name and text, sorted by name."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A long-term key. Its secret is wrapped by the master key; `access-key ID` is the context.

    `master` is that key's fingerprint. `last_used` is when, for which service, in which region;
    None if never, as far as is known.
    """

    id: str
    secret: bytes = field(repr=False)
    master: str
    active: bool
    created_ms: int
    last_used: tuple[int, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account itself: its alias, and the access keys of its root user.

    The node's own account has its root key elsewhere (`shardline.rootkey`); further ones are here.
    """

    account: str
    created_ms: int
    alias: str | None = None
    keys: tuple[AccessKey, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user. `id` (AIDA…) is never used again; `boundary` and `attached` are policy ARNs, in
    the order in which they were attached; `groups` are names of groups."""

    account: str
    id: str
    name: str
    path: str
    created_ms: int
    tags: Tags = ()
    boundary: str | None = None
    attached: tuple[str, ...] = ()
    inline: Inline = ()
    groups: tuple[str, ...] = ()
    keys: tuple[AccessKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """An IAM group; its members say so themselves."""

    account: str
    id: str
    name: str
    path: str
    created_ms: int
    attached: tuple[str, ...] = ()
    inline: Inline = ()


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role. `trust` is the text of its trust policy; `max_session_s` 3,600 to 43,200."""

    account: str
    id: str
    name: str
    path: str
    created_ms: int
    trust: str
    description: str = ""
    max_session_s: int = 3600
    tags: Tags = ()
    boundary: str | None = None
    attached: tuple[str, ...] = ()
    inline: Inline = ()
    last_used: tuple[int, str] | None = None  # when, in which region


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of a managed policy: `v1`, `v2`, …; numbers are never used again."""

    number: int
    text: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer-managed policy with its versions, oldest first; `default` is a version's number.

    `next_number` is that of the version that comes next.
    """

    account: str
    id: str
    name: str
    path: str
    created_ms: int
    updated_ms: int
    versions: tuple[PolicyVersion, ...]
    default: int = 1
    next_number: int = 2
    description: str = ""
    tags: Tags = ()

    @property
    def arn(self) -> str:
        """The policy's ARN."""
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"


Identity: TypeAlias = Account | User | Group | Role | ManagedPolicy


@dataclass(frozen=True, slots=True)
class Identities:
    """All that one account has, as of one version of it. A new account is at version 0.

    Each tuple is sorted by name, without regard to case.
    """

    account: Account
    version: int = 0
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    roles: tuple[Role, ...] = ()
    policies: tuple[ManagedPolicy, ...] = ()
