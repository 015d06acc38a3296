"""When a reader's next records are trimmed: the retention against how far it is behind."""

from shardline.doctor.words import span

AT_RISK, NEAR = 0.5, 0.9
"""Behind by this share of the retention is a warning; by that much, records are about to go. Ours:
AWS recommends an alarm at half of the retention."""


def lag_line(who: str, lag_s: float, retention_s: float) -> str:
    """`the slowest poller is 23h 10m behind: its records are trimmed in 50m`."""
    left_s = retention_s - lag_s
    if left_s <= 0:
        return f"{who} is {span(lag_s)} behind: records that it has not read are trimmed"
    return f"{who} is {span(lag_s)} behind: its records are trimmed in {span(left_s)}"
