"""The coverage-guided fuzzer runs, for a few seconds, where atheris is installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: pip install 'shardline[fuzz]'",
)
def test_the_fuzzer_finds_nothing_in_a_few_seconds(tmp_path: Path) -> None:
    script = Path(__file__).parent / "fuzz_pipeline.py"
    fuzzer = [sys.executable, str(script), "-max_total_time=8", "-rss_limit_mb=1500"]
    # libFuzzer asks for the peak that Linux keeps over exec: a child of this process would begin
    # with all that the tests before it ever held. A child of a shell begins with a shell's.
    command = ["sh", "-c", '"$@"; exit $?', "sh", *fuzzer]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "DONE" in done.stderr or "Done" in done.stderr, done.stderr[-3000:]
