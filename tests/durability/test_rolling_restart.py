"""Gateways are restarted one after the other, under load: no client sees an error, none is lost."""

import pytest

from durability.cluster import Cluster

ROLLS = 3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_rolling_restart_is_no_error_at_clients() -> None:
    with Cluster.running(with_root=False, brokers=1) as cluster:
        trial, gateways, ledger = cluster.trial, cluster.gateways, cluster.ledger
        # Given clients that go on to another gateway where one does not serve, or ends
        gateways.goes_on = True
        with trial.writing():
            trial.write_until(50)
            # When
            for _ in range(ROLLS):
                for gateway in gateways.all:
                    assert gateway.terminate() == 0, gateway.last_words()
                    gateway.start()
                    cluster.until_well()
                    trial.write_until(50)
        # Then nothing is lost, nor there twice, though calls were made again
        trial.check()
        cluster.finish()
        figures = f"{ledger.calls} calls, {ledger.summary()}; went on: {gateways.went_on}"
        print(f"\n{ROLLS} restarts of each: {figures}; {dict(ledger.errors)}")  # noqa: T201
        # And nobody met an error but of what was asked for
        unasked = [e for e in ledger.errors if not e.removeprefix("read ").startswith("400 ")]
        assert not unasked, (ledger.errors, gateways.went_on, gateways.last_words())
