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
_SHOWN_OWN = 15
_SHOWN_TOTAL = 30
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


def _table(title: str, counts: Counter[str], samples: int, shown: int) -> list[str]:
    rows = [f"  {100 * n / samples:>5.1f}%  {name[:69]}" for name, n in counts.most_common(shown)]
    return [f"  {title}:", *rows]


def python_breakdown(stacks: str) -> str:
    """Tables from py-spy's raw format: each function's own share, and Shardline's with callees."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for stack in stacks.splitlines():
        frames, _, count = stack.rpartition(" ")
        names = [_short(frame) for frame in frames.split(";") if " (" in frame]
        if names:
            own[names[-1]] += int(count)
            total.update(dict.fromkeys(filter(_is_ours, names), int(count)))
    samples = own.total()
    if not samples:
        return "  py-spy saw no Python running"
    return "\n".join(
        [
            f"  {samples} samples of threads that hold the interpreter's lock",
            *_table("by function, itself", own, samples, _SHOWN_OWN),
            *_table("by function of Shardline, with all it calls", total, samples, _SHOWN_TOTAL),
        ]
    )


def _is_ours(name: str) -> bool:
    """Shardline's functions, without those that are on every stack."""
    return "(shardline/" in name and "(shardline/cli/" not in name and "__main__" not in name


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
        record = [spy, "record", "--pid", str(pid), "--subprocesses", "--nonblocking", "--gil"]
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
