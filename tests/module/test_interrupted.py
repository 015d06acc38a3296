"""Cut off after any call, a run is finished by running it again.

Cut off before a call is the same state as after the one before it, so that one of them is enough.
"""

import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from module_steps import actual, apply, destroy, planned, wanted
from shardline.module.plan import Plan
from shardline.module.target import Target

SMALL = """
name: {name}
shards: 1
retention: 48h
shard_level_metrics: [IncomingBytes]
consumers: [billing]
tags: {{team: shop}}
access:
  read: [{{role: {name}-reader, trust: [lambda.amazonaws.com]}}]
alarms: {{iterator_age: false, read_success: false, failed_records: false, read_throttled: false,
  write_throttled: false, records_in_utilization: false, bytes_out_utilization: false}}
"""
LARGER = """
name: {name}
shards: 5
retention: 72h
shard_level_metrics: [OutgoingBytes]
encryption: false
consumers: [search]
tags: {{group: shop}}
access: {{read: []}}
alarms: {{put_success: 90%}}
"""
CHANGING = ("create_", "delete_", "put_", "update_", "add_", "remove_", "attach_", "detach_",
            "register_", "deregister_", "enable_", "disable_", "start_", "stop_", "increase_",
            "decrease_", "tag_")  # fmt: skip


class CutOff(BaseException):
    """As a signal would end it, or a machine that goes away."""


class Scissors:
    """A client that is cut off after so many calls that change something, counted over all."""

    def __init__(self, client: Any, left: list[int]) -> None:
        self._client, self._left = client, left

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._client, operation)
        if not operation.startswith(CHANGING):
            return method

        def called(**params: Any) -> Any:
            answer = method(**params)
            self._left[0] -= 1
            if self._left[0] == 0:
                raise CutOff
            return answer

        return called


def cutting(target: Target, after: int) -> Target:
    """The same target, cut off after so many calls."""
    left = [after]
    clients = {
        each: Scissors(getattr(target, each), left) for each in ("kinesis", "iam", "cloudwatch")
    }
    return replace(target, **clients)


def check_made(target: Target, yaml: str) -> None:
    """Nothing is left to do; and nothing is left."""
    apply(target, yaml)
    assert planned(target, yaml).changes == ()
    destroy(target, yaml)


def check_gone(target: Target, yaml: str) -> None:
    """A second run of destroy leaves nothing."""
    destroy(target, yaml)
    found = actual(target, wanted(yaml))
    assert (found.stream, found.policies, found.roles, found.alarms) == (None, {}, {}, {})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("before", "run", "after", "check"),
    [
        (None, apply, SMALL, check_made),
        (SMALL, apply, LARGER, check_made),
        (SMALL, destroy, SMALL, check_gone),
    ],
    ids=["create", "change", "destroy"],
)
def test_cut_off_after_any_call_it_is_finished_by_running_it_again(
    target: Target,
    name: str,
    before: str | None,
    run: Callable[[Target, str], Plan],
    after: str,
    check: Callable[[Target, str], None],
) -> None:
    for number in itertools.count(1):
        # Given a stream, or none yet
        stream = f"{name}-{number}"
        if before is not None:
            apply(target, before.format(name=stream))

        # When a run is cut off after so many calls
        with contextlib.suppress(CutOff):
            run(cutting(target, number), after.format(name=stream))
            break

        # Then running it again finishes it
        check(target, after.format(name=stream))
    assert number >= 10
