"""Which period can be had of what age, and where a time that is asked for begins. Pure.

Source: the documentation of GetMetricStatistics in AWS's model.
"""

from shardline.storage.metric_store import KEPT_S, Resolution


def oldest_s(period_s: int, now_s: int) -> int:
    """Since when there are datapoints of a period: as long as steps are kept that it is made of."""
    steps: tuple[Resolution, ...] = tuple(KEPT_S)
    return now_s - max(KEPT_S[step] for step in steps if period_s % step == 0)


def rounded_start_s(start_s: float, now_s: int, period_s: int) -> int:
    """Where a time that is asked for begins (seconds since 1970).

    It is rounded down to the steps that are kept of its age: to minutes, or to a period below a
    minute, in the last 15 days; to five minutes in the last 63 days; before, to hours.
    """
    steps: tuple[Resolution, ...] = tuple(KEPT_S)
    kept = [step for step in steps if step >= 60 and start_s >= now_s - KEPT_S[step]]
    step = min(kept, default=max(steps))
    step_s = period_s if step == 60 and period_s < 60 else int(step)
    return int(start_s // step_s) * step_s
