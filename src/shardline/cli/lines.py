"""Lines of a file or a pipe, as they arrive."""

import os
import select
from collections.abc import Iterator

from shardline.cli import Failure

CHUNK = 1024 * 1024
LONGEST_LINE = 10 * 1024 * 1024  # no record can be larger (AWS: Data, 10,485,760 bytes)
LINGER_S = 0.05


def arriving_lines(descriptor: int, *, linger_s: float = LINGER_S) -> Iterator[list[bytes]]:
    """Lines without their ends (LF or CR LF), as many at a time as one read gave.

    An empty list says that nothing has come for `linger_s`: what waits should go out now. So
    `tail -f log | shardline put` is prompt, and a fast pipe still fills whole requests. Raises
    `Failure` for a line that no record can hold.
    """
    rest = b""
    number = 0
    while True:
        if not select.select([descriptor], [], [], linger_s)[0]:
            yield []
            select.select([descriptor], [], [])
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            break
        *whole, rest = (rest + chunk).split(b"\n")
        number += len(whole)
        if len(rest) > LONGEST_LINE:
            raise Failure(f"line {number + 1} is longer than 10 MiB, the largest record")
        yield [line.removesuffix(b"\r") for line in whole]
    if rest:
        yield [rest.removesuffix(b"\r")]
