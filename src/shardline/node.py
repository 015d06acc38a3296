"""A node, put together from its settings: the only place that knows every part."""

import asyncio
import contextlib
import datetime
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from shardline.background import repeat
from shardline.clock import Clock, SystemClock
from shardline.cloudwatch.alarms.service import Alarms
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.api import cloudwatch_api
from shardline.cloudwatch.dashboards import Dashboards
from shardline.cloudwatch.reader import MetricReader
from shardline.cloudwatch.upkeep import MetricUpkeep
from shardline.gateway.app import Application
from shardline.gateway.audit import AuditLog
from shardline.gateway.audit_file import AuditFile
from shardline.gateway.bounds import Bounds
from shardline.gateway.constraints import validate
from shardline.gateway.errors import ServiceError
from shardline.gateway.metrics_page import PATH, metrics_page
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.server import SERVERS, HttpServer, ServerSettings
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.types import Api, Caller
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
from shardline.kinesis.upkeep import Upkeep
from shardline.masterkey import MasterKey, load_or_create_master
from shardline.prometheus.numbers import Numbers
from shardline.prometheus.text import Text
from shardline.rootkey import RootKey, load_or_create
from shardline.settings import NodeSettings
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Catalog
from shardline.storage.datadir import DataDir, NodeInfo
from shardline.storage.metric_store import MetricStore
from shardline.storage.record_log import RecordLog
from shardline.storage.sqlite_log import SqliteLog
from shardline.storage.sqlite_metrics import SqliteMetrics

log = logging.getLogger("shardline.node")

UPKEEP_S = 60.0
METRIC_UPKEEP_S = 3600.0
ALARMS_S = 10.0  # the shortest period of an alarm
METRICS_S = 60.0  # who reads metrics through this node has them flushed before
KEYS_S = 1.0  # how long it takes at most until a KMS key that was disabled is so here
IDENTITIES_S = 1.0  # the same of an account that the command line made
LAST_USED_S = 60.0  # how long GetAccessKeyLastUsed and RoleLastUsed are behind at most
ON_DEMAND_S = 60.0  # a load is the mean of a minute: more often would see nothing new


