"""On-demand mode: switching to it, warm throughput, the distribution strategy, the account's terms.

AWS's texts are not known for any of the errors here but those of other operations too.
"""

from dataclasses import replace
from typing import Any

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.kinesis import commitments, lineage, messages, naming, on_demand
from shardline.kinesis.book import StreamBook
from shardline.kinesis.limits import Limits
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.resharding import Plan, ShardQuota
from shardline.kinesis.scaling import within_day
from shardline.storage.entities import Stream

MODE_SWITCHES_PER_DAY = 2


class OnDemandSettings:
    """The operations of on-demand streams, and of the accounts that have them."""

    def __init__(self, book: StreamBook, on_demand: OnDemand, clock: Clock, limits: Limits) -> None:
        self._book = book
        self._on_demand = on_demand
        self._clock = clock
        self._limits = limits

    async def update_stream_mode(self, caller: Caller, call: dict[str, Any]) -> None:
        """Switch between provisioned and on demand; shards and records stay as they are.

        Warm throughput goes with the switch to provisioned; AUTO, which producers may rely on, has
        to be given up before it (both: ours).
        """
        mode, warm = call["StreamModeDetails"]["StreamMode"], call.get("WarmThroughputMiBps")
        live = await self._book.of_call(caller, call)
        if live.stream.mode == mode and warm in (None, live.stream.warm_mibps):
            return  # Terraform's provider calls it with the mode that is
        if warm is not None:
            if mode == "PROVISIONED" or live.stream.mode == mode:
                raise messages.invalid_argument(
                    "WarmThroughputMiBps is only valid when the stream mode is being updated to "
                    "ON_DEMAND."
                )
            check_warm(self._on_demand, caller, warm)
        mine = await self._book.of(caller.account, caller.region)
        quota = self._limits.quota(mine)
        if mode == "ON_DEMAND":
            self._limits.check_on_demand(mine, caller)
        now_ms = self._clock.now_ms()

        def make(stream: Stream) -> Stream:
            times = within_day(stream.mode_switches_ms, now_ms)
            if live.limits != "off" and len(times) >= MODE_SWITCHES_PER_DAY:
                raise messages.limit_exceeded(
                    f"The mode of stream {stream.name} under account {stream.account} cannot be "
                    f"switched more than {MODE_SWITCHES_PER_DAY} times per rolling 24-hour period."
                )
            if mode == "PROVISIONED" and stream.distribution == "AUTO":
                raise auto_is_for_on_demand()
            last = (*times, now_ms)[-MODE_SWITCHES_PER_DAY:]
            return replace(stream, mode=mode, mode_switches_ms=last, warm_mibps=warm)

        await self._book.change(
            live, "change_mode", make, lambda stream: _warm_up(stream, warm or 0, quota)
        )

    async def update_stream_warm_throughput(
        self, caller: Caller, call: dict[str, Any]
    ) -> dict[str, Any]:
        """Keep room for so many MiB/s; the same or less than before gives up what is beyond it."""
        warm = call["WarmThroughputMiBps"]
        live = await self._book.of_call(caller, call)
        _require_on_demand(live.stream)
        check_warm(self._on_demand, caller, warm)
        quota = self._limits.quota(await self._book.of(caller.account, caller.region))
        is_release = live.stream.warm_mibps is not None and warm <= live.stream.warm_mibps

        def plan(stream: Stream) -> Plan:
            _require_on_demand(stream)
            growth = _warm_up(stream, warm, quota)
            if growth.children or not is_release:
                return growth
            return on_demand.release(stream, self._on_demand.last_minute(stream), warm)

        before = await self._book.change(
            live,
            "change_warm_throughput",
            lambda stream: replace(stream, warm_mibps=warm),
            plan,
        )
        if is_release:
            self._on_demand.forget_peaks(before)
        return {
            "StreamARN": naming.stream_arn(before.region, before.account, before.name),
            "StreamName": before.name,
            "WarmThroughput": warm_throughput(replace(before, warm_mibps=warm)),
        }

    async def update_stream_record_distribution_strategy(
        self, caller: Caller, call: dict[str, Any]
    ) -> None:
        """Say how records are spread over the shards, from the next put on."""
        strategy = call["RecordDistributionStrategy"]
        live = await self._book.of_call(caller, call)
        if live.stream.mode != "ON_DEMAND" and strategy == "AUTO":
            raise auto_is_for_on_demand()
        if live.stream.distribution != strategy:
            await self._book.change(
                live, "change_distribution", lambda stream: replace(stream, distribution=strategy)
            )

    async def update_account_settings(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """Enable or disable On-demand Advantage for the account in this region."""
        status = call["MinimumThroughputBillingCommitment"]["Status"]
        await self._on_demand.commit(caller.account, caller.region, enable=status == "ENABLED")
        return await self.describe_account_settings(caller, call)

    async def describe_account_settings(
        self, caller: Caller, call: dict[str, Any]
    ) -> dict[str, Any]:
        """The account's commitment in this region."""
        commitment = self._on_demand.commitment(caller.account, caller.region)
        described = commitments.describe(commitment, self._clock.now_ms())
        return {"MinimumThroughputBillingCommitment": described}


def check_warm(streams: OnDemand, caller: Caller, warm_mibps: int) -> None:
    """Refuse warm throughput that the account cannot have.

    Raises InvalidArgumentException without On-demand Advantage and LimitExceededException above
    10 GiB/s (botocore's model, which makes no difference between regions).
    """
    if not streams.has_advantage(caller.account, caller.region):
        raise messages.invalid_argument(
            "WarmThroughputMiBps requires MinimumThroughputBillingCommitment to be ENABLED for "
            f"account {caller.account} in {caller.region}."
        )
    if warm_mibps > on_demand.MAX_WARM_MIBPS:
        raise messages.limit_exceeded(
            f"WarmThroughputMiBps {warm_mibps} exceeds the limit of {on_demand.MAX_WARM_MIBPS} "
            f"MiB per second for an on-demand stream."
        )


def warm_throughput(stream: Stream) -> dict[str, int]:
    """WarmThroughput, as answers have it: what was asked for, and what the shards take now."""
    current = {"CurrentMiBps": len(lineage.open_shards(stream.shards))}
    return current if stream.warm_mibps is None else {"TargetMiBps": stream.warm_mibps, **current}


def auto_is_for_on_demand() -> ServiceError:
    """AUTO was asked for, or is there, where a stream is provisioned (botocore's model)."""
    return messages.invalid_argument(
        "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode."
    )


def _require_on_demand(stream: Stream) -> None:
    if stream.mode != "ON_DEMAND":
        raise messages.invalid_argument(
            f"Warm throughput is only supported for streams in ON_DEMAND mode. Stream "
            f"{stream.name} under account {stream.account} is in PROVISIONED mode."
        )


def _warm_up(stream: Stream, warm_mibps: int, quota: ShardQuota) -> Plan:
    """The splits that warm throughput takes. Raises LimitExceededException beyond the quota."""
    if not warm_mibps:
        return Plan()
    plan = on_demand.warm_up(stream, warm_mibps)
    additional = len(plan.children) - len(plan.parents)
    if additional and quota.used + additional > quota.limit:
        raise messages.shard_limit_exceeded(
            stream.account,
            stream.region,
            current=quota.used,
            limit=quota.limit,
            additional=additional,
        )
    return plan
