"""SIGKILL at random moments while four producers write: what was acknowledged is there.

A failure prints its seed; SHARDLINE_DURABILITY_SEED=seed makes the same choices again. What the
server was doing at the kill is up to the machine, so that a seed narrows the search and no more.
"""

from pathlib import Path

import pytest

from durability.kills import CHECKPOINT_OFTEN, EXPECTED_ERRORS, run_kills
from durability.server_process import CLI, ServerProcess, with_faults
from durability.trial import Trial


def _assert_was_busy(trial: Trial, kills: int) -> None:
    """A run in which nothing happened would show nothing."""
    assert trial.acknowledged > 20 * kills
    assert trial.ledger.errors["ConnectionClosedError"] > kills
    assert trial.resharder.done > kills / 5
    assert len(trial.bystanders.streams) > kills / 5
    assert set(trial.ledger.errors) <= EXPECTED_ERRORS, trial.ledger.errors


def _kill_the_server_itself(directory: Path, kills: int) -> None:
    # Given `shardline serve`
    with ServerProcess(directory, program=CLI) as server:
        # When it is killed while producers write, shards are split and merged, and streams made
        trial = run_kills(server, kills, with_churn=True)
    # Then nothing acknowledged was ever missing, and something was at stake
    _assert_was_busy(trial, kills)


def _kill_with_its_disk(directory: Path, kills: int, vfs: str, *, encrypted: bool = False) -> None:
    with with_faults(directory, *CHECKPOINT_OFTEN, vfs=vfs) as server:
        trial = run_kills(server, kills, with_churn=True, encrypted=encrypted)
    _assert_was_busy(trial, kills)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_kills_while_producers_write(tmp_path: Path) -> None:
    _kill_the_server_itself(tmp_path, 50)


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("vfs", ["forgetting", "tearing"])
def test_kills_that_lose_what_was_not_synced(tmp_path: Path, vfs: str) -> None:
    _kill_with_its_disk(tmp_path, 8, vfs)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_kills_while_records_are_encrypted(tmp_path: Path) -> None:
    _kill_with_its_disk(tmp_path, 8, "forgetting", encrypted=True)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_many_kills_while_producers_write(tmp_path: Path) -> None:
    _kill_the_server_itself(tmp_path, 300)


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("vfs", ["forgetting", "tearing"])
def test_many_kills_that_lose_what_was_not_synced(tmp_path: Path, vfs: str) -> None:
    _kill_with_its_disk(tmp_path, 100, vfs)
