"""Where a stream is, and so what the ARNs of it and of what is made for it are, and whose it is."""

from dataclasses import dataclass

OWNER_TAG = "shardline:module"


@dataclass(frozen=True, slots=True)
class Place:
    """An account in a region of a partition (`aws`, `aws-cn`, `aws-us-gov`)."""

    account: str
    region: str
    partition: str = "aws"

    def stream(self, name: str) -> str:
        """The ARN of a stream."""
        return f"arn:{self.partition}:kinesis:{self.region}:{self.account}:stream/{name}"

    def policy(self, name: str) -> str:
        """The ARN of a customer managed policy; IAM has no regions."""
        return f"arn:{self.partition}:iam::{self.account}:policy/{name}"

    def alarm(self, name: str) -> str:
        """The ARN of an alarm."""
        return f"arn:{self.partition}:cloudwatch:{self.region}:{self.account}:alarm:{name}"

    def key(self, resource: str) -> str:
        """The ARN of a KMS key or alias, given as `key/ID` or `alias/NAME`."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{resource}"


def owner_tag(place: Place, stream: str) -> dict[str, str]:
    """The tag of what is made for a stream."""
    return {OWNER_TAG: f"{place.region}/{stream}"}
