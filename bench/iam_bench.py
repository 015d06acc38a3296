"""What deciding over a call costs: ``python -m bench.iam_bench``.

A caller with ten attached policies, each with an action, a resource with a wildcard and two
conditions; the last one allows. CPU time, so that a busy machine tells the same:

    warm       the decision: the same action on the same stream again, as an application does
    cold       the decision: a stream that was never asked about
    context    the keys of the caller and the connection, made anew
    put        the pipeline's whole step for a PutRecord that was made before: what the call is
               about, its checks, the context, the decision
    get        the same for a GetRecords, whose stream is in its iterator
    plain put  the same as put, for a caller whose policies have no conditions
    root put   the same for root
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import click

from shardline.gateway.budget import ByteBudget
from shardline.gateway.types import Call, Caller
from shardline.gateway.types import Request as HttpRequest
from shardline.iam.identities.actors import Actor, of_root
from shardline.iam.policy import context
from shardline.iam.policy.documents import parse
from shardline.iam.policy.evaluation import Policies, Request, evaluate
from shardline.iam.policy.grammar import CURRENT, Kind
from shardline.iam.policy.principals import Principal, Type
from shardline.iam.policy.variables import Context
from shardline.kinesis.structs import GetRecordsInput, PutRecordInput
from shardline.testing import TestServer, running_server

POLICIES = 10
BATCH = 50  # decisions for each reading of the clock
ACCOUNT = "000000000000"
ANN = Principal(Type.USER, f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT, "AIDAEXAMPLE", "ann")
STREAMS = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/app{{}}-*"
CONDITION = {
    "StringEquals": {"aws:RequestedRegion": "us-east-1"},
    "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
}
STREAM = f"app{POLICIES - 1}-orders"


def _policies(condition: Mapping[str, Any] | None = CONDITION) -> Policies:
    statements = [
        {
            "Effect": "Allow",
            "Action": ["kinesis:Put*", "kinesis:GetRecords", "kinesis:DescribeStream"],
            "Resource": STREAMS.format(number),
            **({"Condition": condition} if condition else {}),
        }
        for number in range(POLICIES)
    ]
    documents = (json.dumps({"Version": CURRENT, "Statement": each}) for each in statements)
    return Policies(tuple(parse(text, Kind.IDENTITY) for text in documents))


def _keys(number: int) -> Context:
    connection = context.Connection("10.1.2.3", True, "us-east-1")
    keys = context.of_principal(ANN) | context.of_connection(connection)
    return keys | context.of_time(1_700_000_000_000 + number)


def _median_us(work: Callable[[int], object], seconds: float) -> float:
    """The median over batches, µs of CPU for one."""
    batches: list[float] = []
    number, ends = 0, time.monotonic() + seconds
    while not batches or time.monotonic() < ends:
        started = time.thread_time_ns()
        for _ in range(BATCH):
            work(number)
            number += 1
        batches.append((time.thread_time_ns() - started) / BATCH / 1000)
    return statistics.median(batches)


def _step(server: TestServer, actor: Actor, operation: str, params: Any) -> Callable[[int], object]:
    """The pipeline's step for a call of Kinesis."""
    api = server.node.apis[0]
    who = actor.principal
    caller = Caller(ACCOUNT, "us-east-1", "AKIAEXAMPLE", who.arn, actor.is_root, actor)
    headers = {b"user-agent": b"Boto3/1.44.5 md/Botocore#1.44.5"}
    request = HttpRequest("POST", b"/", b"", headers, b"", "10.1.2.3")
    budget, authorize = ByteBudget(1), server.node.enforcer.authorize
    described = api.model.operations[operation]

    def work(_: int) -> object:
        call = Call(request, budget, b"id")
        call.caller, call.api, call.operation = caller, api, described
        call.decoded = params
        return authorize(call)

    return work


def _steps(server: TestServer) -> dict[str, Callable[[int], object]]:
    kinesis = server.client()
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="LATEST"
    )["ShardIterator"]
    put = PutRecordInput(b"x", STREAM, "k")
    ann, plain = Actor(ANN, _policies()), Actor(ANN, _policies(None))
    return {
        "put": _step(server, ann, "PutRecord", put),
        "get": _step(server, ann, "GetRecords", GetRecordsInput(iterator)),
        "plain put": _step(server, plain, "PutRecord", put),
        "root put": _step(server, of_root(ACCOUNT), "PutRecord", put),
    }


@click.command()
@click.option("--seconds", default=2.0, show_default=True, help="Measured time for each figure.")
def main(seconds: float) -> None:
    """Measure the decision over a call of a caller with ten policies, and the whole step."""
    policies, keys = _policies(), _keys(0)
    last = STREAMS.format(POLICIES - 1)

    def decide(name: str) -> None:
        request = Request(ANN, "kinesis:PutRecords", last.replace("*", name), keys)
        assert evaluate(request, policies).is_allowed

    with running_server() as server:
        works: dict[str, Callable[[int], object]] = {
            "warm": lambda number: decide("orders"),
            "cold": lambda number: decide(str(number)),
            "context": _keys,
            **_steps(server),
        }
        for name, work in works.items():
            print(f"{name:<10} {_median_us(work, seconds):6.1f} µs")


if __name__ == "__main__":
    main()
