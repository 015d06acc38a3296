"""The tests of the Kinesis API, served by other kinds of servers than the one in memory."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


FEW = ("kinesis/test_api_put.py", "kinesis/test_api_get.py", "kinesis/test_api_reshard.py")
ALL = ("kinesis",)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite:3", "kafka:3"])
def test_putting_getting_and_resharding_are_the_same(kind: str) -> None:
    run_tests(kind, FEW)


@pytest.mark.full
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("kind", ["sqlite:1", "sqlite:3", "kafka:1", "kafka:3"])
def test_the_api_is_the_same(kind: str) -> None:
    run_tests(kind, ALL)


def run_tests(kind: str, tests: Sequence[str]) -> None:
    """Run tests of the API in a process of their own, which serves them so."""
    options = ["-q", "-p", "no:cacheprovider", "-m", "not full", "--nodes", kind]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=TESTS,
        env=os.environ | {"PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-8000:]
