"""The data keys of streams: made, and unwrapped for those who write and read records.

What was unwrapped is kept with the live stream until the stream or a KMS key changes, so that a
call pays a look-up. A stream that was never encrypted has no keys, and nobody asks here.
"""

import os
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.kinesis.encryption import errors
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.encryption.references import Reference
from shardline.kinesis.shelf import LiveStream
from shardline.storage.ciphers import KEY_BYTES, DataKey
from shardline.storage.entities import KmsKey, Stream, StreamKey
from shardline.storage.record_log import Cipher, Ciphers

KMS = "KMS"


def encryption_type(stream: Stream) -> str | None:
    """What PutRecord and PutRecords answer: None leaves the member out."""
    return None if stream.key_id is None else KMS


def describe_encryption(stream: Stream) -> dict[str, Any]:
    """The members EncryptionType and KeyId of a stream's description."""
    if stream.key_id is None:
        return {"EncryptionType": "NONE"}
    return {"EncryptionType": KMS, "KeyId": stream.key_id}


class Ring:
    """The data keys of one stream that can be used at a version of the KMS keys."""

    __slots__ = ("ciphers", "version")

    def __init__(self, version: int, ciphers: Ciphers) -> None:
        self.version = version
        self.ciphers = ciphers


class Vault:
    """The data keys of all streams."""

    def __init__(self, kms: Kms) -> None:
        self._kms = kms

    def with_key(self, stream: Stream, kms_key: KmsKey) -> tuple[StreamKey, ...]:
        """The keys of a stream that writes under `kms_key` from now on.

        Another KMS key gets a new data key; the same one goes on with its own. Raises the KMS
        errors.
        """
        if stream.keys and stream.keys[-1].kms_key == kms_key.id:
            return stream.keys
        number = stream.keys[-1].number + 1 if stream.keys else 1
        wrapped = self._kms.wrap(kms_key, os.urandom(KEY_BYTES), _context(stream, number))
        return (*stream.keys, StreamKey(number, kms_key.id, wrapped))

    def cipher(self, live: LiveStream) -> Cipher:
        """What the records of an encrypted stream are written with. Raises the KMS errors."""
        number = live.stream.keys[-1].number
        found = self.ciphers(live).get(number)
        if found is None:
            raise self.why_missing(live.stream, number)
        return found

    def ciphers(self, live: LiveStream) -> Ciphers:
        """What the records of a stream can be read with: the keys that can be used now."""
        ring = live.ring
        if ring is None or ring.version != self._kms.version:
            ring = live.ring = Ring(self._kms.version, self._unwrap_all(live.stream))
        return ring.ciphers

    def _unwrap_all(self, stream: Stream) -> Ciphers:
        ciphers: dict[int, Cipher] = {}
        for key in stream.keys:
            try:
                ciphers[key.number] = DataKey(key.number, self._unwrap(stream, key))
            except ServiceError:
                continue  # whoever needs it asks `why_missing`
        return ciphers

    def why_missing(self, stream: Stream, number: int) -> ServiceError:
        """The KMS error of a data key that could not be used."""
        for key in stream.keys:
            if key.number == number:
                try:
                    self._unwrap(stream, key)
                except ServiceError as error:
                    return error
        return errors.data_key_not_found(stream.name)

    def kms_key_of(self, stream: Stream, number: int) -> str | None:
        """The ARN of the KMS key that wraps a data key of a stream, by the data key's number."""
        for key in stream.keys:
            if key.number == number:
                return Reference(stream.account, stream.region, key.kms_key, None).arn
        return None

    def _unwrap(self, stream: Stream, key: StreamKey) -> bytes:
        kms_key = Reference(stream.account, stream.region, key.kms_key, None)
        return self._kms.unwrap(kms_key, key.wrapped, _context(stream, key.number))


def _context(stream: Stream, number: int) -> str:
    return f"data key {number} of stream {stream.id}"
