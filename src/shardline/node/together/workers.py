"""What a worker does with the others, put together."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from shardline.kinesis.fanout import claims
from shardline.kinesis.fanout.claims import Claims
from shardline.kinesis.meters import Meters
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.node.stores import Stores
from shardline.node.together.loads import LoadsTogether
from shardline.node.together.meters import SharedMeters
from shardline.node.together.metrics import MetricsTogether
from shardline.node.together.readings import ReadingsTogether
from shardline.prometheus.text import Others, ReadingsOf
from shardline.settings import NodeSettings
from shardline.storage.datadir import DataDir
from shardline.storage.subscription_port import key_of

Flush = Callable[[], Awaitable[None]]


class Together:
    """A process that is alone: it needs none of it."""

    claims: Claims = claims.Alone()
    meters: Meters | None = None

    def __init__(self, flush: Flush) -> None:
        self.flush = flush

    @classmethod
    def of(
        cls, settings: NodeSettings, stores: Stores, flush: Flush, on_demand: OnDemand
    ) -> "Together":
        """What a process with these stores needs. Raises `OSError`."""
        if stores.bus is None or settings.data_dir is None:
            return cls(flush)
        return Worker(DataDir(settings.data_dir), stores, flush, on_demand)

    def chores(self) -> Sequence[tuple[Flush, float]]:
        """What has to be done now and then."""
        return ()

    def readings(self, read: ReadingsOf, read_slowly: ReadingsOf) -> Others | None:
        """How the numbers of the other processes are come by, if there are others."""
        return None

    async def follow(self, subscriptions: Collection[str] | None) -> None:
        """Look at subscriptions that some process took, by what the catalog calls them."""

    async def finish(self) -> None:
        """Finish what was begun, and release everything."""


class Worker(Together):
    """One worker of several."""

    def __init__(
        self, data_dir: DataDir, stores: Stores, flush: Flush, on_demand: OnDemand
    ) -> None:
        assert stores.bus is not None
        self._bus = stores.bus
        self._members = stores.members
        self._directory = data_dir.path
        self._claims = claims.Together(stores.catalog)
        self._meters = SharedMeters(data_dir.meters)
        self._loads = LoadsTogether(on_demand, self._bus)
        self.claims = self._claims
        self.meters = self._meters
        super().__init__(MetricsTogether(flush, self._bus, self._members).flush)

    def chores(self) -> Sequence[tuple[Flush, float]]:
        """See `Together.chores`."""
        return ((self._loads.run_once, 1),)

    def readings(self, read: ReadingsOf, read_slowly: ReadingsOf) -> Others | None:
        """See `Together.readings`."""
        together = ReadingsTogether(self._bus, self._members, self._directory, read, read_slowly)
        return together.others

    async def follow(self, subscriptions: Collection[str] | None) -> None:
        """See `Together.follow`. Raises `StorageError`."""
        keys = None if subscriptions is None else [key_of(each) for each in subscriptions]
        await self._claims.follow(keys)

    async def finish(self) -> None:
        """See `Together.finish`."""
        await self._claims.finish()
        self._meters.close()
