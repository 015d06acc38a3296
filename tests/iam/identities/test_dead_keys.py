"""A key that was disabled or deleted is dead when the call returns: also on a connection that is
open, and for the verifier, which keeps what it derived."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.config import Config

from iam.calls import code_of
from iam.people import OWN, Key, People, allow, trusts
from shardline.testing import TestServer, running_server

UNKNOWN = "UnrecognizedClientException"
ONE_CONNECTION = Config(max_pool_connections=1, retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def people() -> Iterator[People]:
    with running_server() as server:
        yield People(server)


def client_that_worked(people: People, key: Key) -> Any:
    """A client whose connection is open, and whose key the verifier knows."""
    kinesis = people.client(key, config=ONE_CONNECTION)
    assert code_of(kinesis.list_streams) == ""
    return kinesis


def test_disabled_and_enabled_again(people: People) -> None:
    # Given
    kinesis = client_that_worked(people, people.user("ann", allow("kinesis:*")))
    user = people.user_named("ann")
    # When
    disabled = tuple(replace(key, active=False) for key in user.keys)
    people.put(replace(user, keys=disabled))
    # Then
    assert code_of(kinesis.list_streams) == UNKNOWN
    people.put(user)
    assert code_of(kinesis.list_streams) == ""


def test_deleted(people: People) -> None:
    kinesis = client_that_worked(people, people.user("bob", allow("kinesis:*")))
    people.put(replace(people.user_named("bob"), keys=()))
    assert code_of(kinesis.list_streams) == UNKNOWN


def test_a_deleted_user_s_key_and_session(people: People) -> None:
    # Given
    key = people.user("carol", allow("kinesis:*"))
    kinesis = client_that_worked(people, key)
    given = people.client(key, "sts").get_session_token()["Credentials"]
    temporary = Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    session = client_that_worked(people, temporary)
    # When
    user = people.user_named("carol")
    people.remove(user)
    # Then
    assert code_of(kinesis.list_streams) == UNKNOWN
    assert code_of(session.list_streams) == UNKNOWN
    # Nor does one of the same name bring them back
    people.user("carol", allow("kinesis:*"))
    assert code_of(kinesis.list_streams) == UNKNOWN
    assert code_of(session.list_streams) == UNKNOWN


def test_a_deleted_role_s_session(people: People) -> None:
    # Given
    role = people.role("app", trusts({"AWS": OWN}), allow("kinesis:*"))
    sts = people.client(people.user("dave", allow("sts:AssumeRole")), "sts")
    given = sts.assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"]
    session = client_that_worked(
        people, Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    )
    # When
    people.remove(people.role_named("app"))
    # Then
    assert code_of(session.list_streams) == UNKNOWN
    people.role("app", trusts({"AWS": OWN}), allow("kinesis:*"))
    assert code_of(session.list_streams) == UNKNOWN


def test_a_policy_that_was_taken_away(people: People) -> None:
    kinesis = client_that_worked(people, people.user("erin", allow("kinesis:*")))
    people.put(replace(people.user_named("erin"), inline=()))
    assert code_of(kinesis.list_streams) == "AccessDeniedException"


def test_the_same_credential_as_long_as_nothing_changed(people: People) -> None:
    # Given
    server: TestServer = people.server
    keys = server.node.keys
    key = people.user("frank")
    # Then
    known = keys.find(key.id, None)
    assert known is keys.find(key.id, None)
    people.user("grace")
    assert keys.find(key.id, None) is not None
    assert keys.find("AKIANOBODY", None) is None
