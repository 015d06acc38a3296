"""`stream.yaml` as pydantic models: what may be written, and nothing that follows from it.

Every field but the name may be left out. What then holds is a `WantedStream` (`wanted.py`), which
is what the rest of the module works with. Titles and descriptions are written for people who do not
know AWS: the form and `shardline new` show them.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator

from shardline.module.spec import names, types
from shardline.module.spec.alarm_fields import AnyAlarms
from shardline.module.spec.part import Maybe, Part, optional, required
from shardline.module.spec.parts import Access, Encryption, ShardMetrics, Shards
from shardline.module.spec.presets import PRESETS, PresetName
from shardline.module.spec.rules import broken_rules
from shardline.module.spec.types import UNIQUE, wrong

MAX_CONSUMERS = 50
MAX_TAGS = 40
"""AWS allows 50; the rest is for the tags by which the module knows what it made."""

Consumers = Annotated[
    tuple[types.ConsumerName, ...], Field(max_length=MAX_CONSUMERS, strict=False), UNIQUE
]
Tags = Annotated[
    dict[types.TagKey, types.TagValue],
    Field(max_length=MAX_TAGS),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": names.tag_key_schema(),
            "additionalProperties": names.tag_value_schema(),
            "maxProperties": MAX_TAGS,
        }
    ),
]


class StreamConfig(Part):
    """A stream, with everything around it."""

    name: types.StreamName = required(
        "Name",
        "What the stream is called. Those who write to it and read from it use this name.",
        "orders",
        immutable=True,
        group="The stream",
    )
    region: Maybe[types.RegionName] = optional(
        "Region",
        "Where the stream is: the code of an AWS region. Left out, it is the region that your AWS "
        "settings name, or else us-east-1.",
        "eu-west-1",
        immutable=True,
        group="The stream",
    )
    preset: Maybe[PresetName] = optional(
        "Preset",
        "A set of values to begin with. What the other fields say goes before it.",
        "production",
        labels={name: preset.title for name, preset in PRESETS.items()},
        group="The stream",
    )
    mode: Maybe[Literal["on_demand", "provisioned"]] = optional(
        "Mode",
        "Whether AWS makes room for what arrives and charges by use (on_demand), or you say how "
        "many shards there are and pay for those (provisioned). Left out, it is provisioned where "
        "shards are given, and on_demand where they are not.",
        "provisioned",
        holds="on_demand",
        labels={"on_demand": "AWS makes room", "provisioned": "A number of shards"},
        group="Capacity",
    )
    shards: Maybe[Shards] = optional(
        "Shards",
        "How many shards the stream has. Each takes 1 MiB or 1,000 records a second, and gives 2 "
        "MiB a second. A number is kept as it is; with a range, `shardline autoscale` owns the "
        "number and moves it between the bounds. Not with on_demand.",
        4,
        {"min": 2, "max": 16, "target_utilization": "60%"},
        when={"mode": "provisioned"},
        group="Capacity",
    )
    retention: Maybe[types.Retention] = optional(
        "Retention",
        "How long records are kept and can be read again, in hours (h) or days (d).",
        "24h",
        "7d",
        holds="24h",
        group="Records",
    )
    max_record_size: Maybe[types.RecordSize] = optional(
        "Largest record",
        "How large one record may be, in KiB or MiB.",
        "1MiB",
        holds="1MiB",
        group="Records",
    )
    encryption: Maybe[Encryption] = optional(
        "Encryption",
        "Whether records are encrypted where they are stored: with AWS's own key for Kinesis "
        "(true), not at all (false), or with a key of yours.",
        True,
        {"key": "alias/orders"},
        holds=True,
        group="Records",
    )
    consumers: Maybe[Consumers] = optional(
        "Fan-out consumers",
        "Names of readers that are sent every record at a rate of their own (2 MiB a second from "
        "each shard) rather than share the shards' with others. AWS charges for each. At most 20, "
        "or 50 in on-demand mode.",
        ["billing", "search"],
        holds=[],
        group="Readers",
    )
    expect_readers: Maybe[bool] = optional(
        "Always read",
        "Whether somebody always reads the stream. If so, it is an alarm when nobody does.",
        True,
        holds=True,
        group="Readers",
    )
    shard_level_metrics: Maybe[ShardMetrics] = optional(
        "Metrics of each shard",
        "Which figures are kept for each shard as well as for the whole stream: none, all, or a "
        "list. AWS charges for each figure of each shard.",
        "all",
        ["IncomingBytes", "IteratorAgeMilliseconds"],
        holds="none",
        group="Watching it",
    )
    alarms: Maybe[AnyAlarms] = optional(
        "Alarms",
        "What warns you when the stream is not well: all alarms (true), none (false), or which, "
        "at what thresholds, and where to send them. AWS charges for each.",
        True,
        {"notify": ["arn:aws:sns:us-east-1:123456789012:oncall"], "iterator_age": "6h"},
        holds=True,
        group="Watching it",
    )
    access: Maybe[Access] = optional(
        "Access",
        "Which roles and users of AWS's IAM may read, write and manage the stream.",
        {"read": ["role/billing"], "write": ["role/shop"]},
        holds={},
        group="Access and tags",
    )
    tags: Maybe[Tags] = optional(
        "Tags",
        "Words of your own that are attached to the stream, to find it again or to share out its "
        "cost.",
        {"team": "shop"},
        holds={},
        group="Access and tags",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for rule in broken_rules(self.written()):
            raise wrong(f"{rule.path}: {rule.wrong}", rule.right)
        return self

    def written(self) -> dict[str, Any]:
        """What was written, as YAML has it: what was left out is not there."""
        return self.model_dump(mode="json", exclude_none=True)
