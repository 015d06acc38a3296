"""What is there of a stream and of what is made for it, as the APIs say: data, which `read` fills.

There is no state file. What the module made is known by a tag on each thing, whose value says for
which stream it was made: two streams of one name in two regions would share the names of their
policies, and neither may take the other's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shardline.module.places import OWNER_TAG, Place, owner_tag
from shardline.module.policies import Access
from shardline.module.spec.wanted import Grantee

# Tags that are no business of the configuration: AWS's own, and those of the module.
RESERVED_TAGS = ("aws:", OWNER_TAG)


@dataclass(frozen=True, slots=True)
class ActualConsumer:
    """A registered consumer."""

    name: str
    arn: str
    status: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ActualStream:
    """A stream. `kms_key` is None where records are not encrypted; `shards` are the open ones."""

    arn: str
    status: str
    mode: str
    shards: int
    retention_hours: int
    max_record_size_kib: int
    kms_key: str | None
    shard_level_metrics: tuple[str, ...]
    consumers: tuple[ActualConsumer, ...]
    tags: Mapping[str, str]
    created_s: int = 0


@dataclass(frozen=True, slots=True)
class ActualPolicy:
    """A policy: its default version's document, all versions (the oldest first), who has it.

    `groups` can have it too, which the configuration has no words for.
    """

    name: str
    arn: str
    document: str
    default_version: str
    versions: tuple[str, ...]
    tags: Mapping[str, str]
    attached: tuple[Grantee, ...]
    groups: tuple[str, ...] = ()


def role_path(place: Place, stream: str) -> str:
    """The path of the roles that are created for a stream, by which they are found again."""
    return f"/shardline/{place.region}/{stream}/"


@dataclass(frozen=True, slots=True)
class ActualRole:
    """A role. `others` is how many other policies it has: it stays while somebody else uses it."""

    name: str
    arn: str
    trust: str
    tags: Mapping[str, str]
    others: int


@dataclass(frozen=True, slots=True)
class ActualAlarm:
    """An alarm as DescribeAlarms shows it."""

    name: str
    arn: str
    parameters: Mapping[str, Any]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Actual:
    """Everything that is there under the names of a stream, whoever made it."""

    place: Place
    name: str
    stream: ActualStream | None = None
    policies: Mapping[Access, ActualPolicy] = field(default_factory=dict)
    roles: Mapping[str, ActualRole] = field(default_factory=dict)
    users: frozenset[str] = frozenset()
    """Of those that were asked for, the users that there are."""
    alarms: Mapping[str, ActualAlarm] = field(default_factory=dict)

    def is_ours(self, tags: Mapping[str, str]) -> bool:
        """Whether something was made by the module for this stream."""
        return tags.get(OWNER_TAG) == owner_tag(self.place, self.name)[OWNER_TAG]

    def is_free(self, tags: Mapping[str, str]) -> bool:
        """Whether something was made by nobody who says so: it may be taken over."""
        return OWNER_TAG not in tags
