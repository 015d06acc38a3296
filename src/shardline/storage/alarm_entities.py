"""What the catalog keeps of alarms: plain, immutable data without behaviour.

The rules about these values are in `shardline.cloudwatch.alarms`. An alarm is named by account,
region and name; metric and composite alarms share the names.
"""

from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
AlarmType = Literal["MetricAlarm", "CompositeAlarm"]
ItemType = Literal["ConfigurationUpdate", "StateUpdate", "Action"]
AlarmKey = tuple[str, str, str]
"""Account, region and name."""


@dataclass(frozen=True, slots=True)
class MetricStat:
    """A statistic of a metric, by periods of `period` seconds; `unit` None for every unit."""

    namespace: str
    metric_name: str
    dimensions: tuple[tuple[str, str], ...]
    period: int
    stat: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One member of an alarm's Metrics: a metric or an expression. `returns` marks the one watched.

    Members that the caller left out are None.
    """

    id: str
    metric: MetricStat | None = None
    expression: str | None = None
    label: str | None = None
    period: int | None = None
    returns: bool = True


@dataclass(frozen=True, slots=True)
class Watch:
    """What a metric alarm watches: one `metric`, or `queries`, and what of it is too much."""

    operator: str
    threshold: float
    evaluation_periods: int
    metric: MetricStat | None = None
    queries: tuple[Query, ...] = ()
    datapoints_to_alarm: int | None = None
    missing_data: str | None = None
    low_samples: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm: how it is configured, and the state that it is in.

    A metric alarm has a `watch`, a composite one a `rule` as it was sent. The times are those of
    AWS's AlarmConfigurationUpdatedTimestamp, StateUpdatedTimestamp and StateTransitionedTimestamp.
    `version` counts the changes; the catalog refuses one made from an old version.
    """

    account: str
    region: str
    name: str
    configured_ms: int
    state: State
    reason: str
    reason_data: str | None
    state_updated_ms: int
    transitioned_ms: int
    watch: Watch | None = None
    rule: str | None = None
    description: str | None = None
    actions_enabled: bool = True
    ok_actions: tuple[str, ...] = ()
    alarm_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    version: int = 0

    @property
    def key(self) -> AlarmKey:
        """What names the alarm."""
        return (self.account, self.region, self.name)

    @property
    def type(self) -> AlarmType:
        """AWS's word for the kind of alarm."""
        return "MetricAlarm" if self.rule is None else "CompositeAlarm"


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """Something that happened to an alarm. It stays when the alarm is deleted.

    `number` is given by the catalog, and orders the items of one millisecond.
    """

    account: str
    region: str
    alarm: str
    alarm_type: AlarmType
    at_ms: int
    type: ItemType
    summary: str
    data: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """An action that has to be taken: `message` goes to what `action` names.

    It is stored with the change of state that it tells of, and removed when it was taken or given
    up, so that a crash loses none. `id` is the message's, the same at every try.
    """

    id: str
    account: str
    region: str
    alarm: str
    alarm_type: AlarmType
    action: str
    subject: str
    message: str
    created_ms: int
