"""What an application needs to be allowed, by what it does, and on what.

Made of the module's own policies, so that both say the same; `core` is what tells that somebody is
meant to do it at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shardline.module.policies import is_own_key

Need = Literal["reader", "fan-out", "writer", "manager"]
On = Literal["stream", "consumer", "any", "key"]


@dataclass(frozen=True, slots=True)
class Action:
    """An action, and what it is checked on."""

    name: str
    on: On


def _on(on: On, *names: str) -> tuple[Action, ...]:
    return tuple(Action(f"kinesis:{name}", on) for name in names)


NEEDS: Mapping[Need, tuple[Action, ...]] = {
    "reader": (
        *_on("stream", "GetRecords", "GetShardIterator", "ListShards", "DescribeStreamSummary"),
        Action("kms:Decrypt", "key"),
    ),
    "fan-out": (
        *_on("consumer", "SubscribeToShard", "DescribeStreamConsumer"),
        *_on("stream", "ListShards", "DescribeStreamSummary"),
        Action("kms:Decrypt", "key"),
    ),
    "writer": (
        *_on("stream", "PutRecord", "PutRecords"),
        Action("kms:GenerateDataKey", "key"),
    ),
    "manager": (
        *_on("stream", "DeleteStream", "DescribeStreamSummary", "ListShards"),
        *_on("stream", "IncreaseStreamRetentionPeriod", "DecreaseStreamRetentionPeriod"),
        *_on("stream", "AddTagsToStream", "RemoveTagsFromStream", "RegisterStreamConsumer"),
        *_on("any", "UpdateShardCount", "UpdateStreamMode"),
        *_on("any", "EnableEnhancedMonitoring", "DisableEnhancedMonitoring"),
    ),
}
CORE: Mapping[Need, frozenset[str]] = {
    "reader": frozenset({"kinesis:GetRecords", "kinesis:GetShardIterator"}),
    "fan-out": frozenset({"kinesis:SubscribeToShard"}),
    "writer": frozenset({"kinesis:PutRecord", "kinesis:PutRecords"}),
    "manager": frozenset(
        {"kinesis:DeleteStream", "kinesis:UpdateShardCount", "kinesis:UpdateStreamMode"}
    ),
}
"""Who only polls shards that it knows needs the core alone; KCL and the SDKs call the rest."""


def actions(need: Need, key: str | None) -> tuple[Action, ...]:
    """What a need takes on a stream with this key: AWS's own key needs no permission."""
    has_key = key is not None and not is_own_key(key)
    return tuple(each for each in NEEDS[need] if each.on != "key" or has_key)
