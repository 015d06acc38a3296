"""From what is wanted and what is there to the changes that make the one of the other: pure.

    changes     what a plan is made of
    stream, capacity, consumers, access, alarms
                the changes of each part
    refusals    why nothing may be done
    pricing     what it does to the bill
    removal     what `destroy` does

The order is the one in which the changes are made: the stream, whom it is read by, who may, what
warns. A plan that was cut off is not gone on with: what is there is read again, and planned again.
"""

from shardline.module.actual import Actual
from shardline.module.plan.access import access_changes, grantees
from shardline.module.plan.alarms import alarm_changes
from shardline.module.plan.capacity import shards_after
from shardline.module.plan.changes import Call, Change, Plan, Price, Word
from shardline.module.plan.consumers import consumer_changes
from shardline.module.plan.pricing import price
from shardline.module.plan.refusals import adoptions, refusals
from shardline.module.plan.removal import removal
from shardline.module.plan.stream import stream_changes
from shardline.module.spec.wanted import WantedStream

__all__ = [
    "Call",
    "Change",
    "Plan",
    "Price",
    "Word",
    "grantees",
    "plan",
    "removal",
    "shards_after",
]


def plan(wanted: WantedStream, actual: Actual, *, now_s: int, adopt: bool = False) -> Plan:
    """What makes a stream, and everything around it, as it should be.

    `now_s` is the time, in seconds since 1970: what the module reshards, the scaler must know of.
    `adopt` takes over what is there and has no owner.
    """
    refused = tuple(refusals(wanted, actual, adopt=adopt))
    if refused:
        return Plan(wanted.name, refusals=refused)
    changes = (
        *adoptions(wanted, actual),
        *stream_changes(wanted, actual, now_s),
        *consumer_changes(wanted, actual),
        *access_changes(wanted, actual),
        *alarm_changes(wanted, actual),
    )
    return Plan(wanted.name, changes, price=price(wanted, actual))
