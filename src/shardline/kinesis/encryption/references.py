"""The names of KMS keys: what a KeyId may be (botocore's model of Kinesis), and their ARNs."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from shardline.kinesis.encryption import errors
from shardline.storage.entities import KmsKey

DEFAULT_ALIAS = "alias/aws/kinesis"
RESERVED = "alias/aws/"
_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ALIAS = r"alias/[a-zA-Z0-9/_-]{1,250}"
_REFERENCE = re.compile(
    r"(?:arn:aws:kms:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):(?P<key>key/)?|)"
    rf"(?:(?P<id>{_ID})|(?P<alias>{_ALIAS}))"
)


class Reference(NamedTuple):
    """What a KeyId names: a key by its id, or by its alias, in an account and region."""

    account: str
    region: str
    id: str | None
    alias: str | None

    @property
    def arn(self) -> str:
        """The ARN of the key or the alias."""
        resource = self.alias or f"key/{self.id}"
        return f"arn:aws:kms:{self.region}:{self.account}:{resource}"


def read(text: str, account: str, region: str) -> Reference:
    """Read a KeyId: an id, an alias, or the ARN of either. Raises KMSNotFoundException."""
    match = _REFERENCE.fullmatch(text)
    if match is None or (match["account"] and bool(match["key"]) != bool(match["id"])):
        raise errors.unreadable(text)
    return Reference(
        match["account"] or account, match["region"] or region, match["id"], match["alias"]
    )


def find(keys: Iterable[KmsKey], reference: Reference) -> KmsKey | None:
    """The key that is meant, if it is there."""
    for key in keys:
        if (key.account, key.region) == (reference.account, reference.region) and (
            key.id == reference.id if reference.id else key.alias == reference.alias
        ):
            return key
    return None


def is_alias(text: str) -> bool:
    """Whether this can be the alias of a key: `alias/` and letters, digits and / _ -."""
    return re.fullmatch(_ALIAS, text) is not None


def arn_of(key: KmsKey) -> str:
    """The ARN of a key."""
    return Reference(key.account, key.region, key.id, None).arn
