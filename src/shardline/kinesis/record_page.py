"""The records of an answer, kept in columns: an answer of 10,000 makes no object for each.

JSON is written from the columns by a few passes over whole runs, which took 0.8 µs a record of
1 KiB where a struct for each and its encoding took 1.5. It is joined into the pieces in which it
is sent: to put them together and cut them again had cost a get through sockets 18 %. Base64 is
pybase64's, four times as fast on such records as msgspec's. A test holds the text against
msgspec's, record by record.
"""

import re
from collections.abc import Iterator, Sequence
from typing import overload

import msgspec
from pybase64 import b64encode

from shardline.gateway.bounds import PIECE_BYTES
from shardline.kinesis import sequence
from shardline.kinesis.encryption.vault import KMS
from shardline.kinesis.structs import Record
from shardline.storage.entities import Shard
from shardline.storage.record_log import Page, Run

# A record's text: begin, number, arrival, data, key, end. The end goes on to the next one's begin.
_BEGIN = b'{"SequenceNumber":"'
_ARRIVAL = b'","ApproximateArrivalTimestamp":%b,"Data":"'
_KEY = b'","PartitionKey":"'
_BETWEEN = b"," + _BEGIN
_NEXT = b'"}' + _BETWEEN
_NEXT_KMS = b'","EncryptionType":"KMS"}' + _BETWEEN

_TEXTS = 6
# What a record's text is longer than its data in base64 and its key, at most.
_RECORD_BYTES = 180

_needs_escape = re.compile(rb'[\x00-\x1f"\\\x7f]').search


class RecordPage(Sequence[Record]):
    """The records of a page of a shard, as AWS shows them.

    A sequence of `Record` for whoever asks for one, made anew each time; protocols that know how
    write it whole (`json_pieces`).
    """

    __slots__ = ("_length", "_runs", "_shard")

    def __init__(self, shard: Shard, page: Page) -> None:
        self._shard = shard
        self._runs = page.runs
        self._length = sum(len(run.keys) for run in page.runs)

    def __len__(self) -> int:
        """How many records."""
        return self._length

    def __iter__(self) -> Iterator[Record]:
        """The records in order."""
        for run in self._runs:
            arrived_s = run.arrived_ms / 1000
            kind = KMS if run.encrypted else None
            numbers = self._numbers(run)
            for number, data, key in zip(numbers, run.datas, run.keys, strict=True):
                yield Record(number, arrived_s, data, key.decode() or None, kind)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        """A record, or some."""
        return list(self)[index]

    def json_pieces(self) -> list[bytes]:
        """The text of the records in JSON, as `JsonElements` has it."""
        pieces: list[bytes] = []
        texts: list[bytes] = [_BEGIN]
        room = float(PIECE_BYTES)
        for run in self._runs:
            of_run = self._texts(run)
            count, at = len(run.keys), 0
            size = sum(map(len, run.datas)) * 4 / 3 + sum(map(len, run.keys))
            each = _RECORD_BYTES + size / max(1, count)
            while at < count:
                fitting = int(room / each)
                if fitting < 1 and room < PIECE_BYTES:
                    pieces.append(b"".join(texts))
                    texts, room = [], PIECE_BYTES
                    continue
                end = min(count, at + max(1, fitting))
                texts += of_run[_TEXTS * at : _TEXTS * end]
                room -= (end - at) * each
                at = end
        if texts[-1] is _BEGIN:
            return []
        texts[-1] = texts[-1].removesuffix(_BETWEEN)
        return [*pieces, b"".join(texts)]

    def _texts(self, run: Run) -> list[bytes]:
        """The records' texts, `_TEXTS` of them for each; the last begins the next record."""
        count = len(run.keys)
        texts: list[bytes] = [_KEY] * (_TEXTS * count)
        texts[::_TEXTS] = map(str.encode, self._numbers(run))
        texts[1::_TEXTS] = [_ARRIVAL % msgspec.json.encode(run.arrived_ms / 1000)] * count
        texts[2::_TEXTS] = map(b64encode, run.datas)
        if not all(run.keys):  # records of a stream that ignores keys may have none
            texts[3::_TEXTS] = [_KEY if key else b"" for key in run.keys]
        texts[4::_TEXTS] = _escaped(run.keys)
        texts[5::_TEXTS] = [_NEXT_KMS if run.encrypted else _NEXT] * count
        return texts

    def _numbers(self, run: Run) -> list[str]:
        return sequence.numbers(self._shard, run.first, len(run.keys), run.arrived_ms)


def _escaped(keys: Sequence[bytes]) -> Sequence[bytes]:
    """Keys (UTF-8) as they stand between quotation marks in JSON."""
    if _needs_escape(b"".join(keys)) is None:
        return keys
    return [msgspec.json.encode(key.decode())[1:-1] for key in keys]
