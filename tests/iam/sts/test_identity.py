"""GetCallerIdentity, by boto3."""

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from shardline.testing import TestServer


def test_the_root_key_is_the_account(shardline: TestServer) -> None:
    answer = shardline.client("sts").get_caller_identity()
    assert answer["ResponseMetadata"]["RequestId"]
    del answer["ResponseMetadata"]
    assert answer == {
        "UserId": "000000000000",
        "Account": "000000000000",
        "Arn": "arn:aws:iam::000000000000:root",
    }


def test_other_operations_name_themselves(shardline: TestServer) -> None:
    client = shardline.client("sts", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError) as refused:
        client.get_federation_token(Name="bob")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert refused.value.response["Error"]["Message"] == (
        "sts has the operation GetFederationToken, but Shardline has not built it."
    )


def test_a_key_that_nobody_has(shardline: TestServer) -> None:
    with pytest.raises(ClientError) as refused:
        shardline.client("sts", aws_access_key_id="AKIANOBODY").get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
