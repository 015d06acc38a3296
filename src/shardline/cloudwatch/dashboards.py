"""The operations on dashboards: kept and given back as they came; nothing here draws them.

Sources of the sentences: answers of AWS quoted in public issues (terraform-provider-aws 25548 for a
dashboard that is not there, aws-eda-slurm-cluster 116 and pulumi 13059 for bodies); LocalStack's
for names, moto's for what cannot be deleted. That a list is too long, or a NextToken none, is told
in sentences of ours, and so is what is no JSON.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from shardline.clock import Clock
from shardline.cloudwatch import page_tokens
from shardline.cloudwatch.checks import VALUE, Checks
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller, Handler
from shardline.storage.dashboard_entities import Dashboard
from shardline.storage.dashboard_port import DashboardStore

PAGE, MOST_DELETED, LONGEST_NAME = 1000, 100, 255
_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_MOST_FAULTS = 100


class Dashboards:
    """PutDashboard, GetDashboard, ListDashboards and DeleteDashboards. Tags are read over."""

    def __init__(self, store: DashboardStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """The operations, by AWS's name."""
        return {
            "DeleteDashboards": self.delete_dashboards,
            "GetDashboard": self.get_dashboard,
            "ListDashboards": self.list_dashboards,
            "PutDashboard": self.put_dashboard,
        }

    async def put_dashboard(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a dashboard, which may replace another."""
        name, body = _name(call["DashboardName"]), call["DashboardBody"]
        faults = faults_of(body)
        if faults:
            shown = json.dumps(
                [{"dataPath": path, "message": message} for path, message in faults], indent=2
            )
            raise ServiceError(
                "InvalidParameterInput",
                f"The dashboard body is invalid, there are {len(faults)} validation errors:\n"
                f"{shown}",
            )
        await self._store.put_dashboard(Dashboard(caller.account, name, body, self._clock.now_ms()))
        return {"DashboardValidationMessages": []}

    async def get_dashboard(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """A dashboard as it was put."""
        name = _name(call["DashboardName"])
        found = await self._store.dashboard(caller.account, name)
        if found is None:
            raise ServiceError("ResourceNotFound", f"Dashboard {name} does not exist", status=404)
        return {
            "DashboardArn": _arn(caller, name),
            "DashboardBody": found.body,
            "DashboardName": name,
        }

    async def list_dashboards(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """The account's dashboards, by name."""
        checks = Checks()
        prefix = call.get("DashboardNamePrefix", "")
        checks.length(prefix, "DashboardNamePrefix", LONGEST_NAME)
        after: str | None = ""
        if (token := call.get("NextToken")) is not None:
            after = page_tokens.read(token, str)
            if after is None:
                checks.bad_value(token[:100], "NextToken")
        checks.raise_any()
        found = await self._store.dashboards(caller.account, prefix, after or "", PAGE + 1)
        entries = [
            {
                "DashboardName": entry.name,
                "DashboardArn": _arn(caller, entry.name),
                "LastModified": entry.modified_ms / 1000,
                "Size": entry.size,
            }
            for entry in found[:PAGE]
        ]
        has_more = len(found) > PAGE
        return {
            "DashboardEntries": entries,
            "NextToken": page_tokens.make(found[PAGE - 1].name) if has_more else None,
        }

    async def delete_dashboards(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """Remove dashboards; those that are there also where others are not."""
        names = call["DashboardNames"]
        checks = Checks()
        checks.size(names, "DashboardNames", MOST_DELETED)
        checks.raise_any()
        gone = await self._store.remove_dashboards(caller.account, names)
        missing = [name for name in names if name not in gone]
        if missing:
            raise ServiceError(
                "ResourceNotFound",
                f"The specified dashboard does not exist. [{', '.join(missing)}]",
                status=404,
            )
        return {}


def _name(name: str) -> str:
    checks = Checks()
    if not _NAME.fullmatch(name):
        checks.refuse(
            VALUE,
            "The value for field DashboardName contains invalid characters. It can only contain "
            "alphanumerics, dash (-) and underscore (_).\n",
        )
    checks.length(name, "DashboardName", LONGEST_NAME)
    checks.raise_any()
    return name


def _arn(caller: Caller, name: str) -> str:
    return f"arn:aws:cloudwatch::{caller.account}:dashboard/{name}"


def faults_of(body: str) -> list[tuple[str, str]]:
    """What is wrong with a dashboard's form, each with its place. Pure.

    Its widgets are looked at no further than that each has a type and properties.
    """
    try:
        content = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return [("", "The field DashboardBody must be a valid JSON object")]
    if not isinstance(content, dict):
        return [("", "Should be object")]
    widgets = content.get("widgets")
    if widgets is None:
        return [("", "Should have required property 'widgets'")]
    if not isinstance(widgets, list):
        return [("/widgets", "Should be array")]
    faults: list[tuple[str, str]] = []
    for number, widget in enumerate(widgets):
        place = f"/widgets/{number}"
        if not isinstance(widget, dict):
            faults.append((place, "Should be object"))
            continue
        for member, kind, article in (("type", str, "string"), ("properties", dict, "object")):
            if member not in widget:
                faults.append((place, f"Should have required property '{member}'"))
            elif not isinstance(widget[member], kind):
                faults.append((f"{place}/{member}", f"Should be {article}"))
    return faults[:_MOST_FAULTS]
