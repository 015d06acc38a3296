"""The kill loop: live, be killed at a random moment, start again, be checked."""

import os
import secrets
import threading
import time
from dataclasses import dataclass

from durability.server_process import ServerProcess
from durability.trial import SHARDS, STREAM, Trial

SEED_VARIABLE = "SHARDLINE_DURABILITY_SEED"
KILLED_AT_START = 0.15  # of all kills, so many come before the server says that it is ready
MOST_CALLS = 80
MOST_DELAY_S = 0.03
LONGEST_START_S = 0.5
TRANSITIONS_MS = ("0", "0", "150")


def new_seed() -> int:
    """A seed that a failure prints, and that the environment can give again."""
    given = os.environ.get(SEED_VARIABLE)
    return int(given) if given else secrets.randbelow(1 << 32)


@dataclass
class Report:
    """What a run did, for its last line."""

    kills: int
    acknowledged: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.kills} kills, {self.acknowledged} records acknowledged, {self.seconds:.1f} s"


def run_kills(server: ServerProcess, kills: int, *, seed: int, with_churn: bool) -> Trial:
    """Kill a server so many times; after each restart, and at the end, everything is checked.

    A kill comes after a random number of acknowledged calls and a random delay, or during the
    start. Raises AssertionError with what was lost.
    """
    trial = Trial(server, seed, with_churn)
    for _ in range(kills):
        if trial.random.random() < KILLED_AT_START:
            _kill_at_start(trial)
        else:
            _kill_at_work(trial)
    start(trial)
    trial.check()
    trial.check_whole()
    words = server.last_words()
    assert "Traceback" not in words, words
    return trial


def start(trial: Trial) -> None:
    """Start the server with the stream, and transitions that take no time or some."""
    transition = trial.random.choice(TRANSITIONS_MS) if trial.with_churn else "0"
    trial.server.start("--stream", f"{STREAM}:{SHARDS}", "--transition-ms", transition)


def _kill_at_work(trial: Trial) -> None:
    start(trial)
    trial.check()
    calls = trial.random.randint(1, MOST_CALLS)
    delay_s = trial.random.uniform(0, MOST_DELAY_S)
    with trial.writing():
        trial.write_until(calls)
        threading.Event().wait(delay_s)
        trial.server.kill()


def _kill_at_start(trial: Trial) -> None:
    trial.server.spawn("--stream", f"{STREAM}:{SHARDS}")
    threading.Event().wait(trial.random.uniform(0, LONGEST_START_S))
    trial.server.kill()


def timed_kills(server: ServerProcess, kills: int, *, seed: int, with_churn: bool) -> Report:
    """As `run_kills`, measured."""
    began = time.monotonic()
    trial = run_kills(server, kills, seed=seed, with_churn=with_churn)
    return Report(kills, trial.acknowledged, time.monotonic() - began)
