"""What works on a node's stores: the services, their APIs, and the chores that are done by time."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence

from shardline.clock import Clock
from shardline.cloudwatch.alarms.service import Alarms
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.api import cloudwatch_api
from shardline.cloudwatch.dashboards import Dashboards
from shardline.cloudwatch.reader import MetricReader
from shardline.cloudwatch.upkeep import MetricUpkeep
from shardline.gateway.types import Api
from shardline.iam.api import iam_api
from shardline.iam.enforcement.enforcer import Enforcer
from shardline.iam.enforcement.own_resources import OwnResources
from shardline.iam.enforcement.resource_policies import check_resource_policy
from shardline.iam.identities.book import IdentityBook
from shardline.iam.identities.keystore import IdentityKeys
from shardline.iam.identities.last_used import LastUsed
from shardline.iam.identities.sessions import Sealer
from shardline.iam.sts.api import sts_api
from shardline.kinesis.api import kinesis_api
from shardline.kinesis.book import StreamBook
from shardline.kinesis.counts.publishing import Publisher
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.subjects import Subjects
from shardline.kinesis.upkeep import PARTS, Upkeep
from shardline.node.duty import Duty
from shardline.node.following import Follower
from shardline.node.scaling.scaler import ModuleScaler
from shardline.node.stores import Stores
from shardline.node.together import Together
from shardline.settings import NodeSettings

Chore = tuple[Callable[[], Awaitable[None]], float]
"""Work, and every how many seconds it is to be done."""


class Parts:
    """Every service of a node. `load` comes before everything else."""

    def __init__(self, settings: NodeSettings, stores: Stores, clock: Clock) -> None:
        self.settings = settings
        self.root_key = stores.root_key
        self.master = stores.master
        self.members = stores.members
        self.catalog = catalog = stores.catalog
        self.records = stores.records
        self.metrics = stores.metrics
        self.members = stores.members
        self.clock = clock
        self.apis: Sequence[Api] = ()
        self.book = StreamBook(
            catalog,
            stores.records,
            clock,
            transition_ms=settings.transition_ms,
            limits=settings.limits,
        )
        self.upkeep = Upkeep(self.book, stores.records, clock)
        self.publisher = Publisher(self.book, stores.metrics)
        self.on_demand = OnDemand(self.book, catalog, clock)
        self.together = Together.of(settings, stores, self.publisher.flush, self.on_demand, clock)
        self.metric_reader = MetricReader(stores.metrics, clock, self.together.flush)
        self.metric_upkeep = MetricUpkeep(stores.metrics, clock)
        targets = Targets(dict(settings.alarm_topics), settings.alarm_hosts)
        self.alarms = Alarms(
            catalog, self.metric_reader, clock, targets, lambda: self.members.count() == 1
        )
        self.kms = Kms(catalog, stores.master, clock)
        self.identities = IdentityBook(catalog, clock)
        self.keys = IdentityKeys(self.root_key, settings.account, self.identities, self.master)
        self.last_used = LastUsed(self.identities, clock)
        self.own_resources = OwnResources(self.identities)
        self.duty = Duty(stores.members, self.on_demand.load)
        self.follower = Follower(
            catalog,
            stores.members,
            {
                "account": self.identities.follow,
                "kms-key": lambda _: self.kms.refresh(),
                "commitment": lambda _: self.on_demand.follow(),
                "stream": self.book.follow,
                "subscription": self.together.follow,
                **stores.follows,
            },
        )

    async def load(self, stack: contextlib.AsyncExitStack) -> None:
        """Read what the catalog knows, and put the APIs together. On leaving, `stack` has what was
        begun finished, and what was counted kept."""
        for finish in (
            self.publisher.flush,
            self.book.finish,
            self.identities.finish,
            self.last_used.run_once,
            self.alarms.close,
            self.together.finish,
        ):
            stack.push_async_callback(finish)
        token_key = await self.catalog.secret("token-key", 32)
        await self.follower.begin()
        await self.kms.refresh()
        await self.book.load()
        await self.identities.load()
        await self.on_demand.load()
        self.apis = self._apis(token_key)
        self.module_scaler = ModuleScaler(
            self.book, self.metric_reader, self.clock, self.apis[0], self.apis[1]
        )
        self.enforcer = Enforcer(
            self.own_resources,
            {"kinesis": Subjects(self.book, self.kms, token_key)},
            self.clock,
            explains=self.settings.audit_log is not None,
        )

    def chores(self) -> Sequence[Chore]:
        """What has to be done now and then, by every process or by the one on duty."""
        once = self.duty.only
        return (
            # Every stream once a minute.
            (once(self.upkeep.run_part), 60 / PARTS),
            # A load is the mean of a minute: more often would see nothing new.
            (once(self.on_demand.run_once), 60),
            (once(self.module_scaler.run_once), 60),
            (once(self.metric_upkeep.run_once), 3600),
            # Who reads metrics through this node has them published before.
            (self.publisher.flush, 60),
            # How long GetAccessKeyLastUsed and RoleLastUsed are behind at most.
            (self.last_used.run_once, 60),
            # The shortest period of an alarm.
            (once(self.alarms.run_once), 10),
            (once(self.alarms.trim), 3600),
            *self.together.chores(),
        )

    def _apis(self, token_key: bytes) -> Sequence[Api]:
        kinesis = kinesis_api(
            self.book,
            self.records,
            self.upkeep,
            self.clock,
            token_key,
            self.kms,
            self.on_demand,
            lambda text: check_resource_policy(text, "kinesis"),
            limits_mode=self.settings.limits,
            claims=self.together.claims,
            meters=self.together.meters,
        )
        cloudwatch = cloudwatch_api(
            self.metrics,
            self.clock,
            self.metric_reader,
            Dashboards(self.catalog, self.clock).handlers(),
            self.alarms.handlers(),
        )
        iam = iam_api(self.identities, self.master)
        sts = sts_api(self.own_resources, self.keys, Sealer(self.master), self.clock)
        return kinesis, cloudwatch, iam, sts
