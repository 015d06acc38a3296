"""On-demand streams for the tests of their operations."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kinesis_wire import Wire
from shardline.testing import TestServer

ON_DEMAND = {"StreamMode": "ON_DEMAND"}
ADVANTAGE = {"MinimumThroughputBillingCommitment": {"Status": "ENABLED"}}
NO_ADVANTAGE = {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}
MIB = 1024 * 1024
_regions = itertools.count(1)


@contextmanager
def in_region(server: TestServer, *, advantage: bool = True) -> Iterator[Wire]:
    """A region that no other test has, since commitments and limits are per region."""
    with Wire(server, f"mars-north-{next(_regions)}") as wire:
        if advantage:
            wire.ok("UpdateAccountSettings", **ADVANTAGE)
        yield wire


def on_demand(aws: Wire, **members: Any) -> str:
    """The name of a new on-demand stream."""
    return aws.stream(StreamModeDetails=ON_DEMAND, **members)


def summary(aws: Wire, name: str) -> dict[str, Any]:
    answer = aws.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    assert isinstance(answer, dict)
    return answer


def widths(aws: Wire, name: str) -> list[int]:
    """The widths of the open shards, in the order of their hash keys."""
    ranges = [shard["HashKeyRange"] for shard in aws.open_shards(name)]
    return [int(r["EndingHashKey"]) - int(r["StartingHashKey"]) + 1 for r in ranges]
