"""Where a stream is provisioned: AWS, Shardline, or whatever else speaks the four APIs.

One code for all of them: only the endpoint and the credentials differ, which is the business of
whoever makes the clients.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from shardline.module.places import Place


@dataclass(frozen=True, slots=True)
class Target:
    """boto3 clients of one account and region. `endpoint` is None for AWS's own."""

    place: Place
    endpoint: str | None
    kinesis: Any
    iam: Any
    cloudwatch: Any

    @classmethod
    def of(cls, make_client: Callable[[str], Any], endpoint: str | None) -> "Target":
        """Make the clients by the names of their services, and ask who and where one is."""
        kinesis, sts = make_client("kinesis"), make_client("sts")
        partition, account = sts.get_caller_identity()["Arn"].split(":")[1:5:3]
        place = Place(account, kinesis.meta.region_name, partition)
        return cls(place, endpoint, kinesis, make_client("iam"), make_client("cloudwatch"))

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Make a call of AWS's name (`CreateStream`). Raises what boto3 raises."""
        answer: dict[str, Any] = getattr(getattr(self, service), xform_name(operation))(**params)
        return answer
