import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinesis_samples import ACCOUNT
from shardline.gateway.errors import ServiceError
from shardline.kinesis import naming
from shardline.kinesis.naming import Address

ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/flights"


def test_an_arn_goes_both_ways() -> None:
    assert naming.stream_arn("us-east-1", ACCOUNT, "flights") == ARN
    assert naming.parse_stream_arn(ARN) == ("aws", "us-east-1", ACCOUNT, "flights")


@pytest.mark.parametrize(
    "text",
    [
        "flights",
        f"{ARN}/consumer/c:1700000000",
        ARN.replace(":stream/", ":queue/"),
        ARN.replace("kinesis", "dynamodb"),
        ARN.replace(ACCOUNT, "12345"),
        ARN + " x",
        ARN.replace("flights", ""),
    ],
)
def test_what_is_no_arn_of_a_stream(text: str) -> None:
    assert naming.parse_stream_arn(text) is None
    with pytest.raises(ServiceError) as caught:
        naming.resolve(ACCOUNT, "us-east-1", arn=text)
    assert caught.value.code == "InvalidArgumentException"


@given(st.binary(min_size=16, max_size=16))
def test_a_stream_id_has_awss_form(random: bytes) -> None:
    assert re.fullmatch("[a-z0-9]{20}-[a-z0-9]{3}", naming.make_stream_id(random))


@given(st.integers(0, 36**23 - 2))
def test_other_random_bytes_give_another_id(value: int) -> None:
    first, second = (naming.make_stream_id((value + i).to_bytes(16, "big")) for i in (0, 1))
    assert first != second


@pytest.mark.parametrize(
    ("given_", "address"),
    [
        ({"name": "flights"}, Address("flights")),
        ({"arn": ARN}, Address("flights")),
        ({"name": "flights", "arn": ARN}, Address("flights")),
        ({"stream_id": "x"}, Address(None, "x")),
        ({"name": "flights", "stream_id": "x"}, Address("flights", "x")),
    ],
)
def test_how_a_stream_is_addressed(given_: dict[str, str], address: Address) -> None:
    assert naming.resolve(ACCOUNT, "us-east-1", **given_) == address


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"name": "other", "arn": ARN},
        {"arn": ARN.replace("us-east-1", "eu-west-1")},
        {"arn": ARN.replace(ACCOUNT, "123456789012")},
        {"arn": ARN.replace("arn:aws:", "arn:aws-cn:")},
    ],
)
def test_addresses_that_are_refused(given_: dict[str, str]) -> None:
    with pytest.raises(ServiceError) as caught:
        naming.resolve(ACCOUNT, "us-east-1", **given_)
    assert caught.value.code == "InvalidArgumentException"
