"""The parts of `stream.yaml` that are more than one word: shards, encryption, metrics, access."""

from typing import Annotated, Literal

from pydantic import Field

from shardline.module.spec import types
from shardline.module.spec.part import Maybe, Part, alternative, by_type, optional, required, switch
from shardline.module.spec.types import UNIQUE

MAX_SHARDS = 4096
MAX_PRINCIPALS = 50
MAX_TRUSTED = 20

ShardCount = Annotated[int, Field(ge=1, le=MAX_SHARDS)]


class ShardRange(Part):
    """A number of shards that follows the load, between two bounds."""

    min: ShardCount = required("At least", "The number of shards that is never gone below.", 2)
    max: ShardCount = required("At most", "The number of shards that is never gone above.", 16)
    target_utilization: Maybe[types.Target] = optional(
        "Target",
        "How much of what the shards can take should be in use.",
        "60%",
        holds="60%",
    )


Shards = Annotated[
    Annotated[ShardCount, *alternative("<number>", "A number")]
    | Annotated[ShardRange, *alternative("<range>", "A range, which follows the load")],
    by_type({int: "<number>", dict: "<range>"}),
]


class OwnKey(Part):
    """Encryption with a key of your own."""

    key: types.KmsKey = required(
        "Key",
        "The KMS key that records are encrypted with: its alias, its id or its ARN.",
        "alias/orders",
    )


Encryption = Annotated[
    Annotated[bool, *switch("With AWS's key", "No")]
    | Annotated[OwnKey, *alternative("<key>", "With a key of your own")],
    by_type({bool: "<switch>", dict: "<key>"}),
]

ShardMetric = Literal[
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
]

_ListOfMetrics = Annotated[
    tuple[ShardMetric, ...], Field(min_length=1, max_length=7, strict=False), UNIQUE
]
ShardMetrics = Annotated[
    Annotated[Literal["none", "all"], *alternative("<all>", "None or all", none="None", all="All")]
    | Annotated[_ListOfMetrics, *alternative("<list>", "Some of them")],
    by_type({str: "<all>", list: "<list>", tuple: "<list>"}),
]


class NewRole(Part):
    """A role, which is created if it is not there."""

    role: types.RoleName = required("Role", "The name of the role.", "billing")
    trust: Annotated[
        tuple[types.Trusted, ...], Field(min_length=1, max_length=MAX_TRUSTED, strict=False), UNIQUE
    ] = required(
        "Trusted",
        "Who may take on the role if it has to be created: AWS services, accounts, roles or users.",
        ["lambda.amazonaws.com"],
    )


Grantee = Annotated[
    Annotated[types.Principal, *alternative("<name>", "One that is there")]
    | Annotated[NewRole, *alternative("<role>", "A role to create")],
    by_type({str: "<name>", dict: "<role>"}),
]
Grantees = Annotated[tuple[Grantee, ...], Field(max_length=MAX_PRINCIPALS, strict=False), UNIQUE]


class Access(Part):
    """Who may do what with the stream: roles and users of AWS's IAM."""

    read: Maybe[Grantees] = optional(
        "May read", "Roles and users that may read records.", ["role/billing"], holds=[]
    )
    write: Maybe[Grantees] = optional(
        "May write", "Roles and users that may put records.", ["role/shop"], holds=[]
    )
    manage: Maybe[Grantees] = optional(
        "May manage",
        "Roles and users that may change the stream: its shards, its retention, its consumers.",
        ["user/ann"],
        holds=[],
    )
