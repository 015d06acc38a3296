"""ListMetrics: what is asked, held against CloudWatch's rules, and which metrics fit. Pure.

The sentence for a NextToken that is none is ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shardline.cloudwatch import page_tokens
from shardline.cloudwatch.checks import Checks
from shardline.cloudwatch.metrics import LISTED_S, name_of, namespace_of
from shardline.storage.metric_store import Metric

PAGE = 500
MOST_FILTERS = 10
RECENT_S = 3 * 3600


class _Key(NamedTuple):
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ListAsked:
    """A checked call. `dimensions` are the names that a metric has to have, each with its value,
    or None for any."""

    account: str
    region: str
    namespace: str | None
    name: str | None
    dimensions: tuple[tuple[str, str | None], ...]
    since_s: int
    after: Metric | None
    is_own: bool
    tells_accounts: bool

    def fits(self, metric: Metric) -> bool:
        """Whether a metric has the dimensions."""
        there = dict(metric.dimensions)
        return all(
            name in there and value in (None, there[name]) for name, value in self.dimensions
        )


def asked(account: str, region: str, call: Mapping[str, Any], now_s: int) -> ListAsked:
    """The call. Raises `ServiceError` with everything that is wrong with it."""
    checks = Checks()
    namespace, name = call.get("Namespace"), call.get("MetricName")
    if namespace is not None:
        namespace_of(checks, "Namespace", namespace)
    if name is not None:
        name_of(checks, "MetricName", name)
    recently = call.get("RecentlyActive")
    if recently is not None:
        checks.one_of(recently, "RecentlyActive", ("PT3H",))
    dimensions = _filters(checks, call.get("Dimensions") or [])
    after = _after(checks, account, region, call.get("NextToken"))
    checks.raise_any()
    return ListAsked(
        account,
        region,
        namespace,
        name,
        dimensions,
        now_s - (RECENT_S if recently else LISTED_S),
        after,
        is_own=call.get("OwningAccount") in (None, account),
        tells_accounts=bool(call.get("IncludeLinkedAccounts")),
    )


def _filters(checks: Checks, members: Sequence[Any]) -> tuple[tuple[str, str | None], ...]:
    if not checks.size(members, "Dimensions", MOST_FILTERS):
        return ()
    found: list[tuple[str, str | None]] = []
    for number, member in enumerate(members, 1):
        given: Mapping[str, str] = member or {}
        path = f"Dimensions.member.{number}"
        if checks.required(given.get("Name"), f"{path}.Name"):
            checks.ascii_text(given["Name"], f"{path}.Name", 255)
            found.append((given["Name"], given.get("Value")))
        if given.get("Value") is not None and checks.required(given["Value"], f"{path}.Value"):
            checks.ascii_text(given["Value"], f"{path}.Value", 1024)
    return tuple(found)


def _after(checks: Checks, account: str, region: str, token: str | None) -> Metric | None:
    if token is None:
        return None
    key = page_tokens.read(token, _Key)
    if key is None:
        checks.bad_value(token[:100], "NextToken")
        return None
    return Metric(account, region, *key)


def answer(call: ListAsked, metrics: Sequence[Metric], after: Metric | None) -> dict[str, Any]:
    """The answer's members; the list goes on behind `after`, if that is given."""
    return {
        "Metrics": [
            {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            }
            for metric in metrics
        ],
        "NextToken": None if after is None else page_tokens.make(after[2:]),
        "OwningAccounts": [call.account] * len(metrics) if call.tells_accounts else None,
    }
