"""A cluster whose parts die under load: nothing that was acknowledged is lost, or out of order.

Reading and checking everything after each fault is `Trial`'s, as for one server.
"""

from collections.abc import Iterator

import pytest

from durability.cluster import Cluster, a_cluster
from durability.of_clusters import (
    Fault,
    broker_killed,
    cut_off_from_postgres,
    disk_full,
    gateway_killed,
    leader_killed,
    network_cut,
    network_cut_for_long,
    postgres_restarted,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FAULTS: dict[str, Fault] = {
    "a gateway killed": gateway_killed,
    "a partition's leader killed": leader_killed,
    "PostgreSQL crashed": postgres_restarted,
    "a gateway cut off from all brokers": network_cut,
    "a gateway cut off from all brokers for long": network_cut_for_long,
    "a gateway cut off from PostgreSQL for long": cut_off_from_postgres,
    "a broker's disk full": disk_full,
}
BROKERS: dict[str, Fault] = {f"broker {n} killed": broker_killed(n) for n in (1, 2, 3)}
ROUNDS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One cluster for all faults: what one left behind, the next one meets."""
    with a_cluster() as running:
        yield running


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost(cluster: Cluster, name: str) -> None:
    print(f"\n{name}: {cluster.suffer(FAULTS[name])}")  # noqa: T201 (for pytest -s)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_nothing_is_lost_in_many_rounds(cluster: Cluster) -> None:
    all_faults = FAULTS | BROKERS
    for _ in range(ROUNDS):
        for name in cluster.trial.random.sample(sorted(all_faults), len(all_faults)):
            seen = cluster.suffer(all_faults[name], calls=100)
            print(f"\n{name}: {seen}; {cluster.ledger.summary()}")  # noqa: T201
