"""What `catalog_port` promises of peaks and commitments."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from catalog_support import PLACES, open_catalog, place_of
from shardline.storage.catalog_port import Catalog
from shardline.storage.entities import Commitment, DayPeak, Shard, Stream

Scenario = Callable[[Catalog], Awaitable[None]]


def a_stream(number: int) -> Stream:
    return Stream(
        id=f"stream-{number}",
        account="000000000000",
        region="us-east-1",
        name=f"flights-{number}",
        created_ms=1_700_000_000_123,
        mode="ON_DEMAND",
        status="ACTIVE",
        retention_hours=24,
        max_record_kib=1024,
        shards=(Shard(0, 0, 2**128 - 1, 1_700_000_000),),
    )


def peak(stream: int, day: int, size: int = 1, records: int = 1) -> DayPeak:
    return DayPeak(f"stream-{stream}", day, size, records)


@pytest.fixture(params=PLACES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scenario], None]:
    """Run a scenario on a catalog with the streams 1 and 2."""
    place = place_of(request, tmp_path)

    def run_scenario(scenario: Scenario) -> None:
        async def on_catalog() -> None:
            catalog = await open_catalog(place)
            try:
                await catalog.insert(a_stream(1))
                await catalog.insert(a_stream(2))
                await scenario(catalog)
            finally:
                await catalog.close()

        asyncio.run(on_catalog())

    return run_scenario


def test_peaks_come_back_sorted(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        assert list(await catalog.peaks()) == []
        huge = peak(1, 19_000, 2**62, 2**62)
        await catalog.replace_peaks({"stream-2": [peak(2, 7)], "stream-1": [huge, peak(1, 18_999)]})
        assert list(await catalog.peaks()) == [peak(1, 18_999), huge, peak(2, 7)]

    run(scenario)


def test_the_peaks_of_a_stream_are_replaced_and_others_stand(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.replace_peaks({"stream-1": [peak(1, 1)], "stream-2": [peak(2, 1)]})
        await catalog.replace_peaks({"stream-1": [peak(1, 2), peak(1, 3)]})
        assert list(await catalog.peaks()) == [peak(1, 2), peak(1, 3), peak(2, 1)]
        await catalog.replace_peaks({"stream-1": []})
        await catalog.replace_peaks({})
        assert list(await catalog.peaks()) == [peak(2, 1)]

    run(scenario)


def test_peaks_go_with_their_stream(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.replace_peaks({"stream-1": [peak(1, 1)], "stream-2": [peak(2, 1)]})
        await catalog.remove("stream-1")
        assert list(await catalog.peaks()) == [peak(2, 1)]
        # And what comes late for it is passed over, beside what does not
        await catalog.replace_peaks({"stream-1": [peak(1, 2)], "stream-2": [peak(2, 2)]})
        assert list(await catalog.peaks()) == [peak(2, 2)]

    run(scenario)


def test_an_account_has_one_commitment_per_region(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        assert list(await catalog.commitments()) == []
        first = Commitment("000000000000", "us-east-1", 5)
        ended = Commitment("000000000000", "us-east-1", 5, 6)
        elsewhere = Commitment("000000000000", "eu-west-1", 7)
        another = Commitment("111111111111", "us-east-1", 8)
        for commitment in (another, first, elsewhere, ended, ended):
            await catalog.keep_commitment(commitment)
        assert list(await catalog.commitments()) == [elsewhere, ended, another]

    run(scenario)
