"""The tools that build and run the client programs under this folder."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cluster.jars import building

HERE = Path(__file__).parent
SHARDLINE = Path(sys.executable).with_name("shardline")
START_QUICKLY = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
LOOK_AGAIN_S = 0.1


def tool(name: str, what: str) -> str:
    """The path of a program; without it the test is skipped, and fails where CI is set."""
    path = shutil.which(name)
    if path is None:
        missing = f"no `{name}` here: install {what} to run this client"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def run(command: list[str], folder: Path) -> None:
    """Run a build step; the test fails with what it said if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"


def java_program(folder_name: str, main: str, *options: str) -> list[str]:
    """The command that runs a Java program of this folder, built if its sources are new."""
    java = tool("java", "a JDK, 17 or newer")
    folder = HERE / folder_name
    libraries = java_libraries(folder_name)
    classes = f"{folder / 'target/classes'}:{libraries}/*"
    return [java, *START_QUICKLY, *options, "-cp", classes, main]


def java_libraries(folder_name: str) -> Path:
    """Where Maven has put the libraries of a Java program, and its classes beside them."""
    maven = tool("mvn", "Maven 3.8 or newer")
    folder = HERE / folder_name
    sources = [HERE / "java-parent.xml", folder / "pom.xml", *sorted(folder.glob("src/**/*.java"))]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    built_from = folder / "target" / "built-from"
    with building():
        if not (built_from.exists() and built_from.read_text() == digest):
            run([maven, "--quiet", "--batch-mode", "process-classes"], folder)
            built_from.write_text(digest)
    return folder / "target" / "lib"


def python_environment(folder_name: str) -> Path:
    """The Python of a virtual environment that has a folder's requirements."""
    folder = HERE / folder_name
    environment = folder / "target" / "venv"
    wanted = (folder / "requirements.txt").read_text()
    made_from = environment / "made-from"
    python = environment / "bin" / "python"
    with building():
        if not (made_from.exists() and made_from.read_text() == wanted):
            run([sys.executable, "-m", "venv", str(environment)], folder)
            run([str(python), "-m", "pip", "install", "--quiet", "-r", "requirements.txt"], folder)
            made_from.write_text(wanted)
    return python


def becomes_true(
    condition: Callable[[], bool], within_s: float, every_s: float = LOOK_AGAIN_S
) -> bool:
    """Whether it comes true in time; for what other processes do, which can only be looked at."""
    end = time.monotonic() + within_s
    while not (true := condition()) and time.monotonic() < end:
        time.sleep(every_s)
    return true
