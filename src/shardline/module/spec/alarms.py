"""The alarms that a stream can have: which there are, and how a configuration names them.

The first seven are those that AWS recommends for the namespace AWS/Kinesis; AWS gives statistics
and periods for them but no numeric thresholds, which are ours, and derived from the rest of the
configuration where it says something about them. The last three compare the load with what the
shards can take.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from shardline.module.spec.quantities import LAG, SHARE, UTILIZATION, Quantity


class AlarmName(StrEnum):
    """The name of an alarm, as the configuration has it."""

    ITERATOR_AGE = "iterator_age"
    READ_SUCCESS = "read_success"
    PUT_SUCCESS = "put_success"
    FAILED_RECORDS = "failed_records"
    READ_THROTTLED = "read_throttled"
    WRITE_THROTTLED = "write_throttled"
    CONSUMER_LAG = "consumer_lag"
    BYTES_IN_UTILIZATION = "bytes_in_utilization"
    RECORDS_IN_UTILIZATION = "records_in_utilization"
    BYTES_OUT_UTILIZATION = "bytes_out_utilization"


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """What the schema says of an alarm. `metric` is CloudWatch's name of what it looks at."""

    name: AlarmName
    title: str
    description: str
    metric: str
    quantity: Quantity
    default: str
    """The threshold when nothing is said, in words where it is derived."""


KINDS = (
    AlarmKind(
        AlarmName.ITERATOR_AGE,
        "Readers are behind",
        "Warns when the oldest record that a reader has just read is older than this. Past the "
        "retention, unread records are gone.",
        "GetRecords.IteratorAgeMilliseconds",
        LAG,
        "half of the retention",
    ),
    AlarmKind(
        AlarmName.READ_SUCCESS,
        "Reads fail",
        "Warns when less than this share of the read calls succeed.",
        "GetRecords.Success",
        SHARE,
        "99%",
    ),
    AlarmKind(
        AlarmName.PUT_SUCCESS,
        "Single writes fail",
        "Warns when less than this share of the writes of single records succeed.",
        "PutRecord.Success",
        SHARE,
        "99%",
    ),
    AlarmKind(
        AlarmName.FAILED_RECORDS,
        "Records of batches fail",
        "Warns when more than this share of the records that are written in batches are refused.",
        "PutRecords.FailedRecords",
        SHARE,
        "0.1%",
    ),
    AlarmKind(
        AlarmName.READ_THROTTLED,
        "Readers are slowed down",
        "Warns when more than this share of the read calls are refused because they ask for more "
        "than the shards can give.",
        "ReadProvisionedThroughputExceeded",
        SHARE,
        "1%",
    ),
    AlarmKind(
        AlarmName.WRITE_THROTTLED,
        "Writers are slowed down",
        "Warns when more than this share of the writes are refused because they are more than the "
        "shards can take.",
        "WriteProvisionedThroughputExceeded",
        SHARE,
        "1%",
    ),
    AlarmKind(
        AlarmName.CONSUMER_LAG,
        "A fan-out consumer is behind",
        "Warns, for each of the consumers, when what it is sent is older than this.",
        "SubscribeToShardEvent.MillisBehindLatest",
        LAG,
        "1h, or half of the retention if that is less",
    ),
    AlarmKind(
        AlarmName.BYTES_IN_UTILIZATION,
        "Nearly full: bytes written",
        "Warns when the bytes that arrive are more than this share of what the shards can take "
        "(1 MiB a second each).",
        "IncomingBytes",
        UTILIZATION,
        "80%",
    ),
    AlarmKind(
        AlarmName.RECORDS_IN_UTILIZATION,
        "Nearly full: records written",
        "Warns when the records that arrive are more than this share of what the shards can take "
        "(1,000 a second each).",
        "IncomingRecords",
        UTILIZATION,
        "80%",
    ),
    AlarmKind(
        AlarmName.BYTES_OUT_UTILIZATION,
        "Nearly full: bytes read",
        "Warns when the bytes that are read are more than this share of what the shards can give "
        "(2 MiB a second each).",
        "GetRecords.Bytes",
        UTILIZATION,
        "80%",
    ),
)

BY_NAME = {kind.name: kind for kind in KINDS}

UTILIZATIONS = frozenset(
    {
        AlarmName.BYTES_IN_UTILIZATION,
        AlarmName.RECORDS_IN_UTILIZATION,
        AlarmName.BYTES_OUT_UTILIZATION,
    }
)
"""Those that compare with what the shards can take, and so are not made in on-demand mode."""

AGES = frozenset({AlarmName.ITERATOR_AGE, AlarmName.CONSUMER_LAG})
"""Those whose threshold is a time."""

_MINUTE_MS = 60_000


def default_threshold(name: AlarmName, retention_hours: int) -> int | float:
    """The threshold of an alarm that nobody set: milliseconds of an age, else a share of 1."""
    half_retention_ms = retention_hours * 60 * _MINUTE_MS // 2
    if name is AlarmName.ITERATOR_AGE:
        return half_retention_ms
    if name is AlarmName.CONSUMER_LAG:
        return min(60 * _MINUTE_MS, half_retention_ms)
    return written_threshold(name, BY_NAME[name].default)


def written_threshold(name: AlarmName, text: str) -> int | float:
    """The threshold that `text` means: milliseconds of an age, else a share of 1.

    Raises ValueError for what is not right.
    """
    amount = BY_NAME[name].quantity.parse(text)
    if name in AGES:
        return int(amount * _MINUTE_MS)
    return float(Fraction(amount, 100))
