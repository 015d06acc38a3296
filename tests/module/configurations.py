"""Configurations made up by hypothesis, as they would be written: right, and anything at all."""

from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st

from shardline.module.spec.alarms import AGES, UTILIZATIONS, AlarmName
from shardline.module.spec.config import StreamConfig
from shardline.module.spec.parts import ShardMetric
from shardline.module.spec.rules import mode_of

unhurried = settings(deadline=None)
"""For what is large to draw: a machine that does other things as well takes its time."""

names = st.from_regex(r"[a-zA-Z0-9_.-]{1,64}", fullmatch=True)
words = st.text(st.characters(categories=["L", "N", "Zs"], include_characters="_.:/=+-@"))
notified = st.lists(
    st.sampled_from(["arn:aws:sns:us-east-1:123456789012:oncall", "https://hooks.example.com/a"]),
    unique=True,
)
trusts = st.lists(
    st.sampled_from(["lambda.amazonaws.com", "123456789012", "arn:aws:iam::123456789012:root"]),
    min_size=1,
    unique=True,
)
grantees = st.lists(
    st.from_regex(r"(role|user)/[a-zA-Z0-9_+=,.@-]{1,64}", fullmatch=True)
    | st.fixed_dictionaries({"role": names, "trust": trusts}),
    max_size=3,
    unique_by=str,
)
shards = st.integers(1, 4096) | st.tuples(st.integers(1, 4096), st.integers(1, 4096)).map(
    lambda ends: {"min": min(ends), "max": max(ends), "target_utilization": "60%"}
)
_AGES = st.booleans() | st.integers(1, 23).map("{}h".format) | st.just("30m")
_SHARES = st.booleans() | st.integers(1, 99).map("{}%".format)
alarms = st.booleans() | st.fixed_dictionaries(
    {},
    optional={
        "notify": notified,
        "notify_recovered": notified,
        **{name.value: _AGES if name in AGES else _SHARES for name in AlarmName},
    },
)
tags = st.dictionaries(
    words.filter(lambda word: word and not word.startswith(("aws:", "shardline:"))).map(
        lambda word: word[:128]
    ),
    words.map(lambda word: word[:256]),
    max_size=5,
)
written = st.fixed_dictionaries(
    {"name": names},
    optional={
        "region": st.sampled_from(["us-east-1", "eu-west-1", "us-gov-west-1"]),
        "preset": st.sampled_from(["development", "production", "managed"]),
        "mode": st.sampled_from(["on_demand", "provisioned"]),
        "shards": shards,
        "retention": st.integers(24, 8760).map("{}h".format)
        | st.integers(1, 365).map("{}d".format),
        "max_record_size": st.integers(1, 10).map("{}MiB".format),
        "encryption": st.booleans() | st.just({"key": "alias/orders"}),
        "shard_level_metrics": st.sampled_from(["none", "all"])
        | st.lists(st.sampled_from(get_args(ShardMetric)), min_size=1, unique=True),
        "consumers": st.lists(names, max_size=3, unique=True),
        "expect_readers": st.booleans(),
        "alarms": alarms,
        "access": st.fixed_dictionaries(
            {}, optional={"read": grantees, "write": grantees, "manage": grantees}
        ),
        "tags": tags,
    },
)


def fitting(values: dict[str, Any]) -> dict[str, Any]:
    """The values without what goes against a rule between fields."""
    values = dict(values)
    if mode_of(values) == "on_demand":
        values.pop("shards", None)
    elif "shards" not in values and values.get("preset") not in ("development", "production"):
        values["shards"] = 4
    if mode_of(values) == "on_demand" and isinstance(values.get("alarms"), dict):
        values["alarms"] = {
            name: setting for name, setting in values["alarms"].items() if name not in UTILIZATIONS
        }
    return values


right = written.map(fitting)
"""Configurations in which nothing is wrong."""

_scalars = (
    st.booleans()
    | st.integers(-1, 5000)
    | st.sampled_from(
        ["", "24h", "60%", "1MiB", "none", "all", "role/a", "on_demand", "a b", "yes", "366d", "0%"]
    )
)
_anything = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["min", "max", "key", "read", "role", "trust", "notify", "x"]), inner
        )
    ),
    max_leaves=5,
)


@st.composite
def anything(draw: st.DrawFn) -> dict[str, Any]:
    """A configuration that was right before some of its fields became anything at all."""
    values = draw(written)
    fields = st.sampled_from([*StreamConfig.model_fields, "unknown"])
    for field in draw(st.lists(fields, max_size=3)):
        values[field] = draw(_anything)
    return values
