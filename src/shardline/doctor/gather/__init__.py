"""Reads the facts with boto3: about a dozen calls, those that do not wait for others at once.

Only the first may raise: without an endpoint or valid keys there is nothing to say of a stream.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from shardline.doctor.checks.hot_shards import WATCHED
from shardline.doctor.facts import Config, Facts, Failed, Position, Reading, Stream
from shardline.doctor.findings import SECTIONS, SectionName
from shardline.doctor.gather import access, alarms, leases, metrics, sample, stream
from shardline.doctor.gather.attempt import attempt

T = TypeVar("T")
Clients = Callable[[str], Any]
"""From the name of a service to its boto3 client."""

_AT_ONCE = 8
# Codes of a first call that say something of the stream. Any other says that keys are wrong.
_OF_THE_STREAM = ("ResourceNotFoundException", "AccessDeniedException", "AccessDenied")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `since_s` is in seconds since 1970; `endpoint` is None on AWS."""

    stream: str
    since_s: int
    now_s: int
    endpoint: str | None = None
    sections: tuple[SectionName, ...] = tuple(SECTIONS)
    principal: str | None = None
    needs: tuple[str, ...] = ()
    lease_table: str | None = None
    checkpoints: tuple[tuple[str, str], ...] = ()
    sample: int = 0
    config: Config | None = None


def gather(clients: Clients, wish: Wish) -> Facts:
    """Read everything that the wished sections need. Raises what boto3 raises for wrong keys."""
    kinesis = clients("kinesis")
    found = _stream(kinesis, wish.stream)
    if isinstance(found, Failed):
        return _nothing(wish, found)
    made = _made(clients, wish, found)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return _Gathering(made, wish, found, pool).facts()


def _stream(kinesis: Any, name: str) -> Reading[Stream]:
    try:
        return stream.summary(kinesis, name)
    except ClientError as error:
        said = error.response.get("Error", {})
        if said.get("Code") not in _OF_THE_STREAM:
            raise
        call = "kinesis:DescribeStreamSummary"
        return Failed(call, said.get("Code", ""), said.get("Message", ""))


def _made(clients: Clients, wish: Wish, found: Stream) -> Mapping[str, Any]:
    """The clients, made in one thread: boto3's sessions are not for several."""
    names = ["kinesis", "cloudwatch", "iam"]
    names += ["dynamodb"] if wish.lease_table else []
    # Shardline has no API of KMS: its keys are the business of `shardline keys`.
    names += ["kms"] if found.key and wish.endpoint is None else []
    return {name: clients(name) for name in names}


def _nothing(wish: Wish, failed: Failed) -> Facts:
    return Facts(
        wish.stream, wish.now_s, wish.since_s, wish.endpoint,
        stream=failed, shards=failed, consumers=failed, tags=failed, key_state=None,
        metrics=failed, shard_metrics=None, hours=failed, load=failed, limits=failed,
        alarms=failed, account=failed, config=wish.config,
    )  # fmt: skip


