"""Resource and trust policies: what is refused, and where. Sources of the texts: public issues
that quote AWS; where it is ours, `shardline.iam.policy.principal_checks` says so."""

import json
from typing import Any

import pytest

from iam.documents import document, statement
from shardline.iam.policy.documents import parse
from shardline.iam.policy.errors import MalformedPolicy
from shardline.iam.policy.grammar import Kind

ANN = {"AWS": "arn:aws:iam::111111111111:user/ann"}
STREAM = "arn:aws:kinesis:us-east-1:111111111111:stream/orders"
PLACE = "Statement[0]"


def trust(**elements: Any) -> str:
    """A trust policy that lets Ann in, but for what is given."""
    made = {"Action": "sts:AssumeRole", "Resource": None, "Principal": ANN} | elements
    return document(statement(**made))


def of_stream(**elements: Any) -> str:
    """A stream's policy that lets Ann write, but for what is given."""
    made = {"Action": "kinesis:PutRecord", "Resource": STREAM, "Principal": ANN} | elements
    return document(statement(**made))


REFUSED = [
    (Kind.TRUST, "{", "This policy contains invalid Json", "line 1, column 2"),
    (Kind.TRUST, trust(Resource="*"), "Has prohibited field Resource", f"{PLACE}.Resource"),
    (
        *(Kind.TRUST, trust(NotResource="*")),
        *("Has prohibited field NotResource", f"{PLACE}.NotResource"),
    ),
    (Kind.TRUST, trust(Principal=None), "Missing required field Principal", PLACE),
    (Kind.TRUST, trust(Action=None), "Missing required field Action", PLACE),
    *[
        (
            *(Kind.TRUST, trust(Action=["sts:AssumeRole", action])),
            *("AssumeRole policy may only specify STS AssumeRole actions.", f"{PLACE}.Action[1]"),
        )
        for action in ("sts:*", "*", "kinesis:PutRecord", "sts:GetCallerIdentity")
    ],
    *[
        (
            *(Kind.TRUST, trust(Principal={"AWS": [wrong]})),
            *(f'Invalid principal in policy: "AWS":"{wrong}"', f"{PLACE}.Principal.AWS"),
        )
        for wrong in (
            *("ann", "arn:aws:iam::111111111111:group/all", "arn:aws:iam::1:root"),
            *("arn:aws:iam::111111111111:user/*", "11111111111", ""),
        )
    ],
    (
        *(Kind.RESOURCE, of_stream(Principal=None, NotPrincipal=ANN)),
        *("NotPrincipal may only be used with Effect Deny", f"{PLACE}.NotPrincipal"),
    ),
    (Kind.RESOURCE, of_stream(Resource=None), "Missing required field Resource", PLACE),
    (Kind.RESOURCE, of_stream(Principal=None), "Missing required field Principal", PLACE),
    (Kind.RESOURCE, of_stream(Effect="deny"), "Invalid effect: deny", f"{PLACE}.Effect"),
    (Kind.RESOURCE, of_stream(Action="Put"), "Invalid action: Put", f"{PLACE}.Action[0]"),
    (
        *(Kind.RESOURCE, document(*[json.loads(of_stream(Sid="a"))["Statement"][0]] * 2)),
        *("The Statement Ids in the policy are not unique", "Statement"),
    ),
    (
        *(Kind.RESOURCE, of_stream(Principal={"aws": "*"})),
        *("Syntax errors in policy.", f"{PLACE}.Principal.aws"),
    ),
    (Kind.RESOURCE, of_stream(Principal={}), "Syntax errors in policy.", f"{PLACE}.Principal"),
    (Kind.RESOURCE, of_stream(Principal="ann"), "Syntax errors in policy.", f"{PLACE}.Principal"),
]


@pytest.mark.parametrize(("kind", "text", "told", "place"), REFUSED)
def test_what_is_wrong_is_said_with_its_place(kind: Kind, text: str, told: str, place: str) -> None:
    with pytest.raises(MalformedPolicy) as refused:
        parse(text, kind)
    assert (refused.value.text, refused.value.place) == (told, place)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.TRUST, trust()),
        (Kind.TRUST, trust(Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])),
        (Kind.TRUST, trust(Principal={"Service": "kinesis.amazonaws.com"})),
        (Kind.TRUST, trust(Principal={"AWS": ["111111111111", "*"]})),
        (Kind.TRUST, trust(Principal={"AWS": "AROAEXAMPLE", "Federated": "accounts.google.com"})),
        (Kind.RESOURCE, of_stream()),
        (Kind.RESOURCE, of_stream(Principal="*")),
        (Kind.RESOURCE, of_stream(Effect="Deny", Principal=None, NotPrincipal=ANN)),
        (Kind.RESOURCE, document(json.loads(of_stream())["Statement"][0], version="2008-10-17")),
        (Kind.RESOURCE, document(json.loads(of_stream())["Statement"][0], version=None)),
    ],
)
def test_what_is_right_is_taken(kind: Kind, text: str) -> None:
    assert parse(text, kind).statements
