"""The tests of the Kinesis API, served by other kinds of servers than the one in memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.mark.timeout(2400)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("sqlite:1", marks=pytest.mark.full),
        pytest.param("sqlite:3", marks=pytest.mark.slow),
        pytest.param("kafka:1", marks=pytest.mark.full),
        pytest.param("kafka:3", marks=pytest.mark.full),
    ],
)
def test_the_api_is_the_same(kind: str) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not full", "--nodes", kind]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "kinesis"],
        cwd=TESTS,
        env=os.environ | {"PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-8000:]