class _Gathering:
    """The readings of one stream that is there."""

    def __init__(
        self, clients: Mapping[str, Any], wish: Wish, found: Stream, pool: ThreadPoolExecutor
    ) -> None:
        self._clients, self._wish, self._stream, self._pool = clients, wish, found, pool

    def _start(
        self, call: str, read: Callable[..., T], *arguments: Any, of: tuple[SectionName, ...] = ()
    ) -> Callable[[], Reading[T]]:
        """Begin a reading, if one of the sections that it is for is wished for."""
        if of and not set(of).intersection(self._wish.sections):
            return lambda: Failed(call, "NotAskedFor")
        return self._pool.submit(attempt, call, lambda: read(*arguments)).result

    def facts(self) -> Facts:
        """Everything. Who is asked about, shards and consumers, is read first."""
        wish, name, found = self._wish, self._stream.name, self._stream
        kinesis, cloudwatch, iam = (
            self._clients[each] for each in ("kinesis", "cloudwatch", "iam")
        )
        start = self._start
        shards = start("kinesis:ListShards", stream.shards, kinesis, name)
        consumers = start("kinesis:ListStreamConsumers", stream.consumers, kinesis, found.arn)
        tags = start("kinesis:ListTagsForStream", stream.tags, kinesis, name)
        limits = start("kinesis:DescribeLimits", stream.limits, kinesis, of=("scaling",))
        account = start("iam:GetAccountAuthorizationDetails", access.account, iam, of=("access",))
        in_alarm = start(
            "cloudwatch:DescribeAlarms", alarms.in_alarm, cloudwatch, name, of=("scaling",)
        )
        read = "cloudwatch:GetMetricData"
        load = start(read, metrics.load, cloudwatch, name, wish.now_s, of=("scaling",))
        key_state = self._key_state()
        positions = self._positions()
        there = consumers()
        names = [] if isinstance(there, Failed) else [each.name for each in there]
        of_stream = start(
            read, metrics.of_stream, cloudwatch, name, names, wish.since_s, wish.now_s,
            of=("latency", "records", "scaling"),
        )  # fmt: skip
        hours = start(
            read, metrics.of_hours, cloudwatch, name, names, found.retention_hours, wish.now_s,
            of=("records",),
        )  # fmt: skip
        simulation = self._simulation(
            there[0].arn if not isinstance(there, Failed) and there else None
        )
        listed = shards()
        open_ids = (
            []
            if isinstance(listed, Failed)
            else [each.id for each in sorted(listed, key=lambda each: -each.share) if each.is_open]
        )
        of_shards = self._of_shards(open_ids)
        sampled = self._sample(open_ids)
        return Facts(
            name, wish.now_s, wish.since_s, wish.endpoint,
            stream=found, shards=listed, consumers=there, tags=tags(), key_state=key_state(),
            metrics=of_stream(), shard_metrics=of_shards(), hours=hours(), load=load(),
            limits=limits(), alarms=in_alarm(), account=account(), simulation=simulation(),
            needs=wish.needs, positions=positions(), sample=sampled(), config=wish.config,
        )  # fmt: skip

    def _key_state(self) -> Callable[[], Reading[str] | None]:
        if "kms" not in self._clients:
            return lambda: None
        kms, key = self._clients["kms"], self._stream.key
        return self._start("kms:DescribeKey", stream.key_state, kms, key, of=("status",))

    def _simulation(self, consumer: str | None) -> Callable[[], Any]:
        if self._wish.principal is None or "access" not in self._wish.sections:
            return lambda: None
        principal = access.role_of(self._wish.principal)
        return self._start(
            "iam:SimulatePrincipalPolicy", access.simulation, self._clients["iam"], principal,
            self._stream, consumer,
        )  # fmt: skip

    def _of_shards(self, open_ids: list[str]) -> Callable[[], Any]:
        switched_on = set(self._stream.shard_level_metrics)
        if not switched_on.intersection({"ALL", *WATCHED}):
            return lambda: None
        return self._start(
            "cloudwatch:GetMetricData", metrics.of_shards, self._clients["cloudwatch"],
            self._stream.name, open_ids, self._wish.since_s, self._wish.now_s, of=("latency",),
        )  # fmt: skip

    def _sample(self, open_ids: list[str]) -> Callable[[], Any]:
        if not self._wish.sample or not open_ids:
            return lambda: None
        return self._start(
            "kinesis:GetRecords", sample.sample, self._clients["kinesis"], self._stream.name,
            open_ids, self._wish.sample, self._wish.now_s,
        )  # fmt: skip

    def _positions(self) -> Callable[[], Reading[tuple[Position, ...]] | None]:
        given = tuple(
            Position("checkpoint given", shard, number) for shard, number in self._wish.checkpoints
        )
        if self._wish.lease_table is None:
            return lambda: given or None
        begun = self._start(
            "dynamodb:Scan", leases.leases, self._clients["dynamodb"], self._wish.lease_table,
            self._stream.name, of=("records",),
        )  # fmt: skip

        def both() -> Reading[tuple[Position, ...]]:
            found = begun()
            return found if isinstance(found, Failed) else (*found, *given)

        return both
