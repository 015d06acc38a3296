"""Calls to a gateway that is known to have no way to the brokers."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from durability.gateways import UNAVAILABLE
from durability.trial import STREAM

AT_ONCE_S = 5.0  # far more than a machine needs that waits for nobody


def refused(client: Any) -> float:
    """Make calls that need the records, which are refused, and one that does not, which is
    answered, each at once. How long the slowest took, in seconds.
    """
    began = time.monotonic()
    client.list_shards(StreamName=STREAM)
    slowest_s = time.monotonic() - began
    record = {"Data": b"never", "PartitionKey": "nobody"}
    for call in (
        lambda: client.put_record(StreamName=STREAM, **record),
        lambda: client.put_records(StreamName=STREAM, Records=[record]),
    ):
        slowest_s = max(slowest_s, _refused_after(call))
    assert slowest_s < AT_ONCE_S
    return slowest_s


def _refused_after(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    with pytest.raises(ClientError) as refusal:
        call()
    answer = refusal.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == UNAVAILABLE, answer
    return time.monotonic() - began
