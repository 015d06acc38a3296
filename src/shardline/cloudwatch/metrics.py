"""What a call says of a metric: its namespace, name and dimensions, held to the rules. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from shardline.cloudwatch.checks import VALUE, Checks
from shardline.storage.metric_store import Metric

MOST_DIMENSIONS = 30
LISTED_S = 14 * 86_400
"""How long a metric without new data is listed, and found."""


def metric_of(
    checks: Checks, path: str, account: str, region: str, given: Mapping[str, Any]
) -> Metric:
    """The metric that the members `given` name. `path` ends with a dot, or is empty."""
    return Metric(
        account,
        region,
        namespace_of(checks, f"{path}Namespace", given.get("Namespace")),
        name_of(checks, f"{path}MetricName", given.get("MetricName")),
        dimensions_of(checks, f"{path}Dimensions", given.get("Dimensions") or []),
    )


def namespace_of(checks: Checks, path: str, namespace: str | None) -> str:
    """A namespace, which is required."""
    if checks.required(namespace, path):
        assert namespace is not None
        checks.ascii_text(namespace, path, 255)
        if namespace.startswith(":"):
            checks.bad_value(namespace, path)
    return namespace or ""


def name_of(checks: Checks, path: str, name: str | None) -> str:
    """A metric's name, which is required."""
    if checks.required(name, path):
        assert name is not None
        checks.length(name, path, 255)
    return name or ""


def dimensions_of(checks: Checks, path: str, members: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """Dimensions, sorted, each name once."""
    if not checks.size(members, path, MOST_DIMENSIONS):
        return ()
    found: dict[str, str] = {}
    for number, member in enumerate(members, 1):
        given: Mapping[str, str] = member or {}
        name, value = given.get("Name") or "", given.get("Value") or ""
        for text, part, longest in ((name, "Name", 255), (value, "Value", 1024)):
            place = f"{path}.member.{number}.{part}"
            if checks.required(text, place):
                checks.ascii_text(text, place, longest)
                if text.isspace() or (part == "Name" and text.startswith(":")):
                    checks.bad_value(text, place)
        if name in found:
            checks.refuse(VALUE, "No Metric may specify the same dimension twice.")
        found[name] = value
    return tuple(sorted(found.items()))
