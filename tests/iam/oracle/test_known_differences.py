"""Where our decision is not the other evaluator's: why, and who says so. Each with an example."""

from typing import Any, NamedTuple

import pytest

from iam.oracle.cases import Case
from iam.oracle.evaluators import Oracle, ours
from iam.oracle.words import OWN, RESOURCES, ROLE, SESSION, USER

GUIDE = "IAM User Guide"
ALL: dict[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
OTHERS: dict[str, Any] = ALL | {"Action": "s3:*"}
NOT_THERE: dict[str, Any] = {"Effect": "Allow", "Action": "*"}
ORDERS, CONSUMER = RESOURCES[0], RESOURCES[-1]
PUT = "kinesis:PutRecord"


def case(**given: Any) -> Case:
    """A case in which Ann may do all, but for what is given."""
    defaults: dict[str, Any] = {
        "principal": USER,
        "action": "kinesis:SubscribeToShard" if given.get("resource") == CONSUMER else PUT,
        "resource": ORDERS,
        "owner": OWN,
        "context": {},
        "version": "2012-10-17",
        "identity": [[ALL]],
        "boundary": None,
        "session": None,
        "of_resource": None,
    }
    return Case(**(defaults | given))


def when(condition: dict[str, Any], context: dict[str, Any]) -> Case:
    """A case in which Ann may do all on a condition."""
    return case(identity=[[ALL | {"Condition": condition}]], context=context)


class Difference(NamedTuple):
    """A case, both decisions, and why ours is what it is."""

    case: Case
    ours: str
    theirs: str
    why: str


DIFFERENCES = {
    "wildcard-past-a-colon": Difference(
        case(identity=[[ALL | {"Resource": "arn:aws:kinesis:*:stream/orders"}]]),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, Resource: "If the * wildcard is the last character of a resource ARN segment, '
        'it can expand to match beyond the colon boundaries."',
    ),
    "not-resource-and-wildcard-for-the-rest": Difference(
        case(identity=[[NOT_THERE | {"NotResource": "arn:aws:kinesis:eu-west-1:*"}]]),
        *("allowed", "implicitDeny"),
        "The same; the other evaluator has it for Resource.",
    ),
    "not-resource-and-variable-without-value": Difference(
        case(identity=[[NOT_THERE | {"NotResource": "arn:aws:kinesis:eu-*:*:x${aws:userid}"}]]),
        *("implicitDeny", "allowed"),
        f'{GUIDE}, Variables and tags: "the resource that includes a policy variable with no value '
        'will not match any resource", in NotResource either. The other evaluator says so only if '
        "the rest of the ARN fits.",
    ),
    "wildcard-for-the-resource-type": Difference(
        case(
            resource=CONSUMER,
            identity=[[ALL | {"Resource": f"arn:aws:kinesis:*:{OWN}:*/consumer/*"}]],
        ),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, Resource: "The asterisk (*) character can expand to replace everything within '
        'a segment, including characters like a forward slash (/)".',
    ),
    "inverted-operator-and-variable-without-value": Difference(
        when(
            {"StringNotEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/home}"}},
            {"aws:RequestedRegion": "us-east-1"},
        ),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, Variables and tags: "Inverted condition operators like StringNotEquals or '
        'StringNotLike do match against a null value".',
    ),
    "if-exists-and-for-any-value": Difference(
        when({"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "team"}}, {}),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, IfExists: "If the condition key is not present, evaluate the condition element '
        'as true"; of ForAnyValue it says false. Not known which wins on AWS.',
    ),
    "inverted-operator-and-half-an-arn": Difference(
        when({"ArnNotLike": {"aws:SourceArn": "arn:aws:iam:*"}}, {"aws:SourceArn": USER}),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, ARN operators: "Each of the six colon-delimited components of the ARN is '
        'checked separately": what has fewer is like no ARN.',
    ),
    "inverted-operator-without-values": Difference(
        when({"StringNotEquals": {"aws:RequestedRegion": []}}, {"aws:RequestedRegion": "x"}),
        *("implicitDeny", "allowed"),
        "AWS takes an empty list and does not say what it means; here it never allows.",
    ),
    "all-addresses": Difference(
        when({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, {"aws:SourceIp": "10.1.2.3"}),
        *("allowed", "implicitDeny"),
        "0.0.0.0/0 is every address of IPv4 (RFC 4632): a fault of the other evaluator.",
    ),
    "no-network-and-an-address-of-the-other-family": Difference(
        when({"NotIpAddress": {"aws:SourceIp": "10.1.2.3"}}, {"aws:SourceIp": "2001:db8::1"}),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, IP address operators: "If you specify an IP address without the associated '
        'routing prefix, IAM uses the default prefix value of /32": with /32 both say so.',
    ),
    "a-variable-in-the-first-version": Difference(
        case(
            version="2008-10-17",
            identity=[],
            context={"aws:username": "ann", "aws:RequestedRegion": "ann"},
            of_resource=[
                ALL
                | {
                    "Principal": "*",
                    "Condition": {"StringEquals": {"aws:RequestedRegion": "${aws:username}"}},
                }
            ],
        ),
        *("implicitDeny", "allowed"),
        f"{GUIDE}, Version: under 2008-10-17 variables "
        '"aren\'t recognized as variables and are instead treated as literal strings".',
    ),
    "seconds-since-1970": Difference(
        when(
            {"DateGreaterThan": {"aws:CurrentTime": "1600000000"}},
            {"aws:CurrentTime": "2020-01-01T00:00:00Z"},
        ),
        *("implicitDeny", "allowed"),
        f"{GUIDE}, Date operators: a date may be given in epoch (UNIX) time, which is in seconds; "
        "1600000000 is in September 2020.",
    ),
    "everyone-and-a-session-policy": Difference(
        case(
            principal=SESSION,
            identity=[],
            session=[OTHERS],
            of_resource=[ALL | {"Principal": "*"}],
        ),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, Policy evaluation for requests within a single account: "Permissions boundaries '
        "and session policies do not limit permissions granted using the aws:PrincipalArn condition"
        ' key with a wildcard(*) in the Principal element". The other evaluator has session '
        "policies among its features to come.",
    ),
    "session-named-and-a-session-policy": Difference(
        case(
            principal=SESSION,
            identity=[],
            session=[OTHERS],
            of_resource=[ALL | {"Principal": {"AWS": SESSION}}],
        ),
        *("allowed", "implicitDeny"),
        f'{GUIDE}, the same page: "Permissions granted directly to a session are not limited by an '
        'implicit deny in an identity-based policy, a permissions boundary, or session policy."',
    ),
    "not-principal-without-the-account": Difference(
        case(of_resource=[ALL | {"Effect": "Deny", "NotPrincipal": {"AWS": USER}}]),
        *("explicitDeny", "allowed"),
        f'{GUIDE}, NotPrincipal: "you must also specify the account ARN of the not-denied '
        'principal. Otherwise, the policy might deny access to the entire account".',
    ),
    "not-principal-with-the-account-alone": Difference(
        case(of_resource=[ALL | {"Effect": "Deny", "NotPrincipal": {"AWS": OWN}}]),
        *("explicitDeny", "allowed"),
        "The same page: an account's ARN beside a user's does not exempt the other users, so that "
        "alone it exempts none.",
    ),
    "not-principal-without-the-session": Difference(
        case(
            principal=SESSION,
            of_resource=[ALL | {"Effect": "Deny", "NotPrincipal": {"AWS": [OWN, ROLE]}}],
        ),
        *("explicitDeny", "allowed"),
        'The same page: "AWS might validate the account first, then the role, and then the '
        'assumed-role user": all three are named in its example.',
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_known_difference_is_as_it_is_written_here(oracle: Oracle, name: str) -> None:
    case, our_decision, their_decision, _ = DIFFERENCES[name]
    assert ours(case) == our_decision
    assert oracle.decide(case) == their_decision, "no difference any more: generate it"
