"""What Linux knows about a process and its children: CPU time and memory, read from /proc."""

import contextlib
import os
from collections import defaultdict
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def _fields(stat: Path) -> tuple[str, list[str]]:
    """A stat file's command name, and its fields from the third (state) on.

    The name stands in brackets and may itself hold blanks and brackets (proc_pid_stat(5)).
    """
    name, _, rest = stat.read_text().rpartition(") ")
    return name.partition("(")[2], rest.split()


def _family(pid: int) -> list[int]:
    """The process and all its living descendants."""
    children = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int(_fields(entry / "stat")[1][1])
                children[parent].append(int(entry.name))
    family = [pid]
    for member in family:
        family.extend(children[member])
    return family


def cpu_seconds(pid: int) -> float:
    """User and system time of the process, its descendants and the children it has waited for."""
    ticks = 0
    for member in _family(pid):
        with contextlib.suppress(OSError):
            fields = _fields(_PROC / str(member) / "stat")[1]
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICKS_PER_SECOND


def cpu_seconds_by_thread(pid: int) -> dict[str, float]:
    """User and system time per thread name; threads of one name are added up.

    The thread that runs the event loop is "main": Python 3.11 gives its threads no names of
    their own.
    """
    seconds: dict[str, float] = defaultdict(float)
    for member in _family(pid):
        for task in (_PROC / str(member) / "task").iterdir():
            with contextlib.suppress(OSError):
                name, fields = _fields(task / "stat")
                name = "main" if task.name == str(member) else name
                seconds[name] += (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
    return dict(seconds)


def machine_busy_seconds() -> float:
    """What all processors together spent neither idle nor waiting for a disk, stolen time too."""
    user, nice, system, _idle, _iowait, *other = (_PROC / "stat").read_text().split()[1:9]
    return sum(int(ticks) for ticks in (user, nice, system, *other)) / _TICKS_PER_SECOND


def reset_peak_memory(pid: int) -> None:
    """Forget the peak reached so far (proc_pid_clear_refs(5)); needs the process's owner."""
    for member in _family(pid):
        with contextlib.suppress(OSError):
            (_PROC / str(member) / "clear_refs").write_text("5")


def peak_memory_bytes(pid: int) -> int:
    """The sum of each process's own peak of resident memory."""
    return _of_status(pid, "VmHWM:")


def memory_bytes(pid: int) -> int:
    """The resident memory of the process and its descendants."""
    return _of_status(pid, "VmRSS:")


def _of_status(pid: int, field: str) -> int:
    kibibytes = 0
    for member in _family(pid):
        with contextlib.suppress(OSError):
            for line in (_PROC / str(member) / "status").read_text().splitlines():
                if line.startswith(field):
                    kibibytes += int(line.split()[1])
    return kibibytes * 1024
