"""SIGKILL at random moments while four producers write: what was acknowledged is there.

A failure prints its seed; SHARDLINE_DURABILITY_SEED=seed makes the same choices again. What the
server was doing at the kill is up to the machine, so that a seed narrows the search and no more.
"""

from pathlib import Path

import pytest

from durability.kills import run_kills
from durability.server_process import CLI, ServerProcess, with_faults

CHECKPOINT_OFTEN = ("--wal-bytes", "300000")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _assert_was_busy(trial, kills: int) -> None:
    """A run in which nothing happened would show nothing."""
    assert trial.acknowledged > 20 * kills
    assert trial.ledger.errors["ConnectionClosedError"] > kills
    assert set(trial.ledger.errors) <= EXPECTED_ERRORS, trial.ledger.errors


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
FAULT_ERRORS = {"500 InternalFailure", "record InternalFailure", "400 ResourceNotFoundException"}


def test_kills_while_producers_write(tmp_path: Path) -> None:
    # Given `shardline serve` itself
    with ServerProcess(tmp_path, program=CLI) as server:
        # When it is killed while producers write, shards are split and merged, and streams made
        trial = run_kills(server, 50, with_churn=True)
    # Then after each restart nothing acknowledged was missing, and something was at stake
    _assert_was_busy(trial, 50)
    assert trial.resharder.done > 20
    assert len(trial.bystanders.streams) > 10


def test_kills_that_forget_what_was_not_synced(tmp_path: Path) -> None:
    with with_faults(tmp_path, *CHECKPOINT_OFTEN, vfs="forgetting") as server:
        trial = run_kills(server, 25, with_churn=True)
    _assert_was_busy(trial, 25)
