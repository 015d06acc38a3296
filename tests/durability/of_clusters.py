"""What can happen to a cluster: each fault breaks something on entry, and mends it on leaving."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NoReturn

import pytest

from durability import network, small_disk
from durability.cluster import CUT, WELL_WITHIN_S, Cluster, serves, why_not
from durability.refusals import refused

Fault = Callable[[Cluster], AbstractContextManager[None]]

# Longer than a lease (1 s), than a record may take (20 s), and than brokers and PostgreSQL wait.
LONG_S = 25.0
LEASE_ENDS_S = 10.0  # at the latest, on a machine that is very busy
KNOWN_S = 15.0  # the same, until a gateway knows that no broker answers it


@contextlib.contextmanager
def gateway_killed(cluster: Cluster) -> Iterator[None]:
    """SIGKILL to one gateway; it is started again."""
    gateway = cluster.trial.random.choice(cluster.gateways.all)
    gateway.kill()
    yield
    gateway.start()


def broker_killed(number: int) -> Fault:
    """SIGKILL to a broker; it is started again, and may take its time."""

    @contextlib.contextmanager
    def fault(cluster: Cluster) -> Iterator[None]:
        cluster.kafka.kill(number)
        yield
        cluster.kafka.start(number, wait=False)

    return fault


@contextlib.contextmanager
def leader_killed(cluster: Cluster) -> Iterator[None]:
    """SIGKILL to the leader of a partition that is written to; it is started again."""
    with broker_killed(cluster.leader())(cluster):
        yield


@contextlib.contextmanager
def postgres_restarted(cluster: Cluster) -> Iterator[None]:
    """PostgreSQL crashes, and is back as soon as it can."""
    cluster.postgres.restart()
    yield


@contextlib.contextmanager
def network_cut(cluster: Cluster) -> Iterator[None]:
    """The network between a gateway and all brokers is cut; clients still reach the gateway.

    It is so until those of the other one have gone on; or for long, if all are with this one.
    """
    net = cluster.network or _needs_root()
    with net.cut(net.to_brokers):
        cluster.ledger.wait_for_calls(20, LONG_S)
    yield


@contextlib.contextmanager
def network_cut_for_long(cluster: Cluster) -> Iterator[None]:
    """The same, for longer than anybody waits, while shards are replaced through the other one.

    Some producers stay with the gateway, and go on with it as soon as it has a network again. It
    says that it does not serve, and why, and refuses calls at once, until it has.
    """
    net = cluster.network or _needs_root()
    gateway = cluster.gateways.all[CUT]
    with cluster.gateways.taken_out(CUT), cluster.loyal.producing():
        cluster.trial.write_until(30)
        with net.cut(net.to_brokers):
            began = time.monotonic()
            before = cluster.closed_shards()
            while not (reason := why_not(gateway.endpoint)):
                assert time.monotonic() < began + KNOWN_S, "it does not know that it is cut off"
                threading.Event().wait(0.02)
            assert reason.startswith("cannot reach Kafka"), reason
            cluster.note(f"it said so after {time.monotonic() - began:.1f} s")
            slowest = refused(cluster.gateways.client_of(CUT))
            cluster.write_for(LONG_S - (time.monotonic() - began))
            slowest = max(slowest, refused(cluster.gateways.client_of(CUT)))
            cluster.note(f"refused calls took up to {slowest:.2f} s")
            replaced = len(cluster.closed_shards() - before)
            assert replaced, "no shard was replaced meanwhile"
        mended = time.monotonic()
        cluster.note(f"{replaced} shards were replaced meanwhile")
        while why_not(gateway.endpoint):
            assert time.monotonic() < mended + KNOWN_S, "it does not find back"
            threading.Event().wait(0.02)
        found_s = time.monotonic() - mended
        answered_s = found_s + cluster.loyal.until_answered()
        cluster.note(f"it found back {found_s:.1f} s after, and answered after {answered_s:.1f} s")
        yield


@contextlib.contextmanager
def cut_off_from_postgres(cluster: Cluster) -> Iterator[None]:
    """The network between a gateway and PostgreSQL is cut for long, not that to the brokers."""
    net = cluster.network or _needs_root()
    gateway = cluster.gateways.all[CUT]
    with cluster.gateways.taken_out(CUT), cluster.loyal.producing():
        cluster.trial.write_until(30)
        with net.cut(net.to_postgres):
            began = time.monotonic()
            while serves(gateway.endpoint):
                assert time.monotonic() < began + LEASE_ENDS_S, "it goes on without a lease"
            cluster.note(f"it knew after {time.monotonic() - began:.1f} s")
            threading.Event().wait(1)  # what it had answered before has come
            acknowledged = cluster.loyal.acknowledged()
            refused = cluster.ledger.errors["503 ServiceUnavailable"]
            cluster.write_for(LONG_S)
            assert cluster.loyal.acknowledged() == acknowledged, "it acknowledged without a lease"
            assert cluster.ledger.errors["503 ServiceUnavailable"] > refused
            assert not cluster.sessions_from(network.POSTGRES_INSIDE), "its locks are held for it"
        cluster.note(f"the gateway answered {cluster.loyal.until_answered():.1f} s after")
        yield


@contextlib.contextmanager
def disk_full(cluster: Cluster) -> Iterator[None]:
    """The disk of a broker is full, by which Kafka ends it; with space again, it is started."""
    if cluster.network is None:
        _needs_root()
    with small_disk.full(cluster.kafka):
        yield
        end = time.monotonic() + WELL_WITHIN_S
        while cluster.kafka.is_running(small_disk.NUMBER):
            assert time.monotonic() < end, "Kafka goes on without a disk"
            threading.Event().wait(0.1)
    cluster.kafka.start(small_disk.NUMBER, wait=False)


def _needs_root() -> NoReturn:
    (pytest.fail if os.environ.get("CI") else pytest.skip)("it takes root, and iproute2")
