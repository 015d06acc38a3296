"""Who has which policies, and what the stream's file says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shardline.module.scaling.rules import Rules
from shardline.module.spec.wanted import Grantee


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that somebody has: `source` is its ARN, or `inline NAME`."""

    source: str
    document: Mapping[str, Any]
    of_aws: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a role with all of its policies, those of its groups included."""

    kind: Literal["user", "role"]
    name: str
    arn: str
    policies: tuple[Policy, ...]
    has_boundary: bool = False


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer's managed policy, and how many have it."""

    name: str
    arn: str
    document: Mapping[str, Any]
    attachments: int


@dataclass(frozen=True, slots=True)
class Account:
    """GetAccountAuthorizationDetails."""

    principals: tuple[Principal, ...]
    policies: Mapping[str, ManagedPolicy]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What IAM says that a principal may do: the decision by action."""

    principal: str
    decisions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Config:
    """What a stream.yaml says that doctor holds the stream against; `rules` only if it scales."""

    file: str
    rules: Rules | None
    grants: Mapping[str, tuple[Grantee, ...]] = field(default_factory=dict)
    key: str | None = None