class Node:
    """A running server and its parts. Made by `Node.running`."""

    def __init__(
        self,
        settings: NodeSettings,
        root_key: RootKey,
        catalog: Catalog,
        records: RecordLog,
        metrics: MetricStore,
        master: MasterKey,
        clock: Clock,
    ) -> None:
        self.settings = settings
        self.root_key = root_key
        self.catalog = catalog
        self.records = records
        self.metrics = metrics
        self.clock = clock
        self.endpoint = ""
        self.book = StreamBook(
            catalog,
            records,
            clock,
            transition_ms=settings.transition_ms,
            limits=settings.limits,
        )
        self.upkeep = Upkeep(self.book, records, clock)
        self.publisher = Publisher(self.book, metrics)
        self.metric_reader = MetricReader(metrics, clock, self.publisher.flush)
        self.metric_upkeep = MetricUpkeep(metrics, clock)
        targets = Targets(dict(settings.alarm_topics), settings.alarm_hosts)
        self.alarms = Alarms(catalog, self.metric_reader, clock, targets)
        self.kms = Kms(catalog, master, clock)
        self.master = master
        self.identities = IdentityBook(catalog, clock)
        self.last_used = LastUsed(self.identities, clock)
        self.audit_file: AuditFile | None = None
        self.on_demand = OnDemand(self.book, catalog, clock)
        self.apis: list[Api] = []
        self._server: HttpServer | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls,
        settings: NodeSettings,
        *,
        clock: Clock | None = None,
        memory: Callable[[Clock], tuple[RecordLog, MetricStore]] | None = None,
    ) -> AsyncIterator["Node"]:
        """Open the stores, serve, and on leaving stop in order: requests first, stores last.

        A node without a data directory keeps records and metrics in what `memory` makes. Raises
        `StoreUnusable`, `OSError` (a port in use) or `ValueError` with what would be right.
        """
        clock = clock or SystemClock()
        async with contextlib.AsyncExitStack() as stack:
            if settings.data_dir is not None:
                node = await cls._on_disk(settings, settings.data_dir, clock, stack)
            elif memory is not None:
                node = await cls._in_memory(settings, *memory(clock), clock, stack)
            else:
                raise ValueError("a node needs a data directory")
            await node._serve(stack)
            yield node

    @classmethod
    async def _on_disk(
        cls, settings: NodeSettings, path: Path, clock: Clock, stack: contextlib.AsyncExitStack
    ) -> "Node":
        data_dir = stack.enter_context(DataDir.open(path))
        root_key = load_or_create(data_dir.root_key, given=settings.root_key)
        catalog = await SqlCatalog.open(data_dir.catalog)
        stack.push_async_callback(catalog.close)
        key_file = settings.key_file or data_dir.master_key
        master = load_or_create_master(key_file, needed=await catalog.master_key())
        records = await SqliteLog.open(data_dir.path, clock, vfs=settings.log_vfs)
        stack.push_async_callback(records.close)
        metrics = await SqliteMetrics.open(data_dir.metrics)
        stack.push_async_callback(metrics.close)
        return cls(settings, root_key, catalog, records, metrics, master, clock)

    @classmethod
    async def _in_memory(
        cls,
        settings: NodeSettings,
        records: RecordLog,
        metrics: MetricStore,
        clock: Clock,
        stack: contextlib.AsyncExitStack,
    ) -> "Node":
        if settings.root_key is None:
            raise ValueError("a node in memory needs a root key")
        catalog = await SqlCatalog.open(None)
        stack.push_async_callback(catalog.close)
        stack.push_async_callback(records.close)
        stack.push_async_callback(metrics.close)
        root_key, master = RootKey(*settings.root_key), MasterKey.random()
        return cls(settings, root_key, catalog, records, metrics, master, clock)

    async def _serve(self, stack: contextlib.AsyncExitStack) -> None:
        stack.push_async_callback(self.publisher.flush)
        stack.push_async_callback(self.book.finish)
        stack.push_async_callback(self.identities.finish)
        stack.push_async_callback(self.last_used.run_once)
        stack.push_async_callback(self.alarms.close)
        token_key = await self.catalog.secret("token-key", 32)
        await self.kms.refresh()
        await self.book.load()
        await self.identities.load()
        await self.on_demand.load()
        api = kinesis_api(
            self.book,
            self.records,
            self.upkeep,
            self.clock,
            token_key,
            self.kms,
            self.on_demand,
            lambda text: check_resource_policy(text, "kinesis"),
            limits_mode=self.settings.limits,
        )
        await self._make_first_streams(api)
        own = OwnResources(self.identities)
        account, book = self.settings.account, self.identities
        self.keys = keys = IdentityKeys(self.root_key, account, book, self.master)
        sealer = Sealer(self.master)
        cloudwatch = cloudwatch_api(
            self.metrics,
            self.clock,
            self.metric_reader,
            Dashboards(self.catalog, self.clock).handlers(),
            self.alarms.handlers(),
        )
        self.apis = [
            api,
            cloudwatch,
            iam_api(self.identities, self.master),
            sts_api(own, keys, sealer, self.clock),
        ]
        audit = self._audit(stack)
        self.enforcer = enforcer = Enforcer(
            own,
            {"kinesis": Subjects(self.book, self.kms, token_key)},
            self.clock,
            explains=audit is not None,
        )
        pipeline = Pipeline(
            self.apis,
            SigV4Verifier(keys, wall_ms=_wall_ms),
            enforcer,
            note_use=self.last_used.note,
            audit=audit,
        )
        app = self._application(pipeline)
        certificate, private_key = self._tls_files()
        server = SERVERS[self.settings.http_server](
            app,
            ServerSettings(
                self.settings.host,
                self.settings.port,
                certificate,
                private_key,
                drain_s=self.settings.drain_s,
                log_format=self.settings.log_format,
            ),
        )
        host, port = await server.start()
        stack.push_async_callback(server.stop)
        for each in self.apis:
            if each.end_streams is not None:
                stack.callback(each.end_streams)  # before: the server waits for their ends
        self._server = server
        scheme = "https" if certificate else "http"
        self.endpoint = f"{scheme}://{_reachable(host)}:{port}"
        self._tell_neighbours(certificate)
        for work, seconds in (
            (self.upkeep.run_once, UPKEEP_S),
            (self.on_demand.run_once, ON_DEMAND_S),
            (self.metric_upkeep.run_once, METRIC_UPKEEP_S),
            (self.publisher.flush, METRICS_S),
            (self.kms.run_once, KEYS_S),
            (self.last_used.run_once, LAST_USED_S),
            (self.identities.follow, IDENTITIES_S),
            (self.alarms.run_once, ALARMS_S),
            (self.alarms.trim, METRIC_UPKEEP_S),
        ):
            stack.callback(asyncio.create_task(repeat(work, seconds)).cancel)

    def _audit(self, stack: contextlib.AsyncExitStack) -> AuditLog | None:
        """The audit log, if the settings want one. Raises `OSError`."""
        if self.settings.audit_log is None:
            return None
        self.audit_file = AuditFile(self.settings.audit_log)
        stack.callback(self.audit_file.close)
        return AuditLog(self.audit_file.write, _wall_ms)

    def _application(self, pipeline: Pipeline) -> Application:
        """The application, with the node's own pages."""
        numbers = Numbers(self.book, self.records, self.clock, self.settings.data_dir)
        text = Text(lambda: numbers.read(app, pipeline), numbers.read_slowly)
        app = Application(
            pipeline,
            Bounds(memory_bytes=self.settings.memory_bytes),
            {PATH: metrics_page(text.render, self.settings.metrics_token)},
        )
        return app

    async def _make_first_streams(self, api: Api) -> None:
        """Make the streams that the settings want to be there from the start."""
        account, region = self.settings.account, self.settings.region
        root = f"arn:aws:iam::{account}:root"
        caller = Caller(account, region, self.root_key.access_key, root, is_root=True)
        there = {stream.name for stream in await self.book.of(caller.account, caller.region)}
        for wanted in self.settings.streams:
            if wanted.name in there:
                continue
            mode = "PROVISIONED" if wanted.shards else "ON_DEMAND"
            call: dict[str, Any] = {
                "StreamName": wanted.name,
                "StreamModeDetails": {"StreamMode": mode},
            }
            if wanted.shards:
                call["ShardCount"] = wanted.shards
            try:
                validate(api.model.operations["CreateStream"], call)
                await api.handlers["CreateStream"](caller, call)
            except ServiceError as refused:
                raise ValueError(f"--stream {wanted.name}: {refused.message}") from refused

    async def until(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set; raise if the HTTP server ends before."""
        assert self._server is not None
        ended = asyncio.create_task(self._server.stopped())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if ended.done():
            await ended
            raise OSError("the HTTP server stopped by itself")
        ended.cancel()

    def _tls_files(self) -> tuple[Path | None, Path | None]:
        if self.settings.tls == "files":
            return self.settings.tls_certificate, self.settings.tls_key
        if self.settings.tls == "self-signed":
            from shardline.tls import self_signed

            if self.settings.data_dir is None:
                raise ValueError("a self-signed certificate needs a data directory to be kept in")
            now = datetime.datetime.now(datetime.UTC)
            return self_signed(self.settings.data_dir, self.settings.host, now)
        return None, None

    def _tell_neighbours(self, certificate: Path | None) -> None:
        """Let `shardline env` and the others find this server."""
        if self.settings.data_dir is None:
            return
        self_made = self.settings.tls == "self-signed"
        DataDir(self.settings.data_dir).write_node_file(
            NodeInfo(
                endpoint=self.endpoint,
                region=self.settings.region,
                account=self.settings.account,
                tls_ca=str(certificate.absolute()) if certificate and self_made else None,
                pid=os.getpid(),
            )
        )


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _reachable(host: str) -> str:
    """The address under which this machine reaches itself, for a server on all addresses."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{local}]" if ":" in local else local
