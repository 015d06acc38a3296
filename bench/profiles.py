"""Where a server's CPU goes: py-spy for Python functions, perf for shared libraries.

Either is used if it is installed (``pip install py-spy``; ``perf`` comes with the kernel's tools)
and may trace the server: as root, or where the kernel allows it.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.servers import BenchError, Server

_SPY_SAMPLES_PER_SECOND = 200
_PERF_SAMPLES_PER_SECOND = 999
_STACKS = "stacks"
_PERF_DATA = "perf.data"
_SHOWN_FUNCTIONS = 30
_SHOWN_SYMBOLS = 25
_STOP_SECONDS = 30.0


def _tool(name: str) -> str | None:
    beside_python = Path(sys.executable).with_name(name)
    return str(beside_python) if beside_python.exists() else shutil.which(name)


def require_a_profiler() -> None:
    if not _tool("py-spy") and not _tool("perf"):
        raise BenchError("--profile needs py-spy (pip install py-spy) or perf; neither is on PATH")


def _short(frame: str) -> str:
    """``function (shardline/gateway/server.py)`` of a py-spy frame, without the line number."""
    function, _, place = frame.rpartition(" (")
    file = place.rstrip(")").partition(":")[0]
    for marker in ("/site-packages/", "/src/", "/lib/python3"):
        file = file.rpartition(marker)[2]
    return f"{function} ({file})"


def python_breakdown(stacks: str) -> str:
    """A table from py-spy's raw format: own and total share of each function."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    samples = 0
    for stack in stacks.splitlines():
        frames, _, count = stack.rpartition(" ")
        names = [_short(frame) for frame in frames.split(";") if " (" in frame]
        if not names:
            continue
        samples += int(count)
        own[names[-1]] += int(count)
        total.update(dict.fromkeys(names, int(count)))
    lines = [f"  {'own':>6}{'total':>7}  of {samples} samples of running Python threads"]
    for name, hits in total.most_common(_SHOWN_FUNCTIONS):
        share, mine = 100 * hits / samples, 100 * own[name] / samples
        lines.append(f"  {mine:>5.1f}%{share:>6.1f}%  {name[:63]}")
    return "\n".join(lines)


def _library_breakdown(perf: str, recording: Path) -> str:
    """perf's own tables: by shared library, then the dearest symbols."""
    tables = []
    for sort, shown in (("dso", 12), ("dso,symbol", _SHOWN_SYMBOLS)):
        command = [perf, "report", "-i", str(recording), "--stdio", "--sort", sort, "-q"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        kept = [
            f"  {line.strip()[:78].rstrip()}" for line in done.stdout.splitlines() if line.strip()
        ]
        tables.append("\n".join(kept[:shown]))
    return "\n".join(["  by library:", tables[0], "  by symbol:", tables[1]])


def _commands(pid: int, folder: Path) -> list[list[str]]:
    commands = []
    if spy := _tool("py-spy"):
        record = [spy, "record", "--pid", str(pid), "--subprocesses", "--nonblocking"]
        record += [
            "--rate",
            str(_SPY_SAMPLES_PER_SECOND),
            "--duration",
            "100000",
            "--format",
            "raw",
        ]
        commands.append([*record, "--output", str(folder / _STACKS)])
    if perf := _tool("perf"):
        record = [perf, "record", "-q", "-F", str(_PERF_SAMPLES_PER_SECOND), "-p", str(pid)]
        commands.append([*record, "-o", str(folder / _PERF_DATA)])
    return commands


class Profile:
    """What the profilers said about one server; ``text`` is there after ``watching``."""

    text = ""

    @contextlib.contextmanager
    def watching(self, server: Server) -> Iterator[None]:
        """Samples the server while the block runs."""
        with tempfile.TemporaryDirectory(prefix="shardline-profile-") as name:
            folder = Path(name)
            recorders = [
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for command in _commands(server.pid, folder)
            ]
            try:
                yield
            finally:
                for recorder in recorders:
                    recorder.send_signal(signal.SIGINT)  # both write their file on it
                for recorder in recorders:
                    recorder.wait(_STOP_SECONDS)
            self.text = "\n".join(_breakdowns(folder))


def _breakdowns(folder: Path) -> Iterator[str]:
    if (stacks := folder / _STACKS).exists():
        yield python_breakdown(stacks.read_text())
    if (recording := folder / _PERF_DATA).exists() and (perf := _tool("perf")):
        yield _library_breakdown(perf, recording)
