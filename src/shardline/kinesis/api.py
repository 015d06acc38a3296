"""The Kinesis API as the gateway serves it: every operation that is built, by AWS's name."""

from collections.abc import Mapping

from shardline.clock import Clock
from shardline.gateway.model import load_service
from shardline.gateway.types import Api, Handler
from shardline.kinesis.book import StreamBook
from shardline.kinesis.call_rates import CallRates
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.encryption.reads import Reads
from shardline.kinesis.encryption.vault import Vault
from shardline.kinesis.fanout.claims import Alone as AloneClaims
from shardline.kinesis.fanout.claims import Claims
from shardline.kinesis.fanout.subscription import Pace
from shardline.kinesis.fanout.subscriptions import Subscriptions
from shardline.kinesis.limit_modes import LimitsMode
from shardline.kinesis.limits import Limits
from shardline.kinesis.meters import LocalMeters, Meters
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.operations.consumers import Consumers
from shardline.kinesis.operations.encryption import Encryption
from shardline.kinesis.operations.gets import Gets
from shardline.kinesis.operations.on_demand import OnDemandSettings
from shardline.kinesis.operations.policies import Policies, PolicyCheck
from shardline.kinesis.operations.puts import Puts
from shardline.kinesis.operations.settings import StreamSettings
from shardline.kinesis.operations.shards import Shards
from shardline.kinesis.operations.streams import Streams
from shardline.kinesis.operations.subscribing import Subscribing
from shardline.kinesis.operations.tagging import Tagging
from shardline.kinesis.reading import Reading
from shardline.kinesis.structs import TYPED
from shardline.kinesis.throughput import Throughput
from shardline.kinesis.upkeep import Upkeep
from shardline.storage.record_log import RecordLog


def kinesis_api(
    book: StreamBook,
    log: RecordLog,
    upkeep: Upkeep,
    clock: Clock,
    token_key: bytes,
    kms: Kms,
    on_demand: OnDemand,
    check_policy: PolicyCheck,
    *,
    limits_mode: LimitsMode = "counts",
    pace: Pace | None = None,
    claims: Claims | None = None,
    meters: Meters | None = None,
) -> Api:
    """Put the operations together. `token_key` signs iterators and page tokens.

    `check_policy` checks resource policies that are put; whoever evaluates them gives it.
    `limits_mode` is the node's setting, which the book has too. `pace` is that of subscriptions.
    Of several processes, each gives `claims` and `meters` that it shares with the others.
    """
    limits = Limits.of(limits_mode)
    meters = LocalMeters() if meters is None else meters
    throughput = Throughput(meters, clock)
    vault = Vault(kms)
    puts = Puts(book, log, vault, throughput, on_demand)
    reading = Reading(book, log, Reads(log, vault), clock)
    gets = Gets(book, reading, clock, token_key, throughput)
    consumers = Consumers(book, clock, limits, token_key, on_demand)
    subscriptions = Subscriptions(
        book, log, reading, clock, pace or Pace(), claims or AloneClaims()
    )
    subscribing = Subscribing(book, reading, subscriptions, clock)
    streams = Streams(book, clock, limits, token_key, on_demand)
    shards = Shards(book, clock, limits, token_key)
    settings = StreamSettings(book, upkeep)
    modes = OnDemandSettings(book, on_demand, clock, limits)
    encryption = Encryption(book, kms, vault, clock)
    tagging = Tagging(book)
    policies = Policies(book, check_policy)
    handlers: Mapping[str, Handler] = {
        "AddTagsToStream": tagging.add_tags_to_stream,
        "CreateStream": streams.create_stream,
        "DecreaseStreamRetentionPeriod": settings.decrease_stream_retention_period,
        "DeleteResourcePolicy": policies.delete_resource_policy,
        "DeleteStream": streams.delete_stream,
        "DeregisterStreamConsumer": consumers.deregister_stream_consumer,
        "DescribeAccountSettings": modes.describe_account_settings,
        "DescribeLimits": streams.describe_limits,
        "DescribeStream": streams.describe_stream,
        "DescribeStreamConsumer": consumers.describe_stream_consumer,
        "DescribeStreamSummary": streams.describe_stream_summary,
        "DisableEnhancedMonitoring": settings.disable_enhanced_monitoring,
        "EnableEnhancedMonitoring": settings.enable_enhanced_monitoring,
        "GetRecords": gets.get_records,
        "GetResourcePolicy": policies.get_resource_policy,
        "GetShardIterator": gets.get_shard_iterator,
        "IncreaseStreamRetentionPeriod": settings.increase_stream_retention_period,
        "ListShards": shards.list_shards,
        "ListStreamConsumers": consumers.list_stream_consumers,
        "ListStreams": streams.list_streams,
        "ListTagsForResource": tagging.list_tags_for_resource,
        "ListTagsForStream": tagging.list_tags_for_stream,
        "MergeShards": shards.merge_shards,
        "PutRecord": puts.put_record,
        "PutRecords": puts.put_records,
        "PutResourcePolicy": policies.put_resource_policy,
        "RegisterStreamConsumer": consumers.register_stream_consumer,
        "RemoveTagsFromStream": tagging.remove_tags_from_stream,
        "SplitShard": shards.split_shard,
        "StartStreamEncryption": encryption.start_stream_encryption,
        "StopStreamEncryption": encryption.stop_stream_encryption,
        "SubscribeToShard": subscribing.subscribe_to_shard,
        "TagResource": tagging.tag_resource,
        "UntagResource": tagging.untag_resource,
        "UpdateAccountSettings": modes.update_account_settings,
        "UpdateMaxRecordSize": settings.update_max_record_size,
        "UpdateShardCount": shards.update_shard_count,
        "UpdateStreamMode": modes.update_stream_mode,
        "UpdateStreamRecordDistributionStrategy": (
            modes.update_stream_record_distribution_strategy
        ),
        "UpdateStreamWarmThroughput": modes.update_stream_warm_throughput,
    }
    return Api(
        model=load_service("kinesis"),
        handlers=handlers,
        typed=TYPED,
        large_answers=frozenset({"GetRecords"}),
        throttle=CallRates(book, meters, clock, limits_mode).take,
        end_streams=subscriptions.stop,
    )
