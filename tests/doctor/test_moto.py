"""Against moto's server, an independent stand-in for AWS, and its DynamoDB with a lease table."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from click.testing import CliRunner

from module_moto import running_moto
from shardline.cli import group
from shardline.doctor.diagnosis import diagnose
from shardline.doctor.findings import Report, Verdict
from shardline.doctor.gather import Wish

pytestmark = pytest.mark.slow

Clients = Callable[[str], Any]


@pytest.fixture(scope="module")
def moto() -> Iterator[tuple[str, Clients]]:
    """The endpoint, and clients of it."""
    made: dict[str, Any] = {}
    with running_moto() as endpoint:
        # What other tests made in this process is in every account of moto.
        urlopen(Request(f"{endpoint}/moto-api/reset", method="POST")).close()

        def client(service: str) -> Any:
            if service not in made:
                made[service] = boto3.client(
                    service,
                    endpoint_url=endpoint,
                    region_name="us-east-1",
                    aws_access_key_id="test",
                    aws_secret_access_key="test",
                )
            return made[service]

        yield endpoint, client
        for each in made.values():
            each.close()


def looked_at(moto: tuple[str | None, Clients], stream: str, **wish: Any) -> Report:
    from time import time

    endpoint, clients = moto
    return diagnose(clients, Wish(stream, int(time()) - 3600, int(time()), endpoint, **wish))


def unknown(report: Report) -> set[str]:
    return {
        finding.line
        for section in report.sections
        for finding in section.findings
        if finding.verdict is Verdict.UNKNOWN
    }


def test_a_stream_that_is_well(moto: tuple[str, Clients]) -> None:
    # Given a stream, a consumer and a role
    kinesis, iam = moto[1]("kinesis"), moto[1]("iam")
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    arn = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    kinesis.register_stream_consumer(StreamARN=arn["StreamARN"], ConsumerName="billing")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}")

    # Then doctor finds nothing that is wrong
    report = looked_at(moto, "orders", principal="arn:aws:iam::123456789012:role/app")
    assert report.verdict is Verdict.WELL
    assert report.sections[0].line == "ACTIVE, 2 open shards, 1 consumer"
    # And says what moto has not: it simulates no policies
    (line,) = unknown(report)
    assert line.startswith("the principal cannot be simulated: iam:SimulatePrincipalPolicy")


def test_a_stream_that_is_not_there(moto: tuple[str, Clients]) -> None:
    report = looked_at(moto, "missing")
    assert report.verdict is Verdict.ILL
    assert report.sections[0].findings[0].check == "no-stream"


def test_a_key_that_is_disabled(moto: tuple[str, Clients]) -> None:
    # Given an encrypted stream, looked at as on AWS, where KMS has an API
    kinesis, kms = moto[1]("kinesis"), moto[1]("kms")
    key = kms.create_key()["KeyMetadata"]
    kinesis.create_stream(StreamName="secret", ShardCount=1)
    kinesis.start_stream_encryption(StreamName="secret", EncryptionType="KMS", KeyId=key["Arn"])
    aws = (None, moto[1])
    assert looked_at(aws, "secret", sections=("status",)).verdict is Verdict.WELL
    # When the key is disabled, then that is named
    kms.disable_key(KeyId=key["KeyId"])
    report = looked_at(aws, "secret", sections=("status",))
    assert report.verdict is Verdict.ILL
    assert report.sections[0].line == "the stream's KMS key is Disabled"


def test_the_leases_of_a_kcl_application(
    moto: tuple[str, Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a lease table as KCL writes it: one shard's lease has no owner, one shard has none
    dynamodb, kinesis = moto[1]("dynamodb"), moto[1]("kinesis")
    kinesis.create_stream(StreamName="leased", ShardCount=3)
    put = kinesis.put_record(StreamName="leased", PartitionKey="k", Data=b"x")
    dynamodb.create_table(
        TableName="app",
        KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    keys = ("shardId-000000000000", "123456789012:leased:1:shardId-000000000001")
    for number, key in enumerate((*keys, "123456789012:other:1:shardId-000000000002")):
        lease = {
            "leaseKey": {"S": key},
            "checkpoint": {"S": "LATEST" if number else put["SequenceNumber"]},
            "leaseCounter": {"N": "1"},
        }
        if not number:
            lease["leaseOwner"] = {"S": "worker-1"}
        dynamodb.put_item(TableName="app", Item=lease)

    # When doctor looks at it
    report = looked_at(moto, "leased", lease_table="app", sections=("records",))

    # Then it says which
    lines = [each.line for each in report.sections[0].findings if each.check == "lease"]
    assert lines == [
        "1 open shard without a lease in lease table app",
        "1 lease in lease table app without an owner",
    ]
    # And so does the command, which finds DynamoDB by its own variable
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"),
                        ("REGION", "us-east-1"), ("ENDPOINT_URL_DYNAMODB", moto[0]),
                        ("ENDPOINT_URL_KINESIS", moto[0])):  # fmt: skip
        monkeypatch.setenv(f"AWS_{name}", value)
    shown = CliRunner().invoke(group, ["doctor", "leased", "--lease-table", "app"])
    assert shown.exit_code == 1, shown.output
    assert lines[0] in shown.stdout
    # And a table that is not there is not known
    report = looked_at(moto, "leased", lease_table="nothing", sections=("records",))
    assert any("no positions could be read: dynamodb:Scan" in line for line in unknown(report))
