"""The streams that a node knows, in memory: by name for those who call, by id for iterators."""

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from shardline.kinesis import limit_modes, messages
from shardline.kinesis.counts.stream import StreamCounts
from shardline.kinesis.hashing import RouteTable
from shardline.kinesis.limit_modes import LimitsMode
from shardline.kinesis.spreading import Turns
from shardline.storage.entities import Stream

if TYPE_CHECKING:
    from shardline.kinesis.encryption.vault import Ring

_MOST_GONE = 10_000  # more are not removed while a stream is on its way from the catalog

Key = tuple[str, str, str]
"""Account, region and name: what addresses a stream."""


class LiveStream:
    """One stream as the node knows it now: the catalog's value, and what follows from it.

    Whoever changes it holds `lock`. `limits` is its mode by its tag, or else the node's;
    `throttled` whether AWS's limits on throughput and call rates hold for it. `watchers` are called
    after every change, and when the stream is `gone`. `counts` is what its calls came to.
    """

    __slots__ = (
        "_node_limits",
        "counts",
        "gone",
        "limits",
        "lock",
        "max_record_bytes",
        "retention_ms",
        "ring",
        "routes",
        "shards",
        "stream",
        "throttled",
        "turns",
        "watchers",
    )

    def __init__(self, stream: Stream, node_limits: LimitsMode = "counts") -> None:
        self.lock = asyncio.Lock()
        self._node_limits = node_limits
        self.gone = False
        self.watchers: set[Callable[[], None]] = set()
        self.turns = Turns()
        self.counts = StreamCounts()
        self.become(stream)

    def become(self, stream: Stream) -> None:
        """Take a new value over from the catalog."""
        self.stream = stream
        self.shards = {shard.number: shard for shard in stream.shards}
        self.routes = RouteTable(shard for shard in stream.shards if shard.is_open)
        self.max_record_bytes = stream.max_record_kib * 1024
        self.retention_ms = stream.retention_hours * 3_600_000
        self.limits = limit_modes.of_stream(stream.tags, self._node_limits)
        self.throttled = self.limits == "aws"
        self.counts.become(stream)
        self.ring: Ring | None = None  # the vault's: what it made of this value's data keys
        self._tell()

    def end(self) -> None:
        """Be gone."""
        self.gone = True
        self._tell()

    def _tell(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()


class Shelf:
    """Live streams by name and by id. A name belongs to one stream at a time, an id for ever."""

    def __init__(self) -> None:
        self._by_name: dict[Key, LiveStream] = {}
        self._by_id: dict[str, LiveStream] = {}
        self._removed: list[LiveStream] = []
        self._gone: dict[str, None] = {}  # the last ids that were removed, oldest first

    def take_over(self, stream: Stream, node_limits: LimitsMode) -> None:
        """Know a value that was read from the catalog, or written there, if it is news.

        It may have been overtaken on its way: by a newer one, or by the end of the stream.
        """
        live = self._by_id.get(stream.id)
        if live is None:
            if stream.id not in self._gone:
                self.add(LiveStream(stream, node_limits))
        elif stream.version > live.stream.version:
            live.become(stream)

    def add(self, live: LiveStream) -> None:
        """Put a stream in its place."""
        self._by_name[key_of(live.stream)] = live
        self._by_id[live.stream.id] = live

    def remove(self, live: LiveStream) -> None:
        """Take a stream out, once; one that has its name meanwhile stays."""
        if live.gone:
            return
        self._by_id.pop(live.stream.id, None)
        if self._by_name.get(key_of(live.stream)) is live:
            del self._by_name[key_of(live.stream)]
        self._removed.append(live)
        self._gone[live.stream.id] = None
        if len(self._gone) > _MOST_GONE:
            del self._gone[next(iter(self._gone))]
        live.end()

    def holds(self, live: LiveStream) -> bool:
        """Whether this very stream is still there."""
        return self._by_id.get(live.stream.id) is live

    def named(self, key: Key) -> LiveStream | None:
        """The stream of that name."""
        return self._by_name.get(key)

    def identified(self, stream_id: str) -> LiveStream | None:
        """The stream of that id."""
        return self._by_id.get(stream_id)

    def all(self) -> list[LiveStream]:
        """Every stream of every account and region."""
        return list(self._by_id.values())

    def counts(self) -> Iterator[tuple[Stream, StreamCounts]]:
        """What was counted of every stream, and once more of those that are gone since the last."""
        removed, self._removed = self._removed, []
        for live in (*removed, *self._by_id.values()):
            yield live.stream, live.counts

    def of(self, account: str, region: str) -> list[LiveStream]:
        """The streams of an account and region, sorted by name."""
        mine = sorted(key for key in self._by_name if key[:2] == (account, region))
        return [self._by_name[key] for key in mine]

    def name_of(self, stream_id: str, account: str, region: str) -> str:
        """The name of a caller's stream. Raises ResourceNotFoundException."""
        live = self._by_id.get(stream_id)
        if live is None or (live.stream.account, live.stream.region) != (account, region):
            raise messages.stream_not_found(stream_id, account)
        return live.stream.name


def key_of(stream: Stream) -> Key:
    """What addresses this stream."""
    return stream.account, stream.region, stream.name
