"""Sequence numbers: AWS's layout of version 2, made from a shard, an offset and a time.

    hex digits  field                                                     bit
     1          the digit 2                                               184
     9          the second in which the shard was created                 148
     1          the low four bits of the shard's number                   144
    16          the counter                                                80
     2          zeros                                                      72
     9          the second in which the record was put                     36
     8          the shard's number                                          4
     1          the version, 2                                              0

Written in decimal that is 56 digits. The layout is kinesalite's, read off AWS and held against it
by its suite. On AWS the counter is shared by several shards; here it is the record's offset in its
shard plus one, so that a number says where the record lies. Counter 0 is the shard's
StartingSequenceNumber, 7fffffffffffffff its EndingSequenceNumber.

Numbers of one shard order as its offsets. Numbers order across a reshard because a child is
created in a later second than its parents (`lineage.child_created_s`).
"""

from itertools import accumulate, repeat
from typing import NamedTuple

from shardline.storage.entities import Shard
from shardline.storage.record_log import Appended

_COUNTER_BIT = 80
_STEP = 1 << _COUNTER_BIT
_LAST_COUNTER = (1 << 63) - 1
_V0_END = 1 << 128
_V0_LAST_CREATED_S = 16_025_175_000
_LEAD = 0x2 << 184
_LEAD_END = 0x3 << 184


class UndecodableNumberError(ValueError):
    """A text of digits that is no sequence number of any version."""


class SequenceNumber(NamedTuple):
    """What a sequence number says. `shard` is signed, as on AWS. Version 0 has no put second.

    Only version 2 is given out; 0 and 1 are old ones of AWS, which it still tells apart.
    """

    version: int
    created_s: int
    counter: int
    put_s: int
    shard: int


def numbers(shard: Shard, first: int, count: int, arrived_ms: int) -> list[str]:
    """The numbers of `count` records at consecutive offsets from `first`, in order."""
    base = _compose(shard, first + 1, arrived_ms // 1000)
    if count == 1:
        return [repr(base)]
    # repr is str for an int, without going through a type's call.
    return list(map(repr, accumulate(repeat(_STEP, count - 1), initial=base))) if count else []


def of_appended(shard: Shard, appended: Appended, count: int) -> list[str]:
    """The numbers of the `count` records of a batch that was appended, in order."""
    if appended.offsets is None:
        return numbers(shard, appended.first, count, appended.arrived_ms)
    return [number(shard, offset, appended.arrived_ms) for offset in appended.offsets]


def number(shard: Shard, offset: int, arrived_ms: int) -> str:
    """The number of the record at one offset."""
    return repr(_compose(shard, offset + 1, arrived_ms // 1000))


def starting(shard: Shard) -> str:
    """The shard's StartingSequenceNumber: below every number of it."""
    return repr(_compose(shard, 0, shard.created_s))


def ending(shard: Shard, closed_ms: int) -> str:
    """The shard's EndingSequenceNumber: above every number of it, below those of its children."""
    return repr(_compose(shard, _LAST_COUNTER, closed_ms // 1000))


def _compose(shard: Shard, counter: int, put_s: int) -> int:
    return (
        _LEAD
        | shard.created_s << 148
        | (shard.number & 0xF) << 144
        | counter << _COUNTER_BIT
        | put_s << 36
        | shard.number << 4
        | 2
    )


def parse(text: str) -> SequenceNumber:
    """Read a sequence number of decimal digits (as the model has checked).

    Raises `UndecodableNumberError` for what AWS calls invalid, as kinesalite's suite recorded it:
    another leading digit or version, a counter of version 2 with its top bit set, and a create
    second of version 0 from 16,025,175,000 on.
    """
    value = int(text)
    if value < _V0_END:
        return _parse_v0(value)
    version = value & 0xF
    if not _LEAD < value < _LEAD_END or version not in (1, 2):
        raise UndecodableNumberError(text)
    created_s = value >> 148 & 0xFFFFFFFFF
    shard = _signed(value >> 4 & 0xFFFFFFFF, 32)
    if version == 1:
        return SequenceNumber(1, created_s, value >> 36 & 0xFF, value >> 100 & 0xFFFFFFFFF, shard)
    counter = value >> _COUNTER_BIT & 0xFFFFFFFFFFFFFFFF
    if counter > _LAST_COUNTER:
        raise UndecodableNumberError(text)
    return SequenceNumber(2, created_s, counter, value >> 36 & 0xFFFFFFFFF, shard)


def _parse_v0(value: int) -> SequenceNumber:
    created_s = value >> 88 & 0xFFFFFFFFF
    if created_s >= _V0_LAST_CREATED_S:
        raise UndecodableNumberError(str(value))
    return SequenceNumber(0, created_s, 0, 0, value & 0xFFFF)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
