"""What one UpdateShardCount may do: "more than double" and "below half" are refused.

Source: botocore's documentation of UpdateShardCount, which also says that multiples of 25% of the
current count are done faster than others.
"""

MAX_SHARDS = 10_000


def bounded(current: int, target: int) -> int:
    """As near to `target` as one change comes."""
    return min(max(target, -(-current // 2)), 2 * current, MAX_SHARDS)


def steps(current: int, target: int) -> list[int]:
    """The counts on the way to `target`, which is the last of them; none when it is there already.

    Raises ValueError for a count that is no number of shards.
    """
    if not 1 <= target <= MAX_SHARDS or current < 1:
        raise ValueError(f"no way from {current} to {target} shards")
    counts = []
    while current != target:
        current = bounded(current, target)
        counts.append(current)
    return counts


def rounded(current: int, target: int) -> int:
    """`target`, or the next count above it that is a multiple of 25% of the current one.

    A count that does not part into quarters is left as it is: of 3 or 5 shards the multiples are
    too far apart to be worth the shards.
    """
    if current % 4:
        return target
    quarter = current // 4
    return -(-target // quarter) * quarter
