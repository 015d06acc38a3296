"""Dashboards in an SQL database. The contract is in `shardline.storage.dashboard_port`."""

from collections.abc import Collection, Sequence

from shardline.storage.catalog import dashboard_statements
from shardline.storage.catalog.sql_store import SqlStore
from shardline.storage.dashboard_entities import Dashboard, DashboardEntry


class SqlDashboards(SqlStore):
    """A `DashboardStore`."""

    async def dashboard(self, account: str, name: str) -> Dashboard | None:
        """The dashboard of that name. Raises `StorageError`."""
        return await self._read(lambda db: dashboard_statements.find_dashboard(db, account, name))

    async def dashboards(
        self, account: str, prefix: str, after: str, limit: int
    ) -> Sequence[DashboardEntry]:
        """Dashboards by name. Raises `StorageError`."""
        return await self._read(
            lambda db: dashboard_statements.list_dashboards(db, account, prefix, after, limit)
        )

    async def put_dashboard(self, dashboard: Dashboard) -> None:
        """Add or replace a dashboard. Raises `WriteFailed`."""
        await self._write(lambda db: dashboard_statements.put_dashboard(db, dashboard))

    async def remove_dashboards(self, account: str, names: Collection[str]) -> set[str]:
        """Remove dashboards; answer the names of those there were. Raises `WriteFailed`."""
        return await self._write(
            lambda db: dashboard_statements.remove_dashboards(db, account, names)
        )
