"""What requests may take of a node; `shardline.gateway.app` says how it holds them to it."""

from dataclasses import dataclass

MIB = 1024 * 1024

# HTTP servers take some 32 pieces before they let the sender wait. Of four times the size, 10 MB
# cost 2 ms less; each unread answer would hold 8 MiB more.
PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """What requests may take: bytes, seconds, and bytes per second."""

    # AWS takes 10 MiB of data and keys in one call; base64 makes that 13.4 MiB, and 500 long keys
    # and hash keys in JSON escapes add what is left.
    body_bytes: int = 16 * MIB
    request_bytes: int = 256 * MIB
    answer_bytes: int = 384 * MIB
    memory_bytes: int | None = None  # None for no bound: the process is not ours alone
    body_s: float = 60.0
    wait_s: float = 30.0
    read_grace_s: float = 20.0
    read_rate: int = 256 * 1024
