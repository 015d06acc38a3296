"""GetMetricData: what is asked, held against CloudWatch's rules, and its pages. Pure.

A page has at most MaxDatapoints: it takes the results in the order of the queries, from where the
page before ended. A result that goes on on the next page is `PartialData`; those that begin there
are not on this one. AWS pages too, without saying how, and not where there is an expression; here
expressions make no difference.
"""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shardline.cloudwatch import page_tokens
from shardline.cloudwatch.checks import VALIDATION, Checks
from shardline.cloudwatch.computing import possible_points, smallest_period_s
from shardline.cloudwatch.labels import label_of, time_zone
from shardline.cloudwatch.math.values import Series, Value, as_array
from shardline.cloudwatch.periods import rounded_start_s, times_of
from shardline.cloudwatch.queries import MetricQuery, queries_of
from shardline.gateway.errors import ServiceError

MOST_DATAPOINTS = 100_800
SCANS = ("TimestampDescending", "TimestampAscending")


class Place(NamedTuple):
    """Where a page begins: `passed` datapoints of a query's series are on the pages before."""

    query: int
    series: int
    passed: int


@dataclass(frozen=True, slots=True)
class DataAsked:
    """A checked call. `start_s` is rounded already."""

    queries: list[MetricQuery]
    start_s: int
    end_s: int
    now_s: int
    is_ascending: bool
    most: int
    zone: datetime.timezone
    place: Place

    def parts(self, most_points: int) -> Iterator[list[MetricQuery]]:
        """The queries, from where the page begins, in parts that may be read one after the other.

        No part has more than about `most_points`. With an expression there is but one.
        """
        if any(query.expression is not None for query in self.queries):
            yield self.queries
            return
        part: list[MetricQuery] = []
        points = 0
        for query in self.queries[self.place.query :]:
            period_s = query.stat.period_s if query.stat else 60
            own = possible_points([period_s], self.start_s, self.end_s, self.now_s)
            if part and points + own > most_points:
                yield part
                part, points = [], 0
            part.append(query)
            points += own
        yield part


def asked(
    account: str, region: str, call: Mapping[str, Any], units: Collection[str], now_s: int
) -> DataAsked:
    """The call. Raises `ServiceError` with everything that is wrong with it."""
    checks = Checks(VALIDATION)
    members = call.get("MetricDataQueries") or []
    queries: list[MetricQuery] = []
    if checks.required(members, "MetricDataQueries"):
        queries = queries_of(checks, "MetricDataQueries", account, region, members, units)
    times = times_of(checks, call, "The parameter EndTime must be greater than StartTime.")
    scan = call.get("ScanBy", SCANS[0])
    checks.one_of(scan, "ScanBy", SCANS)
    most = call.get("MaxDatapoints", MOST_DATAPOINTS)
    if not 1 <= most <= MOST_DATAPOINTS:
        checks.bad_value(str(most), "MaxDatapoints")
    zone_text = (call.get("LabelOptions") or {}).get("Timezone", "+0000")
    zone = time_zone(zone_text)
    if zone is None:
        checks.bad_value(zone_text, "LabelOptions.Timezone")
    checks.raise_any()
    assert times is not None
    assert zone is not None
    start_s = rounded_start_s(times[0], now_s, smallest_period_s(queries))
    place = _place(call.get("NextToken"), len(queries))
    return DataAsked(
        queries, start_s, -int(-times[1] // 1), now_s, scan == SCANS[1], most, zone, place
    )


def _place(token: str | None, queries: int) -> Place:
    if token is None:
        return Place(0, 0, 0)
    place = page_tokens.read(token, Place)
    if place is None or min(place) < 0 or place.query >= queries:
        raise ServiceError("InvalidNextToken", "The value for parameter NextToken is invalid.")
    return place


@dataclass(slots=True)
class Page:
    """Takes results until it is full. `notes` are what the answer has to say besides."""

    asked: DataAsked
    next_place: Place | None = None
    notes: list[str] = field(default_factory=list)
    _left: int = field(init=False)
    _results: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = self.asked.most

    def take(self, queries: Sequence[MetricQuery], values: Mapping[str, Value]) -> None:
        """Take what queries came to, in their order, while there is room."""
        numbers = {query.id: number for number, query in enumerate(self.asked.queries)}
        for query in queries:
            number = numbers[query.id]
            if number < self.asked.place.query or not query.return_data:
                continue
            for which, series in enumerate(as_array(values[query.id])):
                if self.next_place is None:
                    self._take(query, (number, which), series)

    def _take(self, query: MetricQuery, at: tuple[int, int], series: Series) -> None:
        place = self.asked.place
        begun_at = place.query, place.series
        if at < begun_at:
            return
        skipped = place.passed if at == begun_at else 0
        if not self._left:
            self.next_place = Place(*at, skipped)
            return
        points = list(series.points.items())
        if not self.asked.is_ascending:
            points.reverse()
        given = points[skipped : skipped + self._left]
        self._left -= len(given)
        is_whole = skipped + len(given) >= len(points)
        if not is_whole:
            self.next_place = Place(*at, skipped + len(given))
        self._results.append(
            {
                "Id": query.id,
                "Label": label_of(query, series, self.asked.now_s, self.asked.zone),
                "Timestamps": [at_s for at_s, _ in given],
                "Values": [value for _, value in given],
                "StatusCode": "Complete" if is_whole else "PartialData",
            }
        )

    def answer(self) -> dict[str, Any]:
        """The answer's members."""
        token = None if self.next_place is None else page_tokens.make(self.next_place)
        messages = [{"Code": "MaxMetricsExceeded", "Value": note} for note in self.notes]
        return {"MetricDataResults": self._results, "NextToken": token, "Messages": messages}
