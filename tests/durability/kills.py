"""The kill loop: live, be killed at a random moment, start again, be checked."""

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Sequence

from durability.server_process import ServerProcess, StartFailed
from durability.trial import RETRYABLE, SHARDS, STREAM, Trial

SEED_VARIABLE = "SHARDLINE_DURABILITY_SEED"
KILLED_AT_START = 0.15  # of all kills, so many come before the server says that it is ready
MOST_CALLS = 80
MOST_DELAY_S = 0.03
LONGEST_START_S = 0.5
CHECKPOINT_OFTEN = ("--wal-bytes", "300000")
TRANSITIONS_MS = ("0", "0", "150")

# What calls meet when the server dies, and what resharding a busy stream meets.
EXPECTED_ERRORS = {
    "ConnectionClosedError",
    "EndpointConnectionError",
    "ReadTimeoutError",
    "CutOff",
    "400 ResourceInUseException",
    "400 LimitExceededException",
    "400 InvalidArgumentException",
}
# What they meet beside when a disk fails. A stream that waits for the disk in CREATING or DELETING
# is not found, as ever.
FAULT_ERRORS = {RETRYABLE, "record InternalFailure", "400 ResourceNotFoundException"}


def new_seed() -> int:
    """A seed that a failure prints, and that the environment can give again."""
    given = os.environ.get(SEED_VARIABLE)
    return int(given) if given else secrets.randbelow(1 << 32)


def run_kills(
    server: ServerProcess,
    kills: int,
    *,
    with_churn: bool = False,
    encrypted: bool = False,
    faults: Sequence[str] = (),
) -> Trial:
    """Kill a server so many times; after each restart, and at the end, everything is checked.

    A kill comes after a random number of acknowledged calls and a random delay, or during the
    start. With `faults` the disk fails in most lives, and is well again before it ends or only
    after the next start. Raises AssertionError with what was lost.
    """
    trial = Trial(server, new_seed(), with_churn, encrypted)
    began = time.monotonic()
    for _ in range(kills):
        if trial.random.random() < KILLED_AT_START:
            _kill_at_start(trial)
        elif faults and trial.random.random() < 0.8:
            _kill_with_fault(trial, trial.random.choice(faults))
        else:
            _kill_at_work(trial)
    start(trial)
    trial.check()
    trial.check_whole()
    assert "Traceback" not in server.log.read_text(), server.last_words()
    figures = f"{kills} kills, {trial.ledger.summary()}, {time.monotonic() - began:.1f} s"
    print(f"{figures}, {dict(trial.ledger.errors)}")  # noqa: T201 (for pytest -s, and failures)
    return trial


def start(trial: Trial) -> None:
    """Start the server with the stream, and transitions that take no time or some."""
    transition = trial.random.choice(TRANSITIONS_MS) if trial.with_churn else "0"
    trial.server.start("--stream", f"{STREAM}:{SHARDS}", "--transition-ms", transition)
    trial.encrypt_if_wanted()


def _kill_at_start(trial: Trial) -> None:
    trial.server.spawn("--stream", f"{STREAM}:{SHARDS}")
    threading.Event().wait(trial.random.uniform(0, LONGEST_START_S))
    trial.server.kill()


def _kill_at_work(trial: Trial) -> None:
    start(trial)
    trial.check()
    with trial.writing():
        _work_and_die(trial)


def _work_and_die(trial: Trial) -> None:
    trial.write_until(trial.random.randint(1, MOST_CALLS))
    threading.Event().wait(trial.random.uniform(0, MOST_DELAY_S))
    trial.server.kill()


def _kill_with_fault(trial: Trial, fault: str) -> None:
    start(trial)
    trial.check()
    dies_failing = trial.random.random() < 0.5
    with contextlib.ExitStack() as failing:
        with trial.writing():
            trial.write_until(trial.random.randint(1, MOST_CALLS))
            failing.enter_context(trial.server.fault(fault))
            trial.write_until_refused(trial.random.randint(1, 8))
            if dies_failing:
                trial.server.kill()
            else:
                failing.close()
                _work_and_die(trial)
        if dies_failing and trial.random.random() < 0.5:
            _start_on_failing_disk(trial)


def _start_on_failing_disk(trial: Trial) -> None:
    """The server starts, or says in one line why it does not; either way nothing is lost."""
    with contextlib.suppress(StartFailed):
        start(trial)
    trial.server.kill()
