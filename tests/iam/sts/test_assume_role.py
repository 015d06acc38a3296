"""AssumeRole by boto3, end to end: who may, for how long, and what the session may do then."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from string import ascii_lowercase
from typing import Any

import pytest

from iam.calls import code_of, error_of
from iam.people import OTHER, OWN, Key, People, allow, document, tags, trusts
from shardline.testing import TestServer

ORDERS = f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders"
DENIED = "AccessDenied"
PUT = {"StreamName": "orders", "Data": b"x", "PartitionKey": "k"}
TRUSTS_ACCOUNT = trusts({"AWS": OWN})


def sts_of(people: People, key: Key) -> Any:
    return people.client(key, "sts")


def key_in(answer: dict[str, Any]) -> Key:
    given = answer["Credentials"]
    return Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def assumed(people: People, key: Key, role: str, **more: Any) -> Key:
    answer = sts_of(people, key).assume_role(RoleArn=role, RoleSessionName="s1", **more)
    return key_in(answer)


def test_the_session_has_the_role_s_permissions_and_name(people: People) -> None:
    # Given
    role = people.role("app", TRUSTS_ACCOUNT, allow("kinesis:PutRecord", ORDERS))
    key = people.user("ann", allow("sts:AssumeRole", role))
    # When
    answer = sts_of(people, key).assume_role(RoleArn=role, RoleSessionName="s1")
    # Then
    role_id = people.role_named("app").id
    arn = f"arn:aws:sts::{OWN}:assumed-role/app/s1"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role_id}:s1", "Arn": arn}
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert "PackedPolicySize" not in answer
    session = key_in(answer)
    who = sts_of(people, session).get_caller_identity()
    assert (who["UserId"], who["Account"], who["Arn"]) == (f"{role_id}:s1", OWN, arn)
    kinesis = people.client(session)
    assert code_of(kinesis.put_record, **PUT) == ""
    code, message = error_of(kinesis.describe_stream_summary, StreamName="orders")
    assert code == "AccessDeniedException"
    assert message.startswith(f"User: {arn} is not authorized to perform: kinesis:Desc")


def test_both_the_user_and_the_role_must_agree(people: People) -> None:
    role = people.role("app", TRUSTS_ACCOUNT)
    closed = people.role("closed", trusts({"AWS": OTHER}))
    open_to_ann = people.role("open", trusts({"AWS": f"arn:aws:iam::{OWN}:user/ann"}))
    ann = sts_of(people, people.user("ann", allow("sts:AssumeRole", closed)))
    code, message = error_of(ann.assume_role, RoleArn=role, RoleSessionName="s1")
    assert code == DENIED
    assert message == (
        f"User: arn:aws:iam::{OWN}:user/ann is not authorized to perform: sts:AssumeRole "
        f"on resource: {role} because no identity-based policy allows the sts:AssumeRole action"
    )
    code, message = error_of(ann.assume_role, RoleArn=closed, RoleSessionName="s1")
    assert (code, "no role trust policy allows" in message) == (DENIED, True)
    assert code_of(ann.assume_role, RoleArn=open_to_ann, RoleSessionName="s1") == ""


def test_a_role_that_is_not_there_looks_like_one_that_is_closed(people: People) -> None:
    ann = sts_of(people, people.user("ann", allow("sts:AssumeRole")))
    for role in (f"arn:aws:iam::{OWN}:role/none", f"arn:aws:iam::{OTHER}:role/none"):
        assert code_of(ann.assume_role, RoleArn=role, RoleSessionName="s1") == DENIED


def test_root_assumes_no_role(people: People, server: TestServer) -> None:
    role = people.role("app", TRUSTS_ACCOUNT)
    assert error_of(server.client("sts").assume_role, RoleArn=role, RoleSessionName="s1") == (
        DENIED,
        "Roles may not be assumed by root accounts.",
    )


def test_an_external_id(people: People) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "secret-1"}}
    role = people.role("app", trusts({"AWS": OWN}, Condition=condition))
    ann = sts_of(people, people.user("ann", allow("sts:AssumeRole")))
    call = {"RoleArn": role, "RoleSessionName": "s1"}
    assert code_of(ann.assume_role, **call) == DENIED
    assert code_of(ann.assume_role, **call, ExternalId="secret-2") == DENIED
    assert code_of(ann.assume_role, **call, ExternalId="secret-1") == ""


def test_a_session_policy_limits(people: People) -> None:
    # Given
    role = people.role("app", TRUSTS_ACCOUNT, allow("kinesis:*"))
    key = people.user("ann", allow("sts:AssumeRole"))
    policy = document(allow(["kinesis:PutRecord", "kinesis:GetRecords", "iam:*"]))
    # When
    answer = sts_of(people, key).assume_role(RoleArn=role, RoleSessionName="s1", Policy=policy)
    # Then
    assert 0 < answer["PackedPolicySize"] < 100
    kinesis = people.client(key_in(answer))
    assert code_of(kinesis.put_record, **PUT) == ""
    code, message = error_of(kinesis.delete_stream, StreamName="orders")
    assert (code, "because no session policy allows" in message) == ("AccessDeniedException", True)


def test_managed_session_policies(people: People) -> None:
    arn = people.policy(allow("kinesis:Put*"))
    read_only = "arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess"
    role = people.role("app", TRUSTS_ACCOUNT, allow("kinesis:*"))
    key = people.user("ann", allow("sts:AssumeRole"))
    session = assumed(people, key, role, PolicyArns=[{"arn": arn}, {"arn": read_only}])
    kinesis = people.client(session)
    assert code_of(kinesis.put_record, **PUT) == ""
    assert code_of(kinesis.list_streams) == ""
    assert code_of(kinesis.delete_stream, StreamName="orders") == "AccessDeniedException"
    unknown = [{"arn": f"arn:aws:iam::{OWN}:policy/none"}]
    ann = sts_of(people, key)
    code = code_of(ann.assume_role, RoleArn=role, RoleSessionName="s1", PolicyArns=unknown)
    assert code == "MalformedPolicyDocument"


@pytest.mark.parametrize("policy", ["{", '{"Statement": 1}', "x" * 2049])
def test_a_session_policy_that_is_none(people: People, policy: str) -> None:
    role = people.role("app", TRUSTS_ACCOUNT)
    ann = sts_of(people, people.user("ann", allow("sts:AssumeRole")))
    code = code_of(ann.assume_role, RoleArn=role, RoleSessionName="s1", Policy=policy)
    assert code == ("ValidationError" if len(policy) > 2048 else "MalformedPolicyDocument")


def test_how_long_it_lasts(people: People, server: TestServer) -> None:
    role = people.role("app", TRUSTS_ACCOUNT, allow("kinesis:*"), max_session_s=7200)
    key = people.user("ann", allow("sts:AssumeRole"))
    call = {"RoleArn": role, "RoleSessionName": "s1"}
    assert error_of(sts_of(people, key).assume_role, **call, DurationSeconds=7201) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    session = people.client(assumed(people, key, role, DurationSeconds=7200))
    server.clock.advance(seconds=7195)
    assert code_of(session.list_streams) == ""
    server.clock.advance(seconds=10)
    assert error_of(session.list_streams) == (
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )


def test_an_expired_token_in_query(people: People, server: TestServer) -> None:
    role = people.role("app", TRUSTS_ACCOUNT)
    session = assumed(people, people.user("ann", allow("sts:AssumeRole")), role)
    server.clock.advance(hours=2)
    assert code_of(sts_of(people, session).get_caller_identity) == "ExpiredToken"


def test_from_role_to_role(people: People) -> None:
    # Given
    second = people.role("second", TRUSTS_ACCOUNT, allow("kinesis:*"), max_session_s=43200)
    first = people.role("first", TRUSTS_ACCOUNT, allow("sts:AssumeRole", second))
    key = people.user("ann", allow("sts:AssumeRole", first))
    session = assumed(people, key, first)
    # Then
    call = {"RoleArn": second, "RoleSessionName": "s2"}
    assert error_of(sts_of(people, session).assume_role, **call, DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining.",
    )
    assert code_of(sts_of(people, key).assume_role, **call) == DENIED
    assert code_of(people.client(assumed(people, session, second)).list_streams) == ""


TAGGING = ["sts:AssumeRole", "sts:TagSession"]


def test_session_tags_and_those_that_are_handed_on(people: People) -> None:
    # Given
    of_team = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    of_stage = {"StringEquals": {"aws:PrincipalTag/stage": "test"}}
    statements = (
        allow(TAGGING),
        allow("kinesis:ListStreams", Condition=of_team),
        allow("kinesis:DescribeLimits", Condition=of_stage),
    )
    trust = trusts({"AWS": OWN}, TAGGING)
    first = people.role("first", trust, *statements, tags=tags({"stage": "test", "TEAM": "blue"}))
    second = people.role("second", trust, *statements)
    key = people.user("ann", allow(TAGGING))
    # When
    given = [{"Key": "team", "Value": "red"}, {"Key": "other", "Value": ""}]
    session = assumed(people, key, first, Tags=given, TransitiveTagKeys=["team"])
    # Then: the session's own wins over the role's, whatever its case
    kinesis = people.client(session)
    assert code_of(kinesis.list_streams) == ""
    assert code_of(kinesis.describe_limits) == ""
    # What is transitive goes on
    chained = people.client(assumed(people, session, second))
    assert code_of(chained.list_streams) == ""
    assert code_of(chained.describe_limits) == "AccessDeniedException"
    call = {"RoleArn": second, "RoleSessionName": "s2"}
    again = [{"Key": "Team", "Value": "blue"}]
    assert code_of(sts_of(people, session).assume_role, **call, Tags=again) == (
        "InvalidParameterValue"
    )


def test_tags_need_a_permission_of_their_own(people: People) -> None:
    role = people.role("app", trusts({"AWS": OWN}, TAGGING))
    only_assume = sts_of(people, people.user("ann", allow("sts:AssumeRole")))
    given = [{"Key": "team", "Value": "red"}]
    call = {"RoleArn": role, "RoleSessionName": "s1", "Tags": given}
    code, message = error_of(only_assume.assume_role, **call)
    assert (code, "perform: sts:TagSession" in message) == (DENIED, True)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Tags": [("a", "1"), ("A", "2")]}, "InvalidParameterValue"),
        ({"Tags": [("aws:x", "1")]}, "InvalidParameterValue"),
        ({"Tags": [("a", "1")], "TransitiveTagKeys": ["b"]}, "InvalidParameterValue"),
        ({"SerialNumber": "arn:aws:iam::1:mfa/a", "TokenCode": "123456"}, DENIED),
    ],
)
def test_what_cannot_be(people: People, given: dict[str, Any], code: str) -> None:
    role = people.role("app", trusts({"AWS": OWN}, TAGGING))
    ann = sts_of(people, people.user("ann", allow(TAGGING)))
    if "Tags" in given:
        given = given | {"Tags": [{"Key": key, "Value": value} for key, value in given["Tags"]]}
    assert code_of(ann.assume_role, RoleArn=role, RoleSessionName="s1", **given) == code


def test_more_than_a_token_can_hold(people: People) -> None:
    role = people.role("app", trusts({"AWS": OWN}, TAGGING))
    ann = sts_of(people, people.user("ann", allow(TAGGING)))
    letters = Random(1)
    long = ["".join(letters.choices(ascii_lowercase, k=200)) for _ in range(50)]
    given = [{"Key": f"key-{number}", "Value": value} for number, value in enumerate(long)]
    code, message = error_of(ann.assume_role, RoleArn=role, RoleSessionName="s1", Tags=given)
    assert code == "PackedPolicyTooLarge"
    assert message.startswith("Packed size of session tags consumes ")


def test_a_source_identity_stays(people: People) -> None:
    # Given
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    condition = {"StringEquals": {"aws:SourceIdentity": "ann@example.com"}}
    trust = trusts({"AWS": OWN}, actions)
    statements = (allow(actions), allow("kinesis:ListStreams", Condition=condition))
    first, second = (people.role(name, trust, *statements) for name in ("first", "second"))
    key = people.user("ann", allow(actions))
    call = {"RoleArn": first, "RoleSessionName": "s1", "SourceIdentity": "ann@example.com"}
    # When
    answer = sts_of(people, key).assume_role(**call)
    # Then
    assert answer["SourceIdentity"] == "ann@example.com"
    session = key_in(answer)
    chained = sts_of(people, session).assume_role(RoleArn=second, RoleSessionName="s2")
    assert chained["SourceIdentity"] == "ann@example.com"
    assert code_of(people.client(key_in(chained)).list_streams) == ""
    other = {"RoleArn": second, "RoleSessionName": "s2", "SourceIdentity": "bob"}
    assert code_of(sts_of(people, session).assume_role, **other) == DENIED


def test_across_accounts(people: People, others: People) -> None:
    role = people.role("app", trusts({"AWS": OTHER}), allow("kinesis:PutRecord", ORDERS))
    key = others.user("zoe", allow("sts:AssumeRole", role))
    session = assumed(others, key, role)
    assert code_of(others.client(session).put_record, **PUT) == ""
    stranger = sts_of(others, others.user("yan"))
    assert code_of(stranger.assume_role, RoleArn=role, RoleSessionName="s1") == DENIED


def test_a_session_of_an_old_token_can_be_revoked(people: People, server: TestServer) -> None:
    # Given
    role = people.role("app", TRUSTS_ACCOUNT, allow("kinesis:*"))
    key = people.user("ann", allow("sts:AssumeRole"))
    old = people.client(assumed(people, key, role))
    assert code_of(old.list_streams) == ""
    server.clock.advance(minutes=1)
    now = server.clock.now_ms() / 1000
    # When
    before = {"DateLessThan": {"aws:TokenIssueTime": datetime.fromtimestamp(now, UTC).isoformat()}}
    revoked = document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": before})
    stored = people.role_named("app")
    people.put(replace(stored, inline=(*stored.inline, ("revoked", revoked))))
    server.clock.advance(minutes=1)
    # Then
    assert code_of(old.list_streams) == "AccessDeniedException"
    assert code_of(people.client(assumed(people, key, role)).list_streams) == ""
