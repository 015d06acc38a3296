"""Figures as tables of at most 80 columns, and as JSON for a later comparison."""

import os
import platform
import textwrap
import time
from pathlib import Path

import msgspec

from bench.plan import Result

_HEAD = (
    f"{'scenario':<19}{'records/s':>10}{'MB/s':>8}{'CPU s/M':>9}{'p50 ms':>8}{'p99 ms':>8}"
    f"{'peak MB':>8}{'load s/M':>9}"
)
_WIDTH = 80
# More than this for anyone else, and the figures are not the server's.
_QUIET_SHARE = 0.05
_FSYNC_PROBES = 50
_FSYNC_PROBE_BYTES = 4096


class Row(msgspec.Struct, kw_only=True):
    """One scenario on one server."""

    server: str
    scenario: str
    result: Result

    @property
    def name(self) -> str:
        return self.scenario if self.server != "kinesalite" else f"{self.scenario} kinesalite"

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.result.records / self.result.seconds if self.result.seconds else 0.0

    @property
    def cpu(self) -> float:
        """The server's CPU seconds per million records, which is µs per record."""
        return 1e6 * self.result.server_cpu_seconds / max(1, self.result.records)


class Report(msgspec.Struct, kw_only=True):
    """All that one run measured, and on what."""

    machine: str
    command: str
    rows: list[Row]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _fsync_ms(folder: Path) -> float:
    """The median time of one small write with fsync, which bounds what one put can wait for."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / "fsync-probe"
    waits = []
    with probe.open("wb", buffering=0) as file:
        for _ in range(_FSYNC_PROBES):
            file.write(bytes(_FSYNC_PROBE_BYTES))
            start = time.perf_counter()
            os.fsync(file.fileno())
            waits.append(time.perf_counter() - start)
    probe.unlink()
    return sorted(waits)[_FSYNC_PROBES // 2] * 1000


def machine(data_parent: Path) -> str:
    """What the figures depend on, in one line."""
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores ({_cpu_model()}) shared with the load, "
        f"Python {platform.python_version()}, fsync {_fsync_ms(data_parent):.2f} ms"
    )


def wrapped(text: str) -> str:
    """The text in lines of at most 80 columns."""
    return textwrap.fill(text, _WIDTH, subsequent_indent="  ")


def heading() -> str:
    return f"{_HEAD}\n{'-' * len(_HEAD)}"


def _others_share(result: Result) -> float:
    return result.other_cpu_seconds / (result.seconds * len(os.sched_getaffinity(0)))


def line(row: Row) -> str:
    """One row of the table; lines below it say what failed, and who else used the machine."""
    result = row.result
    per_million = 1e6 / max(1, result.records)
    text = (
        f"{row.name:<19}{row.rate:>10,.0f}{result.data_bytes / result.seconds / 1e6:>8.1f}"
        f"{row.cpu:>9.2f}{result.p50_ms:>8.2f}{result.p99_ms:>8.2f}"
        f"{result.server_peak_bytes / 1e6:>8.0f}{result.load_cpu_seconds * per_million:>9.2f}"
    )
    if result.failures:
        text += "\n" + wrapped(f"  {result.failures} failed, the first: {result.first_failure}")
    if (others := _others_share(result)) > _QUIET_SHARE:
        text += (
            f"\n  other processes used {others:.0%} of the machine: measure again when it is quiet"
        )
    return text


def threads(row: Row) -> str:
    """Where the server's CPU went, by thread name, in s per million records."""
    per_million = 1e6 / max(1, row.result.records)
    spent = sorted(row.result.server_cpu_by_thread.items(), key=lambda item: -item[1])
    parts = [f"{name} {seconds * per_million:.2f}" for name, seconds in spent if seconds]
    return wrapped(f"  CPU s/M by thread: {', '.join(parts)}")


def _change(now: float, before: float) -> str:
    return f"{100 * (now / before - 1):+.0f}%" if before else "-"


def comparison(rows: list[Row], earlier: Report) -> str:
    """Each row beside the same row of an earlier report."""
    before = {row.name: row for row in earlier.rows}
    lines = [
        wrapped(f"Compared with: {earlier.command}"),
        f"{'scenario':<19}{'records/s':>11}{'was':>11}{'':>7}{'CPU s/M':>10}{'was':>9}{'':>7}",
    ]
    for row in rows:
        old = before.get(row.name)
        if old is not None:
            lines.append(
                f"{row.name:<19}{row.rate:>11,.0f}{old.rate:>11,.0f}"
                f"{_change(row.rate, old.rate):>7}{row.cpu:>10.2f}{old.cpu:>9.2f}"
                f"{_change(row.cpu, old.cpu):>7}"
            )
    return "\n".join(lines)
