"""The small world of the generated cases: what policies say and what requests are about."""

from hypothesis import strategies as st

OWN, OTHER = "111111111111", "222222222222"
USER = f"arn:aws:iam::{OWN}:user/ann"
ROLE = f"arn:aws:iam::{OWN}:role/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/blue"
REGIONS = ["us-east-1", "eu-west-1"]


_arn_parts = [
    st.sampled_from(["arn"]),
    st.sampled_from(["aws"]),
    st.sampled_from(["kinesis"]),
    st.sampled_from([*REGIONS, "*", "us-*", "*-1", "us-east-?"]),
    st.sampled_from([OWN, OWN, OTHER, "*", "1111*", "?" * 12]),
    st.sampled_from(
        [
            *("stream/orders", "stream/*", "*", "stream/ord?rs", "stream/o*s", "stream/${*}"),
            *("stream/${aws:username}", "stream/${aws:PrincipalTag/team}-*", "stream*"),
            *("stream/${aws:PrincipalTag/team, 'orders'}", "stream/orders/consumer/*"),
            *("stream/*/consumer/app:1", "stream/orders/consumer/app:*"),
        ]
    ),
]
RESOURCES = [
    *(f"arn:aws:kinesis:us-east-1:{OWN}:stream/{name}" for name in ("orders", "ann", "red-1")),
    f"arn:aws:kinesis:eu-west-1:{OWN}:stream/orders",
    *(f"arn:aws:kinesis:us-east-1:{OTHER}:stream/{name}" for name in ("orders", "red-1")),
    f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders/consumer/app:1",
]
resources = st.sampled_from(RESOURCES)
ON_STREAM = ["kinesis:PutRecord", "kinesis:GetRecords", "kinesis:DescribeStream"]
ON_CONSUMER = ["kinesis:SubscribeToShard"]
action_patterns = st.sampled_from(
    [
        *(*ON_STREAM, *ON_CONSUMER, "*", "*", "kinesis:*", "kinesis:Put*", "kinesis:*Record?"),
        *("KINESIS:getrecords", "s3:*", "kinesis:?etRecords", "kinesis:*e*o*"),
    ]
)
# Of fewer than six components, or with a variable that may be without value: not in NotResource.
_half_patterns = st.sampled_from(["arn:aws:kinesis:*", "arn:aws:kinesis:us-east-1:*", "arn:aws:*"])
_whole_patterns = st.one_of(
    st.just("*"),
    st.just("*"),
    resources,
    st.tuples(*_arn_parts).map(":".join),
)
resource_patterns = {
    "Resource": st.one_of(_whole_patterns, _whole_patterns, _half_patterns),
    "NotResource": _whole_patterns.filter(lambda text: not may_lack_a_value(text)),
}


def may_lack_a_value(text: str) -> bool:
    """Whether a text has a variable that may be without value."""
    return "${aws:" in text and "," not in text


def some(values: st.SearchStrategy[str], least: int = 1) -> st.SearchStrategy[str | list[str]]:
    """One value, or a list of them."""
    return st.one_of(values, st.lists(values, min_size=least, max_size=3))


TEXTS = ["red", "blue", "Red", "ann", "us-east-1", "orders"]
_TEXT_KEYS = [
    "aws:username",
    "aws:PrincipalTag/team",
    "aws:ResourceTag/Team",
    "aws:RequestedRegion",
]
_TEXT_VALUES = st.sampled_from(
    [
        *(*TEXTS, "r*", "*", "?ed", "us-*-1", "${aws:username}", "${aws:PrincipalTag/team}"),
        *("${aws:PrincipalTag/team, 'red'}", "${*}", "x${$}"),
    ]
)
ARNS = [USER, ROLE, SESSION, f"arn:aws:iam::{OTHER}:user/ann"]
_ARN_VALUES = st.sampled_from(
    [
        *(
            *ARNS,
            "arn:aws:iam::*:user/*",
            "arn:aws:iam::*:*",
            "arn:*:iam::*:role/a??",
            "arn:*:*:*:*:*",
        ),
        *("arn:aws:iam::*user/ann", "arn:aws:iam:*", f"arn:aws:iam::{OWN}:user/${{aws:username}}"),
    ]
)
NUMBERS = ["0", "5", "5.0", "-3", "300", "0.5"]
DATES = ["2020-01-01T00:00:00Z", "2025-06-01T12:00:00Z", "2030-12-31"]
ADDRESSES = ["10.1.2.3", "10.200.0.1", "192.168.0.7", "2001:db8::1"]
_NETWORKS = [
    "10.0.0.0/8",
    "10.1.2.3/32",
    "192.168.0.0/16",
    "2001:db8::/32",
]

_EQUALS = ["Equals", "NotEquals"]
_IGNORING_CASE = ["EqualsIgnoreCase", "NotEqualsIgnoreCase"]
_ORDERS = ["LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]

# Family → its operators, the keys that it is asked of, and the values that a policy may have.
FAMILIES: dict[str, tuple[list[str], list[str], st.SearchStrategy[str]]] = {
    "String": (
        [f"String{name}" for name in (*_EQUALS, "Like", "NotLike", *_IGNORING_CASE)],
        [*_TEXT_KEYS, "aws:TagKeys", "aws:TagKeys"],
        _TEXT_VALUES,
    ),
    "Arn": (
        [f"Arn{name}" for name in (*_EQUALS, "Like", "NotLike")],
        ["aws:PrincipalArn", "aws:SourceArn"],
        _ARN_VALUES,
    ),
    "Numeric": (
        [f"Numeric{name}" for name in (*_EQUALS, *_ORDERS)],
        ["aws:MultiFactorAuthAge"],
        st.sampled_from(NUMBERS),
    ),
    "Date": (
        [f"Date{name}" for name in (*_EQUALS, *_ORDERS)],
        ["aws:CurrentTime", "aws:TokenIssueTime"],
        st.sampled_from(DATES),
    ),
    "Bool": (["Bool"], ["aws:SecureTransport"], st.sampled_from(["true", "false", "True"])),
    "Ip": (["IpAddress", "NotIpAddress"], ["aws:SourceIp"], st.sampled_from(_NETWORKS)),
    "Null": (["Null"], [*_TEXT_KEYS, "aws:TagKeys"], st.sampled_from(["true", "false"])),
}
