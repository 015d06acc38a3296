"""GetSessionToken and GetAccessKeyInfo by boto3, and what such a session cannot do."""

import pytest

from iam.calls import code_of, error_of
from iam.people import OTHER, OWN, Key, People, allow, deny, trusts
from shardline.testing import TestServer


def session_of(people: People, key: Key, **members: int) -> Key:
    given = people.client(key, "sts").get_session_token(**members)["Credentials"]
    return Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def test_a_user_s_session_is_the_user(people: People, server: TestServer) -> None:
    # Given
    key = people.user("ann", allow("kinesis:ListStreams"), path="/team/")
    # When
    session = session_of(people, key)
    # Then
    who = people.client(session, "sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{OWN}:user/team/ann"
    assert who["UserId"] == people.user_named("ann").id
    kinesis = people.client(session)
    assert code_of(kinesis.list_streams) == ""
    assert code_of(kinesis.describe_limits) == "AccessDeniedException"
    server.clock.advance(hours=11.9)
    assert code_of(kinesis.list_streams) == ""
    server.clock.advance(hours=0.2)
    assert code_of(kinesis.list_streams) == "ExpiredTokenException"


def test_root_s_session_is_root_for_an_hour(people: People, server: TestServer) -> None:
    root = Key(server.node.root_key.access_key, server.node.root_key.secret)
    session = session_of(people, root, DurationSeconds=43200)
    assert people.client(session, "sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{OWN}:root"
    kinesis = people.client(session)
    assert code_of(kinesis.list_streams) == ""
    server.clock.advance(hours=1.1)
    assert code_of(kinesis.list_streams) == "ExpiredTokenException"


def test_nobody_can_be_kept_from_knowing_who_it_is(people: People) -> None:
    key = people.user("ann", deny("*"))
    sts = people.client(key, "sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{OWN}:user/ann"
    assert sts.get_session_token()["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_what_a_session_of_a_user_cannot_do(people: People) -> None:
    # Given
    role = people.role("app", trusts({"AWS": OWN}))
    session = session_of(people, people.user("ann", allow("*")))
    sts = people.client(session, "sts")
    # Then
    assert error_of(sts.get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )
    assert code_of(sts.get_access_key_info, AccessKeyId=session.id) == "AccessDenied"
    assert code_of(sts.assume_role, RoleArn=role, RoleSessionName="s1") == ""


def test_a_role_s_session_has_no_session_token_of_its_own(people: People) -> None:
    role = people.role("app", trusts({"AWS": OWN}), allow("*"))
    ann = people.client(people.user("ann", allow("sts:*")), "sts")
    given = ann.assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"]
    key = Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    sts = people.client(key, "sts")
    assert code_of(sts.get_session_token) == "AccessDenied"
    assert sts.get_access_key_info(AccessKeyId=key.id)["Account"] == OWN


def test_whose_key_it_is(people: People, others: People, server: TestServer) -> None:
    key, other = people.user("ann", allow("sts:GetAccessKeyInfo")), others.user("zoe")
    root = server.client("sts", aws_access_key_id="test")
    sts = people.client(key, "sts")
    assert sts.get_access_key_info(AccessKeyId=key.id)["Account"] == OWN
    assert sts.get_access_key_info(AccessKeyId=other.id)["Account"] == OTHER
    session = session_of(others, other)
    assert sts.get_access_key_info(AccessKeyId=session.id)["Account"] == OTHER
    assert root.get_access_key_info(AccessKeyId=key.id)["Account"] == OWN
    assert code_of(sts.get_access_key_info, AccessKeyId="AKIA" + "A" * 16) == "ValidationError"


def test_a_token_of_the_size_that_is_asked_for(people: People) -> None:
    sts = people.client(people.user("ann"), "sts")
    for size in (0, 1000, 4096):
        answer = sts.get_session_token(MinimumSessionTokenSize=size)
        token = answer["Credentials"]["SessionToken"]
        assert len(token) == answer["SessionTokenSize"] >= size
        given = answer["Credentials"]
        session = Key(given["AccessKeyId"], given["SecretAccessKey"], token)
        assert code_of(people.client(session, "sts").get_caller_identity) == ""


@pytest.mark.parametrize("how", ["none", "garbled", "another's", "changed", "of no session"])
def test_another_token_is_refused(people: People, how: str) -> None:
    # Given
    key = people.user("ann", allow("kinesis:*"))
    session, other = session_of(people, key), session_of(people, people.user("bob"))
    assert session.token
    assert other.token
    token = {
        "none": None,
        "garbled": "garbage",
        "another's": other.token,
        "changed": session.token[:-8] + ("A" * 8),
        "of no session": session.token,
    }[how]
    signer = key if how == "of no session" else session
    # Then
    wrong = people.client(Key(signer.id, signer.secret, token))
    assert error_of(wrong.list_streams) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    sts = people.client(Key(signer.id, signer.secret, token), "sts")
    assert code_of(sts.get_caller_identity) == "InvalidClientTokenId"
    assert code_of(people.client(session).list_streams) == ""
