"""One worker of several is killed, again and again: the others go on, and nothing is lost."""

import threading
from pathlib import Path

import pytest

from durability.kills import EXPECTED_ERRORS, MOST_CALLS, MOST_DELAY_S, new_seed, start
from durability.server_process import ServerProcess
from durability.trial import Trial

WORKERS = 3


def kill_workers(directory: Path, kills: int) -> None:
    """Kill so many workers of one server, which lives on, and compare after each."""
    with ServerProcess(directory, "--workers", str(WORKERS)) as server:
        trial = Trial(server, new_seed(), with_churn=True)
        start(trial)
        for _ in range(kills):
            with trial.writing():
                trial.write_until(trial.random.randint(1, MOST_CALLS))
                threading.Event().wait(trial.random.uniform(0, MOST_DELAY_S))
                server.kill_worker(trial.random.randrange(WORKERS))
                trial.write_until(trial.random.randint(1, MOST_CALLS))
            trial.check()
        trial.check_whole()
        assert server.terminate() == 0, server.last_words()
    print(f"{kills} kills of workers, {trial.ledger.summary()}")  # noqa: T201 (for pytest -s)
    # A worker that a busy machine leaves no time loses its lease for a moment.
    allowed = EXPECTED_ERRORS | {"503 ServiceUnavailable", "read 503 ServiceUnavailable"}
    assert set(trial.ledger.errors) <= allowed, (trial.ledger.errors, server.last_words())
    assert "Traceback" not in server.log.read_text(), server.last_words()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_worker_dies_and_nothing_is_lost(tmp_path: Path) -> None:
    kill_workers(tmp_path, 5)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_hundred_workers_die_and_nothing_is_lost(tmp_path: Path) -> None:
    kill_workers(tmp_path, 100)
