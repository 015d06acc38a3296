"""Gateways are restarted one after the other, under load: no client sees an error, none is lost."""

from collections import Counter

import pytest

from durability.cluster import Cluster

TOO_LATE = "500 InternalFailure"


def errors_of_rolling(times: int, *, with_churn: bool) -> Counter[str]:
    """Restart each of two gateways so often; answer what clients met but what they asked for.

    The clients go on to another gateway where one cannot be reached or answers 503. Raises
    `AssertionError` when something is lost, or there twice.
    """
    with Cluster.running(with_root=False, brokers=1, with_churn=with_churn) as cluster:
        trial, gateways, ledger = cluster.trial, cluster.gateways, cluster.ledger
        gateways.goes_on = True
        with trial.writing():
            trial.write_until(50)
            for _ in range(times):
                for gateway in gateways.all:
                    assert gateway.terminate() == 0, gateway.last_words()
                    gateway.start()
                    cluster.until_well()
                    trial.write_until(50)
        trial.check()
        cluster.finish()
        figures = f"{ledger.calls} calls, {ledger.summary()}; went on: {gateways.went_on}"
        print(f"\n{times} restarts of each: {figures}; {dict(ledger.errors)}")  # noqa: T201
        named = {each: each.removeprefix("read ") for each in ledger.errors}
        return Counter({e: ledger.errors[e] for e, name in named.items() if name[:4] != "400 "})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_rolling_restart_loses_nothing() -> None:
    errors = errors_of_rolling(1, with_churn=True)
    # What takes over half a second on its way to a shard that is replaced, as on a machine that
    # other tests keep busy, is not acknowledged; nor is anything else that met a lost lease.
    assert {each.removeprefix("read ") for each in errors} <= {TOO_LATE}, errors


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_rolling_restart_is_no_error_at_clients() -> None:
    assert not errors_of_rolling(5, with_churn=False)
