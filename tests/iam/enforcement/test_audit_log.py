"""The audit log of a server: who asked for what, and why it was allowed or denied."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from iam.calls import code_of
from iam.people import OWN, Key, People, allow, deny
from shardline.settings import NodeSettings
from shardline.testing import TestServer, running_server

ORDERS = f"arn:aws:kinesis:us-east-1:{OWN}:stream/orders"
PUT = {"StreamName": "orders", "Data": b"top secret", "PartitionKey": "key-of-a-record"}
ONCE = Config(retries={"total_max_attempts": 1})


class Audited:
    """A server with an audit log, whose lines are read when it has stopped."""

    def __init__(self, server: TestServer, path: Path) -> None:
        self.server = server
        self.people = People(server)
        self._path = path

    def lines(self) -> list[dict[str, Any]]:
        self.server.node.audit_file.close()  # writes what waits
        return [json.loads(line) for line in self._path.read_text().splitlines()]


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Audited]:
    path = tmp_path / "audit.jsonl"
    settings = NodeSettings(data_dir=None, port=0, audit_log=str(path))
    with running_server(settings) as server:
        server.client().create_stream(StreamName="orders", ShardCount=1)
        yield Audited(server, path)


def test_allowed_and_denied(audited: Audited) -> None:
    # Given
    people = audited.people
    grant = allow("kinesis:PutRecord", ORDERS, Sid="Put")
    forbid = deny("kinesis:DeleteStream")
    key = people.user("ann", grant, forbid)
    ann = people.client(key, config=ONCE)
    # When
    answered = ann.put_record(**PUT)
    for call in (ann.delete_stream, ann.describe_stream):
        assert code_of(call, StreamName="orders") == "AccessDeniedException"
    # Then
    created, put, deleted, described = audited.lines()
    assert created["principal"] == f"arn:aws:iam::{OWN}:root"
    assert created["checks"] == [
        {
            "action": "kinesis:CreateStream",
            "resource": ORDERS,
            "allowed": True,
            "by": "root",
            "policy": None,
            "statement": None,
        }
    ]
    assert put.pop("time").endswith("Z")
    assert put == {
        "request": answered["ResponseMetadata"]["RequestId"],
        "source_ip": "127.0.0.1",
        "allowed": True,
        "status": 200,
        "principal": f"arn:aws:iam::{OWN}:user/ann",
        "access_key": key.id,
        "service": "kinesis",
        "operation": "PutRecord",
        "region": "us-east-1",
        "checks": [
            {
                "action": "kinesis:PutRecord",
                "resource": ORDERS,
                "allowed": True,
                "by": "identity-based policy",
                "policy": "inline",
                "statement": "Put",
            }
        ],
    }
    assert (deleted["allowed"], deleted["error"]) == (False, "AccessDeniedException")
    assert deleted["checks"][0]["by"] == "identity-based policy"
    assert deleted["checks"][0]["statement"] == "1"
    assert (described["allowed"], described["checks"][0]["policy"]) == (False, None)


def test_who_cannot_be_authenticated(audited: Audited) -> None:
    # Given
    wrong = audited.server.client(aws_secret_access_key="wrong", config=ONCE)
    unknown = audited.people.client(Key("AKIANOBODY", "x", "token-of-nobody"), "sts", config=ONCE)
    # When
    assert code_of(wrong.list_streams) == "InvalidSignatureException"
    assert code_of(unknown.get_caller_identity) == "InvalidClientTokenId"
    # Then
    _, by_signature, by_key = audited.lines()
    assert by_signature["allowed"] is False
    assert by_signature["error"] == "InvalidSignatureException"
    assert by_signature["access_key"] == "test"
    assert "principal" not in by_signature
    assert (by_key["allowed"], by_key["access_key"]) == (False, "AKIANOBODY")
    assert by_key["operation"] == "GetCallerIdentity"


def test_what_is_wrong_with_a_call_that_is_allowed(audited: Audited) -> None:
    kinesis = audited.server.client(config=ONCE)
    assert code_of(kinesis.delete_stream, StreamName="none") == "ResourceNotFoundException"
    no_name = audited.server.client(config=Config(parameter_validation=False))
    assert code_of(no_name.delete_stream, StreamName="?") == "ValidationException"
    _, missing, invalid = audited.lines()
    assert (missing["allowed"], missing["error"]) == (True, "ResourceNotFoundException")
    assert (invalid["allowed"], invalid["error"]) == (None, "ValidationException")


def test_no_secret_is_in_it(audited: Audited) -> None:
    # Given
    people = audited.people
    key = people.user("bob", allow("*"))
    given = people.client(key, "sts").get_session_token()["Credentials"]
    session = Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    # When
    people.client(session).put_record(**PUT)
    # Then
    text = json.dumps(audited.lines())
    assert session.id in text
    assert session.token
    for secret in (key.secret, session.secret, session.token, "top secret", PUT["PartitionKey"]):
        assert str(secret) not in text
    assert "Signature" not in text
