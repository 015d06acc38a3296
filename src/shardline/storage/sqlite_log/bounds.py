"""The bounds of the SQLite log: how much of each thing it takes at once."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Sizes are in bytes. `bench/log_bench.py` measures what they cost."""

    frame_bytes: int = 256 * 1024
    """Keys and data in one frame, unless one record is larger: what a read decodes at once."""

    commit_bytes: int = 8 * MIB
    """Keys and data in one commit, unless one request is larger. Requests beyond it wait for the
    next commit, in their order: an append that waits is the back-pressure that a producer feels."""

    linger_s: float = 0.002
    """How long a commit waits for as many writes as its clients are known to have under way."""

    linger_bytes: int = 128 * 1024
    """Commits that are larger do not wait: their cost is that of their bytes."""

    wal_bytes: int = 64 * MIB
    """The write-ahead log is copied into the database when it has passed this."""

    free_bytes: int = 8 * MIB
    """Frames below the horizon that are deleted between two commits."""

    open_files: int = 512
    """Streams whose files are held open, each with 5 to 9 descriptors; fewer where the process may
    have few. To open one costs as much CPU as three small commits, so streams that are written by
    turns should all be open."""

    cache_bytes: int = 128 * MIB
    """What all SQLite databases of the process hold in memory before their page caches grow no
    more; each has 2 MB for writing and 1 MB for each of its readers at most."""

    commit_threads: int = 4
    """Streams that commit at the same time; most of a commit is waiting for the disk."""

    read_threads: int = 4
    """Reads at the same time, over all streams."""
