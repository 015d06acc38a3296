"""StartStreamEncryption and StopStreamEncryption.

Records are encrypted from the moment the call is accepted, before the stream is ACTIVE again; AWS
promises it for some seconds after that.
"""

from dataclasses import replace
from typing import Any

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis import lifecycle, messages
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.encryption.vault import KMS, Vault
from shardline.kinesis.scaling import within_day
from shardline.kinesis.shelf import LiveStream
from shardline.storage.entities import Stream

CHANGES_PER_DAY = 25


class Encryption:
    """The operations that switch encryption at rest."""

    def __init__(self, book: StreamBook, kms: Kms, vault: Vault, clock: Clock) -> None:
        self._book = book
        self._kms = kms
        self._vault = vault
        self._clock = clock

    async def start_stream_encryption(self, caller: Caller, call: dict[str, Any]) -> None:
        """Encrypt what is written from now on, or go on under another key."""
        _check_type(call)
        live = await self._book.of_call(caller, call)
        lifecycle.after(live.stream, "change_encryption")
        key = await self._kms.find(caller, call["KeyId"])

        def make(stream: Stream) -> Stream:
            return replace(
                stream,
                key_id=call["KeyId"],
                keys=self._vault.with_key(stream, key),
                key_changes_ms=self._count_change(live, stream),
            )

        await self._book.change(live, "change_encryption", make)

    async def stop_stream_encryption(self, caller: Caller, call: dict[str, Any]) -> None:
        """Write records as they are from now on. What was encrypted stays so, and readable.

        Whether AWS compares KeyId with the stream's is not known: here it is not looked at. A
        stream that is not encrypted stays so, which is no change that would count.
        """
        _check_type(call)
        live = await self._book.of_call(caller, call)

        def make(stream: Stream) -> Stream:
            if stream.key_id is None:
                return stream
            return replace(stream, key_id=None, key_changes_ms=self._count_change(live, stream))

        await self._book.change(live, "change_encryption", make)

    def _count_change(self, live: LiveStream, stream: Stream) -> tuple[int, ...]:
        """The changes of the last 24 hours with this one. Raises LimitExceededException."""
        now_ms = self._clock.now_ms()
        times = within_day(stream.key_changes_ms, now_ms)
        if live.limits != "off" and len(times) >= CHANGES_PER_DAY:
            # AWS's own text is not known.
            raise messages.limit_exceeded(
                f"The encryption of stream {stream.name} under account {stream.account} cannot be "
                f"changed more than {CHANGES_PER_DAY} times per rolling 24-hour period."
            )
        return (*times, now_ms)[-CHANGES_PER_DAY:]


def _check_type(call: dict[str, Any]) -> None:
    """EncryptionType can only be KMS, also to stop (botocore's model). AWS's text is not known."""
    if call["EncryptionType"] != KMS:
        raise messages.invalid_argument("EncryptionType must be KMS.")
