"""What a process does with the others, put together: nothing, as a worker, or as a gateway."""

from collections.abc import Awaitable, Callable, Collection, Sequence

from shardline.clock import Clock
from shardline.kinesis.fanout import claims
from shardline.kinesis.fanout.claims import Claims
from shardline.kinesis.meters import Meters
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.node.stores import Stores
from shardline.node.together.loads import LoadsTogether
from shardline.node.together.meters import SharedMeters
from shardline.node.together.metrics import MetricsTogether
from shardline.node.together.readings import ReadingsTogether
from shardline.node.together.told_meters import TELL_S, ToldMeters
from shardline.prometheus.text import Others, ReadingsOf
from shardline.settings import NodeSettings
from shardline.storage.datadir import DataDir
from shardline.storage.members import Bus
from shardline.storage.members_port import Messages
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
        cls,
        settings: NodeSettings,
        stores: Stores,
        flush: Flush,
        on_demand: OnDemand,
        clock: Clock,
    ) -> "Together":
        """What a process with these stores needs. Raises `OSError`."""
        if stores.bus is None or settings.data_dir is None:
            return cls(flush)
        if isinstance(stores.bus, Bus):
            return Worker(stores.bus, DataDir(settings.data_dir), stores, flush, on_demand)
        return Gateway(stores.bus, stores, flush, on_demand, clock)

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


class Several(Together):
    """One of several processes: what workers and gateways have in common."""

    def __init__(
        self, stores: Stores, bus: Messages, flush: Flush, on_demand: OnDemand, meters: Meters
    ) -> None:
        super().__init__(MetricsTogether(flush, bus, stores.members).flush)
        self._claims = claims.Together(stores.catalog)
        self._loads = LoadsTogether(on_demand, bus)
        self.claims = self._claims
        self.meters = meters

    def chores(self) -> Sequence[tuple[Flush, float]]:
        """See `Together.chores`."""
        return ((self._loads.run_once, 1),)

    async def follow(self, subscriptions: Collection[str] | None) -> None:
        """See `Together.follow`. Raises `StorageError`."""
        keys = None if subscriptions is None else [key_of(each) for each in subscriptions]
        await self._claims.follow(keys)

    async def finish(self) -> None:
        """See `Together.finish`."""
        await self._claims.finish()


class Worker(Several):
    """One worker of one parent: they share memory and a data directory."""

    def __init__(
        self, bus: Bus, data_dir: DataDir, stores: Stores, flush: Flush, on_demand: OnDemand
    ) -> None:
        self._shared = SharedMeters(data_dir.meters)
        super().__init__(stores, bus, flush, on_demand, self._shared)
        self._bus = bus
        self._members = stores.members
        self._directory = data_dir.path

    def readings(self, read: ReadingsOf, read_slowly: ReadingsOf) -> Others | None:
        """See `Together.readings`."""
        together = ReadingsTogether(self._bus, self._members, self._directory, read, read_slowly)
        return together.others

    async def finish(self) -> None:
        """See `Together.finish`."""
        await super().finish()
        self._shared.close()


class Gateway(Several):
    """One gateway of a cluster: they share no memory. Each has a Prometheus page of its own."""

    def __init__(
        self, bus: Messages, stores: Stores, flush: Flush, on_demand: OnDemand, clock: Clock
    ) -> None:
        self._told = ToldMeters(bus, clock)
        super().__init__(stores, bus, flush, on_demand, self._told)

    def chores(self) -> Sequence[tuple[Flush, float]]:
        """See `Together.chores`."""
        return (*super().chores(), (self._told.run_once, TELL_S))
