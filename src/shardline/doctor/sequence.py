"""What a sequence number of Kinesis tells: when its shard was made, and when its record was put.

The layout (version 2, 56 digits) is kinesalite's, read off AWS: 9 hexadecimal digits of the shard's
creation second from bit 148, 9 of the put second from bit 36, the shard's number in 8 from bit 4,
and the version in the last. A number that does not fit the layout tells nothing.
"""

from dataclasses import dataclass

_VERSION, _LEAD = 2, 2
_SECONDS = (1 << 36) - 1


@dataclass(frozen=True, slots=True)
class Told:
    """Seconds since 1970, and the shard's number."""

    created_s: int
    put_s: int
    shard: int


def told(number: str) -> Told | None:
    """What a number tells, if it has the layout."""
    if not (number.isascii() and number.isdigit() and len(number) == 56):
        return None
    value = int(number)
    if value >> 184 != _LEAD or value & 0xF != _VERSION:
        return None
    created, put = value >> 148 & _SECONDS, value >> 36 & _SECONDS
    shard = value >> 4 & 0xFFFF_FFFF
    return Told(created, put, shard) if created <= put else None


def shard_number(shard_id: str) -> int | None:
    """The number in `shardId-000000000012`."""
    _, _, digits = shard_id.rpartition("-")
    return int(digits) if digits.isascii() and digits.isdigit() else None
