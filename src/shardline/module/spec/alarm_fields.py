"""The configuration's `alarms`: where they are sent, and a field for each of `alarms.KINDS`."""

from typing import Annotated, Any

from pydantic import Field

from shardline.module.spec import quantities, types
from shardline.module.spec.alarms import BY_NAME, UTILIZATIONS, AlarmName
from shardline.module.spec.part import Maybe, Part, alternative, by_type, optional, switch
from shardline.module.spec.types import UNIQUE

MAX_NOTIFIED = 5
"""Actions of an alarm for each of its states; CloudWatch's limit."""

Notified = Annotated[tuple[types.Notify, ...], Field(max_length=MAX_NOTIFIED, strict=False), UNIQUE]

_SETTING = by_type({str: "<threshold>", bool: "<switch>"})
_OWN = alternative("<threshold>", "At a threshold of your own")
_Switch = Annotated[bool, *switch("As is usual", "No such alarm")]
Lag = Annotated[
    _Switch | Annotated[str, *types.quantity(quantities.LAG), *_OWN],
    _SETTING,
]
Share = Annotated[
    _Switch | Annotated[str, *types.quantity(quantities.SHARE), *_OWN],
    _SETTING,
]
Utilization = Annotated[
    _Switch | Annotated[str, *types.quantity(quantities.UTILIZATION), *_OWN],
    _SETTING,
]


def _alarm(name: AlarmName) -> Any:
    kind = BY_NAME[name]
    return optional(
        kind.title,
        f"{kind.description} As is usual (true), at {kind.default}; false switches it off.",
        kind.quantity.examples[0],
        False,
        holds=True,
        when={"mode": "provisioned"} if name in UTILIZATIONS else None,
    )


class Alarms(Part):
    """Where alarms are sent, and the threshold of each."""

    notify: Maybe[Notified] = optional(
        "Send alarms to",
        "Where alarms go: SNS topics of AWS, or web addresses (those on Shardline alone). Without "
        "any they can be looked up, but nobody is told.",
        ["arn:aws:sns:us-east-1:123456789012:oncall"],
        holds=[],
    )
    notify_recovered: Maybe[Notified] = optional(
        "Send the all-clear to",
        "Where it is told that an alarm is over.",
        ["arn:aws:sns:us-east-1:123456789012:oncall"],
        holds=[],
    )
    iterator_age: Maybe[Lag] = _alarm(AlarmName.ITERATOR_AGE)
    read_success: Maybe[Share] = _alarm(AlarmName.READ_SUCCESS)
    put_success: Maybe[Share] = _alarm(AlarmName.PUT_SUCCESS)
    failed_records: Maybe[Share] = _alarm(AlarmName.FAILED_RECORDS)
    read_throttled: Maybe[Share] = _alarm(AlarmName.READ_THROTTLED)
    write_throttled: Maybe[Share] = _alarm(AlarmName.WRITE_THROTTLED)
    consumer_lag: Maybe[Lag] = _alarm(AlarmName.CONSUMER_LAG)
    bytes_in_utilization: Maybe[Utilization] = _alarm(AlarmName.BYTES_IN_UTILIZATION)
    records_in_utilization: Maybe[Utilization] = _alarm(AlarmName.RECORDS_IN_UTILIZATION)
    bytes_out_utilization: Maybe[Utilization] = _alarm(AlarmName.BYTES_OUT_UTILIZATION)

    def setting(self, name: AlarmName) -> str | bool | None:
        """What is written of an alarm: its threshold, whether there is one, or None: nothing."""
        found: str | bool | None = getattr(self, name)
        return found


AnyAlarms = Annotated[
    Annotated[bool, *switch("All, as is usual", "None")]
    | Annotated[Alarms, *alternative("<alarms>", "Choose, and say where to send them")],
    by_type({bool: "<switch>", dict: "<alarms>"}),
]
"""All alarms, none, or what is to be said of them."""
