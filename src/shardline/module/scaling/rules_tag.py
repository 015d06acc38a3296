"""The rules of scaling as a tag of the stream: `min=2 max=16 target=0.60`.

`apply` writes it, and a server that has such a stream moves its shards by it. A tag cannot hold a
`%`, so that the aim is a share of 1.
"""

import re

from shardline.module.scaling.rules import Rules
from shardline.module.scaling.steps import MAX_SHARDS

TAG = "shardline:module-scaling"

_TEXT = re.compile(r"min=([1-9][0-9]{0,4}) max=([1-9][0-9]{0,4}) target=(0\.[0-9]{2}|1\.00)")


def tag_of(rules: Rules) -> dict[str, str]:
    """The tag that says these rules; the aim in whole percents, as the configuration has it."""
    return {TAG: f"min={rules.least} max={rules.most} target={rules.target:.2f}"}


def rules_of(text: str) -> Rules | None:
    """The rules that the tag's value says; None unless it is written just as `tag_of` does."""
    found = _TEXT.fullmatch(text)
    if found is None or int(found[2]) > MAX_SHARDS:
        return None
    try:
        return Rules(int(found[1]), int(found[2]), float(found[3]))
    except ValueError:  # bounds that are the wrong way round, or an aim of nothing
        return None
