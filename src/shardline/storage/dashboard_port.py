"""The part of the catalog that holds dashboards; see `shardline.storage.catalog_port`."""

from collections.abc import Collection, Sequence
from typing import Protocol

from shardline.storage.dashboard_entities import Dashboard, DashboardEntry


class DashboardStore(Protocol):
    """Dashboards, by account and name."""

    async def dashboard(self, account: str, name: str) -> Dashboard | None:
        """The dashboard of that name."""
        ...

    async def dashboards(
        self, account: str, prefix: str, after: str, limit: int
    ) -> Sequence[DashboardEntry]:
        """At most `limit` dashboards whose names begin with `prefix`, behind `after`, by name."""
        ...

    async def put_dashboard(self, dashboard: Dashboard) -> None:
        """Add a dashboard, or replace the one of that account and name."""
        ...

    async def remove_dashboards(self, account: str, names: Collection[str]) -> set[str]:
        """Remove those of the dashboards that there are; answer their names."""
        ...
