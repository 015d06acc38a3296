"""What the three policies allow of every operation of Kinesis, and calls that try it."""

import json
from typing import Any

from botocore.exceptions import ClientError

READ = {
    "DescribeLimits",
    "DescribeStream",
    "DescribeStreamConsumer",
    "DescribeStreamSummary",
    "GetRecords",
    "GetShardIterator",
    "ListShards",
    "ListStreamConsumers",
    "ListStreams",
    "SubscribeToShard",
}
WRITE = {"DescribeStream", "DescribeStreamSummary", "ListShards", "PutRecord", "PutRecords"}
# What is about something else than one stream and its consumers.
ELSEWHERE = {
    "AcknowledgeDeadLetterQueueRecords",
    "AcknowledgeQueueRecords",
    "CreateChannel",
    "CreateQueue",
    "DeleteChannel",
    "DeleteQueue",
    "DescribeChannel",
    "DescribeQueue",
    "ListChannels",
    "ListQueues",
    "ReceiveDeadLetterQueueRecords",
    "ReceiveQueueRecords",
    "RestoreDeadLetterQueueRecords",
    "UpdateAccountSettings",
    "UpdateChannel",
    "UpdateDeadLetterQueueRecordsVisibility",
    "UpdateQueue",
    "UpdateQueueRecordsVisibility",
}
# In AWS's reference these have no resource; Shardline checks them on the stream.
NO_RESOURCE = {
    "DescribeAccountSettings",
    "DescribeLimits",
    "DisableEnhancedMonitoring",
    "EnableEnhancedMonitoring",
    "ListStreams",
    "UpdateShardCount",
    "UpdateStreamMode",
}
# Those of them that are about no stream.
NO_STREAM = {"DescribeAccountSettings", "DescribeLimits", "ListStreams"}


class Calls:
    """Every operation on one stream, as somebody with a key makes it."""

    def __init__(self, client: Any, root: Any, stream: str) -> None:
        self.client, self.root, self.name = client, root, stream
        self.arn = root.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"][
            "StreamARN"
        ]
        listed = root.list_stream_consumers(StreamARN=self.arn)["Consumers"]
        self.consumer = listed[0]["ConsumerARN"]

    def iterator(self) -> str:
        """An iterator that root has got."""
        answer = self.root.get_shard_iterator(
            StreamName=self.name, ShardId="shardId-000000000000", ShardIteratorType="LATEST"
        )
        return str(answer["ShardIterator"])

    def parameters(self, operation: str) -> dict[str, Any]:
        """Parameters with which an operation passes the model, and is about this stream."""
        name, arn, consumer = self.name, self.arn, self.consumer
        shard = "shardId-000000000000"
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        every: dict[str, dict[str, Any]] = {
            "AddTagsToStream": {"StreamName": name, "Tags": {"a": "b"}},
            "CreateStream": {"StreamName": name, "ShardCount": 1},
            "DecreaseStreamRetentionPeriod": {"StreamName": name, "RetentionPeriodHours": 24},
            "DeleteResourcePolicy": {"ResourceARN": arn},
            "DeregisterStreamConsumer": {"ConsumerARN": f"{consumer}0"},
            "DescribeStreamConsumer": {"ConsumerARN": consumer},
            "DisableEnhancedMonitoring": {"StreamName": name, "ShardLevelMetrics": ["ALL"]},
            "EnableEnhancedMonitoring": {"StreamName": name, "ShardLevelMetrics": ["ALL"]},
            "GetRecords": {"ShardIterator": ""},
            "GetResourcePolicy": {"ResourceARN": arn},
            "GetShardIterator": {
                "StreamName": name,
                "ShardId": shard,
                "ShardIteratorType": "LATEST",
            },
            "IncreaseStreamRetentionPeriod": {"StreamName": name, "RetentionPeriodHours": 24},
            "ListStreamConsumers": {"StreamARN": arn},
            "ListTagsForResource": {"ResourceARN": arn},
            "MergeShards": {
                "StreamName": name,
                "ShardToMerge": shard,
                "AdjacentShardToMerge": "shardId-000000000099",
            },
            "PutRecord": {"StreamName": name, "Data": b"x", "PartitionKey": "a"},
            "PutRecords": {"StreamName": name, "Records": [{"Data": b"x", "PartitionKey": "a"}]},
            "PutResourcePolicy": {"ResourceARN": arn, "Policy": policy},
            "RegisterStreamConsumer": {"StreamARN": arn, "ConsumerName": "more"},
            "RemoveTagsFromStream": {"StreamName": name, "TagKeys": ["a"]},
            "SplitShard": {"StreamName": name, "ShardToSplit": shard, "NewStartingHashKey": "0"},
            "StartStreamEncryption": {
                "StreamName": name,
                "EncryptionType": "KMS",
                "KeyId": "alias/aws/kinesis",
            },
            "StopStreamEncryption": {
                "StreamName": name,
                "EncryptionType": "KMS",
                "KeyId": "alias/aws/kinesis",
            },
            "SubscribeToShard": {
                "ConsumerARN": consumer,
                "ShardId": shard,
                "StartingPosition": {"Type": "LATEST"},
            },
            "TagResource": {"ResourceARN": arn, "Tags": {"a": "b"}},
            "UntagResource": {"ResourceARN": arn, "TagKeys": ["a"]},
            "UpdateAccountSettings": {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}},
            "UpdateMaxRecordSize": {"StreamARN": arn, "MaxRecordSizeInKiB": 1024},
            "UpdateShardCount": {
                "StreamName": name,
                "TargetShardCount": 2,
                "ScalingType": "UNIFORM_SCALING",
            },
            "UpdateStreamMode": {
                "StreamARN": arn,
                "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            },
            "UpdateStreamRecordDistributionStrategy": {
                "StreamARN": arn,
                "RecordDistributionStrategy": "USER_PARTITION_KEY",
            },
            "UpdateStreamWarmThroughput": {"StreamARN": arn, "WarmThroughputMiBps": 1},
        }
        if operation in NO_STREAM:
            return {}
        found = every.get(operation, {"StreamName": name})
        return {"ShardIterator": self.iterator()} if operation == "GetRecords" else found

    def is_allowed(self, operation: str) -> bool:
        """Whether a call is let through, whatever then becomes of it."""
        try:
            answer = self.client._make_api_call(operation, self.parameters(operation))
        except ClientError as error:
            return error.response["Error"]["Code"] != "AccessDeniedException"
        if "EventStream" in answer:
            answer["EventStream"].close()
        return True
