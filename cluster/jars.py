"""Kafka's own jars, from Maven Central: fetched into `target/`, again when the pom changed."""

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cluster import Missing

_HERE = Path(__file__).resolve().parent
_POMS = (_HERE.parent / "tests" / "clients" / "java-parent.xml", _HERE / "pom.xml")
_TARGET = _HERE / "target"


def java() -> str:
    """The path of the program. Raises `Missing`."""
    return _program("java", "a JDK, 17 or newer: apt-get install default-jdk-headless")


def class_path() -> str:
    """What a broker runs from. Processes that ask at once wait for the one that fetches.

    Raises `Missing` without Maven, and `OSError` with what Maven said when it fails.
    """
    stamp = _TARGET / "fetched-for"
    wanted = hashlib.sha256(b"".join(pom.read_bytes() for pom in _POMS)).hexdigest()
    with building():
        if not (stamp.exists() and stamp.read_text() == wanted):
            _fetch()
            stamp.write_text(wanted)
    return f"{_TARGET / 'lib'}/*"


@contextlib.contextmanager
def building() -> Iterator[None]:
    """Wait until no other process of this checkout builds or fetches: neither Maven's local
    repository nor a folder that npm fills is made for two at once."""
    _TARGET.mkdir(exist_ok=True)
    with (_TARGET / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch() -> None:
    maven = _program("mvn", "Maven 3.8 or newer: apt-get install maven")
    shutil.rmtree(_TARGET / "lib", ignore_errors=True)  # else two versions would lie there
    command = [maven, "--quiet", "--batch-mode", "process-classes"]
    done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"Maven could not fetch Kafka:\n{done.stdout}\n{done.stderr}")


def _program(name: str, what: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"no `{name}` on this machine; install {what}")
    return path
