"""Which of AWS's limits hold: the node's setting, and the tag by which a stream differs from it.

    counts   limits on numbers and sizes, none on throughput or call rates
    aws      all of them
    off      only what protects the server

`docs/limits.md` has every limit with the modes that it holds in.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from shardline.kinesis import messages

LimitsMode = Literal["counts", "aws", "off"]

MODES: tuple[LimitsMode, ...] = get_args(LimitsMode)
TAG = "shardline:limits"


def of_stream(tags: Sequence[tuple[str, str]], node: LimitsMode) -> LimitsMode:
    """The mode of a stream with these tags on a node with that setting."""
    value = dict(tags).get(TAG)
    return next((mode for mode in MODES if mode == value), node)


def check_tag(tags: Mapping[str, str]) -> None:
    """Refuse a mode that is none, with InvalidArgumentException and what would be right.

    AWS has no such tag, so the text is ours.
    """
    value = tags.get(TAG, MODES[0])
    if value not in MODES:
        raise messages.invalid_argument(
            f"The tag {TAG} cannot have the value {value!r}: it is one of {', '.join(MODES)}."
        )
