"""What was read of a stream and of what is around it: immutable, without a judgement.

A reading may have failed, which is a fact as well: each is `T | Failed`. None stands for what was
not asked for.
"""

from shardline.doctor.facts.access import (
    Account,
    Config,
    ManagedPolicy,
    Policy,
    Principal,
    Simulation,
)
from shardline.doctor.facts.facts import Facts
from shardline.doctor.facts.load import Load, Metrics, Sample
from shardline.doctor.facts.reading import Failed, Reading
from shardline.doctor.facts.stream import Alarm, Consumer, Limits, Position, Shard, Stream

__all__ = [
    "Account",
    "Alarm",
    "Config",
    "Consumer",
    "Facts",
    "Failed",
    "Limits",
    "Load",
    "ManagedPolicy",
    "Metrics",
    "Policy",
    "Position",
    "Principal",
    "Reading",
    "Sample",
    "Shard",
    "Simulation",
    "Stream",
]
