"""What a decision costs: ``python -m bench.iam_bench``.

A caller with ten attached policies, each with an action, a resource with a wildcard and two
conditions; the last one allows. CPU time, so that a busy machine tells the same:

    warm      the same action on the same stream again, as an application does
    cold      a stream that was never asked about
    context   the keys of the caller and the connection, made anew
"""

import json
import statistics
import time
from collections.abc import Callable

import click

from shardline.iam.policy import context
from shardline.iam.policy.documents import parse
from shardline.iam.policy.evaluation import Policies, Request, evaluate
from shardline.iam.policy.grammar import CURRENT, Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.iam.policy.variables import Context

POLICIES = 10
BATCH = 50  # decisions for each reading of the clock
ACCOUNT = "111111111111"
ANN = Principal(Type.USER, f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT, "AIDAEXAMPLE", "ann")
STREAMS = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/app{{}}-*"
CONDITION = {
    "StringEquals": {"aws:RequestedRegion": "us-east-1"},
    "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
}


def _policies() -> Policies:
    statements = [
        {
            "Effect": "Allow",
            "Action": ["kinesis:Put*", "kinesis:DescribeStream"],
            "Resource": STREAMS.format(number),
            "Condition": CONDITION,
        }
        for number in range(POLICIES)
    ]
    documents = (json.dumps({"Version": CURRENT, "Statement": each}) for each in statements)
    return Policies(tuple(parse(text, Kind.IDENTITY) for text in documents))


def _keys(number: int) -> Context:
    connection = context.Connection("10.1.2.3", True, "us-east-1", 1_700_000_000_000 + number)
    return context.of_principal(ANN) | context.of_connection(connection)


def _median_us(work: Callable[[int], object], seconds: float) -> float:
    """The median over batches, µs of CPU for one."""
    batches: list[float] = []
    number, ends = 0, time.monotonic() + seconds
    while not batches or time.monotonic() < ends:
        started = time.process_time_ns()
        for _ in range(BATCH):
            work(number)
            number += 1
        batches.append((time.process_time_ns() - started) / BATCH / 1000)
    return statistics.median(batches)


@click.command()
@click.option("--seconds", default=2.0, show_default=True, help="Measured time for each figure.")
def main(seconds: float) -> None:
    """Measure the decision over a call of a caller with ten policies."""
    policies, keys = _policies(), _keys(0)
    last = STREAMS.format(POLICIES - 1)

    def decide(name: str) -> None:
        request = Request(ANN, "kinesis:PutRecords", last.replace("*", name), keys)
        assert evaluate(request, policies).is_allowed

    figures = {
        "warm": _median_us(lambda number: decide("orders"), seconds),
        "cold": _median_us(lambda number: decide(str(number)), seconds),
        "context": _median_us(_keys, seconds),
    }
    for name, microseconds in figures.items():
        print(f"{name:<8} {microseconds:6.1f} µs")


if __name__ == "__main__":
    main()
