"""The catalog's table of dashboards, and what is read and written there."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, delete, func, select

from shardline.storage.catalog.column_types import FreeText, Text
from shardline.storage.catalog.schema import metadata
from shardline.storage.catalog.upsert import put_row
from shardline.storage.dashboard_entities import Dashboard, DashboardEntry

dashboards: Final = Table(
    "dashboards",
    metadata,
    Column("account", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", FreeText, nullable=False),
    Column("size", Integer, nullable=False),
    Column("modified_ms", BigInteger, nullable=False),
)


def find_dashboard(db: Connection, account: str, name: str) -> Dashboard | None:
    """The dashboard of that name."""
    wanted = select(dashboards.c.body, dashboards.c.modified_ms).where(
        dashboards.c.account == account, dashboards.c.name == name
    )
    row = db.execute(wanted).first()
    return None if row is None else Dashboard(account, name, row.body, row.modified_ms)


def list_dashboards(
    db: Connection, account: str, prefix: str, after: str, limit: int
) -> list[DashboardEntry]:
    """The dashboards whose names begin with `prefix`, behind the name `after`, by name."""
    wanted = (
        select(dashboards.c.name, dashboards.c.modified_ms, dashboards.c.size)
        .where(
            dashboards.c.account == account,
            dashboards.c.name > after,
            func.substr(dashboards.c.name, 1, len(prefix)) == prefix,  # LIKE would fold case
        )
        .order_by(dashboards.c.name)
        .limit(limit)
    )
    return [DashboardEntry(**row) for row in db.execute(wanted).mappings()]


def put_dashboard(db: Connection, dashboard: Dashboard) -> None:
    """Add a dashboard, or replace the one of that name."""
    row = {
        "account": dashboard.account,
        "name": dashboard.name,
        "body": dashboard.body,
        "size": len(dashboard.body.encode()),
        "modified_ms": dashboard.modified_ms,
    }
    put_row(db, dashboards, row)


def remove_dashboards(db: Connection, account: str, names: Collection[str]) -> set[str]:
    """Remove those of the dashboards that there are; answer their names."""
    gone = delete(dashboards).where(
        dashboards.c.account == account, dashboards.c.name.in_(sorted(names))
    )
    return set(db.scalars(gone.returning(dashboards.c.name)))
