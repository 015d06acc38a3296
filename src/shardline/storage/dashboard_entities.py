"""What the catalog knows of a dashboard."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard of an account; AWS has them in no region. `body` is JSON, kept as it came."""

    account: str
    name: str
    body: str
    modified_ms: int


@dataclass(frozen=True, slots=True)
class DashboardEntry:
    """What a list tells of a dashboard. `size` is its body's, in bytes of UTF-8."""

    name: str
    modified_ms: int
    size: int
