"""What a plan does to the bill on AWS, where it changes how much a stream can take."""

from dataclasses import replace

from shardline.module.actual import Actual
from shardline.module.plan.capacity import shards_after
from shardline.module.plan.changes import Price
from shardline.module.prices import monthly
from shardline.module.spec.wanted import Capacity, FixedShards, OnDemand, WantedStream


def price(wanted: WantedStream, actual: Actual) -> Price | None:
    """The price before and after; None where mode and shards stay as they are."""
    stream = actual.stream
    count = shards_after(wanted, actual)
    if stream is not None:
        is_same_mode = stream.mode == wanted.capacity.mode
        if is_same_mode and (isinstance(wanted.capacity, OnDemand) or stream.shards == count):
            return None
    after = monthly(replace(wanted, capacity=_capacity(wanted.capacity.mode, count)))
    before = None
    if stream is not None:
        there = replace(wanted, capacity=_capacity(stream.mode, stream.shards))
        before = monthly(there).total
    return Price(before, after.total, after.note)


def _capacity(mode: str, shards: int) -> Capacity:
    return OnDemand() if mode == "ON_DEMAND" else FixedShards(shards)
