"""MetricDataQueries: what GetMetricData is asked, and what an alarm on metric math looks at. Pure.

`queries_of` checks the members of a call, with every expression in them; what it gives cannot fail
when it is computed (`shardline.cloudwatch.computing`), but by being too much work.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from shardline.cloudwatch.checks import VALIDATION, Checks
from shardline.cloudwatch.math.checking import Checker
from shardline.cloudwatch.math.parsing import parse
from shardline.cloudwatch.math.syntax import Node, names_in
from shardline.cloudwatch.math.values import Kind, MathError
from shardline.cloudwatch.metrics import metric_of
from shardline.cloudwatch.periods import check_period
from shardline.cloudwatch.statistics import Statistic, statistic_of
from shardline.storage.metric_store import Metric

MOST_QUERIES = 500
MOST_EXPRESSION, MOST_ID = 2048, 255
MOST_TOGETHER = 100_000
"""Characters of all expressions of a call: ours, so that reading them takes no seconds."""
_ID = re.compile(r"[a-z][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class MetricStat:
    """A metric's statistic by the period. Without a `unit`, what was put in any unit."""

    metric: Metric
    statistic: Statistic
    period_s: int
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One of the queries: for a metric (`stat`), or an expression, whose `kind` is known.

    `period_s` is that of an expression which says it, else None.
    """

    id: str
    stat: MetricStat | None = None
    expression: Node | None = None
    text: str = ""  # of the expression
    kind: Kind = "TS"
    period_s: int | None = None
    label: str | None = None
    return_data: bool = True
    account: str = ""
    region: str = ""

    @property
    def search_period_s(self) -> int:
        """The period of a SEARCH that names none; five minutes are ours."""
        return self.period_s or 300

    def default_label(self) -> str:
        """The label where none is given: the metric's name, or the query's Id."""
        return self.stat.metric.name if self.stat else self.id


def queries_of(
    checks: Checks,
    path: str,
    account: str,
    region: str,
    members: Sequence[Mapping[str, Any] | None],
    units: Collection[str],
) -> list[MetricQuery]:
    """The queries of a call's list `path`. What is wrong with them is noted in `checks`.

    Expressions are only looked at when everything else is right.
    """
    if not checks.size(members, path, MOST_QUERIES):
        return []
    queries = []
    for number, member in enumerate(members, 1):
        if checks.required(member, f"{path}.member.{number}"):
            assert member is not None
            of_member = _Member(checks, f"{path}.member.{number}", member)
            queries.append(of_member.query(account, region, units))
    if len({query.id for query in queries}) < len(queries):
        checks.refuse(VALIDATION, f"The values for parameter id in {path} are not unique.")
    if sum(len(query.text) for query in queries) > MOST_TOGETHER:
        checks.refuse(
            VALIDATION,
            f"The expressions of {path} must not have more than {MOST_TOGETHER} characters "
            "together.",
        )
    return queries if checks.has_faults else _with_expressions(checks, queries)


class _Member:
    def __init__(self, checks: Checks, path: str, member: Mapping[str, Any]) -> None:
        self._checks = checks
        self._path = path
        self._member = member

    def query(self, account: str, region: str, units: Collection[str]) -> MetricQuery:
        id_ = self._id()
        owner = self._member.get("AccountId")
        if owner not in (None, account):
            self._checks.bad_value(str(owner), f"{self._path}.AccountId")
        text, given = self._member.get("Expression"), self._member.get("MetricStat")
        if text is not None and given is not None:
            self._checks.refuse(
                VALIDATION,
                f"The parameters {self._path}.Expression and {self._path}.MetricStat are mutually "
                "exclusive and you have specified both.",
            )
        period_s = self._member.get("Period")
        if period_s is not None:
            check_period(self._checks, f"{self._path}.Period", period_s)
        stat = None
        if text is None and self._checks.required(given, f"{self._path}.MetricStat"):
            stat = self._stat(account, region, given or {}, units)
        elif text is not None:
            self._checks.required(text, f"{self._path}.Expression")
            self._checks.length(text, f"{self._path}.Expression", MOST_EXPRESSION)
        return MetricQuery(
            id_,
            stat,
            text=text or "",
            period_s=period_s,
            label=self._member.get("Label"),
            return_data=self._member.get("ReturnData", True) is not False,
            account=account,
            region=region,
        )

    def _id(self) -> str:
        id_ = self._member.get("Id") or ""
        if self._checks.required(id_, f"{self._path}.Id"):
            self._checks.length(id_, f"{self._path}.Id", MOST_ID)
            if not _ID.fullmatch(id_):
                self._checks.bad_value(id_, f"{self._path}.Id")
        return id_

    def _stat(
        self, account: str, region: str, given: Mapping[str, Any], units: Collection[str]
    ) -> MetricStat | None:
        path = f"{self._path}.MetricStat"
        metric = metric_of(
            self._checks, f"{path}.Metric.", account, region, given.get("Metric") or {}
        )
        period_s = given.get("Period")
        if self._checks.required(period_s, f"{path}.Period"):
            check_period(self._checks, f"{path}.Period", period_s)
        unit = given.get("Unit")
        if unit is not None:
            self._checks.one_of(unit, f"{path}.Unit", units)
        name = given.get("Stat") or ""
        statistic = None
        if self._checks.required(name, f"{path}.Stat"):
            statistic = statistic_of(name)
            if statistic is None:
                self._checks.refuse(
                    VALIDATION,
                    f"The value {name} for parameter {path}.Stat is not a valid statistic.",
                )
        if statistic is None or not period_s:
            return None
        return MetricStat(metric, statistic, period_s, unit)


def _with_expressions(checks: Checks, queries: list[MetricQuery]) -> list[MetricQuery]:
    """The queries, with every expression parsed and its kind found."""
    by_id = {query.id: query for query in queries}
    for query in queries:
        if query.stat is None:
            try:
                by_id[query.id] = replace(query, expression=parse(query.text))
            except MathError as error:
                _refuse(checks, query, error)
    if checks.has_faults:
        return queries
    kinds: dict[str, Kind] = {}
    metrics = {query.id for query in queries if query.stat}
    try:
        order = list(in_order(by_id.values()))
    except CycleError as error:
        _refuse(checks, by_id[error.args[1][0]], MathError("it refers to itself"))
        return queries
    for query in order:
        try:
            kinds[query.id] = _kind(
                query, Checker({**dict.fromkeys(by_id, "TS"), **kinds}, metrics)
            )
        except MathError as error:
            kinds[query.id] = "TS"
            _refuse(checks, query, error)
    return [replace(by_id[query.id], kind=kinds[query.id]) for query in queries]


def in_order(queries: Collection[MetricQuery]) -> Iterator[MetricQuery]:
    """Each query behind those that it refers to. Raises `CycleError`."""
    by_id = {query.id: query for query in queries}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for query in queries:
        names = names_in(query.expression) if query.expression else set()
        sorter.add(query.id, *(names & by_id.keys()))
    return (by_id[id_] for id_ in sorter.static_order())


def _kind(query: MetricQuery, checker: Checker) -> Kind:
    if query.expression is None:
        return "TS"
    kind = checker.kind(query.expression)
    if kind == "S" and query.return_data:
        raise MathError("the result must be a time series or an array of them, not a scalar")
    return kind


def _refuse(checks: Checks, query: MetricQuery, error: MathError) -> None:
    checks.refuse(VALIDATION, f"Error in expression '{query.id}': {error}")
