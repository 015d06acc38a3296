"""The machine that every group of rules builds on: a node, a clock, and the model of its streams.

A group of rules is a class in a file of its own, below `Machine`; `test_model.py` puts the groups
together. A rule makes one call of the API, says first from the model which error it must meet (None
for none), and writes what a success has changed into the model. What must hold at all times is an
`@invariant()` of the group it belongs to. What a group has to remember of a stream becomes a field
of `world.Stream`; what belongs to no stream, an attribute that the group makes in `__init__`.

Nothing but `TimeRules.advance` moves the clock, and every stream is looked at after every rule:
whatever the node does later than it was due, it has done when the model says so.
"""

import tempfile
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from model.node import NodeUnderTest
from model.world import Stream, first_shards
from shardline.gateway.errors import ServiceError
from shardline.testing import ManualClock

START_MS = 1_700_000_000_000
NAMES = ("a", "b")
TRANSITION_MS = 1000
OFTEN = 5
MOST_SHARDS = 16  # open ones, so that every step stays quick

NOT_FOUND = "ResourceNotFoundException"
IN_USE = "ResourceInUseException"
INVALID = "InvalidArgumentException"
LIMIT = "LimitExceededException"
VALIDATION = "ValidationException"


class Machine(RuleBasedStateMachine):
    """One node and its model. `streams` are those that exist, `deleted` those that did."""

    on_disk: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock(START_MS)
        self.streams: dict[str, Stream] = {}
        self.deleted: list[Stream] = []

    @initialize(shards=st.integers(1, 4), is_slow=st.sampled_from([False, False, False, True]))
    def start(self, shards: int, is_slow: bool) -> None:
        """A node with a stream. On a slow one CREATING, UPDATING and DELETING take a second."""
        self.transition_ms = TRANSITION_MS if is_slow else 0
        self.directory = tempfile.TemporaryDirectory() if self.on_disk else None
        data_dir = Path(self.directory.name, "data") if self.directory else None
        self.node = NodeUnderTest(self.clock, data_dir, self.transition_ms)
        self.expect(None, "CreateStream", StreamName=NAMES[0], ShardCount=shards)
        self.add_stream(NAMES[0], shards, "PROVISIONED")

    def teardown(self) -> None:
        if hasattr(self, "node"):
            self.node.close()
            if self.directory:
                self.directory.cleanup()

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms()

    # --- calls ---------------------------------------------------------------------------------

    def expect(self, code: str | None, operation: str, **members: Any) -> Any:
        """Make a call that must meet this error, or none; answer its output (None for an error)."""
        answer, met = None, None
        try:
            answer = self.node.call(operation, **members)
        except ServiceError as error:
            met = error.code
        assert met == code, (operation, members, answer)
        return answer

    def listed(self, stream: Stream) -> list[dict[str, Any]]:
        """What ListShards gives of a stream; it refuses one that is CREATING or DELETING."""
        if not stream.serves:
            self.expect(IN_USE, "ListShards", StreamName=stream.name)
            return []
        return list(self.expect(None, "ListShards", StreamName=stream.name)["Shards"])

    def refusal_of_change(self, stream: Stream | None) -> str | None:
        """The error of a call that needs an ACTIVE stream."""
        if stream is None:
            return NOT_FOUND
        return None if stream.status == "ACTIVE" else IN_USE

    # --- what happens to the model ------------------------------------------------------------

    def add_stream(self, name: str, count: int, mode: str) -> None:
        shards = first_shards(count, self.now_ms)
        stream = Stream(name, self.now_ms, mode, shards)
        self.streams[name] = stream
        self.begin(stream, "CREATING")

    def begin(self, stream: Stream, status: str, then: Any = None) -> None:
        """A change was accepted; `then` is what it does to the model when it is due."""
        stream.status = status
        stream.due_ms = self.now_ms + self.transition_ms
        stream.then = then
        self.settle()

    def settle(self) -> None:
        """Complete in the model what is due."""
        for stream in list(self.streams.values()):
            if stream.due_ms is None or stream.due_ms > self.now_ms:
                continue
            stream.due_ms = None
            if stream.status == "DELETING":
                self.deleted.append(self.streams.pop(stream.name))
                continue
            stream.status = "ACTIVE"
            if stream.then is not None:
                stream.then()

    # --- what rules draw ----------------------------------------------------------------------
    # Mostly what makes a call succeed: a history of refusals finds little.

    def some_name(self, data: st.DataObject) -> str:
        """The name of a stream; one time in ten or so it may be one that does not exist."""
        names = sorted(self.streams) * OFTEN + list(NAMES)
        return data.draw(st.sampled_from(names), label="name")

    def some_stream(self, data: st.DataObject) -> tuple[str, Stream | None]:
        """A name as above, and the stream of that name."""
        name = self.some_name(data)
        return name, self.streams.get(name)

    def some_shard(self, data: st.DataObject, stream: Stream | None) -> int:
        """A shard's number: mostly of an open one; also of a closed, an expired one, or of none."""
        if stream is None:
            return 0
        of_any_kind = range(len(stream.shards) + 1)
        numbers = [shard.number for shard in stream.open()]
        # The open ones are repeated until they outweigh the others, however many those are.
        numbers *= 1 + 2 * len(of_any_kind) // len(numbers)
        number: int = data.draw(st.sampled_from([*numbers, *of_any_kind]), label="shard")
        return number
