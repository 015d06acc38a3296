"""Broken configurations: the text, where it is broken, and what is said of it."""

from typing import NamedTuple


class Broken(NamedTuple):
    """A configuration that is not right in one place.

    `in_schema` says whether whoever has the JSON Schema alone can find it, and None that there is
    nothing that a schema could be asked about: the text is not YAML, or not the YAML that is read.
    """

    name: str
    text: str
    line: int | None
    path: str
    message: str
    in_schema: bool | None = True


BROKEN = [
    # Names and texts
    Broken("nothing", "", None, "", "there is nothing in it; write at least name: NAME", None),
    Broken(
        "no-name", "region: eu-west-1", 1, "name", "is missing; write, for example, name: orders"
    ),
    Broken(
        "empty-name", 'name: ""', 1, "name", "is empty; write, for example, orders or web.clicks"
    ),
    Broken(
        "name-with-space",
        "name: my orders",
        1,
        "name",
        "'my orders' is not a name of letters, digits, `_`, `.` and `-`; write, for example, "
        "orders or web.clicks",
    ),
    Broken(
        "long-name",
        f"name: {'a' * 129}",
        1,
        "name",
        "has 129 characters, and 128 is the most; write, for example, orders or web.clicks",
    ),
    Broken(
        "number-as-name",
        "name: 2026",
        1,
        "name",
        "2026 is a number, not a text; write, for example, orders or web.clicks",
    ),
    Broken(
        "no-region",
        "name: a\nregion: Ireland",
        2,
        "region",
        "'Ireland' is not the code of an AWS region; write, for example, us-east-1 or eu-west-1",
    ),
    # Fields that there are not
    Broken(
        "misspelt",
        "name: a\nretension: 24h",
        2,
        "retension",
        "there is no such field; did you mean retention?",
    ),
    Broken(
        "aws-name",
        "name: a\nShardCount: 4",
        2,
        "ShardCount",
        "there is no such field; did you mean shards?",
    ),
    Broken(
        "kms-key-id",
        "name: a\nkms_key_id: alias/x",
        2,
        "kms_key_id",
        "there is no such field; did you mean encryption?",
    ),
    Broken(
        "unknown-in-a-part",
        "name: a\nshards:\n  min: 1\n  max: 2\n  step: 1",
        5,
        "shards.step",
        "there is no such field; possible are min, max and target_utilization",
    ),
    # Choices
    Broken(
        "preset",
        "name: a\npreset: prod",
        2,
        "preset",
        "'prod' is not possible; possible are development, production or managed",
    ),
    Broken(
        "mode",
        "name: a\nmode: ON_DEMAND",
        2,
        "mode",
        "'ON_DEMAND' is not possible; did you mean on_demand? Possible are on_demand or "
        "provisioned",
    ),
    Broken(
        "metric",
        "name: a\nshard_level_metrics: [incoming_bytes]",
        2,
        "shard_level_metrics[0]",
        "'incoming_bytes' is not possible; did you mean IncomingBytes? Possible are IncomingBytes, "
        "IncomingRecords, OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded, "
        "ReadProvisionedThroughputExceeded or IteratorAgeMilliseconds",
    ),
    Broken(
        "metrics",
        "name: a\nshard_level_metrics: some",
        2,
        "shard_level_metrics",
        "'some' is not possible; possible are none or all",
    ),
    # Shards
    Broken("no-shards", "name: a\nshards: 0", 2, "shards", "0 is too small; the least is 1"),
    Broken(
        "many-shards", "name: a\nshards: 5000", 2, "shards", "5000 is too large; the most is 4,096"
    ),
    Broken(
        "half-a-shard",
        "name: a\nshards: 2.5",
        2,
        "shards",
        "2.5 is not a whole number; write, for example, shards: 4 or shards: {min: 2, max: 16, "
        "target_utilization: 60%}",
    ),
    Broken(
        "quoted-shards",
        "name: a\nshards: '4'",
        2,
        "shards",
        "'4' is a text; write it without quotes: 4",
    ),
    Broken(
        "no-most",
        "name: a\nshards:\n  min: 2",
        2,
        "shards.max",
        "is missing; write, for example, max: 16",
    ),
    Broken(
        "crossed",
        "name: a\nshards:\n  min: 9\n  max: 4",
        3,
        "shards.min",
        "9 is more than max, 4; write min: 4, max: 9",
        False,
    ),
    Broken(
        "share-as-fraction",
        "name: a\nshards: {min: 1, max: 2, target_utilization: 0.6}",
        2,
        "shards.target_utilization",
        "0.6 has no unit; write it with %, for example 60%",
    ),
    Broken(
        "shards-on-demand",
        "name: a\nmode: on_demand\nshards: 4",
        3,
        "shards",
        "AWS chooses the number of shards in on_demand mode, which mode says; leave shards out, or "
        "write mode: provisioned",
    ),
    Broken(
        "shards-managed",
        "name: a\npreset: managed\nshards: 4",
        3,
        "shards",
        "AWS chooses the number of shards in on_demand mode, which preset managed says; leave "
        "shards out, or write mode: provisioned",
    ),
    Broken(
        "provisioned-without",
        "name: a\nmode: provisioned",
        1,
        "shards",
        "provisioned mode needs a number of shards; write, for example, shards: 4",
    ),
    # Quantities
    Broken(
        "bare-retention",
        "name: a\nretention: 24",
        2,
        "retention",
        "24 has no unit; write it with h or d, for example 24h",
    ),
    Broken(
        "short-retention",
        "name: a\nretention: 12h",
        2,
        "retention",
        "'12h' is outside 24h to 365d; 24h to 365d is possible; write, for example, 24h or 7d",
    ),
    Broken(
        "long-retention",
        "name: a\nretention: 366d",
        2,
        "retention",
        "'366d' is outside 24h to 365d; 24h to 365d is possible; write, for example, 24h or 7d",
    ),
    Broken(
        "weeks",
        "name: a\nretention: 2w",
        2,
        "retention",
        "'2w' is not a number with its unit, h or d; 24h to 365d is possible; write, for example, "
        "24h or 7d",
    ),
    Broken(
        "megabytes",
        "name: a\nmax_record_size: 1MB",
        2,
        "max_record_size",
        "'1MB' is not a number with its unit, KiB or MiB; 1024KiB to 10MiB is possible; write, for "
        "example, 1MiB or 10MiB",
    ),
    # Switches, and what YAML makes of words
    Broken(
        "yes",
        "name: a\nexpect_readers: yes",
        2,
        "expect_readers",
        "'yes' is a text; write true, which all versions of YAML read alike",
    ),
    Broken(
        "off",
        "name: a\nencryption: off",
        2,
        "encryption",
        "'off' is a text; write false, which all versions of YAML read alike",
    ),
    Broken(
        "no-value",
        "name: a\nretention:",
        2,
        "retention",
        "has no value; give it one, or leave the field out",
    ),
    Broken(
        "twice",
        "name: a\nretention: 24h\nretention: 48h",
        3,
        "retention",
        "is there twice; leave one retention out",
        None,
    ),
    Broken(
        "tab",
        "name: a\nshards:\n\tmin: 1",
        3,
        "",
        "there is a tab where YAML wants spaces; write spaces instead",
        None,
    ),
    Broken(
        "two-streams",
        "name: a\n---\nname: b",
        2,
        "",
        "one file holds one stream; put what follows --- in a file of its own",
        None,
    ),
    Broken(
        "anchor",
        "name: &it a\nregion: *it",
        1,
        "",
        "anchors (&) and aliases (*) are not read "
        "here; write the plain value, in quotes if it begins with a sign",
        None,
    ),
    Broken(
        "python",
        "name: !!python/object/apply:os.system [ls]",
        1,
        "",
        "types of YAML (tag:yaml.org,2002:python/object/apply:os.system) are not read here; write "
        "the plain value, in quotes if it begins with a sign",
        None,
    ),
    Broken(
        "open-bracket",
        "name: a\nconsumers: [b",
        2,
        "",
        "this is not YAML: while parsing a flow sequence: expected ',' or ']', but got "
        "'<stream end>'",
        None,
    ),
    Broken(
        "a-list", "- name: a", 1, "", "this is no list of fields; write lines such as name: orders"
    ),
    # Encryption
    Broken(
        "key",
        "name: a\nencryption:\n  key: my key",
        3,
        "encryption.key",
        "'my key' is not a KMS key: alias/NAME, the key's id, or the ARN of either; write, for "
        "example, alias/orders or 1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    Broken(
        "encryption-as-text",
        "name: a\nencryption: KMS",
        2,
        "encryption",
        "'KMS' is a text; write, for example, encryption: true or encryption: {key: alias/orders}",
    ),
    # Lists
    Broken(
        "consumer-twice",
        "name: a\nconsumers: [b, b]",
        2,
        "consumers",
        "'b' is in the list twice; leave one of them out",
    ),
    Broken(
        "one-consumer",
        "name: a\nconsumers: billing",
        2,
        "consumers",
        "'billing' is not a list; write, for example, consumers: [billing, search]",
    ),
    Broken(
        "21-consumers",
        f"name: a\nshards: 1\nconsumers: {[f'c{n}' for n in range(21)]}",
        3,
        "consumers",
        "these are 21, and a provisioned stream can have 20; leave some out, or "
        "write mode: on_demand, which can have 50",
    ),
    Broken(
        "51-consumers",
        f"name: a\nconsumers: {[f'c{n}' for n in range(51)]}",
        2,
        "consumers",
        "there are 51; 50 is the most",
    ),
    # Tags
    Broken(
        "number-in-tag",
        "name: a\ntags:\n  cost: 0x1F\n  team: 7",
        4,
        "tags.team",
        '7 is a number, not a text; write it in quotes: "7"',
    ),
    Broken(
        "aws-tag",
        "name: a\ntags: {'aws:x': y}",
        2,
        "tags.aws:x",
        "'aws:x' begins with aws:, which is reserved; choose another key",
    ),
    Broken(
        "sign-in-tag",
        "name: a\ntags: {team: 'a & b'}",
        2,
        "tags.team",
        "'&' cannot be in a tag; letters, digits, spaces and _ . : / = + - @ are possible",
    ),
    Broken(
        "41-tags",
        f"name: a\ntags: { ({str(n): 'x' for n in range(41)}) }",
        2,
        "tags",
        "there are 41; 40 is the most",
    ),
    # Alarms
    Broken(
        "alarm-without-unit",
        "name: a\nalarms:\n  put_success: 0.99",
        3,
        "alarms.put_success",
        "0.99 has no unit; write it with %, for example 1%",
    ),
    Broken(
        "late-alarm",
        "name: a\nalarms: {iterator_age: 24h}",
        2,
        "alarms.iterator_age",
        "24h is not before the end of the retention, 24h: records would be gone before anybody is "
        "warned; write less than 24h, or keep records longer",
        False,
    ),
    Broken(
        "full-on-demand",
        "name: a\nalarms: {bytes_in_utilization: 80%}",
        2,
        "alarms.bytes_in_utilization",
        "a stream in on_demand mode has no fixed capacity to "
        "compare with; leave it out, or write mode: provisioned",
    ),
    Broken(
        "notify",
        "name: a\nalarms:\n  notify: [me@example.com]",
        3,
        "alarms.notify[0]",
        "'me@example.com' is not the ARN of an SNS topic, or an http(s) address; write, for "
        "example, arn:aws:sns:us-east-1:123456789012:oncall or https://hooks.example.com/alarms",
    ),
    # Access
    Broken(
        "bare-role",
        "name: a\naccess:\n  read:\n    - billing",
        4,
        "access.read[0]",
        "'billing' is not role/NAME or user/NAME; write, for example, role/billing or user/ann",
    ),
    Broken(
        "role-without-trust",
        "name: a\naccess:\n  write:\n    - role: shop",
        4,
        "access.write[0].trust",
        "is missing; write, for example, trust: [lambda.amazonaws.com]",
    ),
    Broken(
        "trust",
        "name: a\naccess:\n  write:\n    - role: shop\n      trust: [lambda]",
        5,
        "access.write[0].trust[0]",
        "'lambda' is not a service such as lambda.amazonaws.com, an "
        "account of 12 digits, or an ARN of IAM; write, for example, lambda.amazonaws.com or "
        "123456789012",
    ),
    Broken(
        "access-as-list",
        "name: a\naccess: [role/a]",
        2,
        "access",
        "a list is not a group of "
        "fields; write, for example, access: {read: [role/billing], write: [role/shop]}",
    ),
]
