"""Moves the number of shards of the streams whose tag says so, as `shardline autoscale` does.

Nothing of it is kept in the process but what was already told: the rules and the changes of the
last 24 hours are tags of the stream, and its load is in the metrics.
"""

import asyncio
import logging
from typing import Any

from shardline.clock import Clock
from shardline.cloudwatch.reader import MetricReader
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Api
from shardline.kinesis.book import StreamBook
from shardline.kinesis.lineage import open_shards
from shardline.kinesis.shelf import LiveStream
from shardline.module.scaling import rules_tag
from shardline.module.scaling.decision import Decision, Numbers, State, decide
from shardline.module.scaling.history import History
from shardline.module.scaling.rules import Rules
from shardline.node.root_calls import call_as_root
from shardline.node.scaling.alarms import FollowingAlarms
from shardline.node.scaling.load import read_window
from shardline.storage.entities import Stream
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.scaling")


class ModuleScaler:
    """The scaler of a node's streams."""

    def __init__(
        self, book: StreamBook, reader: MetricReader, clock: Clock, kinesis: Api, cloudwatch: Api
    ) -> None:
        self._book = book
        self._reader = reader
        self._clock = clock
        self._kinesis = kinesis
        self._alarms = FollowingAlarms(cloudwatch)
        self._garbled: dict[str, str] = {}  # what was told, by the stream's id
        self._one_at_a_time = asyncio.Lock()

    async def run_once(self) -> None:
        """Look at every stream that has rules. What goes wrong is tried again the next time."""
        async with self._one_at_a_time:
            streams = self._book.all()
            self._forget_others({live.stream.id for live in streams})
            for live in streams:
                if rules_tag.TAG in dict(live.stream.tags):
                    try:
                        await self._book.settle(live)
                        await self._look(live)
                    except (ServiceError, StorageError) as error:
                        log.error("stream %s: %s", live.stream.name, error)

    def _rules(self, stream: Stream) -> Rules | None:
        """What the stream's tag says; what cannot be read is told once."""
        text = dict(stream.tags).get(rules_tag.TAG)
        if text is None:
            return None
        rules = rules_tag.rules_of(text)
        if rules is None and self._garbled.get(stream.id) != text:
            self._garbled[stream.id] = text
            log.warning(
                "stream %s is not scaled: its tag %s says %r, which is not as `shardline apply` "
                "writes it",
                stream.name,
                rules_tag.TAG,
                text,
            )
        return rules

    async def _look(self, live: LiveStream) -> None:
        stream = live.stream
        rules = self._rules(stream)
        if rules is None or (stream.status, stream.mode) != ("ACTIVE", "PROVISIONED"):
            return
        now_s = self._clock.now_ms() // 1000
        state = State(
            shards=len(open_shards(stream.shards)),
            age_s=now_s - stream.created_ms // 1000,
            history=History.of_tags(dict(stream.tags)),
            now_s=now_s,
        )
        decision = decide(state, rules, await read_window(self._reader, stream, now_s))
        if decision.word == "hold":
            log.debug("stream %s: %s", stream.name, _words(state, decision))
        elif live.stream is stream:  # else it was changed meanwhile, perhaps by another scaler
            log.info("stream %s: %s", stream.name, _words(state, decision))
            await self._scale(stream, state, decision)
        await self._alarms.follow(live.stream)

    async def _scale(self, stream: Stream, state: State, decision: Decision) -> None:
        """Count the change, then make it: none is made that was not counted."""
        await self._remember(stream, state.history.after(state.now_s))
        wanted = {"TargetShardCount": decision.shards, "ScalingType": "UNIFORM_SCALING"}
        try:
            await self._call(stream, "UpdateShardCount", wanted)
        except ServiceError as refused:
            log.warning("stream %s stays at %s shards: %s", stream.name, state.shards, refused)
            await self._remember(stream, state.history)

    async def _remember(self, stream: Stream, history: History) -> None:
        await self._call(stream, "AddTagsToStream", {"Tags": history.tag()})

    async def _call(self, stream: Stream, operation: str, params: dict[str, Any]) -> None:
        named = {"StreamName": stream.name, **params}
        await call_as_root(self._kinesis, stream.account, stream.region, operation, named)

    def _forget_others(self, streams: set[str]) -> None:
        self._garbled = {id_: text for id_, text in self._garbled.items() if id_ in streams}
        self._alarms.keep_only(streams)


def _words(state: State, decision: Decision) -> str:
    way = f"{state.shards} shards"
    if decision.word != "hold":
        way = f"{state.shards} to {decision.shards} shards"
    return f"{decision.word}, {way}: {decision.reason} [{_figures(decision.numbers)}]"


def _figures(numbers: Numbers) -> str:
    lag = "nobody read" if numbers.lag_s is None else f"readers {numbers.lag_s:.0f} s behind"
    return (
        f"{numbers.recent:.0%} at least in five minutes, {numbers.peak:.0%} at the peak, "
        f"{numbers.quiet_points} quiet points, {lag}, {numbers.changes_left} changes were left"
    )
