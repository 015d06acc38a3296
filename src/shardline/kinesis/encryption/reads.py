"""Reading records of whatever kind: plain ones, and those under any of the stream's keys."""

from collections.abc import Sequence

from shardline.gateway.errors import ServiceError
from shardline.gateway.types import DeniedKey
from shardline.kinesis.encryption.vault import Vault
from shardline.kinesis.shelf import LiveStream
from shardline.storage.record_log import NO_CIPHERS, CipherMissing, Page, RecordLog


class Reads:
    """`RecordLog.read` for a live stream: its ciphers are found, its failures are AWS's errors."""

    def __init__(self, log: RecordLog, vault: Vault) -> None:
        self._log = log
        self._vault = vault

    async def read(
        self,
        live: LiveStream,
        shard: int,
        start: int,
        *,
        max_records: int,
        max_bytes: int,
        since_ms: int,
        denied: Sequence[DeniedKey] = (),
    ) -> Page:
        """As the log's `read`. Raises the KMS errors when the first record's key cannot be used.

        Keys that are `denied` to the reader cannot, for this call.
        """
        ciphers = self._vault.ciphers(live) if live.stream.keys else NO_CIPHERS
        refused = {each.arn: each.message for each in denied}
        if refused:
            ciphers = {
                number: cipher
                for number, cipher in ciphers.items()
                if self._vault.kms_key_of(live.stream, number) not in refused
            }
        try:
            return await self._log.read(
                live.stream.id,
                shard,
                start,
                max_records=max_records,
                max_bytes=max_bytes,
                since_ms=since_ms,
                ciphers=ciphers,
            )
        except CipherMissing as missing:
            message = refused.get(self._vault.kms_key_of(live.stream, missing.number) or "")
            if message is not None:
                raise ServiceError("KMSAccessDeniedException", message) from missing
            if missing.number not in self._vault.ciphers(live):
                raise self._vault.why_missing(live.stream, missing.number) from missing
        # Encryption was started, and records came, since the ciphers were looked up.
        return await self.read(
            live,
            shard,
            start,
            max_records=max_records,
            max_bytes=max_bytes,
            since_ms=since_ms,
            denied=denied,
        )
