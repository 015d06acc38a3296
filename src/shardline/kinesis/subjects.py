"""What a call of Kinesis is about, for those who decide whether it may be made.

Most calls say it by a name or an ARN. An iterator, a page token, a StreamId and a consumer's name
do not, and are looked up here, from memory. An ARN of another account means that account's stream.
"""

from collections.abc import Mapping
from typing import Any, Final

from shardline.gateway.authorization import Guarded, KeyUse, Subject
from shardline.gateway.types import Caller
from shardline.kinesis import consumers, iterators, messages, naming, page_tokens
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption import references
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import GetRecordsInput, PutRecordInput, PutRecordsInput
from shardline.storage.entities import Consumer, KmsKey, Stream

_HOT: Final = (PutRecordInput, PutRecordsInput, GetRecordsInput)
_ARNS = ("StreamARN", "ConsumerARN", "ResourceARN")
_WRITES = frozenset({"PutRecord", "PutRecords"})
_READS = frozenset({"GetRecords", "SubscribeToShard"})
_BY_CONSUMER_NAME = frozenset({"DescribeStreamConsumer", "DeregisterStreamConsumer"})


class Subjects:
    """`shardline.gateway.authorization.Resources` of Kinesis."""

    def __init__(self, book: StreamBook, kms: Kms, token_key: bytes) -> None:
        self._book = book
        self._kms = kms
        self._token_key = token_key

    def names_owner(self, params: Any) -> bool:
        """See `Resources`. A page token is of the stream whose pages were begun."""
        if isinstance(params, _HOT):  # first: to find that it is no Mapping takes longer
            return params.StreamARN is not None
        return "NextToken" in params or any(name in params for name in _ARNS)

    def subject(self, caller: Caller, operation: str, params: Any) -> Subject:
        """See `Resources`.

        Raises InvalidArgumentException for an iterator and a page token that cannot be read, and
        ResourceNotFoundException for the id of a stream that is not there.
        """
        if isinstance(params, GetRecordsInput):
            found = self._of_iterator(caller, params)
        elif isinstance(params, Mapping):
            found = self._of_members(caller, operation, params)
        else:
            found = self._of_stream(caller, params.StreamName, params.StreamARN, params.StreamId)
        if operation in _WRITES or operation in _READS:
            uses = self._key_uses(operation, found)
            return found._replace(key_uses=uses) if uses else found
        return found

    def guarded(self, arn: str) -> Guarded | None:
        """See `Resources`: the tags and the policy of a stream or a consumer."""
        found = self._resource(arn)
        return None if found is None else Guarded(found.tags, found.policy)

    def _of_stream(
        self, caller: Caller, name: str | None, arn: str | None, stream_id: str | None
    ) -> Subject:
        """The stream that a call names. It may do so in two ways: the operation compares them."""
        if arn is not None:
            parts = naming.parse_stream_arn(arn)
            return Subject(parts.account if parts is not None else caller.account, arn)
        if name is None and stream_id is not None:
            live = self._book.known(caller, None, stream_id)
            if live is None:
                raise messages.stream_not_found(stream_id, caller.account)
            return _of_live(live)
        if name is None:
            return Subject(caller.account)
        return Subject(caller.account, naming.stream_arn(caller.region, caller.account, name))

    def _of_iterator(self, caller: Caller, call: GetRecordsInput) -> Subject:
        """The stream of an iterator, also of one that has expired: its reader is to be told that.

        The stream may be named as well; then the operation compares them.
        """
        at = iterators.verified(self._token_key, call.ShardIterator)
        live = self._book.identified(at.stream_id)
        if live is not None:
            return _of_live(live)
        return self._of_stream(caller, at.name, call.StreamARN, None)

    def _of_members(self, caller: Caller, operation: str, call: Mapping[str, Any]) -> Subject:
        consumer_arn = call.get("ConsumerARN")
        arn = consumer_arn or call.get("ResourceARN")
        if arn is not None:
            return Subject(naming.account_in(arn) or caller.account, consumer_arn=consumer_arn)
        if operation == "ListShards" and call.get("NextToken") is not None:
            return self._of_page_token(caller, call["NextToken"])
        found = self._of_stream(
            caller, call.get("StreamName"), call.get("StreamARN"), call.get("StreamId")
        )
        name = call.get("ConsumerName")
        if operation in _BY_CONSUMER_NAME and name is not None and found.stream_arn is not None:
            found = found._replace(consumer_arn=self._consumer_arn(found.stream_arn, name))
        return found

    def _of_page_token(self, caller: Caller, token: str) -> Subject:
        now_ms = self._book.clock.now_ms()
        asked = page_tokens.read(self._token_key, "ListShards", token, now_ms)
        live = self._book.identified(asked["StreamId"])
        if live is not None:
            return _of_live(live)
        return self._of_stream(caller, asked["StreamName"], None, None)

    def _consumer_arn(self, stream_arn: str, name: str) -> str | None:
        live = self._live(stream_arn)
        if live is None:
            return None
        there = consumers.present(live.stream, self._book.clock.now_ms())
        return next((consumers.arn(live.stream, each) for each in there if each.name == name), None)

    def _key_uses(self, operation: str, found: Subject) -> tuple[KeyUse, ...]:
        """The customer's keys that a stream's records are under; AWS's own key needs no grant.

        Whoever writes uses the newest. Whoever reads uses those of the records that it meets, which
        GetRecords finds out by itself; SubscribeToShard, whose events are shared, needs them all.
        """
        live = self._live(found.stream_arn or found.consumer_arn or "")
        if live is None or not live.stream.keys:
            return ()
        stream = live.stream
        if operation in _WRITES:
            newest = stream.keys[-1:] if stream.key_id is not None else ()
            used = self._kms.customer_keys(newest)
            return tuple(_use(key, "kms:GenerateDataKey") for key in used)
        is_sure = operation == "SubscribeToShard"
        used = self._kms.customer_keys(stream.keys)
        return tuple(_use(key, "kms:Decrypt", is_sure=is_sure) for key in used)

    def _live(self, arn: str) -> LiveStream | None:
        """The stream in the ARN of a stream or of a consumer."""
        parts = naming.parse_stream_arn(arn.partition("/consumer/")[0])
        if parts is None:
            return None
        return self._book.named(parts.account, parts.region, parts.name)

    def _resource(self, arn: str) -> Stream | Consumer | None:
        live = self._live(arn)
        if live is None:
            return None
        if "/consumer/" not in arn:
            return live.stream
        for each in consumers.present(live.stream, self._book.clock.now_ms()):
            if consumers.arn(live.stream, each) == arn:
                return each
        return None


def _use(key: KmsKey, action: str, *, is_sure: bool = True) -> KeyUse:
    """The use of a key, with the condition keys of KMS that are known of it."""
    keys: dict[str, str | tuple[str, ...]] = {
        "kms:viaservice": f"kinesis.{key.region}.amazonaws.com"
    }
    if key.alias is not None:
        keys["kms:resourcealiases"] = (key.alias,)
    return KeyUse(action, references.arn_of(key), is_sure, keys)


def _of_live(live: LiveStream) -> Subject:
    stream = live.stream
    arn = naming.stream_arn(stream.region, stream.account, stream.name)
    return Subject(stream.account, arn)
