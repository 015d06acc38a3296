"""The benchmark of decisions measures what its help says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def test_it_tells_what_a_decision_costs() -> None:
    command = [sys.executable, "-m", "bench.iam_bench", "--seconds", "0.05"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures = dict(re.findall(r"^([a-z ]+?) +([0-9.]+) µs$", run.stdout, re.MULTILINE))
    assert set(figures) == {"warm", "cold", "context", "put", "get", "plain put", "root put"}
    assert all(float(figure) > 0 for figure in figures.values())
