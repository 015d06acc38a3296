"""One worker of several is killed, again and again: the others go on, and nothing is lost."""

import threading
from pathlib import Path
from typing import Any

import pytest

from durability.gateways import UNREACHABLE, Persistent
from durability.kills import EXPECTED_ERRORS, MOST_CALLS, MOST_DELAY_S, new_seed, start
from durability.seen import TimedLedger, seen
from durability.server_process import ANSWERED_S, ServerProcess
from durability.trial import Trial

WORKERS = 3
# As those behind the port, which clients reach again at once; and a worker that a busy machine
# leaves no time loses its lease for a moment.
ALLOWED = {
    *(each if each.startswith("400 ") else f"{UNREACHABLE} {each}" for each in EXPECTED_ERRORS),
    "CutOff",
    "503 ServiceUnavailable",
}


class Workers(ServerProcess):
    """A server whose clients go on when the worker that they had is gone."""

    def client(self, **settings: Any) -> Any:
        """See `ServerProcess.client`."""
        return Persistent(super().client(**settings))


def kill_workers(directory: Path, kills: int) -> None:
    """Kill so many workers of one server, which lives on, and compare after each."""
    silent_s = list[float]()
    with Workers(directory, "--workers", str(WORKERS)) as server:
        ledger = TimedLedger()
        trial = Trial(server, new_seed(), with_churn=True, ledger=ledger, calls_s=ANSWERED_S)
        start(trial)
        for _ in range(kills):
            with trial.writing():
                trial.write_until(trial.random.randint(1, MOST_CALLS))
                threading.Event().wait(trial.random.uniform(0, MOST_DELAY_S))
                with seen(ledger) as found:
                    server.kill_worker(trial.random.randrange(WORKERS))
                    trial.write_until(trial.random.randint(1, MOST_CALLS))
                silent_s.append(found[0].silent_s)
            trial.check()
        trial.check_whole()
        assert server.terminate() == 0, server.last_words()
    silent_s.sort()
    figures = f"nothing acknowledged for {silent_s[len(silent_s) // 2]:.2f} to {silent_s[-1]:.2f} s"
    errors = dict(ledger.errors)
    print(f"{kills} kills: {figures} (median, most); {ledger.summary()}; {errors}")  # noqa: T201
    unexpected = {each for each in errors if each.removeprefix("read ") not in ALLOWED}
    assert not unexpected, (errors, server.last_words())
    assert "Traceback" not in server.log.read_text(), server.last_words()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_worker_dies_and_nothing_is_lost(tmp_path: Path) -> None:
    kill_workers(tmp_path, 5)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_hundred_workers_die_and_nothing_is_lost(tmp_path: Path) -> None:
    kill_workers(tmp_path, 100)
