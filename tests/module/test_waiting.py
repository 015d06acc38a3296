"""Apply on a stream that takes its time, and against limits: waiting, trying again, giving up."""

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from module_steps import TRUST, apply, no_sleep, planned, print_nothing, wanted
from module_targets import REGION
from shardline.kinesis.limit_modes import LimitsMode
from shardline.module.actual import Actual
from shardline.module.apply import make, ready
from shardline.module.errors import StepFailed, TakesTooLong
from shardline.module.places import Place
from shardline.module.plan import Plan
from shardline.module.plan.stream import stream_changes
from shardline.module.read import read_stream
from shardline.module.target import Target
from shardline.module.waiting import RETRY_S, pauses, retried
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, TestServer, running_server

pytestmark = pytest.mark.slow

NOW_S = 1_790_000_000


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    """A server whose streams take a minute for each change; `indirect` chooses its limits."""
    limits: LimitsMode = getattr(request, "param", "counts")
    settings = NodeSettings(data_dir=None, port=0, transition_ms=60_000)
    with running_server(settings, clock=ManualClock(running=True), limits=limits) as server:
        yield server


def target_of(server: TestServer) -> Target:
    """Its Kinesis; the changes of the stream itself need nothing else."""
    kinesis = server.client("kinesis")
    return Target(Place("000000000000", REGION), server.endpoint, kinesis, None, None)


def advance(server: TestServer) -> Callable[[float], None]:
    """A sleep that moves the server's clock instead."""
    return lambda seconds: server.clock.advance(seconds=seconds)


def changes(target: Target, yaml: str) -> Plan:
    """The plan for the stream itself, without policies and alarms."""
    want = wanted(yaml)
    actual = Actual(target.place, want.name, read_stream(target, want.name))
    return Plan(want.name, tuple(stream_changes(want, actual, NOW_S)))


def test_every_change_is_waited_for(slow: TestServer) -> None:
    # Given a plan of many changes for a server that takes a minute for each
    target = target_of(slow)
    yaml = "name: orders\nshards: 2\nretention: 48h\nshard_level_metrics: all\n"
    told: list[str] = []

    # When it is made, while time passes as it is slept
    make(
        target,
        changes(target, yaml),
        sleep=advance(slow),
        tell=told.append,
    )

    # Then nothing is left to do, and whoever watched knew why it took so long
    assert ready(target, "orders", no_sleep, print_nothing)
    assert changes(target, yaml).is_empty
    assert {"orders is CREATING", "orders is UPDATING"} <= set(told)


def test_resharding_waits_between_the_steps(slow: TestServer) -> None:
    target = target_of(slow)
    make(target, changes(target, "name: orders\nshards: 1"), sleep=advance(slow))

    make(target, changes(target, "name: orders\nshards: 6"), sleep=advance(slow))

    stream = read_stream(target, "orders")
    assert stream is not None
    assert (stream.status, stream.shards) == ("ACTIVE", 6)


def test_a_stream_that_never_comes_to_rest_is_told(slow: TestServer) -> None:
    target = target_of(slow)
    slow.client().create_stream(StreamName="orders", ShardCount=1)

    with pytest.raises(TakesTooLong, match="orders is CREATING after an hour; run it again"):
        ready(target, "orders", no_sleep, print_nothing)


@pytest.mark.parametrize("slow", ["aws"], indirect=True)
def test_the_eleventh_reshard_of_a_day_says_when_to_come_back(slow: TestServer) -> None:
    # Given a stream that was resharded ten times
    target = target_of(slow)
    sleep = advance(slow)
    make(target, changes(target, "name: orders\nshards: 1"), sleep=sleep)
    for number in range(10):
        make(target, changes(target, f"name: orders\nshards: {2 - number % 2}"), sleep=sleep)

    # When it is to be once more
    with pytest.raises(StepFailed) as failed:
        make(target, changes(target, "name: orders\nshards: 2"), sleep=sleep)

    # Then it says so at once, and a day later it works
    assert str(failed.value).startswith(
        "orders: scale shards: UpdateShardCount is refused, LimitExceededException: "
    )
    assert str(failed.value).endswith(
        "; AWS allows ten in 24 hours; run it again later: it goes on from there"
    )
    slow.clock.advance(days=1)
    make(target, changes(target, "name: orders\nshards: 2"), sleep=sleep)


def refused(code: str) -> ClientError:
    """An answer of the API."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


def test_what_passes_is_tried_again() -> None:
    answers = [refused("ResourceInUseException"), refused("LimitExceededException"), None]
    slept: list[float] = []

    def call() -> str:
        error = answers.pop(0)
        if error:
            raise error
        return "done"

    assert retried(call, slept.append, print_nothing) == "done"
    assert slept == [0.1, pytest.approx(0.16)]


@pytest.mark.parametrize(
    ("code", "seconds"), [("ResourceInUseException", RETRY_S), ("ValidationException", 0)]
)
def test_what_does_not_pass_is_told(code: str, seconds: float) -> None:
    slept: list[float] = []

    def call() -> None:
        raise refused(code)

    with pytest.raises(ClientError):
        retried(call, slept.append, print_nothing)
    assert sum(slept) == pytest.approx(seconds)


def test_pauses_grow_and_add_up() -> None:
    found = list(pauses(60))

    assert sum(found) == pytest.approx(60)
    assert max(found) == 5
    assert found[:-1] == sorted(found[:-1])


def test_a_refused_call_says_what_and_what_would_be_right(target: Target, name: str) -> None:
    # Given a role that goes away between the plan and the call
    target.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    yaml = f"name: {name}\naccess: {{read: [role/{name}]}}"
    made = planned(target, yaml)
    target.iam.delete_role(RoleName=name)

    with pytest.raises(StepFailed) as failed:
        make(target, made, sleep=no_sleep)

    assert str(failed.value).startswith(
        f"{name}: create read for role {name}: AttachRolePolicy is refused, NoSuchEntity: "
    )
    assert str(failed.value).endswith(
        "; run it again once that is put right: it goes on from there"
    )
    target.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    apply(target, yaml)
    assert planned(target, yaml).changes == ()
