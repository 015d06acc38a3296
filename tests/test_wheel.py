"""The wheel, installed with pip into an empty environment, runs."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_wheel_installs_into_an_empty_environment_and_serves(tmp_path: Path) -> None:
    # Given a wheel of the project
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            tmp_path,
            ROOT,
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("shardline-*.whl")
    # When it is installed into an environment that has nothing
    venv.create(tmp_path / "env", with_pip=True)
    binaries = tmp_path / "env" / "bin"
    subprocess.run([binaries / "python", "-m", "pip", "install", "--quiet", wheel], check=True)
    # Then it serves, and another of its commands finds it
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    data_dir = ["--data-dir", str(tmp_path / "data")]
    command = [binaries / "shardline", "serve", *data_dir, "--port", "0", "--stream", "events:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("Shardline is ready at http://127.0.0.1:")
            put = _run([binaries / "shardline", "put", "events", *data_dir], environment, "a\nb\n")
            tail = _run([binaries / "shardline", "tail", "events", *data_dir], environment)
            form = _run([binaries / "shardline", "form", "--out", "-"], environment)
        finally:
            server.terminate()
            assert server.wait(20) == 0
    assert "2" in put
    assert form.startswith("<!doctype html>")
    assert [line.split()[-1] for line in tail.splitlines()] == ["a", "b"]


def _run(command: list[Path | str], environment: dict[str, str], given: str = "") -> str:
    ran = subprocess.run(
        command, input=given, text=True, env=environment, check=True, capture_output=True
    )
    return ran.stdout + ran.stderr
