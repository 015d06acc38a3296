"""Every refusal: importing a module of situations registers them."""

from refusals import (  # noqa: F401 # imported for what they register
    access,
    addressing,
    arguments,
    constraints,
    consumers,
    counts,
    dry_run,
    failures,
    keys,
    missing,
    on_demand,
    policies,
    positions,
    rates,
    state,
    tokens,
)
from refusals.registry import REFUSALS
from refusals.unreached import UNREACHED

__all__ = ["REFUSALS", "UNREACHED"]
