"""Callers, a stream and policies in few words, for the tests of the decision."""

from typing import Any

from iam.documents import policy, statement
from shardline.iam.policy.documents import Policy
from shardline.iam.policy.evaluation import Policies, Request, evaluate
from shardline.iam.policy.grammar import Kind
from shardline.iam.policy.principals import Principal, Type

OWN, OTHER = "111111111111", "222222222222"
STREAM = f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders"
THEIRS = f"arn:aws:kinesis:us-east-1:{OTHER}:stream/orders"
ROLE = f"arn:aws:iam::{OWN}:role/service/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/blue"
ANN = Principal(Type.USER, f"arn:aws:iam::{OWN}:user/ann", OWN, "AIDAEXAMPLE", "ann")
BLUE = Principal(Type.SESSION, SESSION, OWN, "AROAEXAMPLE", "blue", role_arn=ROLE)
ROOT = Principal(Type.ROOT, f"arn:aws:iam::{OWN}:root", OWN, OWN)
PUT = "kinesis:PutRecord"


def allow(kind: Kind = Kind.IDENTITY, **elements: Any) -> Policy:
    """A policy that allows everything, but for what is given."""
    return policy(statement(**{"Action": "*", "Resource": "*", **elements}), kind=kind)


def deny(kind: Kind = Kind.IDENTITY, **elements: Any) -> Policy:
    """A policy that denies everything, but for what is given."""
    return allow(kind, Effect="Deny", **elements)


def granted(to: Any, **elements: Any) -> Policy:
    """A stream's policy that allows somebody everything."""
    return allow(Kind.RESOURCE, Principal=to, **elements)


def trusting(to: Any) -> Policy:
    """A role's trust policy that lets somebody in."""
    elements: dict[str, Any] = {"Action": "sts:AssumeRole", "Resource": None, "Principal": to}
    return allow(Kind.TRUST, **elements)


def decide(
    policies: Policies, who: Principal = ANN, resource: str = STREAM, action: str = PUT
) -> tuple[str, Kind | None]:
    """The decision and who denies."""
    result = evaluate(Request(who, action, resource, {}), policies)
    return result.decision.value, result.denied_by


ALLOWED = ("allowed", None)
NOTHING = allow(Action="s3:*")  # allows something, but not this


def no(kind: Kind) -> tuple[str, Kind]:
    """Denied, because no policy of a kind allows it."""
    return "implicitDeny", kind


def explicitly(kind: Kind) -> tuple[str, Kind]:
    """Denied by a policy of a kind."""
    return "explicitDeny", kind


BOUNDARY, LIMIT = allow(Kind.BOUNDARY, Action="s3:*"), (allow(Kind.SESSION, Action="s3:*"),)
WIDE, ANYTHING = allow(Kind.BOUNDARY), (allow(Kind.SESSION),)
NAMED: dict[str, Any] = {"AWS": ANN.arn}
ACCOUNT: dict[str, Any] = {"AWS": OWN}
