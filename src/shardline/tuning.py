"""How a server's process is set up for what it does: many short-lived objects, a few large ones."""

import ctypes
import gc
import resource

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_KEEP_BYTES = 64 * 1024 * 1024

# A request leaves no cycles behind, so looking for them after every 700 allocations finds nothing.
_COLLECT_AFTER = 50_000


_MOST_FILES = 65_536


def allow_files() -> None:
    """Let this process open as many files as it may: 1,024 is what most systems begin with.

    It has to come before the stores are opened, which go by what is allowed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def tune_process() -> None:
    """Keep freed memory for the next answer, and look for cycles less often.

    By default glibc gives a block of megabytes back to the kernel as soon as it is freed, and the
    kernel has to clear every page of the next one: measured on GetRecords answers of 13 MB, that
    was a tenth of the CPU. On a system without glibc nothing is changed.
    """
    gc.freeze()  # what start-up made stays: it need not be looked at again
    gc.set_threshold(_COLLECT_AFTER, 20, 50)
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(_M_MMAP_THRESHOLD, _KEEP_BYTES)
    mallopt(_M_TRIM_THRESHOLD, 4 * _KEEP_BYTES)
