"""The alarms of a node when its catalog fails: it is said, and done again the next time."""

import asyncio

import pytest

from cloudwatch.alarms.samples import MINUTE_MS
from shardline.cloudwatch.alarms.service import Alarms
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.reader import MetricReader
from shardline.storage.catalog import SqlCatalog
from shardline.testing import ManualClock, MemoryMetrics


def test_a_catalog_that_fails_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        catalog, clock = await SqlCatalog.open(None), ManualClock(MINUTE_MS)
        alarms = Alarms(catalog, MetricReader(MemoryMetrics(), clock), clock, Targets({}))
        await alarms.run_once()
        await alarms.trim()
        assert caplog.messages == []
        await catalog.close()
        await alarms.run_once()
        await alarms.trim()
        await alarms.close()

    asyncio.run(scenario())
    closed = "the catalog in memory is closed"
    assert caplog.messages == [
        f"alarms: {closed}",
        f"alarms: {closed}",
        f"the histories of alarms: {closed}",
    ]
