"""`stream.yaml`: what may be written (`StreamConfig`), and what it means (`WantedStream`)."""

from shardline.module.spec.alarms import AlarmName
from shardline.module.spec.config import StreamConfig
from shardline.module.spec.load import load, load_all, loads
from shardline.module.spec.problems import ConfigErrors, Problem
from shardline.module.spec.resolve import resolve
from shardline.module.spec.wanted import (
    Capacity,
    FixedShards,
    Grantee,
    OnDemand,
    ScaledShards,
    WantedAccess,
    WantedAlarms,
    WantedRole,
    WantedStream,
)

__all__ = [
    "AlarmName",
    "Capacity",
    "ConfigErrors",
    "FixedShards",
    "Grantee",
    "OnDemand",
    "Problem",
    "ScaledShards",
    "StreamConfig",
    "WantedAccess",
    "WantedAlarms",
    "WantedRole",
    "WantedStream",
    "load",
    "load_all",
    "loads",
    "resolve",
]
