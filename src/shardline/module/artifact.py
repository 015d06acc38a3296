"""What others need to know of a stream that was provisioned: one JSON object.

Its schema, `artifact.schema.json` beside this file, is in the package: programs may rely on it.
"""

import json
from importlib.resources import files
from typing import Any

from shardline.module.actual import Actual
from shardline.module.policies import policy_name
from shardline.module.spec.wanted import WantedStream

VERSION = 1


def artifact(wanted: WantedStream, actual: Actual, endpoint: str | None) -> dict[str, Any]:
    """The artifact of a stream as it is. `endpoint` is None on AWS. Raises ValueError without a
    stream."""
    stream = actual.stream
    if stream is None:
        raise ValueError(f"there is no stream {wanted.name}")
    return {
        "version": VERSION,
        "name": wanted.name,
        "arn": stream.arn,
        "region": actual.place.region,
        "account": actual.place.account,
        "endpoint": endpoint,
        "mode": stream.mode,
        "shards": {"open": stream.shards, "owner": wanted.capacity.owner},
        "retention_hours": stream.retention_hours,
        "max_record_size_kib": stream.max_record_size_kib,
        "kms_key": stream.kms_key,
        "consumers": [{"name": each.name, "arn": each.arn} for each in stream.consumers],
        "policies": {
            access: {"name": policy_name(wanted.name, access), "arn": policy.arn}
            for access, policy in actual.policies.items()
        },
        "roles": [
            {"name": role.name, "arn": role.arn}
            for role in actual.roles.values()
            if actual.is_ours(role.tags)
        ],
        "alarms": [
            {"name": alarm.name, "arn": alarm.arn}
            for alarm in actual.alarms.values()
            if actual.is_ours(alarm.tags)
        ],
    }


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the artifact."""
    text = files("shardline.module").joinpath("artifact.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
