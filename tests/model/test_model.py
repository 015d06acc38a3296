"""Any sequence of calls agrees with a simple model, also in the middle of slow changes.

How the machine is made, and how a group of rules is added, is in `machine.py`.
"""

import pytest
from hypothesis import HealthCheck, settings

from model.followers import FollowerRules
from model.listing import ListingRules
from model.readers import ReaderRules
from model.records import RecordRules
from model.reshards import ReshardRules
from model.streams import StreamRules
from model.time import TimeRules


class AnyNode(
    StreamRules,
    ReshardRules,
    RecordRules,
    ReaderRules,
    FollowerRules,
    ListingRules,
    TimeRules,
):
    """All groups of rules, on a node that keeps its records in memory."""


class AnyNodeOnDisk(AnyNode):
    """The same on SQLite; the node may be started again between any two calls."""

    on_disk = True


class LongRun(AnyNode):
    """For whoever looks for faults: longer histories, new ones each time."""


class LongRunOnDisk(AnyNodeOnDisk):
    """The same on SQLite."""


def in_ci(examples: int) -> settings:
    return settings(max_examples=examples, stateful_step_count=50, deadline=None)


def for_long(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=120,
        deadline=None,
        derandomize=False,
        suppress_health_check=[HealthCheck.too_slow],
    )


# The timeouts leave room for making a history that fails short.
TestAnyNode = pytest.mark.slow(pytest.mark.timeout(600)(AnyNode.TestCase))
TestAnyNode.settings = in_ci(100)
TestAnyNodeOnDisk = pytest.mark.slow(pytest.mark.timeout(600)(AnyNodeOnDisk.TestCase))
TestAnyNodeOnDisk.settings = in_ci(30)
TestLongRun = pytest.mark.full(pytest.mark.timeout(3600)(LongRun.TestCase))
TestLongRun.settings = for_long(1000)
TestLongRunOnDisk = pytest.mark.full(pytest.mark.timeout(3600)(LongRunOnDisk.TestCase))
TestLongRunOnDisk.settings = for_long(300)
