"""The three policies at work: real clients try every operation on a server that enforces them.

What is allowed is the table that `test_policies.py` holds the evaluation alone to; here it is the
whole way: signatures, what a call is checked against, what is looked up for it.
"""

from collections.abc import Callable

import pytest

from module_policies import ELSEWHERE, NO_RESOURCE, READ, WRITE, Calls
from module_steps import apply
from module_targets import Place
from shardline.module.policies import ACCESSES, Access
from shardline.testing import TestServer

YAML = "name: {}\nshards: 2\nconsumers: [billing]\nalarms: false\naccess: {{{}: [user/{}]}}\n"
"""A stream, and a user who has one of the policies."""


@pytest.fixture
def built(server: TestServer) -> list[str]:
    """The operations of Kinesis that are built; what deletes the stream is the last."""
    kinesis = next(api for api in server.node.apis if "PutRecord" in api.handlers)
    return [*sorted(set(kinesis.handlers) - {"DeleteStream"}), "DeleteStream"]


@pytest.fixture
def calls_of(place: Place, server: TestServer) -> Callable[[Access, str, str], Calls]:
    """Makes a user with one of the policies of a stream, and answers calls about another or it."""
    if place.server is None:
        pytest.skip("moto asks for no permission")
    target = place.target

    def make(access: Access, stream: str, about: str) -> Calls:
        user = f"{stream}-{access}"
        target.iam.create_user(UserName=user)
        apply(target, YAML.format(stream, access, user))
        key = target.iam.create_access_key(UserName=user)["AccessKey"]
        client = server.client(
            "kinesis",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        return Calls(client, target.kinesis, about)

    return make


@pytest.mark.one_in(3)
@pytest.mark.parametrize("access", ACCESSES)
def test_each_operation_is_let_through_or_refused(
    calls_of: Callable[[Access, str, str], Calls], built: list[str], name: str, access: Access
) -> None:
    # Given a user with the policy alone
    calls = calls_of(access, name, name)
    allowed = {"read": READ, "write": WRITE, "manage": set(built) - ELSEWHERE}[access]

    # When each operation is tried, then it is as the table has it
    assert {each for each in built if calls.is_allowed(each)} == allowed


@pytest.mark.one_in(3)
@pytest.mark.parametrize("access", ACCESSES)
def test_another_stream_is_out_of_reach(
    calls_of: Callable[[Access, str, str], Calls],
    built: list[str],
    place: Place,
    name: str,
    access: Access,
) -> None:
    # Given a stream whose name begins as that of the policy does
    other = f"{name}-other"
    apply(place.target, f"name: {other}\nshards: 2\nconsumers: [billing]\nalarms: false\n")
    calls = calls_of(access, name, other)
    granted = {"read": {"DescribeLimits", "ListStreams"}, "write": set()}
    expected = granted.get(access, NO_RESOURCE)

    # Then nothing of it can be done but what has no resource
    assert {each for each in built if calls.is_allowed(each)} == expected
