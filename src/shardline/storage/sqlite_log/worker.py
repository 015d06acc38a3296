"""What a committing thread does with the jobs that it was given."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import apsw

from shardline.clock import Clock
from shardline.storage.record_log import UnknownShard, WriteFailed
from shardline.storage.sqlite_log import trimming
from shardline.storage.sqlite_log.bounds import Bounds
from shardline.storage.sqlite_log.commits import Group
from shardline.storage.sqlite_log.extent import Extent
from shardline.storage.sqlite_log.jobs import Alone, Extents, Write
from shardline.storage.sqlite_log.streamfile import StreamFile

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """A result or an exception for each job, and the extents that are true from now on."""

    results: Sequence[object]
    changed: Extents = field(default_factory=dict)
    seconds: float | None = None  # how long a commit took; None if it failed, or was none


def run_writes(
    file: StreamFile,
    extents: Mapping[int, Extent],
    jobs: Sequence[Write],
    clock: Clock,
    frame_bytes: int,
) -> Outcome:
    """Commit writes together; when that fails, none of them happened."""
    results: list[object] = []
    begun = perf_counter()
    try:
        group = Group(file.path.stem, extents, clock.now_ms())
        for job in jobs:
            try:
                results.append(job.apply(group))
            except UnknownShard as error:
                results.append(error)
        statements = group.statements(frame_bytes)
        if statements:
            file.write(statements)
        return Outcome(results, group.extents(), perf_counter() - begun)
    except Exception as error:
        failed = failure(file, error)
        refused = [result if isinstance(result, UnknownShard) else failed for result in results]
        return Outcome(refused + [failed] * (len(jobs) - len(refused)))


def run_alone(file: StreamFile, extents: Mapping[int, Extent], job: Alone) -> Outcome:
    """Run a job that shares its commit with no other."""
    try:
        result, changed = job.run(file, extents)
    except Exception as error:
        return Outcome([failure(file, error)])
    return Outcome([result], changed)


def failure(file: StreamFile, error: Exception) -> Exception:
    """What the caller gets: one line that says what to look at, unless it is a mistake of ours."""
    match error:
        case apsw.FullError():
            reason = "the disk is full"
        case apsw.IOError():
            reason = f"the disk failed ({error})"
        case apsw.Error() | OSError():
            reason = str(error)
        case _:
            return error
    failed = WriteFailed(f"writing {file.path} failed: {reason}")
    failed.__cause__ = error
    return failed


def keep_house(file: StreamFile, bounds: Bounds) -> bool:
    """Do one slice of what can wait until jobs are answered; whether it succeeded.

    The holder of the commit checkpoints between two commits: a checkpoint beside a busy writer
    never comes to the end of the log, which then grows without bound.
    """
    try:
        if file.wants_checkpoint():
            file.checkpoint()
        else:
            trimming.housekeep(file, bounds.free_bytes)
    except Exception as error:  # nothing that can wait may keep the stream from going on
        _log.warning("%s: background work failed, to be tried again: %s", file.path, error)
        return False
    return True
